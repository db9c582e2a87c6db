// The pod in which a command of `az aks command invoke` runs, as AKS makes it: `command-ID` in the namespace
// aks-command, under a service account of its own that is bound to cluster-admin for as long as the command runs. There
// is no image to pull for it: the container is the sandbox's image with the machine's own programs and the bundle's
// kubectl mounted read-only. Command and files come in a Secret. Blocking; thread-safe as Objects is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cluster/objects.h"

namespace lazuli::cluster {

// What a Secret can hold: command and files together must stay below it.
inline constexpr std::size_t kCommandLimit = std::size_t{1} << 20;

struct PodCommand {
  std::string id;       // 32 hexadecimal digits
  std::string command;  // for bash
  std::string files;    // tar.gz, unpacked into the working directory; never empty
  std::string kubectl;  // a file of the node
};

// The objects of a command. Made in an order in which each finds what it needs; what is there already stays.
Status make_command(Objects& objects, const PodCommand& command);
Status remove_command(Objects& objects, const std::string& id);  // absent is fine

// How far a command has come.
struct CommandProgress {
  std::string started, finished;  // Kubernetes' times: "2026-11-29T08:00:00Z"; empty: not yet
  std::optional<int> exit_code;   // of a command that ran to its end
  std::string failure;            // why it did not; with an exit code there is none
  std::string waiting;            // why it has not started yet, as the node says
  std::string log;                // of one that ran to its end: the first 512 KiB of stdout and stderr, as AKS gives
  std::string version;            // of the pod, for await_change
  bool ended() const { return exit_code || !failure.empty(); }
};

// Error "NotFound" (404) if there is no pod (any more).
Result<CommandProgress> command_progress(Objects& objects, const std::string& id);
// Returns when the pod is no longer as it was seen, and after a second at the latest.
void await_change(Objects& objects, const std::string& id, const CommandProgress& seen);

std::string command_name(const std::string& id);

}  // namespace lazuli::cluster
