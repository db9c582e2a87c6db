#include "providers/resources/deployment_run.h"

#include <cstdio>

#include "base/text.h"

namespace lazuli::providers {

namespace {

using arm::Operation;
using arm::Resource;
using arm::ResourceId;

constexpr auto kLimit = std::chrono::minutes(60);  // for one resource

std::string duration_text(std::chrono::nanoseconds span) {
  char text[40];
  (void)std::snprintf(text, sizeof text, "%.7f", std::chrono::duration<double>(span).count());
  std::string number(text);
  while (number.ends_with('0')) number.pop_back();
  if (number.ends_with('.')) number.pop_back();
  return "PT" + number + "S";
}

access::Principal caller_of(const Json& json) {
  access::Principal caller;
  caller.type = static_cast<access::PrincipalType>(integer(find(json, "type")).value_or(1));
  caller.object_id = string_at(json, "objectId");
  caller.tenant_id = string_at(json, "tenantId");
  caller.app_id = string_at(json, "appId");
  caller.name = string_at(json, "name");
  if (const Json* groups = find(json, "groups"); groups && groups->is_array()) {
    for (const auto& group : groups->as_array()) caller.groups.push_back(string_or(&group));
  }
  return caller;
}

std::string with_version(const std::string& id, const std::string& version) {
  return version.empty() ? id : id + "?api-version=" + version;
}

}  // namespace

bool deployment_is_active(const Resource& resource) {
  const std::string state = resource.property_text("provisioningState");
  return state == "Accepted" || state == "Running";
}

JsonArray ids_of(const std::vector<PlannedResource>& plan, bool leaves_only) {
  JsonArray ids;
  for (const auto& resource : plan) {
    if (!leaves_only || !equals_ignoring_case(resource.type, kTemplateDeploymentType))
      ids.push_back(JsonObject{{"id", resource.id}});
  }
  return ids;
}

DeploymentRun::DeploymentRun(arm::Service& service, std::string subscription_name)
    : service_(service), subscription_name_(std::move(subscription_name)) {
  service_.operations().define(std::string(kDeploymentKind),
                               [this](arm::OperationContext& context) { return run(context); });
}

void DeploymentRun::keep_secrets(const std::string& operation, const DeploymentRequest& request) {
  JsonObject secrets;
  for (const auto& name : request.secure) {
    if (const Json* value = request.parameters.if_contains(name)) secrets[name] = *value;
  }
  const std::lock_guard lock(mutex_);
  if (!secrets.empty()) secrets_[operation] = std::move(secrets);
}

DeploymentScope DeploymentRun::scope_of(const ResourceId& id, const std::string& location) const {
  DeploymentScope scope{id.subscription(), subscription_name_,         id.resource_group(),
                        location,          service_.parts().tenant_id, id.name()};
  if (const auto group = service_.resources().get(id.scope()); group && !id.resource_group().empty()) {
    scope.location = string_or(group->document.if_contains("location"));
    scope.group = string_or(group->document.if_contains("name"), scope.group);
  }
  return scope;
}

DeploymentView DeploymentRun::view_of(const access::Principal& caller) const {
  DeploymentView view;
  view.get = [this, caller](const std::string& id, const std::string& version) -> Result<Json> {
    auto answer = service_.call_as(caller, "GET", with_version(id, version), nullptr);
    return answer ? Result<Json>(answer->body) : answer.error();
  };
  view.post = [this, caller](const std::string& id, const std::string& action,
                             const std::string& version) -> Result<Json> {
    auto answer = service_.call_as(caller, "POST", with_version(id + "/" + action, version), nullptr);
    return answer ? Result<Json>(answer->body) : answer.error();
  };
  return view;
}

Result<Json> DeploymentRun::run(arm::OperationContext& context) {
  const Operation& operation = context.operation();
  const auto id = ResourceId::parse(string_at(operation.input, "id"));
  if (!id) return Error{"InternalServerError", "The operation names no deployment.", 500};
  JsonArray log;
  auto outcome = deploy(context, *id, log);
  if (context.cancelled()) return Error{"OperationCanceled", "The deployment was canceled.", 409};
  finish(*id, operation, outcome, std::move(log));
  {
    const std::lock_guard lock(mutex_);
    secrets_.erase(operation.id);
  }
  return outcome ? Result<Json>(Json(nullptr)) : outcome.error();
}

// Puts every resource; gives outputs and outputResources.
Result<JsonObject> DeploymentRun::deploy(arm::OperationContext& context, const ResourceId& id, JsonArray& log) {
  const Json& input = context.operation().input;
  auto parameters = parameters_of(context.operation());
  if (!parameters) return parameters.error();
  (void)service_.resources().update(id, [](Resource& resource) -> Status {
    if (deployment_is_active(resource)) resource.properties()["provisioningState"] = "Running";
    return {};
  });
  const access::Principal caller = caller_of(input.at("caller"));
  const Json& document = input.at("template");
  const DeploymentScope scope = scope_of(id, string_at(input, "location"));
  TemplateEvaluator evaluator(document, *std::move(parameters), scope, view_of(caller), context.operation().started);
  auto plan = plan_template(document, evaluator);
  if (!plan) return plan.error();
  for (const auto& resource : *plan) {
    if (context.cancelled()) return Error{"OperationCanceled", "The deployment was canceled.", 409};
    context.progress("Deploying " + resource.type + " " + resource.name);
    const TimePoint start = service_.parts().clock.now();
    const Status outcome = put(caller, resource, evaluator);
    log.push_back(log_entry(id, resource, start, outcome));
    if (outcome) continue;
    Error failed{"DeploymentFailed",
                 "At least one resource deployment operation failed. Please list deployment operations for details. "
                 "Please see https://aka.ms/arm-deployment-operations for usage details.",
                 409, id.text()};
    failed.details = JsonArray{
        JsonObject{{"code", outcome.error().code}, {"target", resource.id}, {"message", outcome.error().message}}};
    return failed;
  }
  auto outputs = shown_outputs(document, evaluator);
  if (!outputs) return outputs.error();
  JsonObject result;
  if (!outputs->empty()) result["outputs"] = *std::move(outputs);
  result["outputResources"] = ids_of(*plan, true);
  return result;
}

JsonObject DeploymentRun::log_entry(const ResourceId& id, const PlannedResource& resource, TimePoint start,
                                    const Status& outcome) const {
  const std::string name = to_upper(hex(service_.parts().random.bytes(8)));
  const TimePoint now = service_.parts().clock.now();
  JsonObject properties{{"provisioningOperation", "Create"},
                        {"provisioningState", outcome ? "Succeeded" : "Failed"},
                        {"timestamp", iso8601(now)},
                        {"duration", duration_text(now - start)},
                        {"trackingId", service_.parts().random.uuid()},
                        {"serviceRequestId", service_.parts().random.uuid()},
                        {"statusCode", outcome ? "OK" : "Conflict"}};
  if (!outcome) properties["statusMessage"] = arm::Service::error_body(outcome.error());
  properties["targetResource"] =
      JsonObject{{"id", resource.id}, {"resourceType", resource.type}, {"resourceName", resource.name}};
  return {{"id", id.text() + "/operations/" + name}, {"operationId", name}, {"properties", std::move(properties)}};
}

void DeploymentRun::finish(const ResourceId& id, const Operation& operation, const Result<JsonObject>& outcome,
                           JsonArray log) {
  const TimePoint now = service_.parts().clock.now();
  auto changed = service_.resources().update(id, [&](Resource& resource) -> Status {
    JsonObject& properties = resource.properties();
    properties["provisioningState"] = outcome ? "Succeeded" : "Failed";
    properties["timestamp"] = iso8601(now);
    properties["duration"] = duration_text(now - operation.started);
    if (outcome) {
      for (const auto& member : *outcome) properties[member.key()] = member.value();
      const std::string run = resource.private_text("run");
      log.push_back(JsonObject{{"id", id.text() + "/operations/" + run},
                               {"operationId", run},
                               {"properties", JsonObject{{"provisioningOperation", "EvaluateDeploymentOutput"},
                                                         {"provisioningState", "Succeeded"},
                                                         {"timestamp", iso8601(now)},
                                                         {"duration", "PT0S"},
                                                         {"trackingId", service_.parts().random.uuid()},
                                                         {"statusCode", "OK"}}}});
    } else {
      properties["error"] = arm::Service::error_body(outcome.error()).at("error");
    }
    resource.hidden()["operations"] = log;
    return {};
  });
  // The deployment's own record may be gone: deleted with its group.
  if (!changed) service_.parts().log.warning("arm", changed.error().message, {{"deployment", id.text()}});
}

Result<JsonObject> DeploymentRun::parameters_of(const Operation& operation) {
  JsonObject parameters = operation.input.at("parameters").as_object();
  if (!bool_or(find(operation.input, "secret"))) return parameters;
  const std::lock_guard lock(mutex_);
  const auto kept = secrets_.find(operation.id);
  if (kept == secrets_.end()) {
    return Error{"DeploymentFailed",
                 "The deployment was interrupted, and its secret parameters are not kept. Deploy the template again.",
                 409};
  }
  for (const auto& secret : kept->second) parameters[secret.key()] = secret.value();
  return parameters;
}

Status DeploymentRun::put(const access::Principal& caller, const PlannedResource& resource,
                          TemplateEvaluator& evaluator) {
  auto body = body_of(resource, evaluator);
  if (!body) return body.error();
  auto answer = service_.call_and_wait_as(caller, "PUT", with_version(resource.id, resource.api_version),
                                          *std::move(body), kLimit);
  return answer ? Status() : Status(answer.error());
}

}  // namespace lazuli::providers
