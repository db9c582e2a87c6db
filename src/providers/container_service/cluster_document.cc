#include "providers/container_service/cluster_document.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "providers/container_service/names.h"
#include "providers/container_service/pool.h"
#include "providers/container_service/vocabulary.h"

namespace lazuli::providers::container_service {
namespace {

const std::vector<std::string_view>& root_order() {
  static const std::vector<std::string_view> names{"id",         "location", "name", "tags", "type",   "kind",
                                                   "properties", "identity", "sku",  "eTag", "private"};
  return names;
}

const std::vector<std::string_view>& property_order() {
  static const std::vector<std::string_view> names{"provisioningState",
                                                   "powerState",
                                                   "kubernetesVersion",
                                                   "currentKubernetesVersion",
                                                   "dnsPrefix",
                                                   "fqdn",
                                                   "azurePortalFQDN",
                                                   "agentPoolProfiles",
                                                   "linuxProfile",
                                                   "servicePrincipalProfile",
                                                   "addonProfiles",
                                                   "nodeResourceGroup",
                                                   "enableRBAC",
                                                   "supportPlan",
                                                   "networkProfile",
                                                   "aadProfile",
                                                   "maxAgentPools",
                                                   "apiServerAccessProfile",
                                                   "identityProfile",
                                                   "autoScalerProfile",
                                                   "autoUpgradeProfile",
                                                   "disableLocalAccounts",
                                                   "securityProfile",
                                                   "storageProfile",
                                                   "oidcIssuerProfile",
                                                   "ingressProfile",
                                                   "workloadAutoScalerProfile",
                                                   "resourceUID",
                                                   "metricsProfile",
                                                   "nodeProvisioningProfile",
                                                   "bootstrapProfile"};
  return names;
}

const std::vector<std::string_view>& network_order() {
  static const std::vector<std::string_view> names{"networkPlugin",    "networkPluginMode", "networkPolicy",
                                                   "networkDataplane", "loadBalancerSku",   "loadBalancerProfile",
                                                   "podCidr",          "serviceCidr",       "dnsServiceIP",
                                                   "outboundType",     "podCidrs",          "serviceCidrs",
                                                   "ipFamilies"};
  return names;
}

// What the service computes: a PUT that carries it back from a GET changes nothing.
constexpr std::array<std::string_view, 13> kComputed{"provisioningState",
                                                     "powerState",
                                                     "currentKubernetesVersion",
                                                     "kubernetesVersion",
                                                     "fqdn",
                                                     "azurePortalFQDN",
                                                     "identityProfile",
                                                     "maxAgentPools",
                                                     "resourceUID",
                                                     "agentPoolProfiles",
                                                     "oidcIssuerProfile",
                                                     "nodeResourceGroup",
                                                     "servicePrincipalProfile"};

void set_default(JsonObject& object, std::string_view name, Json value) {
  const Json* there = object.if_contains(name);
  if (!there || there->is_null() || (there->is_string() && there->get_string().empty()))
    object[name] = std::move(value);
}

void drop_empty(JsonObject& object, std::string_view name) {
  const Json* there = object.if_contains(name);
  if (there && (there->is_null() || (there->is_object() && there->get_object().empty()))) object.stable_erase(name);
}

JsonObject enabled(bool on) {
  return {{"enabled", on}};
}

void fill_network(JsonObject& properties) {
  auto& network = object_at(properties, "networkProfile");
  const bool kubenet = string_or(network.if_contains("networkPlugin")) == "kubenet";
  set_default(network, "networkPlugin", "azure");
  if (!kubenet) {
    set_default(network, "networkPluginMode", "overlay");
    set_default(network, "networkDataplane", "azure");
  }
  set_default(network, "networkPolicy", "none");
  network["loadBalancerSku"] = "standard";
  auto& balancer = object_at(network, "loadBalancerProfile");
  set_default(balancer, "managedOutboundIPs", JsonObject{{"count", 1}});
  set_default(balancer, "backendPoolType", "nodeIPConfiguration");
  balancer = in_order(std::move(balancer), {"managedOutboundIPs", "effectiveOutboundIPs", "backendPoolType"});
  network["podCidr"] = "10.244.0.0/16";
  network["serviceCidr"] = "10.0.0.0/16";
  network["dnsServiceIP"] = "10.0.0.10";
  set_default(network, "outboundType", "loadBalancer");
  network["podCidrs"] = JsonArray{network["podCidr"]};
  network["serviceCidrs"] = JsonArray{network["serviceCidr"]};
  network["ipFamilies"] = JsonArray{"IPv4"};
  network = in_order(std::move(network), network_order());
}

void fill(JsonObject& properties) {
  properties["powerState"] = JsonObject{{"code", "Running"}};
  set_default(properties, "servicePrincipalProfile", JsonObject{{"clientId", "msi"}});
  set_default(properties, "enableRBAC", true);
  set_default(properties, "supportPlan", "KubernetesOfficial");
  properties["maxAgentPools"] = 100;
  set_default(properties, "disableLocalAccounts", false);
  object_at(properties, "securityProfile");
  auto& upgrade = object_at(properties, "autoUpgradeProfile");
  set_default(upgrade, "nodeOSUpgradeChannel", "NodeImage");
  auto& storage = object_at(properties, "storageProfile");
  for (const char* driver : {"diskCSIDriver", "fileCSIDriver", "snapshotController"})
    set_default(storage, driver, enabled(true));
  object_at(properties, "workloadAutoScalerProfile");
  set_default(properties, "metricsProfile", JsonObject{{"costAnalysis", enabled(false)}});
  set_default(properties, "nodeProvisioningProfile", JsonObject{{"mode", "Manual"}, {"defaultNodePools", "Auto"}});
  set_default(properties, "bootstrapProfile", JsonObject{{"artifactSource", "Direct"}});
  drop_empty(properties, "addonProfiles");
  fill_network(properties);
}

// What would make the cluster less safe than it was asked to be, or of another kind: refused instead of recorded.
Status check(const JsonObject& properties) {
  const Json body(properties);
  const auto refuse = [](const char* what, const char* target) {
    return Error{"BadRequest", std::string(what) + " is not supported here.", 400, target};
  };
  if (bool_or(find(body, "apiServerAccessProfile", "enablePrivateCluster")))
    return refuse("A private cluster", "apiServerAccessProfile.enablePrivateCluster");
  if (const Json* ranges = find(body, "apiServerAccessProfile", "authorizedIPRanges");
      ranges && ranges->is_array() && !ranges->get_array().empty())
    return refuse("Restricting the API server to IP ranges", "apiServerAccessProfile.authorizedIPRanges");
  if (const Json* directory = find(body, "aadProfile");
      directory && directory->is_object() && !directory->get_object().empty())
    return refuse("Signing in to Kubernetes by Microsoft Entra (aadProfile)", "aadProfile");
  if (const Json* rbac = find(body, "enableRBAC"); rbac && rbac->is_bool() && !rbac->get_bool())
    return refuse("A cluster without Kubernetes RBAC", "enableRBAC");
  for (const char* cidr : {"podCidr", "serviceCidr", "dnsServiceIP"}) {
    const std::string wanted = string_at(body, "networkProfile", cidr);
    const std::string_view has = cidr == std::string_view("podCidr")       ? "10.244.0.0/16"
                                 : cidr == std::string_view("serviceCidr") ? "10.0.0.0/16"
                                                                           : "10.0.0.10";
    if (!wanted.empty() && wanted != has)
      return Error{"BadRequest",
                   "networkProfile." + std::string(cidr) + " " + wanted + " is not supported here: clusters have " +
                       std::string(has) + ".",
                   400, "networkProfile." + std::string(cidr)};
  }
  return {};
}

void set_issuer(arm::Resource& cluster, bool on) {
  cluster.properties()["oidcIssuerProfile"] =
      on ? JsonObject{{"enabled", true}, {"issuerURL", cluster.private_text("issuer")}} : enabled(false);
}

void order_document(arm::Resource& cluster) {
  cluster.properties() = in_order(std::move(cluster.properties()), property_order());
  cluster.document = in_order(std::move(cluster.document), root_order());
}

Result<JsonArray> new_pools(const Json& asked, const Version& version) {
  const Json* profiles = find(asked, "properties", "agentPoolProfiles");
  if (!profiles || !profiles->is_array() || profiles->get_array().empty())
    return Error{"InvalidParameter", "At least one system agent pool profile is required (agentPoolProfiles).", 400,
                 "agentPoolProfiles"};
  JsonArray pools;
  bool system = false;
  for (const auto& profile : profiles->get_array()) {
    auto pool = pool_from(profile, nullptr, string_at(profile, "name"), version, state::kCreating);
    if (!pool) return pool.error();
    system = system || string_or(pool->if_contains("mode")) == "System";
    pools.push_back(std::move(*pool));
  }
  if (!system)
    return Error{"InvalidParameter", "A cluster needs at least one pool of the mode System.", 400, "agentPoolProfiles"};
  return pools;
}

Status change_pools(arm::Resource& cluster, const Json& asked, const Version& version) {
  const Json* profiles = find(asked, "properties", "agentPoolProfiles");
  if (!profiles || !profiles->is_array()) return {};
  JsonArray pools;
  for (const auto& profile : profiles->get_array()) {
    const Json* existing = find_pool(cluster, string_at(profile, "name"));
    if (!existing)
      return Error{"BadRequest",
                   "A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed through "
                   "managed cluster operations. For agent pool specific change, please use per agent pool operations.",
                   400};
    auto pool = pool_from(profile, existing, string_at(profile, "name"), version, state::kUpdating);
    if (!pool) return pool.error();
    pools.push_back(std::move(*pool));
  }
  cluster.properties()["agentPoolProfiles"] = std::move(pools);
  return {};
}

Error unchangeable(const std::string& property) {
  return Error{"PropertyChangeNotAllowed", "Changing property '" + property + "' is not allowed.", 400, property};
}

}  // namespace

Result<arm::Resource> new_cluster(const Json& asked, const Given& given, const Version& version) {
  arm::Resource cluster;
  auto& document = cluster.document;
  document = {{"id", given.id},
              {"location", given.location},
              {"name", given.name},
              {"type", kShownClusterType},
              {"kind", "Base"}};
  if (const Json* tags = find(asked, "tags"); tags && tags->is_object()) document["tags"] = *tags;
  // Before the reference below is taken: a member that is added to the document may move all others.
  cluster.hidden() = {{"issuer", given.issuer}, {"nodeDigits", given.digits}};
  auto& properties = cluster.properties();
  if (const Json* wanted = find(asked, "properties"); wanted && wanted->is_object()) properties = wanted->get_object();
  if (auto good = check(properties); !good) return good.error();
  const std::string prefix = string_or(properties.if_contains("dnsPrefix"));
  if (prefix.empty() && string_or(properties.if_contains("fqdnSubdomain")).empty())
    return Error{"InvalidParameter", "Required parameter dnsPrefix is missing (null).", 400, "dnsPrefix"};
  auto pools = new_pools(asked, version);
  if (!pools) return pools.error();

  const std::string host = prefix + "-" + given.label;
  properties["kubernetesVersion"] = version.asked;
  properties["currentKubernetesVersion"] = version.current;
  properties["fqdn"] = host + ".hcp." + given.location + ".azmk8s.io";
  properties["azurePortalFQDN"] = host + ".portal.hcp." + given.location + ".azmk8s.io";
  properties["agentPoolProfiles"] = std::move(*pools);
  set_default(properties, "nodeResourceGroup",
              Json(std::string_view(node_group(given.group, given.name, given.location))));
  properties["resourceUID"] = given.uid;
  fill(properties);
  set_issuer(cluster, bool_or(find(asked, "properties", "oidcIssuerProfile", "enabled")));
  document["sku"] = JsonObject{{"name", "Base"}, {"tier", "Free"}};
  if (const auto tier = string_at(asked, "sku", "tier"); !tier.empty()) document["sku"].as_object()["tier"] = tier;
  set_state(cluster, state::kCreating);
  order_document(cluster);
  return cluster;
}

Status change_cluster(arm::Resource& cluster, const Json& asked, const Version& version) {
  const Json before(cluster.properties());
  for (const char* fixed : {"dnsPrefix", "nodeResourceGroup"}) {
    const auto wanted = string_at(asked, "properties", fixed);
    if (!wanted.empty() && wanted != string_at(before, fixed)) return unchangeable(fixed);
  }
  const Json* keys = find(asked, "properties", "linuxProfile");
  if (keys && keys->is_object() && find(before, "linuxProfile") && *keys != *find(before, "linuxProfile"))
    return unchangeable("linuxProfile");
  const Json* issuer = find(asked, "properties", "oidcIssuerProfile", "enabled");
  if (issuer && !bool_or(issuer) && issuer_enabled(cluster))
    return Error{"BadRequest", "The OIDC issuer of a managed cluster cannot be disabled once it is enabled.", 400,
                 "oidcIssuerProfile.enabled"};
  if (auto changed = change_pools(cluster, asked, version); !changed) return changed;
  auto& properties = cluster.properties();
  if (const Json* wanted = find(asked, "properties"); wanted && wanted->is_object()) {
    for (const auto& [name, value] : wanted->get_object())
      if (std::ranges::find(kComputed, std::string_view(name)) == kComputed.end() && !value.is_null())
        properties[name] = value;
  }
  // The addresses are the service's own to say.
  if (const Json* addresses = find(before, "networkProfile", "loadBalancerProfile", "effectiveOutboundIPs"))
    object_at(object_at(properties, "networkProfile"), "loadBalancerProfile")["effectiveOutboundIPs"] = *addresses;
  if (auto good = check(properties); !good) return good;
  const Json power = *find(before, "powerState");
  fill(properties);
  properties["powerState"] = power;
  if (bool_or(issuer)) set_issuer(cluster, true);
  if (const Json* tags = find(asked, "tags"); tags && tags->is_object()) {
    cluster.document["tags"] = *tags;
  } else {
    cluster.document.stable_erase("tags");
  }
  if (const auto tier = string_at(asked, "sku", "tier"); !tier.empty())
    object_at(cluster.document, "sku")["tier"] = tier;
  set_state(cluster, state::kUpdating);
  order_document(cluster);
  return {};
}

void set_state(arm::Resource& cluster, std::string_view state) {
  auto& properties = cluster.properties();
  properties["provisioningState"] = state;
  if (auto* pools = properties.if_contains("agentPoolProfiles"); pools && pools->is_array())
    for (auto& pool : pools->get_array())
      if (pool.is_object()) pool.get_object()["provisioningState"] = state;
}

void settle(arm::Resource& cluster, const Settled& settled) {
  auto& properties = cluster.properties();
  properties["provisioningState"] = state::kSucceeded;
  if (auto* pools = properties.if_contains("agentPoolProfiles"); pools && pools->is_array())
    for (auto& pool : pools->get_array())
      if (pool.is_object()) settle_pool(pool.get_object(), state::kSucceeded, settled.etag);
  if (!settled.kubelet_id.empty())
    properties["identityProfile"] = JsonObject{{"kubeletidentity", JsonObject{{"resourceId", settled.kubelet_id},
                                                                              {"clientId", settled.kubelet_client},
                                                                              {"objectId", settled.kubelet_object}}}};
  if (!settled.outbound_ip.empty()) {
    auto& balancer = object_at(object_at(properties, "networkProfile"), "loadBalancerProfile");
    balancer["effectiveOutboundIPs"] = JsonArray{JsonObject{{"id", settled.outbound_ip}}};
    balancer = in_order(std::move(balancer), {"managedOutboundIPs", "effectiveOutboundIPs", "backendPoolType"});
  }
  cluster.document["eTag"] = settled.etag;
  order_document(cluster);
}

JsonObject put_answer(const arm::Resource& cluster) {
  JsonObject shown = cluster.visible();
  shown.stable_erase("eTag");
  if (auto* pools = object_at(shown, "properties").if_contains("agentPoolProfiles"); pools && pools->is_array())
    for (auto& pool : pools->get_array())
      if (pool.is_object()) pool.get_object().stable_erase("eTag");
  return shown;
}

Json* find_pool(arm::Resource& cluster, std::string_view name) {
  auto* pools = cluster.properties().if_contains("agentPoolProfiles");
  if (!pools || !pools->is_array()) return nullptr;
  for (auto& pool : pools->get_array())
    if (equals_ignoring_case(string_at(pool, "name"), name)) return &pool;
  return nullptr;
}

bool issuer_enabled(const arm::Resource& cluster) {
  const Json* profile = cluster.property("oidcIssuerProfile");
  return profile && bool_or(find(*profile, "enabled"));
}

std::vector<std::string> only_recorded(const arm::Resource& cluster) {
  std::vector<std::string> found;
  const Json* properties = cluster.document.if_contains("properties");
  if (!properties) return found;
  std::int64_t nodes = 0;
  if (const Json* pools = find(*properties, "agentPoolProfiles"); pools && pools->is_array()) {
    for (const auto& pool : pools->get_array()) nodes += integer(find(pool, "count")).value_or(0);
    if (nodes > 1)
      found.push_back(std::to_string(nodes) + " nodes in " + std::to_string(pools->get_array().size()) +
                      " pool(s) were asked for; this machine is the one node that runs");
  }
  if (const Json* addons = find(*properties, "addonProfiles"); addons && addons->is_object())
    for (const auto& [name, addon] : addons->get_object())
      if (bool_or(find(addon, "enabled"))) found.push_back("the add-on " + std::string(name) + " is not installed");
  if (bool_or(find(*properties, "ingressProfile", "webAppRouting", "enabled")))
    found.emplace_back("application routing (ingress) is not installed");
  return found;
}

}  // namespace lazuli::providers::container_service
