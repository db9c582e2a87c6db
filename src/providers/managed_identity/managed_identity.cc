#include "providers/managed_identity/managed_identity.h"

#include <algorithm>

#include "base/text.h"
#include "providers/managed_identity/federated_credentials.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

constexpr std::string_view kType = "Microsoft.ManagedIdentity/userAssignedIdentities";
constexpr std::string_view kIsolationVersion = "2024-11-30";  // the first api-version that shows isolationScope

bool is_valid_name(std::string_view name) {
  const auto letter_or_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return name.size() >= 3 && name.size() <= 128 && letter_or_digit(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter_or_digit(c) || c == '-' || c == '_'; });
}

std::string plain_location(std::string text) {
  text = to_lower(text);
  std::erase(text, ' ');
  return text;
}

// Azure answers these ids with "resourcegroups" in lower case.
std::string id_of(const ResourceId& id) {
  return "/subscriptions/" + id.subscription() + "/resourcegroups/" + id.resource_group() + "/providers/" +
         std::string(kType) + "/" + id.name();
}

class Identities {
 public:
  Identities(arm::Service& service, entra::Entra& entra) : service_(service), entra_(entra) {}

  Result<Answer> get(const Call& call) const {
    const auto stored = service_.resources().get(call.id);
    if (!stored) return arm::resource_not_found(call.id);
    return Answer::json(200, shown(call, *stored));
  }

  Result<Answer> list(const Call& call) const {
    const bool everywhere = call.id.resource_group().empty();
    JsonArray items;
    for (const auto& stored : everywhere ? service_.resources().of_type(kType, call.id.scope().text())
                                         : service_.resources().children(call.id)) {
      items.push_back(shown(call, stored));
    }
    return Answer::json(200, arm::Service::page(call, std::move(items)));
  }

  Result<Answer> put(const Call& call) const {
    if (!is_valid_name(call.id.name())) {
      return arm::bad_request("InvalidResourceName",
                              "The resource name '" + call.id.name() +
                                  "' is not valid: it must have 3 to 128 letters, digits, '-' or '_', and begin with a "
                                  "letter or digit.");
    }
    const auto isolation = isolation_scope(call.body);
    if (!isolation) return isolation.error();
    auto existing = service_.resources().get(call.id);
    const auto principal = entra_.ensure_managed_identity(existing ? existing->id() : id_of(call.id), call.id.name());
    if (!principal) return principal.error();
    Resource resource = existing.value_or(Resource{});
    if (!existing) resource.document = document(call, *principal);
    set_tags(resource, find(call.body, "tags"));
    if (!isolation->empty()) resource.properties()["isolationScope"] = *isolation;
    if (auto saved = service_.resources().save(resource); !saved) return saved.error();
    Answer answer = Answer::json(existing ? 200 : 201, shown(call, resource));
    if (!existing) answer.headers.set("Location", resource.id());
    service_.add_operation_identifier(answer, call);
    return answer;
  }

  Result<Answer> patch(const Call& call) const {
    const auto isolation = isolation_scope(call.body);
    if (!isolation) return isolation.error();
    auto changed = service_.resources().update(call.id, [&](Resource& resource) -> Status {
      if (const Json* tags = find(call.body, "tags")) set_tags(resource, tags);
      if (!isolation->empty()) resource.properties()["isolationScope"] = *isolation;
      return {};
    });
    if (!changed) return changed.error();
    return get(call);
  }

  Result<Answer> remove(const Call& call) const {
    if (!service_.resources().get(call.id)) return Answer::no_body(204);
    if (auto gone = service_.forget(call.id); !gone) return gone.error();
    return Answer::no_body(200);
  }

  Result<Answer> associated(const Call& call) const {
    if (!service_.resources().get(call.id)) return arm::resource_not_found(call.id);
    const auto subscription = ResourceId::parse("/subscriptions/" + call.id.subscription());
    JsonArray items;
    for (const auto& other : service_.resources().below(*subscription)) {
      const Json* identity = other.document.if_contains("identity");
      const Json* users = identity ? find(*identity, "userAssignedIdentities") : nullptr;
      const bool uses = users && users->is_object() && std::ranges::any_of(users->as_object(), [&](const auto& each) {
                          return to_lower(std::string_view(each.key())) == call.id.key();
                        });
      if (!uses) continue;
      const auto id = ResourceId::parse(other.id());
      items.push_back(JsonObject{{"id", other.id()},
                                 {"name", id->name()},
                                 {"type", to_lower(other.type())},
                                 {"resourceGroup", to_lower(id->resource_group())},
                                 {"subscriptionId", id->subscription()}});
    }
    const auto count = items.size();
    return Answer::json(200, JsonObject{{"totalCount", count}, {"value", std::move(items)}});
  }

