#include "providers/resources/deployments.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "providers/resources/deployment_request.h"
#include "providers/resources/deployment_run.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Operation;
using arm::Resource;
using arm::ResourceId;

constexpr std::string_view kRuns = "resources.deploymentRuns";  // the store's collection: 20 digits → operation's id
constexpr std::string_view kNeverTime = "0001-01-01T00:00:00Z";

// The run's name in URLs: the largest 64-bit number less .NET's ticks of its start, so that newer ones sort first.
std::string run_name(TimePoint start) {
  constexpr std::int64_t kUnixEpochTicks = 621355968000000000;
  const auto since_epoch = std::chrono::duration_cast<std::chrono::nanoseconds>(start.time_since_epoch()).count() / 100;
  char text[24];
  (void)std::snprintf(text, sizeof text, "%020lld",
                      static_cast<long long>(INT64_MAX - (kUnixEpochTicks + static_cast<std::int64_t>(since_epoch))));
  return text;
}

Json caller_json(const access::Principal& caller) {
  JsonArray groups;
  for (const auto& group : caller.groups) groups.emplace_back(group);
  return JsonObject{{"type", static_cast<int>(caller.type)},
                    {"objectId", caller.object_id},
                    {"tenantId", caller.tenant_id},
                    {"appId", caller.app_id},
                    {"name", caller.name},
                    {"groups", std::move(groups)}};
}

const Json* hidden(const Resource& resource, std::string_view name) {
  const Json* all = resource.document.if_contains("private");
  return all ? find(*all, name) : nullptr;
}

class Deployments {
 public:
  Deployments(arm::Service& service, const Subscription& subscription)
      : service_(service), run_(service, subscription.name) {}

  Result<Answer> validate(const Call& call) const {
    auto prepared = prepare(call);
    if (!prepared) return prepared.error();
    JsonObject properties = prepared->properties(call, "Succeeded", kNeverTime, "PT0S");
    properties["validatedResources"] = ids_of(prepared->plan, false);
    return Answer::json(200, document(call, std::move(properties)));
  }

  Result<Answer> put(const Call& call) {
    auto prepared = prepare(call);
    if (!prepared) return prepared.error();
    const TimePoint now = service_.parts().clock.now();
    Resource resource;
    resource.document = document(call, prepared->properties(call, "Accepted", iso8601(now), "PT0S"));
    std::string name;
    Operation operation;
    bool existed = false;
    auto written = service_.parts().store.transact([&](store::Transaction& transaction) -> Status {
      const auto existing = arm::Resources::get(transaction, call.id);
      existed = existing.has_value();
      if (existing && deployment_is_active(*existing)) return still_active(call);
      TimePoint start = now;
      do {
        name = run_name(start);
        start += std::chrono::nanoseconds(100);
      } while (transaction.get(kRuns, name));
      operation = service_.operations().prepare(transaction, std::string(kDeploymentKind), call.id.text(),
                                                call.id.subscription(), prepared->input(call));
      transaction.put(kRuns, name, Json(operation.id));
      resource.hidden() = {{"run", name}, {"operation", operation.id}, {"template", prepared->request.document}};
      arm::Resources::save(transaction, resource);
      return {};
    });
    if (!written) return written.error();
    run_.keep_secrets(operation.id, prepared->request);
    service_.operations().launch(operation);
    Answer answer = Answer::json(existed ? 200 : 201, resource.visible());
    answer.operation = operation.id;
    answer.headers.set("Azure-AsyncOperation", "https://management.azure.com" + call.path + "/operationStatuses/" +
                                                   name + "?api-version=" + call.api_version);
    answer.headers.set("Retry-After", "1");
    return answer;
  }

  Result<Answer> get(const Call& call) const {
    const auto stored = service_.resources().get(call.id);
    if (!stored) return missing(call.id.name());
    return Answer::json(200, stored->visible());
  }

  Result<Answer> remove(const Call& call) const {
    const auto stored = service_.resources().get(call.id);
    if (!stored) return Answer::no_body(204);
    if (deployment_is_active(*stored)) return still_active(call);
    if (auto gone = service_.forget(call.id); !gone) return gone.error();
    return Answer::no_body(204);
  }

  Result<Answer> cancel(const Call& call) const {
    std::string operation;
    auto changed = service_.resources().update(call.id, [&](Resource& resource) -> Status {
      if (!deployment_is_active(resource)) {
        return Error{"DeploymentCannotBeCancelled", "The deployment '" + call.id.name() + "' is not running.", 409};
      }
      resource.properties()["provisioningState"] = "Canceled";
      operation = resource.private_text("operation");
      return {};
    });
    if (!changed) return changed.error();
    service_.operations().cancel(operation);
    return Answer::no_body(204);
  }

