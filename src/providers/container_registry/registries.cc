#include "providers/container_registry/registries.h"

#include <algorithm>

#include "base/text.h"
#include "providers/container_registry/registry_document.h"

namespace lazuli::providers {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

namespace {

constexpr const char* kDelete = "containerRegistry.deleteRegistry";
constexpr std::size_t kPasswordLength = 52;  // as the service's since 2025

// Names that the service keeps for itself.
bool disallowed(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower == "microsoft" || lower == "azure" || lower == "windows" || lower == "lazuli";
}

// Until 2025 a PUT was answered 201 with an operation to poll, but for two versions; since 2026 it is 200 at once.
bool begins_operation(std::string_view version) {
  return version != "2019-05-01" && version != "2021-09-01" && version < "2026";
}

struct Usage {
  const char* name;
  std::int64_t basic, standard, premium;
  const char* unit;
};
constexpr Usage kUsages[] = {{"Size", 10737418240, 107374182400, 536870912000, "Bytes"},
                             {"Webhooks", 2, 10, 500, "Count"},
                             {"Geo-replications", 0, 0, -1, "Count"},
                             {"IPRules", 0, 0, 100, "Count"},
                             {"VNetRules", 0, 0, 100, "Count"},
                             {"PrivateEndpointConnections", 0, 0, 200, "Count"},
                             {"ScopeMaps", 100, 500, 50000, "Count"},
                             {"Tokens", 100, 500, 50000, "Count"}};

}  // namespace

Answer registry_refusal(const Call& call, const Error& error) {
  Json body = arm::Service::error_body(error);
  body.as_object()["status"] = "Failed";
  Answer answer = Answer::json(error.status, std::move(body));
  answer.headers.set("api-supported-versions", call.api_version);
  return answer;
}

std::string registry_result_url(const Call& call, std::string_view location, std::string_view operation) {
  return "https://management.azure.com/subscriptions/" + call.id.subscription() +
         "/providers/Microsoft.ContainerRegistry/locations/" + std::string(location) + "/operationResults/registries-" +
         std::string(operation) + "?api-version=" + call.api_version;
}

Registries::Registries(arm::Service& service, registry::Registry& registry) : service_(service), registry_(registry) {
  service_.operations().define(kDelete, [&service](arm::OperationContext& context) -> Result<Json> {
    const auto id = ResourceId::parse(context.operation().resource);
    if (auto gone = service.forget(*id); !gone) return gone.error();
    return Json(nullptr);
  });
  service_.add_operation_form(kDelete, {.status = {}, .result = [](const arm::Operation& operation) {
                                          if (!operation.done()) return Answer::no_body(202);
                                          if (operation.status == "Succeeded") return Answer::no_body(200);
                                          return Answer::json(500, arm::Service::error_body(operation.error));
                                        }});
}

Answer Registries::shown(const Call& call, const Resource& resource, int status, std::string_view state) const {
  Answer answer = Answer::json(status, registry_view(resource.visible(), call.api_version, state));
  answer.headers.set("api-supported-versions", call.api_version);
  return answer;
}

bool Registries::taken(const std::string& name) const {
  const auto all = service_.resources().of_type(kRegistryType);
  return std::ranges::any_of(all, [&](const Resource& other) {
    return equals_ignoring_case(string_or(other.document.if_contains("name")), name);
  });
}

std::string Registries::new_password() const {
  return service_.parts().random.text(kPasswordLength, kLettersAndDigits);
}

Status Registries::keep(const Resource& resource) const {
  registry::RegistrySettings settings;
  settings.resource_id = resource.id();
  settings.login_server = resource.property_text("loginServer");
  settings.anonymous_pull = bool_or(resource.property("anonymousPullEnabled"));
  settings.admin_user = bool_or(resource.property("adminUserEnabled"));
  settings.admin_name = string_or(resource.document.if_contains("name"));
  settings.admin_passwords = {resource.private_text("password"), resource.private_text("password2")};
  if (auto put = registry_.put(settings); !put) return put;
  return service_.resources().save(resource);
}

Result<Answer> Registries::get(const Call& call) const {
  const auto resource = service_.resources().get(call.id);
  if (!resource) return arm::resource_not_found(call.id);
  return shown(call, *resource);
}

Result<Answer> Registries::list(const Call& call) const {
  const bool everywhere = call.id.resource_group().empty();
  JsonArray items;
  for (const auto& resource : everywhere ? service_.resources().of_type(kRegistryType, call.id.scope().text())
                                         : service_.resources().children(call.id))
    items.push_back(registry_view(resource.visible(), call.api_version));
  Answer answer = Answer::json(200, arm::Service::page(call, std::move(items)));
  answer.headers.set("api-supported-versions", call.api_version);
  answer.headers.set("x-ms-original-request-ids", "");
  return answer;
}

Result<Answer> Registries::put(const Call& call) const {
  const std::string& name = call.id.name();
  if (!valid_registry_name(name) || disallowed(name))
    return registry_refusal(
        call, arm::bad_request("InvalidResourceName", "The registry name '" + name +
                                                          "' is not valid. Registry names must contain 5 to 50 "
                                                          "alphanumeric characters and no others."));
  const TimePoint now = service_.parts().clock.now();
  const auto existing = service_.resources().get(call.id);
  const std::string scope = string_or(find(call.body, "properties", "autoGeneratedDomainNameLabelScope"), "Unsecure");
  const std::string server =
      existing ? existing->property_text("loginServer") : login_server_of(call.id, scope, service_.parts().tenant_id);
  if (!existing && taken(name))
    return registry_refusal(
        call, {"RegistryNameAlreadyInUse",
               "The registry name " + name +
                   " is already in use. You can check if the name is already claimed using following API: "
                   "https://aka.ms/acr/check-name-availability",
               409});
  Resource resource = existing.value_or(Resource{});
  if (!existing) {
    if (string_at(call.body, "sku", "name").empty())
      return registry_refusal(call, arm::bad_request("MissingSku",
                                                     "The SKU of the registry is required: Basic, Standard or "
                                                     "Premium."));
    resource.document = new_registry(call.id, server, now);
    resource.document["location"] = to_lower(replace_all(string_at(call.body, "location"), " ", ""));
    resource.properties()["autoGeneratedDomainNameLabelScope"] = scope;
    resource.hidden()["password"] = new_password();
    resource.hidden()["password2"] = new_password();
  }
  if (auto changed = change_registry(resource.document, call.body, now); !changed)
    return registry_refusal(call, changed.error());
  stamp_system_data(resource.document, call.caller, now);
  if (auto kept = keep(resource); !kept) return kept.error();
  if (existing || !begins_operation(call.api_version)) return shown(call, resource);
  Answer answer = shown(call, resource, 201, "Creating");
  answer.headers.set("Azure-AsyncOperation", "https://management.azure.com" + resource.id() +
                                                 "/operationStatuses/registries-" + service_.parts().random.uuid() +
                                                 "?api-version=" + call.api_version);
  service_.add_operation_identifier(answer, call);
  return answer;
}

Result<Answer> Registries::patch(const Call& call) const {
  auto resource = service_.resources().get(call.id);
  if (!resource) return arm::resource_not_found(call.id);
  const TimePoint now = service_.parts().clock.now();
  if (auto changed = change_registry(resource->document, call.body, now); !changed)
    return registry_refusal(call, changed.error());
  stamp_system_data(resource->document, call.caller, now);
  if (auto kept = keep(*resource); !kept) return kept.error();
  // In December 2021 a PATCH began an operation; no recording of another year shows that.
  const bool began = call.api_version == "2021-08-01-preview";
  Answer answer = began ? shown(call, *resource, 201, "Updating") : shown(call, *resource);
  if (began)
    answer.headers.set("Azure-AsyncOperation", "https://management.azure.com" + resource->id() +
                                                   "/operationStatuses/registries-" + service_.parts().random.uuid() +
                                                   "?api-version=" + call.api_version);
  service_.add_operation_identifier(answer, call);
  return answer;
}

Result<Answer> Registries::remove(const Call& call) const {
  const auto resource = service_.resources().get(call.id);
  if (!resource) return Answer::no_body(204);
  if (call.api_version < "2026") {
    if (auto gone = service_.forget(call.id); !gone) return gone.error();
    Answer answer = Answer::no_body(200);
    answer.headers.set("api-supported-versions", call.api_version);
    service_.add_operation_identifier(answer, call);
    return answer;
  }
  auto operation = service_.operations().start(kDelete, call.id.text(), call.id.subscription(), nullptr);
  if (!operation) return operation.error();
  Answer answer = shown(call, *resource, 202, "Deleting");
  answer.headers.set("Location",
                     registry_result_url(call, string_or(resource->document.if_contains("location")), operation->id));
  answer.headers.set("Retry-After", "1");  // the service gives none, and its clients then wait ten seconds
  service_.add_operation_identifier(answer, call);
  return answer;
}

Result<Answer> Registries::credentials(const Call& call) const {
  const auto resource = service_.resources().get(call.id);
  if (!resource) return arm::resource_not_found(call.id);
  if (!bool_or(resource->property("adminUserEnabled")))
    return registry_refusal(call,
                            arm::bad_request("UnAuthorizedForCredentialOperations",
                                             "Cannot perform credential operations for " + resource->id() +
                                                 " as admin user is disabled. Kindly enable admin user as per docs: "
                                                 "https://docs.microsoft.com/en-us/azure/container-registry/"
                                                 "container-registry-authentication#admin-account"));
  JsonArray passwords;
  for (const char* name : {"password", "password2"})
    passwords.push_back(JsonObject{{"name", name}, {"value", resource->private_text(name)}});
  Answer answer = Answer::json(200, JsonObject{{"username", string_or(resource->document.if_contains("name"))},
                                               {"passwords", std::move(passwords)}});
  answer.headers.set("api-supported-versions", call.api_version);
  service_.add_operation_identifier(answer, call);
  return answer;
}

Result<Answer> Registries::regenerate(const Call& call) const {
  auto resource = service_.resources().get(call.id);
  if (!resource) return arm::resource_not_found(call.id);
  const std::string which = string_at(call.body, "name");
  if (which != "password" && which != "password2")
    return registry_refusal(call, arm::bad_request("InvalidPasswordName", "The name must be password or password2."));
  if (bool_or(resource->property("adminUserEnabled"))) {
    resource->hidden()[which] = new_password();
    if (auto kept = keep(*resource); !kept) return kept.error();
  }
  return credentials(call);
}

Result<Answer> Registries::usages(const Call& call) const {
  const auto id = ResourceId::parse(call.id.text().substr(0, call.id.text().rfind('/')));
  const auto resource = id ? service_.resources().get(*id) : std::nullopt;
  if (!resource) return arm::resource_not_found(id.value_or(call.id));
  const std::string sku = string_at(Json(resource->document), "sku", "name");
  JsonArray items;
  for (const auto& usage : kUsages) {
    const std::int64_t limit = sku == "Premium" ? usage.premium : sku == "Standard" ? usage.standard : usage.basic;
    const bool size = std::string_view(usage.name) == "Size";
    items.push_back(
        JsonObject{{"name", usage.name},
                   {"limit", limit},
                   {"currentValue",
                    size ? static_cast<std::int64_t>(registry_.size_of(resource->property_text("loginServer"))) : 0},
                   {"unit", usage.unit}});
  }
  Answer answer = Answer::json(200, JsonObject{{"value", std::move(items)}});
  answer.headers.set("api-supported-versions", call.api_version);
  return answer;
}

Result<Answer> Registries::status(const Call& call) const {
  Answer answer = Answer::json(200, JsonObject{{"status", "Succeeded"}});
  answer.headers.set("api-supported-versions", call.api_version);
  answer.headers.set("Azure-AsyncOperation", call.url + "?api-version=" + call.api_version);
  return answer;
}

Result<Answer> Registries::check_name(const Call& call) const {
  const std::string name = string_at(call.body, "name");
  const auto refused = [](std::string_view reason, std::string message) {
    return Answer::json(200, JsonObject{{"nameAvailable", false}, {"reason", reason}, {"message", std::move(message)}});
  };
  if (disallowed(name)) return refused("Invalid", "The specified resource name is disallowed.");
  if (!valid_registry_name(name))
    return refused("Invalid",
                   "The specified resource name is invalid: it must contain 5 to 50 alphanumeric characters.");
  if (taken(name)) return refused("AlreadyExists", "The registry " + name + " is already in use.");
  JsonObject body;
  if (call.api_version >= "2024-11") {
    const auto id = ResourceId::group(call.id.subscription(), string_at(call.body, "resourceGroupName"))
                        .extension("Microsoft.ContainerRegistry", "registries", name);
    body["availableLoginServerName"] =
        login_server_of(id, string_at(call.body, "autoGeneratedDomainNameLabelScope"), service_.parts().tenant_id);
  }
  body["nameAvailable"] = true;
  return Answer::json(200, std::move(body));
}

}  // namespace lazuli::providers
