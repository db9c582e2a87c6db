#include "providers/service_linker/service_linker.h"

#include <algorithm>

#include "base/text.h"
#include "providers/service_linker/linker.h"
#include "providers/service_linker/permissions.h"
#include "providers/service_linker/provision.h"
#include "providers/service_linker/steps.h"
#include "providers/service_linker/target.h"
#include "providers/service_linker/wire.h"

namespace lazuli::providers {

namespace service_linker {

namespace {

using arm::Answer;
using arm::Call;

class Handlers {
 public:
  Handlers(arm::Service& service, cluster::ObjectsOf objects, Examine examine)
      : service_(service), examine_(std::move(examine)), provisioner_(service, std::move(objects)) {}

  Result<Answer> get(const Call& call);
  Result<Answer> list(const Call& call);
  Result<Answer> put(const Call& call);
  Result<Answer> patch(const Call& call);
  Result<Answer> remove(const Call& call);
  Result<Answer> list_configurations(const Call& call);
  Result<Answer> validate_linker(const Call& call);
  Result<Json> validate_body(arm::OperationContext& context);

  Provisioner& provisioner() { return provisioner_; }

 private:
  Result<arm::Resource> find(const arm::ResourceId& id);
  Result<Answer> write(const Call& call, const Json& properties, const std::optional<arm::Resource>& before);
  Status check(const Call& call, const Linker& linker);
  std::string location_of(const arm::ResourceId& linker);

