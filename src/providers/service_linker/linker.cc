#include "providers/service_linker/linker.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/text.h"
#include "providers/service_linker/names.h"

namespace lazuli::providers::service_linker {

namespace {

constexpr std::size_t kNameLimit = 60;

Error bad(std::string message, std::string target = {}) {
  return arm::bad_request("BadRequest", std::move(message), std::move(target));
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameLimit && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
  });
}

// RFC 1123 label, as Kubernetes wants a namespace to be.
bool is_name_space(std::string_view name) {
  return !name.empty() && name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

Result<Auth> auth_of(std::string_view type) {
  if (equals_ignoring_case(type, "userAssignedIdentity")) return Auth::identity;
  if (equals_ignoring_case(type, "secret") || equals_ignoring_case(type, "accessKey")) return Auth::secret;
  if (equals_ignoring_case(type, "servicePrincipalSecret")) return Auth::service_principal;
  return arm::bad_request("UnsupportedAuthType",
                          "The auth type '" + std::string(type) +
                              "' is not supported for a connection from Azure Kubernetes Service. Supported: "
                              "userAssignedIdentity (workload identity), secret, servicePrincipalSecret.",
                          "properties.authInfo.authType");
}

Result<arm::ResourceId> target_of(const Json& properties) {
  const auto text = string_at(properties, "targetService", "id");
  const auto id = arm::ResourceId::parse(text);
  if (!id || id->subscription().empty() || id->is_collection()) {
    return arm::bad_request("LinkedInvalidPropertyId",
                            "Property id '" + text +
                                "' at path 'properties.targetService.id' is invalid. Expect fully qualified resource "
                                "Id that start with '/subscriptions/{subscriptionId}' or "
                                "'/providers/{resourceProviderNamespace}/'.");
  }
  if (!equals_ignoring_case(id->type(), kAccountType)) {
    return arm::bad_request(
        "UnsupportedTargetService",
        "The target service '" + id->type() + "' is not supported. Supported: " + std::string(kAccountType) + ".",
        "properties.targetService.id");
  }
  return *id;
}

JsonObject object_of(const Json* value) {
  const auto* object = value ? value->if_object() : nullptr;
  return object ? *object : JsonObject();
}

// The members in this order, null where `from` has none.
JsonObject members(const Json* from, std::initializer_list<std::string_view> names) {
  JsonObject made;
  for (const auto name : names) {
    const Json* value = from ? find_member(*from, name) : nullptr;
    made[name] = value ? *value : Json(nullptr);
  }
  return made;
}

JsonObject filled_auth(const Json* given) {
  const auto type = given ? string_at(*given, "authType") : std::string();
  if (equals_ignoring_case(type, "userAssignedIdentity")) {
    return members(
        given, {"subscriptionId", "clientId", "roles", "userName", "authType", "deleteOrUpdateBehavior", "authMode"});
  }
  if (equals_ignoring_case(type, "servicePrincipalSecret")) {
    auto made = members(given, {"clientId", "principalId", "secret", "roles", "userName", "authType",
                                "deleteOrUpdateBehavior", "authMode"});
    made["secret"] = nullptr;  // kept in "private", never answered
    return made;
  }
  auto made = members(given, {"name", "secretInfo", "authType", "authMode"});
  if (!made["secretInfo"].is_null()) made["secretInfo"] = JsonObject{{"secretType", "rawValue"}};
  return made;
}

JsonObject filled_configuration(const Json* given) {
  auto made =
      members(given, {"customizedKeys", "configurationStore", "additionalConfigurations",
                      "additionalConnectionStringProperties", "deleteOrUpdateBehavior", "action", "daprProperties"});
  made["configurationStore"] = members(given ? find(*given, "configurationStore") : nullptr, {"appConfigurationId"});
  return made;
}

}  // namespace

std::string Linker::secret() const {
  return secret_name(name());
}

