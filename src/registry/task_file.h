// A task's YAML, as `az acr run` sends it: what lazuli runs of it is one build step and the pushes of its images, as a
// DockerBuildRequest. Steps that run containers (cmd) are refused in words. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::registry {

struct TaskRun {
  std::string id;            // {{.Run.ID}}, $ID
  std::string login_server;  // {{.Run.Registry}}, $Registry
};

// The members of a DockerBuildRequest that the task stands for: imageNames, isPushEnabled, dockerFilePath, arguments,
// target, noCache, and contextPath (a folder of the source). `request`: FileTaskRunRequest or EncodedTaskRunRequest,
// for its `values`. Error code "BuildFailed".
Result<Json> build_of_task(std::string_view yaml, const Json& request, const TaskRun& run);

}  // namespace lazuli::registry
