// Child processes: engines, containerd, buildah and the like. A Child is owned by whoever started it; its destructor
// ends the process (SIGTERM, then SIGKILL after the grace time) so that nothing outlives lazuli by accident. Each child
// is the leader of its own process group and gets SIGKILL if lazuli dies (PR_SET_PDEATHSIG). Not thread-safe for one
// object.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace lazuli {

struct Command {
  std::vector<std::string> arguments;              // arguments[0] is looked up in PATH
  std::map<std::string, std::string> environment;  // added to, and overriding, lazuli's own
  bool clear_environment = false;                  // start from nothing instead
  std::filesystem::path directory;                 // empty: lazuli's own
  std::filesystem::path output;             // file that stdout and stderr are appended to; empty: see users below
  std::string input;                        // written to stdin, then end of file
  std::filesystem::path network_namespace;  // for example /run/netns/NAME: entered by setns before exec; may be empty
  bool survive_parent = false;              // no PR_SET_PDEATHSIG
  int cancel = -1;  // for run(): a descriptor (an eventfd); once it is readable, the process group is killed
};

class Child {
 public:
  // Started with stdout and stderr to command.output (or /dev/null). Error code "ProcessError" if it cannot be started.
  static Result<Child> start(const Command& command);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  int pid() const { return pid_; }
  bool running();
  // The exit code, or 128 + signal; nothing if the deadline passes first.
  std::optional<int> wait(std::optional<std::chrono::milliseconds> deadline = {});
  // SIGTERM to the process group, SIGKILL after the grace time; returns when it is gone.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds(5));
  void signal(int number);

 private:
  explicit Child(int pid) : pid_(pid) {}
  int pid_ = -1;
  std::optional<int> code_;
};

struct Finished {
  int code = 0;        // exit code, or 128 + signal
  std::string output;  // stdout and stderr together, as they came
};

// Runs to the end and collects the output (bounded to its last 1 MiB). `line`, if given, sees each line as it comes.
// After the deadline the process group is killed and the error "ProcessTimeout" comes back.
Result<Finished> run(const Command& command, std::optional<std::chrono::milliseconds> deadline = {},
                     const std::function<void(std::string_view)>& line = {});

}  // namespace lazuli
