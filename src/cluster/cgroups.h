// A cluster's control groups: one tree of its own name in every hierarchy of the machine (version 1) or in the only one
// (version 2). Its processes and its pods live below it, and nothing leaves it by forking, so that whatever a crash
// left running is found here. Blocking.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace lazuli::cluster {

class Cgroups {
 public:
  // The machine's, as /proc/self/mounts has them. Error code "ClusterEngineUnavailable" if there are none.
  static Result<Cgroups> of_machine();
  // mounts: the text of a /proc/self/mounts.
  static Result<Cgroups> of_mounts(const std::string& mounts);

  bool unified() const { return unified_; }
  const std::vector<std::filesystem::path>& hierarchies() const { return hierarchies_; }

  // NAME for the pods and NAME/system for the cluster's own processes, everywhere. Idempotent.
  Status make(const std::string& name) const;
  Status put(const std::string& name, int pid) const;                                  // into NAME/system
  std::vector<int> processes(const std::string& name, bool with_system = true) const;  // all below NAME
  void end_pods(const std::string& name, std::chrono::milliseconds grace) const;  // SIGTERM, and a while to obey it
  void kill(const std::string& name) const;                                       // SIGKILL, until none is left
  void remove(const std::string& name) const;                                     // the folders; absent is fine

 private:
  std::filesystem::path tracking() const;  // the hierarchy by which processes are found

  std::vector<std::filesystem::path> hierarchies_;
  std::filesystem::path beside_;  // version 2's mount where version 1 has the controllers: runc makes folders there too
  bool unified_ = false;
};

}  // namespace lazuli::cluster
