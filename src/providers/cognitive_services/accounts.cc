#include "providers/cognitive_services/accounts.h"

#include <algorithm>

#include "base/text.h"
#include "providers/cognitive_services/account_body.h"
#include "providers/cognitive_services/account_rules.h"
#include "providers/cognitive_services/handlers.h"
#include "providers/cognitive_services/polling.h"
#include "providers/cognitive_services/versions.h"

namespace lazuli::providers {

namespace {

using arm::ResourceId;

constexpr std::string_view kSettle = "cognitiveServices.account";

}  // namespace

Accounts::Accounts(arm::Service& service, openai::Gateway& gateway, entra::Entra* entra)
    : service_(service), gateway_(gateway), entra_(entra), deleted_(service) {}

void Accounts::add_to(arm::Service& service) {
  arm::TypeSpec spec;
  spec.type = kAccountType;
  spec.etag = service_.stored_etag();
  spec.api_versions = cognitive_services_versions();
  spec.tracked = true;
  spec.list = listed(service, kAccountType);
  spec.get = identified(service, [this](const Call& call) { return get(call); });
  spec.put = identified(service, [this](const Call& call) { return put(call); });
  spec.patch = identified(service, [this](const Call& call) { return patch(call); });
  spec.del = identified(service, [this](const Call& call) { return remove(call); });
  spec.actions["listKeys"] = identified(service, [this](const Call& call) { return list_keys(call); });
  spec.actions["regenerateKey"] = identified(service, [this](const Call& call) { return regenerate_key(call); });
  service.add(std::move(spec));
  arm::TypeSpec skus;
  skus.type = std::string(kAccountType) + "/skus";
  skus.api_versions = cognitive_services_versions();
  skus.list = identified(service, [this](const Call& call) { return list_skus(call); });
  service.add(std::move(skus));
  deleted_.add_to(service);
  service.add_operation_form(std::string(kSettle), cognitive_services_form("Creating"));
  service.operations().define(std::string(kSettle),
                              [this](arm::OperationContext& context) { return settle(context.operation().resource); });
  service.on_forget(std::string(kAccountType), [this](const Resource& account) { return clean_up(account); });
}

void Accounts::restore() {
  for (const auto& account : service_.resources().of_type(kAccountType)) gateway_.put(gateway_account(account));
}

Accounts::Answer Accounts::shown(int status, const Resource& account) const {
  Answer answer = Answer::json(status, account.visible());
  answer.headers.set("ETag", string_or(account.document.if_contains("etag")));
  return answer;
}

Result<Accounts::Answer> Accounts::get(const Call& call) const {
  const auto account = service_.resources().get(call.id);
  if (!account) return arm::resource_not_found(call.id);
  return shown(200, *account);
}

Result<Accounts::Answer> Accounts::put(const Call& call) {
  if (auto valid = check_account_name(call.id.name()); !valid) return valid.error();
  const std::string kind_name = string_at(call.body, "kind");
  const std::lock_guard lock(mutex_);
  if (auto existing = service_.resources().get(call.id)) return update(call, *std::move(existing));
  auto deleted = deleted_.find(call.id);
  if (deleted && bool_or(find(call.body, "properties", "restore"))) return bring_back(call, *std::move(deleted));
  const AccountKind* kind = find_kind(kind_name);
  if (kind == nullptr) {
    return arm::bad_request("InvalidApiSetId",
                            "The account type '" + kind_name + "' is either invalid or unavailable in given region.");
  }
  const auto sku = check_sku(*kind, find(call.body, "sku"));
  if (!sku) return sku.error();
  if (deleted) {
    return Error{"FlagMustBeSetForRestore",
                 "An existing resource with ID '" + deleted->id() +
                     "' has been soft-deleted. To restore the resource, you must specify 'restore' to be 'true' in the "
                     "property. If you don't want to restore existing resource, please purge it first.",
                 409};
  }
  return create(call, *kind, *sku);
}

Result<Accounts::Answer> Accounts::create(const Call& call, const AccountKind& kind, const std::string& sku) {
  const Json none = JsonObject();
  const auto* asked = find(call.body, "properties");
  const Json& properties = asked && asked->is_object() ? *asked : none;
  if (auto free = check_subdomain(properties, nullptr, call.id.key()); !free) return free.error();
  auto& random = service_.parts().random;
  const TimePoint now = service_.parts().clock.now();
  Resource account;
  account.document = JsonObject{{"id", call.id.text()},
                                {"name", call.id.name()},
                                {"type", kAccountType},
                                {"location", string_at(call.body, "location")},
                                {"sku", JsonObject{{"name", sku}}},
                                {"kind", kind.name},
                                {"systemData", system_data(call.caller, now)}};
  set_tags(account, find(call.body, "tags"));
  account.hidden()["key1"] = make_key(random);
  account.hidden()["key2"] = make_key(random);
  JsonObject& sent = object_at(account.hidden(), "sent");
  for (const auto& [name, value] : properties.as_object()) {
    if (is_settable_property(name) && !value.is_null()) sent[name] = value;
  }
  account.properties()["internalId"] = hex(random.bytes(16));
  account.properties()["dateCreated"] = iso8601(now);
  if (const auto* identity = find(call.body, "identity")) {
    if (auto applied = apply_identity(*identity, account); !applied) return applied.error();
  }
  compose_account(account, "Creating", false);
  return save_and_begin(call, account, 201, false);
}

// The old SKU, kind, keys and subdomain; synchronous (recorded).
Result<Accounts::Answer> Accounts::bring_back(const Call& call, Resource account) {
  account.hidden().erase("deleted");
  account.document["systemData"] = system_data(call.caller, service_.parts().clock.now());
  compose_account(account, "Succeeded", false);
  if (auto saved = save(account); !saved) return saved.error();
  if (auto gone = deleted_.forget(call.id); !gone) return gone.error();
  gateway_.put(gateway_account(account));
  return shown(201, account);
}

Result<Accounts::Answer> Accounts::patch(const Call& call) {
  const std::lock_guard lock(mutex_);
  auto account = service_.resources().get(call.id);
  if (!account) return arm::resource_not_found(call.id);
  return update(call, *std::move(account));
}

Status Accounts::check_subdomain(const Json& properties, const Resource* account, const std::string& id) const {
  const std::string name = string_at(properties, "customSubDomainName");
  if (name.empty()) return {};
  const std::string current = account ? account->property_text("customSubDomainName") : std::string();
  if (equals_ignoring_case(current, name)) return {};
  if (!current.empty()) {
    return arm::bad_request("CustomSubDomainNameCannotBeChanged",
                            "The subdomain name of the account is '" + current + "' and cannot be changed.",
                            "customSubDomainName");
  }
  if (!is_valid_subdomain(name)) {
    return arm::bad_request("InvalidCustomSubDomainName", "Sub domain name '" + name + "' is not valid",
                            "customSubDomainName");
  }
  return subdomain_taken(name, id) ? Status(subdomain_in_use(name)) : Status();
}

bool Accounts::subdomain_taken(std::string_view subdomain, const std::string& except_id) const {
  const auto uses = [&](const Resource& account) {
    return equals_ignoring_case(account.property_text("customSubDomainName"), subdomain) &&
           to_lower(account.id()) != except_id;
  };
  const auto live = service_.resources().of_type(kAccountType);
  const auto deleted = deleted_.all();
  return std::ranges::any_of(live, uses) || std::ranges::any_of(deleted, uses);
}

std::string Accounts::subdomain_refusal(std::string_view subdomain, const std::string& except_id) const {
  if (!is_valid_subdomain(subdomain)) return "Sub domain name '" + std::string(subdomain) + "' is not valid";
  return subdomain_taken(subdomain, except_id) ? subdomain_in_use(subdomain).message : std::string();
}

Result<Accounts::Answer> Accounts::remove(const Call& call) {
  const std::lock_guard lock(mutex_);
  const auto account = service_.resources().get(call.id);
  if (!account) return Answer::no_body(204);
  const auto nested = service_.resources().below(call.id);
  const auto deployment = std::ranges::find_if(nested, [](const Resource& child) {
    return equals_ignoring_case(child.type(), "Microsoft.CognitiveServices/accounts/deployments");
  });
  if (deployment != nested.end()) {
    return Error{"CannotDeleteResource",
                 "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: '" +
                     std::string(kAccountType) + "/" + call.id.name() + "/deployments/" +
                     string_or(deployment->document.if_contains("name")) +
                     "'. Please delete all nested resources before deleting this resource.",
                 409};
  }
  if (auto gone = service_.forget(call.id); !gone) return gone.error();
  return Answer::no_body(200);
}

Status Accounts::clean_up(const Resource& account) {
  gateway_.remove_account(account.id());
  if (auto kept = deleted_.remember(account); !kept) return kept;
  return entra_ && account.document.contains("identity") ? entra_->remove_managed_identity(account.id()) : Status();
}

Result<Accounts::Answer> Accounts::list_keys(const Call& call) const {
  const auto account = service_.resources().get(call.id);
  if (!account) return arm::resource_not_found(call.id);
  if (bool_or(account->property("disableLocalAuth"))) {
    return arm::bad_request("BadRequest", "Failed to list key. disableLocalAuth is set to be true");
  }
  return Answer::json(200,
                      JsonObject{{"key1", account->private_text("key1")}, {"key2", account->private_text("key2")}});
}

Result<Accounts::Answer> Accounts::regenerate_key(const Call& call) {
  const std::string name = to_lower(string_at(call.body, "keyName"));
  if (name != "key1" && name != "key2") {
    return arm::bad_request("BadRequest", "The key name must be 'Key1' or 'Key2'.", "keyName");
  }
  const std::lock_guard lock(mutex_);
  auto account = service_.resources().get(call.id);
  if (!account) return arm::resource_not_found(call.id);
  account->hidden()[name] = make_key(service_.parts().random);
  if (auto saved = save(*account); !saved) return saved.error();
  gateway_.put(gateway_account(*account));
  return list_keys(call);
}

Result<Accounts::Answer> Accounts::list_skus(const Call& call) const {
  const auto account = service_.resources().get(*call.id.parent());
  if (!account) return arm::resource_not_found(*call.id.parent());
  JsonArray items;
  const AccountKind* kind = find_kind(string_or(account->document.if_contains("kind")));
  for (const auto& sku : split(kind ? kind->skus : std::string_view(), ' ')) {
    items.push_back(
        JsonObject{{"resourceType", kAccountType}, {"sku", JsonObject{{"name", sku}, {"tier", tier_of(sku)}}}});
  }
  return Answer::json(200, JsonObject{{"value", std::move(items)}});
}

Status Accounts::save(Resource& account) {
  account.document["etag"] = account_etag(service_.parts().random, service_.parts().clock.now());
  arrange(account);
  return service_.resources().save(account);
}

// The account and the operation that ends its change, in one transaction.
Result<Accounts::Answer> Accounts::save_and_begin(const Call& call, Resource& account, int status, bool with_result) {
  account.document["etag"] = account_etag(service_.parts().random, service_.parts().clock.now());
  arrange(account);
  const std::string location = string_or(account.document.if_contains("location"));
  arm::Operation operation;
  auto written = service_.parts().store.transact([&](store::Transaction& transaction) -> Status {
    arm::Resources::save(transaction, account);
    operation = service_.operations().prepare(transaction, std::string(kSettle), account.id(), call.id.subscription(),
                                              JsonObject{{"location", location}});
    return {};
  });
  if (!written) return written.error();
  service_.operations().launch(operation);
  Answer answer = shown(status, account);
  add_cognitive_services_poll(service_, answer, operation, location, with_result);
  return answer;
}

Result<Json> Accounts::settle(const std::string& resource) {
  const auto id = ResourceId::parse(resource);
  const std::lock_guard lock(mutex_);
  Resource settled;
  auto changed = service_.resources().update(*id, [&](Resource& account) -> Status {
    account.properties()["provisioningState"] = "Succeeded";
    account.document["etag"] = account_etag(service_.parts().random, service_.parts().clock.now());
    settled = account;
    return {};
  });
  if (!changed) {  // deleted meanwhile: nothing is left to be done
    if (changed.error().status == 404) return Json(nullptr);
    return changed.error();
  }
  gateway_.put(gateway_account(settled));
  return Json(nullptr);
}

}  // namespace lazuli::providers
