#include "providers/cognitive_services/deleted_accounts.h"

#include "base/text.h"
#include "providers/cognitive_services/handlers.h"
#include "providers/cognitive_services/polling.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

constexpr std::string_view kCollection = "cognitiveServicesDeletedAccounts";
constexpr std::string_view kPurge = "cognitiveServices.purge";
constexpr std::chrono::hours kKept(48);

Resource from(const Json& stored) {
  Resource account;
  if (const auto* document = find(stored, "account"); document && document->is_object()) {
    account.document = document->as_object();
  }
  account.hidden()["deleted"] = integer(find(stored, "deleted")).value_or(0);
  return account;
}

TimePoint deletion_of(const Resource& account) {
  const auto* hidden = account.document.if_contains("private");
  return from_unix(integer(hidden ? find(*hidden, "deleted") : nullptr).value_or(0));
}

// …/locations/L/resourceGroups/G/deletedAccounts/NAME: the account's own id.
ResourceId account_id(const Call& call) {
  const auto& segments = call.id.segments();
  std::string group, name;
  for (const auto& [type, value] : segments) {
    if (equals_ignoring_case(type, "resourceGroups")) group = value;
    if (equals_ignoring_case(type, "deletedAccounts")) name = value;
  }
  return ResourceId::parse("/subscriptions/" + call.id.subscription() + "/resourceGroups/" + group +
                           "/providers/Microsoft.CognitiveServices/accounts/" + name)
      .value_or(ResourceId());
}

// deletionDate and scheduledPurgeDate stand before the state; the etag is a GUID (recorded).
JsonObject shown(const Resource& account) {
  const auto id = ResourceId::parse(account.id());
  const TimePoint deleted = deletion_of(account);
  JsonObject out = account.visible();
  const std::string location = string_or(out.if_contains("location"));
  out["id"] = "/subscriptions/" + id->subscription() + "/providers/Microsoft.CognitiveServices/locations/" + location +
              "/resourceGroups/" + id->resource_group() + "/deletedAccounts/" + id->name();
  out["type"] = "Microsoft.CognitiveServices/deletedAccounts";
  out["etag"] = account.private_text("deletedEtag");
  JsonObject& properties = out["properties"].as_object();
  properties.erase("provisioningState");
  properties["deletionDate"] = iso8601(deleted);
  properties["scheduledPurgeDate"] = iso8601(deleted + kKept);
  properties["provisioningState"] = "Succeeded";
  return out;
}

}  // namespace

DeletedAccounts::DeletedAccounts(arm::Service& service) : service_(service) {}

void DeletedAccounts::add_to(arm::Service& service) {
  const std::string provider = "Microsoft.CognitiveServices";
  service.add_provider_path(provider, "deletedAccounts",
                            identified(service, [this](const Call& call) { return list(call); }));
  service.add_provider_path(
      provider, "locations/*/resourceGroups/*/deletedAccounts/*",
      identified(service, [this](const Call& call) { return call.method == "DELETE" ? purge(call) : show(call); }));
  service.add_operation_form(std::string(kPurge), cognitive_services_form("Deleting"));
  service.operations().define(std::string(kPurge), [this](arm::OperationContext& context) -> Result<Json> {
    const auto id = ResourceId::parse(context.operation().resource);
    if (auto gone = service_.parts().store.erase(kCollection, id->key()); !gone) return gone.error();
    return Json(nullptr);
  });
}

Status DeletedAccounts::remember(const Resource& account) {
  const auto id = ResourceId::parse(account.id());
  Resource kept = account;
  kept.hidden()["deletedEtag"] = "\"" + service_.parts().random.uuid() + "\"";
  return service_.parts().store.put(
      kCollection, id->key(),
      JsonObject{{"account", kept.document}, {"deleted", unix_seconds(service_.parts().clock.now())}});
}

std::optional<Resource> DeletedAccounts::find(const ResourceId& account) const {
  const auto stored = service_.parts().store.get(kCollection, account.key());
  if (!stored) return std::nullopt;
  Resource found = from(stored->value);
  if (deletion_of(found) + kKept <= service_.parts().clock.now()) return std::nullopt;
  return found;
}

Status DeletedAccounts::forget(const ResourceId& account) {
  return service_.parts().store.erase(kCollection, account.key());
}

std::vector<Resource> DeletedAccounts::all() const {
  std::vector<Resource> accounts;
  for (const auto& stored : service_.parts().store.list(kCollection)) {
    Resource account = from(stored.value);
    if (deletion_of(account) + kKept > service_.parts().clock.now()) accounts.push_back(std::move(account));
  }
  return accounts;
}

Result<Answer> DeletedAccounts::show(const Call& call) const {
  const auto account = find(account_id(call));
  if (!account) return arm::resource_not_found(account_id(call));
  return Answer::json(200, shown(*account));
}

Result<Answer> DeletedAccounts::list(const Call& call) const {
  JsonArray items;
  for (const auto& account : all()) {
    const auto id = ResourceId::parse(account.id());
    if (equals_ignoring_case(id->subscription(), call.id.subscription())) items.push_back(shown(account));
  }
  return Answer::json(200, arm::Service::page(call, std::move(items)));
}

Result<Answer> DeletedAccounts::purge(const Call& call) {
  const auto account = find(account_id(call));
  if (!account) return Answer::no_body(204);
  auto operation =
      service_.operations().start(std::string(kPurge), account->id(), call.id.subscription(),
                                  JsonObject{{"location", string_or(account->document.if_contains("location"))}});
  if (!operation) return operation.error();
  Answer answer = Answer::no_body(202);
  add_cognitive_services_poll(service_, answer, *operation, string_or(account->document.if_contains("location")), true);
  return answer;
}

}  // namespace lazuli::providers
