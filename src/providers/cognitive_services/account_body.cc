#include "providers/cognitive_services/account_body.h"

#include <array>
#include <cstdio>

#include "base/text.h"
#include "providers/cognitive_services/deployment_settings.h"

namespace lazuli::providers {

namespace {

constexpr std::array<std::string_view, 14> kSettable = {"customSubDomainName",
                                                        "networkAcls",
                                                        "disableLocalAuth",
                                                        "dynamicThrottlingEnabled",
                                                        "publicNetworkAccess",
                                                        "restrictOutboundNetworkAccess",
                                                        "allowedFqdnList",
                                                        "userOwnedStorage",
                                                        "encryption",
                                                        "apiProperties",
                                                        "allowProjectManagement",
                                                        "associatedProjects",
                                                        "defaultProject",
                                                        "networkInjections"};

// Order in the answer is fixed, whatever order was sent (recorded).
JsonObject network_acls(const Json& sent) {
  const auto list = [&](std::string_view name) {
    const auto* value = find(sent, name);
    return value && value->is_array() ? value->as_array() : JsonArray();
  };
  JsonObject acls{{"defaultAction", string_at(sent, "defaultAction")},
                  {"virtualNetworkRules", list("virtualNetworkRules")},
                  {"ipRules", list("ipRules")}};
  if (const auto bypass = string_at(sent, "bypass"); !bypass.empty()) acls["bypass"] = bypass;
  return acls;
}

Json api_properties(const AccountKind& kind, const Json* sent) {
  if (sent && sent->is_object()) return *sent;
  JsonObject none;
  if (kind.name == "AIServices") none["qnaAzureSearchEndpointKey"] = nullptr;
  return none;
}

}  // namespace

bool is_settable_property(std::string_view name) {
  return std::find(kSettable.begin(), kSettable.end(), name) != kSettable.end();
}

std::string account_etag(Random& random, TimePoint now) {
  char time[9];
  std::snprintf(time, sizeof time, "%08x", static_cast<unsigned>(unix_seconds(now)));
  return "\"" + hex(random.bytes(4)) + "-0000-0100-0000-" + time + "0000\"";
}

std::string make_key(Random& random) {
  return hex(random.bytes(16));
}

void compose_account(arm::Resource& account, std::string_view state, bool patched) {
  const AccountKind* kind = find_kind(string_or(account.document.if_contains("kind")));
  if (kind == nullptr) return;
  const JsonObject sent = object_at(account.hidden(), "sent");
  const auto given = [&](std::string_view name) { return sent.if_contains(name); };
  const JsonObject before = account.properties();
  const AccountHosts hosts =
      hosts_of(*kind, string_or(account.document.if_contains("name")),
               string_or(account.document.if_contains("location")), string_or(given("customSubDomainName")));
  if (patched) account.hidden()["patched"] = true;
  const bool second = account.hidden().contains("patched");

  JsonObject properties{{"endpoint", hosts.endpoint}};
  if (second) properties["provisioningState"] = state;
  properties["internalId"] = string_or(before.if_contains("internalId"));
  properties["dateCreated"] = string_or(before.if_contains("dateCreated"));
  properties["apiProperties"] = api_properties(*kind, given("apiProperties"));
  properties["callRateLimit"] = JsonObject{{"rules", call_rules_of(*kind)}};
  properties["isMigrated"] = false;
  if (!hosts.subdomain.empty()) properties["customSubDomainName"] = hosts.subdomain;
  if (const auto* acls = given("networkAcls"); acls && acls->is_object())
    properties["networkAcls"] = network_acls(*acls);
  properties["allowProjectManagement"] = bool_or(given("allowProjectManagement"));
  properties["privateEndpointConnections"] = JsonArray();
  for (const auto name : kSettable) {  // those that have no place of their own above
    if (const auto* value = given(name); value && !value->is_null() && !properties.contains(name)) {
      properties[name] = *value;
    }
  }
  if (!properties.contains("publicNetworkAccess")) properties["publicNetworkAccess"] = "Enabled";
  properties["capabilities"] = capabilities_of(*kind);
  properties["endpoints"] = endpoints_of(*kind, hosts);
  if (!second) properties["provisioningState"] = state;
  account.document["properties"] = std::move(properties);
}

JsonObject system_data(const access::Principal& caller, TimePoint now, const Json* existing) {
  const bool user = caller.type == access::PrincipalType::user;
  const std::string by = user ? caller.name : caller.app_id.empty() ? caller.object_id : caller.app_id;
  const std::string type = user                                                     ? "User"
                           : caller.type == access::PrincipalType::managed_identity ? "ManagedIdentity"
                                                                                    : "Application";
  JsonObject data;
  if (existing && existing->is_object()) data = existing->as_object();
  if (!data.contains("createdAt")) {
    data["createdBy"] = by;
    data["createdByType"] = type;
    data["createdAt"] = iso8601(now);
  }
  data["lastModifiedBy"] = by;
  data["lastModifiedByType"] = type;
  data["lastModifiedAt"] = iso8601(now);
  return data;
}

openai::Account gateway_account(const arm::Resource& account) {
  openai::Account known;
  known.resource_id = account.id();
  known.subdomain = to_lower(account.property_text("customSubDomainName"));
  known.location = string_or(account.document.if_contains("location"));
  known.kind = string_or(account.document.if_contains("kind"));
  known.keys = {account.private_text("key1"), account.private_text("key2")};
  known.local_auth = !bool_or(account.property("disableLocalAuth"));
  known.public_access = account.property_text("publicNetworkAccess") != "Disabled";
  if (const auto* acls = account.property("networkAcls")) {
    known.deny_by_default = equals_ignoring_case(string_at(*acls, "defaultAction"), "Deny");
    for (const auto& rule : array_at(*acls, "ipRules")) known.allowed_addresses.push_back(string_at(rule, "value"));
  }
  return known;
}

openai::Deployment gateway_deployment(const arm::Resource& deployment) {
  openai::Deployment known;
  known.resource_id = deployment.id();
  const auto id = arm::ResourceId::parse(deployment.id());
  known.account_id = id && id->parent() ? id->parent()->text() : std::string();
  known.name = string_or(deployment.document.if_contains("name"));
  if (const auto* model = deployment.property("model")) {
    known.model_name = string_at(*model, "name");
    known.model_version = string_at(*model, "version");
    known.model_format = string_at(*model, "format");
  }
  if (const auto* sku = deployment.document.if_contains("sku")) {
    known.sku_name = string_at(*sku, "name");
    known.capacity = integer(find(*sku, "capacity")).value_or(1);
  }
  known.paused = deployment.property_text(kDeploymentState) == kPaused;
  return known;
}

void set_tags(arm::Resource& account, const Json* tags) {
  if (tags == nullptr) return;
  if (tags->is_object()) {
    account.document["tags"] = *tags;
  } else {
    account.document.erase("tags");
  }
}

void arrange(arm::Resource& account) {
  JsonObject ordered;
  for (const auto* name : {"id", "name", "type", "etag", "location", "sku", "kind", "tags", "properties", "identity",
                           "systemData", "private"}) {
    if (const auto* value = account.document.if_contains(name)) ordered[name] = *value;
  }
  account.document = std::move(ordered);
}

}  // namespace lazuli::providers