  arm::Service& service_;
  Examine examine_;
  Provisioner provisioner_;
};

Status check_source(const arm::ResourceId& id) {
  const auto source = id.scope();
  if (equals_ignoring_case(source.type(), kClusterType)) return {};
  return arm::bad_request(
      "UnsupportedSourceType",
      "The source type '" + source.type() + "' is not supported. Supported: " + std::string(kClusterType) + ".");
}

std::string type_of(const access::Principal& who) {
  switch (who.type) {
    case access::PrincipalType::user:
      return "User";
    case access::PrincipalType::managed_identity:
      return "ManagedIdentity";
    default:
      return "Application";
  }
}

JsonObject system_data(const access::Principal& who, const std::optional<arm::Resource>& before, TimePoint now) {
  const std::string by = who.name.empty() ? who.app_id : who.name;
  const auto time = iso8601(now);
  const Json* earlier = before ? before->document.if_contains("systemData") : nullptr;
  JsonObject made = earlier && earlier->is_object()
                        ? earlier->get_object()
                        : JsonObject{{"createdBy", by}, {"createdByType", type_of(who)}, {"createdAt", time}};
  made["lastModifiedBy"] = by;
  made["lastModifiedByType"] = type_of(who);
  made["lastModifiedAt"] = time;
  return made;
}

std::string created_at(const arm::Resource& linker) {
  const Json* data = linker.document.if_contains("systemData");
  return data ? string_at(*data, "createdAt") : std::string();
}

Result<arm::Resource> Handlers::find(const arm::ResourceId& id) {
  auto found = service_.resources().get(id);
  if (!found) return arm::resource_not_found(id);
  return *std::move(found);
}

std::string Handlers::location_of(const arm::ResourceId& linker) {
  const auto cluster = service_.resources().get(linker.scope());
  const auto* location = cluster ? cluster->document.if_contains("location") : nullptr;
  return to_lower(replace_all(string_or(location, "eastus"), " ", ""));
}

Result<Answer> Handlers::get(const Call& call) {
  const auto linker = find(call.id);
  if (!linker) return linker.error();
  return shown(*linker);
}

Result<Answer> Handlers::list(const Call& call) {
  auto linkers = service_.resources().children(call.id);
  std::ranges::stable_sort(linkers, {}, created_at);  // oldest first
  JsonArray value;
  for (const auto& linker : linkers) value.push_back(linker.visible());
  auto answer = Answer::json(200, JsonObject{{"value", std::move(value)}});
  answer.headers.set("x-ms-providerhub-traffic", "True");
  return answer;
}

// What a request can be refused for at once, so that it changes nothing.
Status Handlers::check(const Call& call, const Linker& linker) {
  auto& resources = service_.resources();
  if (auto cluster = resources.get(linker.cluster); !cluster) return arm::resource_not_found(linker.cluster);
  if (auto account = find_account(resources, linker.target); !account) return account.error();
  std::string identity_id;
  if (linker.auth == Auth::identity) {
    const auto identity = find_identity(resources, linker.client_id, linker.subscription_id);
    if (!identity) return identity.error();
    identity_id = identity->id.text();
  }
  const auto collection = arm::ResourceId::parse(linker.cluster.text() + "/providers/" + std::string(kType));
  for (const auto& other : resources.children(*collection)) {
    const auto held = read_linker(other);
    if (!held || held->id.key() == linker.id.key()) continue;
    // "a_b" and "ab" have one secret, since only letters and digits count in its name.
    if (held->secret() == linker.secret() && held->name_space == linker.name_space) {
      return Error{"Conflict",
                   "The connection '" + held->name() + "' has the same Kubernetes secret '" + linker.secret() +
                       "' in namespace '" + linker.name_space + "'. Choose another name.",
                   409};
    }
  }
  return check_rights(service_, call.caller, linker, identity_id);
}

Result<Answer> Handlers::write(const Call& call, const Json& properties, const std::optional<arm::Resource>& before) {
  const auto linker = read_linker(call.id, properties);
  if (!linker) return linker.error();
  if (auto allowed = check(call, *linker); !allowed) return allowed.error();
  if (service_.operations().running(call.id.key())) {
    return Error{"Conflict", "Another operation on the connection '" + call.id.name() + "' is in progress.", 409};
  }
  arm::Resource made = before.value_or(arm::Resource{});
  // Ids keep the spelling in which the connection was first written.
  if (!before) made.document["id"] = call.path.ends_with('/') ? call.path.substr(0, call.path.size() - 1) : call.path;
  made.document["name"] = call.id.name();
  made.document["type"] = kShownType;
  made.document["systemData"] = system_data(call.caller, before, service_.parts().clock.now());
  made.document["properties"] = filled(properties);
  made.properties()["provisioningState"] = "Accepted";
  if (const auto secret = string_at(properties, "authInfo", "secret"); !secret.empty())
    made.hidden()["secret"] = secret;

  arm::Operation operation;
  const auto location = location_of(call.id);
  auto written = service_.resources().store().transact([&](store::Transaction& transaction) -> Status {
    arm::Resources::save(transaction, made);
    operation = service_.operations().prepare(transaction, std::string(kCreate), made.id(), call.id.subscription(),
                                              JsonObject{{"location", location}});
    return {};
  });
  if (!written) return written.error();
  service_.operations().launch(operation);
  return begun_put(service_, made, operation);
}

Result<Answer> Handlers::put(const Call& call) {
  if (auto source = check_source(call.id); !source) return source.error();
  const Json* properties = lazuli::find(call.body, "properties");
  if (!properties || !properties->is_object()) {
    return arm::bad_request("InvalidRequestContent", "The request content was invalid: 'properties' is missing.");
  }
  return write(call, *properties, service_.resources().get(call.id));
}

// az updates with PUT; a PATCH changes what it names and is then a PUT.
Result<Answer> Handlers::patch(const Call& call) {
  const auto before = find(call.id);
  if (!before) return before.error();
  Json properties = before->document.at("properties");
  if (const Json* changes = lazuli::find(call.body, "properties")) merge_patch(properties, *changes);
  if (!properties.is_object()) {
    return arm::bad_request("InvalidRequestContent", "The request content was invalid: 'properties' is no object.");
  }
  return write(call, properties, *before);
}

Result<Answer> Handlers::remove(const Call& call) {
  if (!service_.resources().get(call.id)) return Answer::no_body(204);
  if (const auto running = service_.operations().running(call.id.key())) {
    if (running->kind == kDelete) return begun(service_, *running);
    service_.operations().cancel(running->id);
  }
  arm::Operation operation;
  const auto location = location_of(call.id);
  auto written = service_.resources().store().transact([&](store::Transaction& transaction) -> Status {
    auto linker = arm::Resources::get(transaction, call.id);
    if (!linker) return arm::resource_not_found(call.id);
    linker->properties()["provisioningState"] = "Deleting";
    arm::Resources::save(transaction, *linker);
    operation = service_.operations().prepare(transaction, std::string(kDelete), linker->id(), call.id.subscription(),
                                              JsonObject{{"location", location}});
    return {};
  });
  if (!written) return written.error();
  service_.operations().launch(operation);
  return begun(service_, operation);
}

Result<Answer> Handlers::list_configurations(const Call& call) {
  const auto stored = find(call.id);
  if (!stored) return stored.error();
  const auto linker = read_linker(*stored);
  if (!linker) return linker.error();
  const auto account = find_account(service_.resources(), linker->target);
  if (!account) return account.error();
  JsonArray configurations;
  const Credentials none{{}, {}, service_.parts().tenant_id};
  for (const auto& one : listed_configurations(*linker, *account, call.api_version, none)) {
    configurations.push_back(JsonObject{{"name", one.name},
                                        {"value", one.credential ? "" : one.value},
                                        {"configType", "Default"},
                                        {"keyVaultReferenceIdentity", nullptr},
                                        {"description", ""}});
  }
  auto answer = Answer::json(200, JsonObject{{"configurations", std::move(configurations)}});
  answer.headers.set("x-ms-providerhub-traffic", "True");
  return answer;
}

Result<Answer> Handlers::validate_linker(const Call& call) {
  const auto stored = find(call.id);
  if (!stored) return stored.error();
  const auto operation = service_.operations().start(std::string(kValidate), stored->id(), call.id.subscription(),
                                                     JsonObject{{"location", location_of(call.id)}});
  if (!operation) return operation.error();
  return begun(service_, *operation);
}

Result<Json> Handlers::validate_body(arm::OperationContext& context) {
  const auto id = arm::ResourceId::parse(context.operation().resource);
  const auto stored = id ? service_.resources().get(*id) : std::nullopt;
  if (!stored) return Error{"ResourceNotFound", "The connection was deleted while it was being validated.", 404};
  const auto linker = read_linker(*stored);
  if (!linker) return linker.error();
  const auto& clock = service_.parts().clock;
  const auto began = clock.now();
  const auto findings = examine_(*id);
  if (!findings) return findings.error();
  const auto checks = checks_of(*linker, *findings);
  const auto* auth = stored->property("authInfo");
  return Json(report(*linker, checks, began, clock.now(), auth ? string_at(*auth, "authType") : std::string()));
}

}  // namespace

}  // namespace service_linker

void add_service_linker(arm::Service& service, cluster::ObjectsOf objects, service_linker::Examine examine) {
  using namespace service_linker;
  auto handlers = std::make_shared<Handlers>(service, std::move(objects), std::move(examine));
  arm::TypeSpec linkers;
  linkers.type = kType;
  linkers.etag = [&service](const arm::ResourceId& id) -> std::optional<std::string> {
    const auto linker = service.resources().get(id);
    return linker ? std::optional(entity_tag(*linker)) : std::nullopt;
  };
  linkers.api_versions = {"2024-07-01-preview", "2024-04-01",         "2023-04-01-preview", "2022-11-01-preview",
                          "2022-05-01",         "2022-01-01-preview", "2021-11-01-preview"};
  linkers.get = [handlers](const Call& call) { return handlers->get(call); };
  linkers.list = [handlers](const Call& call) { return handlers->list(call); };
  linkers.put = [handlers](const Call& call) { return handlers->put(call); };
  linkers.patch = [handlers](const Call& call) { return handlers->patch(call); };
  linkers.del = [handlers](const Call& call) { return handlers->remove(call); };
  linkers.actions["listConfigurations"] = [handlers](const Call& call) { return handlers->list_configurations(call); };
  linkers.actions["validateLinker"] = [handlers](const Call& call) { return handlers->validate_linker(call); };
  service.add(std::move(linkers));
  add_operation_forms(service);

  auto& operations = service.operations();
  operations.define(std::string(kCreate),
                    [handlers](auto& context) { return handlers->provisioner().create(context); });
  operations.define(std::string(kDelete),
                    [handlers](auto& context) { return handlers->provisioner().remove(context); });
  operations.define(std::string(kValidate), [handlers](auto& context) { return handlers->validate_body(context); });
  service.on_forget(std::string(kType),
                    [handlers](const arm::Resource& linker) { return handlers->provisioner().withdraw(linker); });
}

}  // namespace lazuli::providers
