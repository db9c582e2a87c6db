#include "providers/container_service/pool.h"

#include <algorithm>
#include <array>

namespace lazuli::providers::container_service {
namespace {

constexpr std::int64_t kMostNodes = 1000;
constexpr const char* kImage = "AKSUbuntu-2204gen2containerd-202604.13.0";

const std::vector<std::string_view>& order() {
  static const std::vector<std::string_view> names{"name",
                                                   "count",
                                                   "vmSize",
                                                   "osDiskSizeGB",
                                                   "osDiskType",
                                                   "kubeletDiskType",
                                                   "vnetSubnetID",
                                                   "maxPods",
                                                   "type",
                                                   "availabilityZones",
                                                   "maxCount",
                                                   "minCount",
                                                   "enableAutoScaling",
                                                   "scaleDownMode",
                                                   "provisioningState",
                                                   "powerState",
                                                   "orchestratorVersion",
                                                   "currentOrchestratorVersion",
                                                   "enableNodePublicIP",
                                                   "tags",
                                                   "nodeLabels",
                                                   "nodeTaints",
                                                   "mode",
                                                   "enableEncryptionAtHost",
                                                   "enableUltraSSD",
                                                   "osType",
                                                   "osSKU",
                                                   "nodeImageVersion",
                                                   "upgradeSettings",
                                                   "enableFIPS",
                                                   "securityProfile",
                                                   "eTag"};
  return names;
}

// What is sent and never comes back, or is computed here.
constexpr std::array<std::string_view, 8> kNotKept{
    "scaleSetPriority",    "scaleSetEvictionPolicy",     "spotMaxPrice",     "provisioningState",
    "orchestratorVersion", "currentOrchestratorVersion", "nodeImageVersion", "eTag"};

bool is_empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.get_string().empty()) ||
         (value.is_array() && value.get_array().empty());
}

void set_default(JsonObject& pool, std::string_view name, Json value) {
  const Json* there = pool.if_contains(name);
  if (!there || is_empty(*there)) pool[name] = std::move(value);
}

bool is_pool_name(std::string_view name) {
  if (name.empty() || name.size() > 12 || name.front() < 'a' || name.front() > 'z') return false;
  return std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

Status check(const JsonObject& pool, std::string_view name) {
  if (!is_pool_name(name))
    return Error{"InvalidParameter",
                 "The agent pool name '" + std::string(name) +
                     "' is not valid: 1 to 12 lower-case letters and digits, the first one a letter.",
                 400, "agentPoolProfile.name"};
  if (string_or(pool.if_contains("osType")) == "Windows")
    return Error{"BadRequest", "Windows node pools are not supported here: nodes run on this Linux machine.", 400,
                 "agentPoolProfile.osType"};
  const auto count = integer(pool.if_contains("count"));
  const bool system = string_or(pool.if_contains("mode")) != "User";
  const std::int64_t least = system ? 1 : 0;
  if (!count || *count < least || *count > kMostNodes)
    return Error{"InvalidParameter",
                 "agentPoolProfile.count was " + (count ? std::to_string(*count) : std::string("not a number")) +
                     ". It must be greater or equal to minCount:" + std::to_string(least) +
                     " and less than or equal to maxCount:" + std::to_string(kMostNodes) + ".",
                 400, "agentPoolProfile.count"};
  return {};
}

void fill(JsonObject& pool, const Version& version) {
  const Json* disk = pool.if_contains("osDiskSizeGB");
  if (disk && integer(disk).value_or(0) == 0) pool.erase("osDiskSizeGB");
  set_default(pool, "count", 1);
  set_default(pool, "vmSize", "Standard_DS2_v2");
  set_default(pool, "osDiskSizeGB", 128);
  set_default(pool, "osDiskType", "Managed");
  set_default(pool, "kubeletDiskType", "OS");
  set_default(pool, "maxPods", 250);
  set_default(pool, "type", "VirtualMachineScaleSets");
  set_default(pool, "enableAutoScaling", false);
  set_default(pool, "scaleDownMode", "Delete");
  set_default(pool, "powerState", JsonObject{{"code", "Running"}});
  set_default(pool, "enableNodePublicIP", false);
  set_default(pool, "mode", "System");
  set_default(pool, "enableEncryptionAtHost", false);
  set_default(pool, "enableUltraSSD", false);
  set_default(pool, "osType", "Linux");
  set_default(pool, "osSKU", "Ubuntu");
  set_default(pool, "enableFIPS", false);
  auto& upgrade = object_at(pool, "upgradeSettings");
  set_default(upgrade, "maxSurge", "10%");
  set_default(upgrade, "maxUnavailable", "0");
  auto& security = object_at(pool, "securityProfile");
  set_default(security, "enableVTPM", false);
  set_default(security, "enableSecureBoot", false);
  pool["orchestratorVersion"] = version.asked;
  pool["currentOrchestratorVersion"] = version.current;
  pool["nodeImageVersion"] = kImage;
}

}  // namespace

JsonObject in_order(JsonObject members, const std::vector<std::string_view>& names) {
  JsonObject sorted;
  for (const auto name : names)
    if (auto* value = members.if_contains(name)) sorted[name] = std::move(*value);
  for (auto& [name, value] : members)
    if (!sorted.contains(name)) sorted[name] = std::move(value);
  return sorted;
}

Result<JsonObject> pool_from(const Json& asked, const Json* existing, std::string_view name, const Version& version,
                             std::string_view state) {
  JsonObject pool = existing && existing->is_object() ? existing->get_object() : JsonObject();
  if (const auto* members = asked.if_object()) {
    for (const auto& [key, value] : *members)
      if (std::ranges::find(kNotKept, std::string_view(key)) == kNotKept.end() && !is_empty(value)) pool[key] = value;
    // An empty list says that there shall be none.
    for (const char* list : {"nodeTaints", "availabilityZones"})
      if (const auto* value = members->if_contains(list); value && is_empty(*value)) pool.erase(list);
  }
  pool["name"] = name;
  fill(pool, version);
  if (!existing) object_at(pool, "nodeLabels");
  pool["provisioningState"] = state;
  if (auto good = check(pool, name); !good) return good.error();
  return in_order(std::move(pool), order());
}

JsonObject pool_resource(std::string_view cluster_id, const JsonObject& pool) {
  JsonObject properties = pool;
  const std::string name = string_or(pool.if_contains("name"));
  properties.stable_erase("name");
  return {{"id", std::string(cluster_id) + "/agentPools/" + name},
          {"name", name},
          {"type", "Microsoft.ContainerService/managedClusters/agentPools"},
          {"properties", std::move(properties)}};
}

void settle_pool(JsonObject& pool, std::string_view state, std::string_view etag) {
  pool["provisioningState"] = state;
  if (const auto* labels = pool.if_contains("nodeLabels");
      labels && labels->is_object() && labels->get_object().empty())
    pool.stable_erase("nodeLabels");
  if (!etag.empty()) pool["eTag"] = etag;
}

}  // namespace lazuli::providers::container_service
