// The tutorial's steps at management.azure.com, with the bodies that az sends.
#include <array>

#include "base/random.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "tutorial/tutorial.h"

namespace lazuli::tutorial {

namespace {

// The versions that azure-cli 2.91 asks for.
constexpr std::string_view kGroups = "2024-11-01";
constexpr std::string_view kClusters = "2026-06-01";
constexpr std::string_view kAccounts = "2026-05-15-preview";
constexpr std::string_view kRegistries = "2026-09-01-preview";
constexpr std::string_view kIdentities = "2025-05-31-preview";
constexpr std::string_view kLinkers = "2024-07-01-preview";

// RFC 4253, section 6.6: "ssh-rsa", e and n, each with its length; integers have a zero byte before a high bit.
std::string ssh_public_key(const crypto::PublicKey& key) {
  const Json jwk = key.jwk();
  std::string blob;
  auto append = [&](std::string bytes) {
    if (!bytes.empty() && (bytes[0] & 0x80)) bytes.insert(0, 1, '\0');
    for (int shift = 24; shift >= 0; shift -= 8) blob += static_cast<char>((bytes.size() >> shift) & 0xff);
    blob += bytes;
  };
  append("ssh-rsa");
  for (const auto member : {"e", "n"}) append(base64url_decode(string_at(jwk, member)).value_or(""));
  return "ssh-rsa " + base64(blob) + " lazuli-tutorial";
}

Json cluster_body(const std::string& subscription) {
  // az keeps the private half in ~/.ssh; nobody signs in to this node, so here it goes at once.
  const std::string key = ssh_public_key(crypto::PrivateKey::generate_rsa().public_key());
  const std::string prefix = to_lower(names::kCluster).substr(0, 10) + "-" + to_lower(names::kGroup).substr(0, 16) +
                             "-" + subscription.substr(0, 6);
  return JsonObject{
      {"location", names::kLocation},
      {"identity", {{"type", "SystemAssigned"}}},
      {"sku", {{"name", "Base"}, {"tier", "Free"}}},
      {"properties",
       {{"kubernetesVersion", ""},
        {"dnsPrefix", prefix},
        {"agentPoolProfiles", JsonArray{JsonObject{{"name", "nodepool1"},
                                                   {"count", 1},
                                                   {"osType", "Linux"},
                                                   {"mode", "System"},
                                                   {"type", "VirtualMachineScaleSets"}}}},
        {"linuxProfile",
         {{"adminUsername", "azureuser"}, {"ssh", {{"publicKeys", JsonArray{JsonObject{{"keyData", key}}}}}}}},
        {"enableRBAC", true},
        {"networkProfile", {{"outboundType", "loadBalancer"}, {"loadBalancerSku", "standard"}}}}}};
}

std::string resource(const Azure& azure, std::string_view type, std::string_view name) {
  return azure.group(names::kGroup) + "/providers/" + std::string(type) + "/" + std::string(name);
}

std::string cluster_id(const Azure& azure) {
  return resource(azure, "Microsoft.ContainerService/managedClusters", names::kCluster);
}
std::string account_id(const Azure& azure) {
  return resource(azure, "Microsoft.CognitiveServices/accounts", names::kAccount);
}

// Of the account, when it was deleted with its group.
std::string deleted_account_id(const Azure& azure) {
  return azure.subscription() + "/providers/Microsoft.CognitiveServices/locations/" + names::kLocation +
         "/resourceGroups/" + names::kGroup + "/deletedAccounts/" + names::kAccount;
}

// The name that az gives a connection when none is typed.
std::string new_connection_name() {
  SystemRandom random;
  return "cognitiveservices_" + random.text(5, "abcdefghijklmnopqrstuvwxyz0123456789");
}

Result<std::string> said(const Result<Json>& made, std::string text) {
  if (!made) return made.error();
  return text;
}

}  // namespace

Result<std::string> Tutorial::create_group() {
  return said(azure_.call("PUT", azure_.group(names::kGroup), kGroups, JsonObject{{"location", names::kLocation}}),
              "group MyResourceGroup in eastus");
}

Result<std::string> Tutorial::create_cluster() {
  const auto there = azure_.find(cluster_id(azure_), kClusters);
  if (!there) return there.error();
  if (*there && string_at(**there, "properties", "provisioningState") == "Succeeded")
    return std::string("the cluster is there already");
  const auto made = azure_.call("PUT", cluster_id(azure_), kClusters, cluster_body(azure_.credentials().subscription));
  if (!made) return made.error();
  return "Kubernetes " + string_at(*made, "properties", "currentKubernetesVersion") + ", one node";
}

Result<std::string> Tutorial::create_account() {
  const JsonObject body{{"sku", {{"name", "s0"}}},
                        {"kind", "OpenAI"},
                        {"location", names::kLocation},
                        {"properties", {{"customSubDomainName", names::kDomain}}}};
  auto made = azure_.call("PUT", account_id(azure_), kAccounts, body);
  // An earlier run's group was deleted by hand: Azure keeps the account, and its name, for 48 hours.
  const bool kept = !made && made.error().code == "FlagMustBeSetForRestore";
  if (kept) {
    if (const auto purged = purge_account(); !purged) return purged.error();
    made = azure_.call("PUT", account_id(azure_), kAccounts, body);
  }
  if (!made) return made.error();
  return string_at(*made, "properties", "endpoint") + (kept ? "; the one that had been deleted was purged" : "");
}

Result<std::string> Tutorial::purge_account() {
  const std::string id = deleted_account_id(azure_);
  const auto there = azure_.find(id, kAccounts);
  if (!there) return there.error();
  if (!there->has_value()) return std::string("there was nothing to purge");
  if (const auto done = azure_.call("DELETE", id, kAccounts); !done) return done.error();
  return std::string("purged: its name can be used again");
}

Result<std::string> Tutorial::create_deployment() {
  const JsonObject body{{"properties", {{"model", {{"format", "OpenAI"}, {"name", "gpt-4"}, {"version", "0613"}}}}},
                        {"sku", {{"name", "Standard"}, {"capacity", "1"}}}};
  return said(azure_.call("PUT", account_id(azure_) + "/deployments/" + names::kDeployment, kAccounts, body),
              "gpt-4 0613 as MyModel");
}

Result<std::string> Tutorial::create_registry() {
  const auto made =
      azure_.call("PUT", resource(azure_, "Microsoft.ContainerRegistry/registries", names::kRegistry), kRegistries,
                  JsonObject{{"location", names::kLocation},
                             {"sku", {{"name", "Standard"}}},
                             {"properties", {{"adminUserEnabled", false}}}});
  if (!made) return made.error();
  return string_at(*made, "properties", "loginServer");
}

Result<std::string> Tutorial::enable_anonymous_pull() {
  return said(azure_.call("PATCH", resource(azure_, "Microsoft.ContainerRegistry/registries", "MyRegistry"),
                          kRegistries, JsonObject{{"properties", {{"anonymousPullEnabled", true}}}}),
              "the cluster may pull without signing in");
}

Result<std::string> Tutorial::create_identity() {
  const auto made =
      azure_.call("PUT", resource(azure_, "Microsoft.ManagedIdentity/userAssignedIdentities", names::kIdentity),
                  kIdentities, JsonObject{{"location", names::kLocation}});
  if (!made) return made.error();
  identity_id_ = string_at(*made, "id");
  client_id_ = string_at(*made, "properties", "clientId");
  return "client id " + client_id_;
}

Result<std::string> Tutorial::create_connection() {
  const std::string linkers = cluster_id(azure_) + "/providers/Microsoft.ServiceLinker/linkers";
  // A connection of an earlier run is used again; az would make another under a new name.
  const auto listed = azure_.call("GET", linkers, kLinkers);
  if (!listed) return listed.error();
  if (const Json* value = find(*listed, "value"); value && value->is_array()) {
    for (const auto& linker : value->get_array())
      if (equals_ignoring_case(string_at(linker, "properties", "targetService", "id"), account_id(azure_)))
        connection_ = string_at(linker, "name");
  }
  if (connection_.empty()) connection_ = new_connection_name();
  const JsonObject body{{"properties",
                         {{"targetService", {{"type", "AzureResource"}, {"id", account_id(azure_)}}},
                          {"authInfo",
                           {{"authType", "userAssignedIdentity"},
                            {"clientId", client_id_},
                            {"subscriptionId", azure_.credentials().subscription}}},
                          {"clientType", "none"},
                          {"scope", "default"},
                          {"secretStore", JsonObject()},
                          {"publicNetworkSolution", JsonObject()},
                          {"configurationInfo", {{"configurationStore", JsonObject()}}}}}};
  return said(
      azure_.call("PUT", linkers + "/" + connection_, kLinkers, body),
      connection_ + ": secret " + secret_name(connection_) + ", service account " + service_account_name(client_id_));
}

}  // namespace lazuli::tutorial
