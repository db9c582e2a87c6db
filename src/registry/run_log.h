// The log of one build run as clients of Azure read it: lines of the builder with the time in front, lines of the build
// itself as they come. Each piece ends in "\r\n", which is where `az` breaks what it prints. Used by one thread.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "registry/task_storage.h"

namespace lazuli::registry {

class RunLog {
 public:
  RunLog(TaskStorage& storage, const Clock& clock, std::string registry_id, std::string run)
      : storage_(storage), clock_(clock), registry_id_(std::move(registry_id)), run_(std::move(run)) {}

  void line(std::string_view text);     // as it is
  void stamped(std::string_view text);  // "2026/11/24 08:28:14 " before it

 private:
  TaskStorage& storage_;
  const Clock& clock_;
  std::string registry_id_, run_;
};

// buildah's lines as Docker's builder has them ("Step 1/2 : FROM scratch"), without the steps that lazuli injected.
// Gives nothing for a line that is not to be shown.
class BuildLines {
 public:
  explicit BuildLines(bool injected) : injected_(injected) {}
  std::optional<std::string> translate(std::string_view line);

 private:
  bool injected_;
  bool hiding_ = false;  // what belongs to an injected step
};

}  // namespace lazuli::registry
