#include "app_metadata.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/keys.h"

namespace lazuli {

namespace {

void add_identity(std::vector<std::string>& identities, const Json& described) {
  auto object_id = string_at(described, "objectId");
  if (!object_id.empty() && std::ranges::find(identities, object_id) == identities.end())
    identities.push_back(std::move(object_id));
}

// As on AKS, the node has the kubelet's identity and those of the add-ons, never the cluster's own.
std::vector<std::string> identities_of(const arm::Resource& cluster) {
  std::vector<std::string> identities;
  if (const Json* profile = cluster.property("identityProfile"); profile && profile->is_object())
    for (const auto& member : profile->get_object()) add_identity(identities, member.value());
  if (const Json* addons = cluster.property("addonProfiles"); addons && addons->is_object())
    for (const auto& member : addons->get_object())
      if (const Json* identity = find(member.value(), "identity")) add_identity(identities, *identity);
  return identities;
}

// The same for as long as the cluster is there.
std::string machine_id(const std::string& cluster_id) {
  const auto digits = hex(crypto::sha256("machine of " + to_lower(cluster_id)));
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-4" + digits.substr(13, 3) + "-8" + digits.substr(17, 3) +
         "-" + digits.substr(20, 12);
}

Json instance_of(const arm::Resource& cluster) {
  const auto id = arm::ResourceId::parse(cluster.id()).value_or(arm::ResourceId());
  const auto group = cluster.property_text("nodeResourceGroup");
  std::string pool, size;
  if (const Json* pools = cluster.property("agentPoolProfiles");
      pools && pools->is_array() && !pools->get_array().empty()) {
    pool = string_at(pools->get_array().front(), "name");
    size = string_at(pools->get_array().front(), "vmSize");
  }
  const std::string set = "aks-" + pool + "-" + cluster.private_text("nodeDigits") + "-vmss";
  JsonArray tags;
  std::string joined;
  if (const Json* held = cluster.document.if_contains("tags"); held && held->is_object()) {
    for (const auto& tag : held->get_object()) {
      tags.push_back(JsonObject{{"name", tag.key()}, {"value", tag.value()}});
      joined += (joined.empty() ? "" : ";") + std::string(tag.key()) + ":" + string_or(&tag.value());
    }
  }
  return JsonObject{
      {"compute", JsonObject{{"azEnvironment", "AzurePublicCloud"},
                             {"location", string_or(cluster.document.if_contains("location"))},
                             {"name", set + "_0"},
                             {"osType", "Linux"},
                             {"platformFaultDomain", "0"},
                             {"platformUpdateDomain", "0"},
                             {"provider", "Microsoft.Compute"},
                             {"resourceGroupName", group},
                             {"resourceId", "/subscriptions/" + id.subscription() + "/resourceGroups/" + group +
                                                "/providers/Microsoft.Compute/virtualMachineScaleSets/" + set +
                                                "/virtualMachines/0"},
                             {"subscriptionId", id.subscription()},
                             {"tags", joined},
                             {"tagsList", std::move(tags)},
                             {"vmId", machine_id(cluster.id())},
                             {"vmScaleSetName", set},
                             {"vmSize", size},
                             {"zone", ""}}}};
}

}  // namespace

entra::MetadataNode metadata_node(const arm::Resource& cluster) {
  return {identities_of(cluster), instance_of(cluster)};
}

}  // namespace lazuli