  Result<Answer> export_template(const Call& call) const {
    const auto stored = service_.resources().get(call.id);
    if (!stored) return missing(call.id.name());
    const Json* kept = hidden(*stored, "template");
    return Answer::json(200, JsonObject{{"template", kept ? *kept : Json(JsonObject())}});
  }

  // …/deployments/D/operationStatuses/RUN
  Result<Answer> status(const Call& call) const {
    const auto run = service_.parts().store.get(kRuns, call.id.name());
    const auto operation = run ? service_.operations().find(string_or(&run->value)) : std::nullopt;
    if (!operation || !equals_ignoring_case(operation->resource, call.id.parent()->text())) {
      return missing(call.id.name());
    }
    JsonObject body{{"status", operation->done() ? operation->status : "Running"}};
    if (operation->status == "Failed") body["error"] = arm::Service::error_body(operation->error).at("error");
    Answer answer = Answer::json(200, std::move(body));
    if (!operation->done()) answer.headers.set("Retry-After", "1");
    return answer;
  }

  Result<Answer> operations(const Call& call) const {
    const auto segments = split(call.path, '/');
    const auto at =
        std::ranges::find_if(segments, [](const auto& each) { return equals_ignoring_case(each, "deployments"); });
    const std::string name = at == segments.end() || at + 1 == segments.end() ? "" : *(at + 1);
    const std::string scope =
        ResourceId::parse(call.id.text())->resource_group().empty()
            ? "/subscriptions/" + call.id.subscription()
            : "/subscriptions/" + call.id.subscription() + "/resourceGroups/" + call.id.resource_group();
    const auto stored =
        service_.resources().get(scope + "/providers/" + std::string(kTemplateDeploymentType) + "/" + name);
    if (!stored) return missing(name);
    const Json* kept = hidden(*stored, "operations");
    return Answer::json(200, JsonObject{{"value", kept ? *kept : Json(JsonArray())}});
  }

 private:
  struct Prepared {
    DeploymentRequest request;
    std::vector<PlannedResource> plan;
    JsonObject parameters;

    JsonObject properties(const Call& call, std::string_view state, std::string_view time,
                          std::string_view duration) const {
      JsonObject out{{"templateHash", template_hash(request.document)}};
      if (!parameters.empty()) out["parameters"] = parameters;
      out["mode"] = request.mode;
      out["provisioningState"] = state;
      out["timestamp"] = time;
      out["duration"] = duration;
      out["correlationId"] = call.correlation_id;
      out["providers"] = shown_providers(plan);
      out["dependencies"] = shown_dependencies(plan);
      return out;
    }

    // What the journal keeps: everything but the secrets.
    Json input(const Call& call) const {
      JsonObject open = request.parameters;
      for (const auto& name : request.secure) open.erase(name);
      return JsonObject{{"id", call.id.text()},
                        {"location", string_at(call.body, "location")},
                        {"template", request.document},
                        {"parameters", std::move(open)},
                        {"secret", open_count() != request.parameters.size()},
                        {"caller", caller_json(call.caller)}};
    }
    std::size_t open_count() const {
      JsonObject open = request.parameters;
      for (const auto& name : request.secure) open.erase(name);
      return open.size();
    }
  };

  static Error missing(const std::string& name) {
    return {"DeploymentNotFound", "Deployment '" + name + "' could not be found.", 404};
  }

  static Error still_active(const Call& call) {
    return {"DeploymentActive",
            "Unable to edit or replace deployment '" + call.id.name() +
                "': the previous deployment is still active. Please see https://aka.ms/arm-deploy for usage details.",
            409};
  }

  static JsonObject document(const Call& call, JsonObject properties) {
    JsonObject out{{"id", call.id.text()}, {"name", call.id.name()}, {"type", kTemplateDeploymentType}};
    if (call.id.resource_group().empty()) out["location"] = string_at(call.body, "location");
    if (const Json* tags = find(call.body, "tags")) out["tags"] = *tags;
    out["properties"] = std::move(properties);
    return out;
  }

  Result<Prepared> prepare(const Call& call) const {
    auto request = read_deployment_request(call.body);
    if (!request) return request.error();
    const std::string location = string_at(call.body, "location");
    if (call.id.resource_group().empty() && location.empty()) {
      return arm::bad_request("LocationRequired", "The location property is required for this definition.");
    }
    Prepared prepared{*std::move(request), {}, {}};
    TemplateEvaluator evaluator(prepared.request.document, prepared.request.parameters,
                                run_.scope_of(call.id, location), {}, service_.parts().clock.now());
    auto shown = shown_parameters(prepared.request, evaluator);
    if (!shown) return shown.error();
    prepared.parameters = *std::move(shown);
    auto plan = plan_template(prepared.request.document, evaluator);
    if (!plan) return plan.error();
    prepared.plan = *std::move(plan);
    if (auto good = check_plan(call, prepared.plan); !good) return good.error();
    return prepared;
  }

