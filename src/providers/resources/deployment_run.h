// A deployment at work: puts the template's resources one after the other, keeps a record of each, and ends with the
// outputs. Idempotent: after a crash everything is put again.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "arm/service.h"
#include "providers/resources/deployment_request.h"

namespace lazuli::providers {

inline constexpr std::string_view kTemplateDeploymentType = "Microsoft.Resources/deployments";
inline constexpr std::string_view kDeploymentKind = "resources.deploy";  // of its operations

class DeploymentRun {
 public:
  DeploymentRun(arm::Service& service, std::string subscription_name);

  // Secret parameters live in memory only: a deployment that has some does not outlive a restart.
  void keep_secrets(const std::string& operation, const DeploymentRequest& request);
  DeploymentScope scope_of(const arm::ResourceId& id, const std::string& location) const;

 private:
  Result<Json> run(arm::OperationContext& context);
  Result<JsonObject> deploy(arm::OperationContext& context, const arm::ResourceId& id, JsonArray& log);
  Result<JsonObject> parameters_of(const arm::Operation& operation);
  Status put(const access::Principal& caller, const PlannedResource& resource, TemplateEvaluator& evaluator);
  void finish(const arm::ResourceId& id, const arm::Operation& operation, const Result<JsonObject>& outcome,
              JsonArray log);
  JsonObject log_entry(const arm::ResourceId& id, const PlannedResource& resource, TimePoint start,
                       const Status& outcome) const;
  DeploymentView view_of(const access::Principal& caller) const;

  arm::Service& service_;
  std::string subscription_name_;
  std::mutex mutex_;
  std::map<std::string, JsonObject> secrets_;  // by operation
};

bool deployment_is_active(const arm::Resource& deployment);
JsonArray ids_of(const std::vector<PlannedResource>& plan, bool leaves_only);  // [{"id"}]

}  // namespace lazuli::providers