  // The identity that a resource has by itself: {resource}/providers/Microsoft.ManagedIdentity/identities/default.
  Result<Answer> system_assigned(const Call& call) const {
    const auto owner = service_.resources().get(call.id.scope());
    const auto principal = owner ? entra_.managed_identity(owner->id()) : std::nullopt;
    if (!principal || !equals_ignoring_case(call.id.name(), "default")) return arm::resource_not_found(call.id);
    return Answer::json(200, JsonObject{{"id", owner->id() + "/providers/Microsoft.ManagedIdentity/identities/default"},
                                        {"name", "default"},
                                        {"type", "Microsoft.ManagedIdentity/identities"},
                                        {"location", string_or(owner->document.if_contains("location"))},
                                        {"tags", JsonObject()},
                                        {"properties", JsonObject{{"tenantId", service_.parts().tenant_id},
                                                                  {"principalId", principal->object_id},
                                                                  {"clientId", principal->client_id}}}});
  }

 private:
  static Result<std::string> isolation_scope(const Json& body) {
    const std::string asked = string_at(body, "properties", "isolationScope");
    for (const std::string_view known : {"None", "Regional"}) {
      if (equals_ignoring_case(asked, known)) return std::string(known);
    }
    if (asked.empty()) return std::string();
    return arm::bad_request("BadRequest", "The isolation scope '" + asked + "' is not valid.", "isolationScope");
  }

  static void set_tags(Resource& resource, const Json* tags) {
    resource.document["tags"] = tags && tags->is_object() ? *tags : Json(JsonObject());
  }

  JsonObject document(const Call& call, const entra::ServicePrincipal& principal) const {
    return {{"location", plain_location(string_at(call.body, "location"))},
            {"tags", JsonObject()},
            {"id", id_of(call.id)},
            {"name", call.id.name()},
            {"type", kType},
            {"properties", JsonObject{{"isolationScope", "None"},
                                      {"tenantId", service_.parts().tenant_id},
                                      {"principalId", principal.object_id},
                                      {"clientId", principal.client_id}}}};
  }

  static JsonObject shown(const Call& call, const Resource& stored) {
    JsonObject visible = stored.visible();
    if (call.api_version < kIsolationVersion) {
      if (auto* properties = visible["properties"].if_object()) properties->erase("isolationScope");
    }
    return visible;
  }

  arm::Service& service_;
  entra::Entra& entra_;
};

}  // namespace

void add_managed_identity(arm::Service& service, entra::Entra& entra) {
  const auto identities = std::make_shared<Identities>(service, entra);
  arm::TypeSpec spec;
  spec.type = kType;
  spec.api_versions = {"2024-11-30",         "2023-07-31-preview", "2023-01-31",        "2022-01-31-preview",
                       "2021-09-30-preview", "2018-11-30",         "2015-08-31-preview"};
  spec.tracked = true;
  spec.get = [identities](const Call& call) { return identities->get(call); };
  spec.list = [identities](const Call& call) { return identities->list(call); };
  spec.put = [identities](const Call& call) { return identities->put(call); };
  spec.patch = [identities](const Call& call) { return identities->patch(call); };
  spec.del = [identities](const Call& call) { return identities->remove(call); };
  spec.actions["listAssociatedResources"] = [identities](const Call& call) { return identities->associated(call); };
  service.add(std::move(spec));
  service.on_forget(std::string(kType),
                    [&entra](const Resource& resource) { return entra.remove_managed_identity(resource.id()); });

  arm::TypeSpec system;
  system.type = "Microsoft.ManagedIdentity/identities";
  system.api_versions = {"2024-11-30", "2023-01-31", "2018-11-30"};
  system.get = [identities](const Call& call) { return identities->system_assigned(call); };
  service.add(std::move(system));
  add_federated_credentials(service, entra);
}

}  // namespace lazuli::providers