  // What can be told before anything is put: types that exist, groups that are there, rights that the caller has.
  Status check_plan(const Call& call, const std::vector<PlannedResource>& plan) const {
    JsonArray faults;
    for (const auto& resource : plan) {
      const auto id = ResourceId::parse(resource.id);
      if (!id) return invalid_template("The resource id '" + resource.id + "' is not valid");
      const bool new_group = std::ranges::any_of(plan, [&](const PlannedResource& other) {
        return equals_ignoring_case(other.id, ResourceId::group(id->subscription(), id->resource_group()).text());
      });
      if (!id->resource_group().empty() && !new_group &&
          !service_.resources().get(ResourceId::group(id->subscription(), id->resource_group()))) {
        return arm::group_not_found(id->resource_group());
      }
      if (auto fault = fault_of(call, resource, *id))
        faults.push_back(JsonObject{{"code", fault->code}, {"message", fault->message}});
    }
    if (faults.empty()) return {};
    Error error{"InvalidTemplateDeployment",
                "The template deployment '" + call.id.name() +
                    "' is not valid according to the validation procedure. The tracking id is '" + call.correlation_id +
                    "'. See inner errors for details.",
                400};
    error.details = std::move(faults);
    return error;
  }

  std::optional<Error> fault_of(const Call& call, const PlannedResource& resource, const ResourceId& id) const {
    const auto types = service_.types();
    const bool known = std::ranges::any_of(
        types, [&](const arm::TypeSpec* type) { return type->put && equals_ignoring_case(type->type, id.type()); });
    if (!known) {
      return Error{"InvalidResourceType",
                   "The resource type '" + resource.type + "' of '" + resource.name + "' is not known here.", 400};
    }
    const bool group = equals_ignoring_case(id.type(), "Microsoft.Resources/resourceGroups");
    const std::string action =
        (group ? std::string("Microsoft.Resources/subscriptions/resourceGroups") : resource.type) + "/write";
    const auto& authorizer = service_.parts().authorizer;
    if (call.caller.type == access::PrincipalType::system ||
        authorizer.check(call.caller, action, resource.id, access::Plane::control).allowed) {
      return std::nullopt;
    }
    const std::string& client = call.caller.name.empty() ? call.caller.app_id : call.caller.name;
    return Error{"AuthorizationFailed",
                 "Authorization failed for template resource '" + resource.name + "' of type '" + resource.type +
                     "'. The client '" + client + "' with object id '" + call.caller.object_id +
                     "' does not have permission to perform action '" + action + "' at scope '" + resource.id + "'.",
                 403};
  }

  arm::Service& service_;
  DeploymentRun run_;
};

}  // namespace

void add_deployments(arm::Service& service, const Subscription& subscription) {
  const auto deployments = std::make_shared<Deployments>(service, subscription);
  arm::TypeSpec spec;
  spec.type = kTemplateDeploymentType;
  spec.api_versions = {"2025-04-01", "2024-11-01", "2024-03-01", "2023-07-01", "2022-09-01",
                       "2021-04-01", "2020-10-01", "2020-06-01", "2019-10-01", "2018-05-01"};
  spec.get = [deployments](const Call& call) { return deployments->get(call); };
  spec.put = [deployments](const Call& call) { return deployments->put(call); };
  spec.del = [deployments](const Call& call) { return deployments->remove(call); };
  spec.actions["validate"] = [deployments](const Call& call) { return deployments->validate(call); };
  spec.actions["cancel"] = [deployments](const Call& call) { return deployments->cancel(call); };
  spec.actions["exportTemplate"] = [deployments](const Call& call) { return deployments->export_template(call); };
  spec.actions["whatIf"] = [](const Call&) -> Result<Answer> {
    return arm::bad_request("DeploymentFeatureNotSupported", "What-if is not supported here.");
  };
  service.add(std::move(spec));
  arm::TypeSpec statuses;
  statuses.type = std::string(kTemplateDeploymentType) + "/operationStatuses";
  statuses.get = [deployments](const Call& call) { return deployments->status(call); };
  service.add(std::move(statuses));
  arm::TypeSpec operations;
  operations.type = std::string(kTemplateDeploymentType) + "/operations";
  operations.list = [deployments](const Call& call) { return deployments->operations(call); };
  service.add(std::move(operations));
  service.add_path({"GET", "/subscriptions/*/resourcegroups/*/deployments/*/operations",
                    "Microsoft.Resources/deployments/operations/read",
                    [deployments](const Call& call) { return deployments->operations(call); }});
}

}  // namespace lazuli::providers
