// registries/runs and the actions that begin them: listBuildSourceUploadUrl, scheduleRun, runs' get, list, update,
// cancel and listLogSasUrl. The runs themselves are the registry's (registry/runs.h).
#pragma once

#include "arm/service.h"
#include "registry/registry.h"

namespace lazuli::providers {

class BuildRuns {
 public:
  BuildRuns(arm::Service& service, registry::Registry& registry) : service_(service), registry_(registry) {}

  Result<arm::Answer> upload_url(const arm::Call& call) const;
  Result<arm::Answer> schedule(const arm::Call& call) const;
  Result<arm::Answer> get(const arm::Call& call) const;
  Result<arm::Answer> list(const arm::Call& call) const;
  Result<arm::Answer> patch(const arm::Call& call) const;
  Result<arm::Answer> cancel(const arm::Call& call) const;
  Result<arm::Answer> log_url(const arm::Call& call) const;

 private:
  JsonObject view(const arm::Call& call, const std::string& registry_id, Json properties) const;
  arm::Answer answered(const arm::Call& call, Json body) const;

  arm::Service& service_;
  registry::Registry& registry_;
};

// The runs that a $filter keeps: comparisons with eq of Status, TaskName and RunId, joined by and.
bool run_matches(const Json& properties, std::string_view filter);

}  // namespace lazuli::providers