std::string Linker::service_account() const {
  return auth == Auth::identity ? service_account_name(client_id) : std::string();
}

Result<Linker> read_linker(const arm::ResourceId& id, const Json& properties) {
  Linker made;
  made.id = id;
  made.cluster = id.scope();
  if (!is_name(id.name())) {
    return bad("The connection name '" + id.name() + "' is invalid. It may have up to " + std::to_string(kNameLimit) +
                   " letters, digits, '.' and '_'.",
               "name");
  }
  auto target = target_of(properties);
  if (!target) return target.error();
  made.target = *std::move(target);
  const auto auth = auth_of(string_at(properties, "authInfo", "authType"));
  if (!auth) return auth.error();
  made.auth = *auth;
  made.client_id = string_at(properties, "authInfo", "clientId");
  made.subscription_id = string_at(properties, "authInfo", "subscriptionId");
  made.principal_id = string_at(properties, "authInfo", "principalId");
  if (made.subscription_id.empty()) made.subscription_id = id.subscription();
  if (made.auth != Auth::secret && made.client_id.empty()) {
    return bad("The client id of the identity is missing.", "properties.authInfo.clientId");
  }
  if (made.auth == Auth::service_principal && made.principal_id.empty()) {
    return bad("The principal id of the service principal is missing.", "properties.authInfo.principalId");
  }
  made.name_space = string_at(properties, "scope");
  if (made.name_space.empty()) made.name_space = "default";
  if (!is_name_space(made.name_space)) {
    return bad("The scope '" + made.name_space + "' is no name of a Kubernetes namespace.", "properties.scope");
  }
  if (!string_at(properties, "secretStore", "keyVaultId").empty()) {
    return bad("Storing secrets in a Key Vault is not supported.", "properties.secretStore.keyVaultId");
  }
  made.customized_keys = object_of(find(properties, "configurationInfo", "customizedKeys"));
  made.additional = object_of(find(properties, "configurationInfo", "additionalConfigurations"));
  return made;
}

Result<Linker> read_linker(const arm::Resource& stored) {
  const auto id = arm::ResourceId::parse(stored.id());
  const auto* properties = stored.document.if_contains("properties");
  if (!id || !properties) return bad("the stored connection '" + stored.id() + "' cannot be read");
  return read_linker(*id, *properties);
}

JsonObject filled(const Json& properties) {
  JsonObject made;
  made["publicNetworkSolution"] =
      members(find(properties, "publicNetworkSolution"), {"firewallRules", "deleteOrUpdateBehavior", "action"});
  made["configurationInfo"] = filled_configuration(find(properties, "configurationInfo"));
  made["provisioningState"] = nullptr;
  made["targetService"] = members(find(properties, "targetService"), {"id", "resourceProperties", "type"});
  if (string_at(properties, "targetService", "type").empty())
    object_at(made, "targetService")["type"] = "AzureResource";
  made["authInfo"] = filled_auth(find(properties, "authInfo"));
  const auto client = string_at(properties, "clientType");
  made["clientType"] = client.empty() ? "none" : client;
  const auto scope = string_at(properties, "scope");
  made["scope"] = scope.empty() ? "default" : scope;
  const Json* network = find(properties, "vNetSolution");
  made["vNetSolution"] = network ? *network : Json(nullptr);
  made["secretStore"] = members(find(properties, "secretStore"), {"keyVaultId", "keyVaultSecretName"});
  return made;
}

JsonObject in_put_order(const JsonObject& properties) {
  constexpr std::array<std::string_view, 9> kOrder = {
      "provisioningState",     "targetService",    "authInfo", "vNetSolution", "clientType", "secretStore", "scope",
      "publicNetworkSolution", "configurationInfo"};
  JsonObject made;
  for (const auto name : kOrder) {
    if (const Json* value = properties.if_contains(name)) made[name] = *value;
  }
  return made;
}

}  // namespace lazuli::providers::service_linker
