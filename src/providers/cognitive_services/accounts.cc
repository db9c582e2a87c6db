#include "providers/cognitive_services/accounts.h"

#include <algorithm>

#include "base/text.h"
#include "providers/cognitive_services/account_body.h"
#include "providers/cognitive_services/handlers.h"
#include "providers/cognitive_services/polling.h"
#include "providers/cognitive_services/versions.h"

namespace lazuli::providers {

namespace {

using arm::ResourceId;

constexpr std::string_view kSettle = "cognitiveServices.account";

bool letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Status check_name(std::string_view name) {
  const bool valid = name.size() >= 2 && name.size() <= 64 && letter_or_digit(name.front()) &&
                     std::ranges::all_of(name, [](char c) { return letter_or_digit(c) || c == '-' || c == '_'; });
  if (valid) return {};
  return arm::bad_request("InvalidAccountName",
                          "The account name is invalid. Account name can only include alphanumeric characters, "
                          "underscores and hyphens; Account name only allows 2 to 64 characters.");
}

bool is_valid_subdomain(std::string_view name) {
  return name.size() >= 2 && name.size() <= 64 && letter_or_digit(name.front()) && letter_or_digit(name.back()) &&
         std::ranges::all_of(name, [](char c) { return letter_or_digit(c) || c == '-'; });
}

// az and the tutorial write "s0": answered as "S0".
Result<std::string> check_sku(const AccountKind& kind, const Json* sku) {
  const std::string asked = sku ? string_at(*sku, "name") : std::string();
  std::string name = to_upper(asked);
  if (kind.has_sku(name)) return name;
  return arm::bad_request("InvalidSkuId",
                          "The SKU name '" + asked + "' in account type '" + std::string(kind.name) + "' is invalid.");
}

Error subdomain_in_use(std::string_view name) {
  return Error{"CustomDomainInUse",
               "Please pick a different name. The subdomain name '" + std::string(name) +
                   "' is not available as it's already used by a resource. If the resource using the name was deleted "
                   "in the last 48 hours, you may need to purge the deleted resource. Learn more at "
                   "\"https://go.microsoft.com/fwlink/?linkid=2215493\"",
               409};
}

void set_tags(arm::Resource& account, const Json* tags) {
  if (tags == nullptr) return;
  if (tags->is_object()) {
    account.document["tags"] = *tags;
  } else {
    account.document.erase("tags");
  }
}

// The members in the order of the service's answers (2022 and later).
void arrange(arm::Resource& account) {
  JsonObject ordered;
  for (const auto* name : {"id", "name", "type", "etag", "location", "sku", "kind", "tags", "properties", "identity",
                           "systemData", "private"}) {
    if (const auto* value = account.document.if_contains(name)) ordered[name] = *value;
  }
  account.document = std::move(ordered);
}

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
  if (auto valid = check_name(call.id.name()); !valid) return valid.error();
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

// PATCH, and PUT over an existing account. Changes of identity and network rules are long-running (recorded).
Result<Accounts::Answer> Accounts::update(const Call& call, Resource account) {
  bool asynchronous = false;
  if (auto applied = apply(call, account, asynchronous); !applied) return applied.error();
  account.document["systemData"] =
      system_data(call.caller, service_.parts().clock.now(), account.document.if_contains("systemData"));
  compose_account(account, asynchronous ? "Accepted" : "Succeeded", true);
  if (asynchronous) return save_and_begin(call, account, 202, true);
  if (auto saved = save(account); !saved) return saved.error();
  gateway_.put(gateway_account(account));
  return shown(200, account);
}

Status Accounts::apply(const Call& call, Resource& account, bool& asynchronous) {
  const AccountKind* kind = find_kind(string_or(account.document.if_contains("kind")));
  if (const auto asked = string_at(call.body, "kind"); !asked.empty() && !equals_ignoring_case(asked, kind->name)) {
    const AccountKind* other = find_kind(asked);
    if (other == nullptr || !kind->models || !other->models) {
      return arm::bad_request("UpdateKindNotAllowed", "It's not allowed to update kind of API account.");
    }
    account.document["kind"] = other->name;
    kind = other;
  }
  if (const auto* sku = find(call.body, "sku"); sku && sku->is_object()) {
    auto name = check_sku(*kind, sku);
    if (!name) return name.error();
    account.document["sku"] = JsonObject{{"name", *name}};
  }
  set_tags(account, find(call.body, "tags"));
  if (const auto* properties = find(call.body, "properties"); properties && properties->is_object()) {
    if (auto free = check_subdomain(*properties, &account, call.id.key()); !free) return free;
    JsonObject& sent = object_at(account.hidden(), "sent");
    for (const auto& [name, value] : properties->as_object()) {
      if (!is_settable_property(name)) continue;
      if (name == "networkAcls") asynchronous = true;
      if (value.is_null()) {
        if (name != "customSubDomainName") sent.erase(name);
      } else {
        sent[name] = value;
      }
    }
  }
  if (const auto* identity = find(call.body, "identity"); identity && identity->is_object()) {
    if (call.method == "PATCH") asynchronous = true;
    return apply_identity(*identity, account);
  }
  return {};
}

Status Accounts::apply_identity(const Json& wanted, Resource& account) {
  const std::string type = string_at(wanted, "type");
  const bool system = type.find("SystemAssigned") != std::string::npos;
  const bool user = type.find("UserAssigned") != std::string::npos;
  if (!system && !user) {
    if (account.document.contains("identity")) account.document["identity"] = JsonObject{{"type", "None"}};
    return entra_ ? entra_->remove_managed_identity(account.id()) : Status();
  }
  if (entra_ == nullptr) return arm::bad_request("IdentityNotSupported", "Managed identities are not available here.");
  JsonObject identity;
  if (system) {
    auto principal = entra_->ensure_managed_identity(account.id(), string_or(account.document.if_contains("name")));
    if (!principal) return principal.error();
    identity = JsonObject{{"principalId", principal->object_id}, {"tenantId", service_.parts().tenant_id}};
  }
  identity["type"] = system && user ? "SystemAssigned, UserAssigned" : system ? "SystemAssigned" : "UserAssigned";
  if (const auto* users = find(wanted, "userAssignedIdentities"); user && users && users->is_object()) {
    JsonObject assigned;
    for (const auto& [id, unused] : users->as_object()) {
      const auto principal = entra_->managed_identity(id);
      if (!principal) {
        return arm::bad_request("FailedIdentityOperation", "The identity '" + std::string(id) + "' could not be found.",
                                "identity");
      }
      assigned[id] = JsonObject{{"principalId", principal->object_id}, {"clientId", principal->client_id}};
    }
    identity["userAssignedIdentities"] = std::move(assigned);
  }
  account.document["identity"] = std::move(identity);
  return {};
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
