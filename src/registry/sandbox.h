// Where a build runs: mount and process namespaces of its own, in which the file system is made of the machine's
// programs (read-only), a few files of /etc that programs need, and the build's own directories under /build. The state
// directory, homes and everything else of the machine are not there. The network is the host's. All of it goes with the
// process that stands at its head, and that goes with lazuli. Needs root.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/process.h"

namespace lazuli::registry {

struct Sandbox {
  std::filesystem::path work;     // seen as /build/work
  std::filesystem::path storage;  // seen as /build/storage; outlives the build: buildah's layers
  std::filesystem::path shared;   // its files are seen, read-only, as /dev/shm/lazuli, in RUN steps too
};

// Runs a shell script inside. The environment is exactly what is given, and PATH, HOME, TMPDIR.
Command in_sandbox(const Sandbox& sandbox, const std::string& script, std::map<std::string, std::string> environment);

}  // namespace lazuli::registry
