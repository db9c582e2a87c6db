// PATCH, and PUT over an existing account: what may change, and what else changes with it.
#include "base/text.h"
#include "providers/cognitive_services/account_body.h"
#include "providers/cognitive_services/account_rules.h"
#include "providers/cognitive_services/accounts.h"

namespace lazuli::providers {

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

}  // namespace lazuli::providers
