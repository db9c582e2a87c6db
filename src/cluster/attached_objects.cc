#include "cluster/attached_objects.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "cluster/engine.h"

namespace lazuli::cluster {
namespace {

// The API servers of a cluster learn of a new configuration a moment after it is written.
constexpr auto kWebhookLimit = std::chrono::seconds(30);

std::string owner_of(const Json& configuration) {
  const Json* annotations = find(configuration, "metadata", "annotations");
  return annotations ? string_or(find_member(*annotations, kWebhookOwner)) : std::string();
}

bool owned(const Json& configuration, const std::string& owner) {
  return equals_ignoring_case(owner_of(configuration), owner);
}

Json trial_pod() {
  const JsonObject container{{"name", "trial"}, {"image", "lazuli.dev/trial"}};
  return JsonObject{{"apiVersion", "v1"},
                    {"kind", "Pod"},
                    {"metadata", JsonObject{{"generateName", "lazuli-trial-"},
                                            {"labels", JsonObject{{"azure.workload.identity/use", "true"}}}}},
                    {"spec", JsonObject{{"containers", JsonArray{container}}}}};
}

bool has_alias(const Json& pod, const std::string& address) {
  const Json* aliases = find(pod, "spec", "hostAliases");
  if (!aliases || !aliases->is_array()) return false;
  return std::ranges::any_of(aliases->get_array(), [&](const Json& one) { return string_at(one, "ip") == address; });
}

Error unreachable(const WebhookDoor& door, const std::string& said) {
  return Error{"DoorsUnreachable",
               "The API server of the attached cluster does not reach lazuli at " + door.url() + " (" + said +
                   "). --doors-address has to be an address of this machine that the cluster's control plane and its "
                   "pods can reach, with nothing in between that blocks ports " +
                   std::to_string(door.port) + " and 443.",
               409};
}

// Where the API server notes who wrote an object (metadata.managedFields): "lazuli" is KubeClient's field manager.
bool written_by_lazuli(const Json& object) {
  const Json* fields = find(object, "metadata", "managedFields");
  if (!fields || !fields->is_array()) return false;
  return std::ranges::any_of(fields->get_array(),
                             [](const Json& one) { return string_at(one, "manager") == "lazuli"; });
}

std::string path_of(const char* kind, const Json& object) {
  const auto space = string_at(object, "metadata", "namespace");
  return "/api/v1/" + (space.empty() ? std::string() : "namespaces/" + percent_encode(space) + "/") + kind + "/" +
         percent_encode(string_at(object, "metadata", "name"));
}

Status try_webhook(Objects& objects, const WebhookDoor& door, const Cancelled& cancelled) {
  Status broken;
  const auto changed = [&] {
    const auto tried = objects.create("/api/v1/namespaces/default/pods?dryRun=All", trial_pod());
    if (tried) return has_alias(*tried, door.address);
    const auto& said = tried.error().message;
    // The API server goes on with the address of an earlier start for a moment; that says nothing about this one.
    const bool this_door = said.find(door.url()) != std::string::npos;
    if (this_door && said.find("failed calling webhook") != std::string::npos) broken = unreachable(door, said);
    // Refused by what comes after the webhook (a policy, a quota): it was passed, or this cannot be told.
    return broken.ok() && tried.error().status < 500;
  };
  return wait_until("the attached cluster asks lazuli's webhook", kWebhookLimit, cancelled, changed,
                    [&] { return broken; });
}

Status remove_webhook(Objects& objects, const std::string& owner) {
  const auto there = objects.get(webhook_path());
  if (!there) return there.error().status == 404 ? Status() : Status(there.error());
  return owned(*there, owner) ? objects.remove(webhook_path()) : Status();
}

}  // namespace

Status check_unclaimed(Objects& objects, const std::string& owner) {
  const auto there = objects.get(webhook_path());
  if (there && !owned(*there, owner)) {
    const auto other = owner_of(*there);
    return Error{"ClusterTaken",
                 "The attached cluster has a workload identity webhook already: " + std::string(kWebhookConfiguration) +
                     (other.empty() ? "" : ", of " + other) +
                     ". Two would give pods two identities. Remove that one first (kubectl delete "
                     "mutatingwebhookconfiguration " +
                     kWebhookConfiguration + "), or attach another cluster.",
                 409};
  }
  if (!there && there.error().status != 404) return there.error();
  return {};
}

Status install_webhook(Objects& objects, const WebhookDoor& door, const std::string& owner,
                       const Cancelled& cancelled) {
  const auto applied = objects.apply(webhook_path(), attached_webhook_configuration(door, owner));
  if (!applied) return applied.error();
  auto works = try_webhook(objects, door, cancelled);
  if (!works) [[maybe_unused]]
    const auto removed = remove_webhook(objects, owner);
  return works;
}

Status remove_everything(Objects& objects, const std::string& owner) {
  if (auto removed = remove_webhook(objects, owner); !removed) return removed;
  for (const char* kind : {"serviceaccounts", "secrets", "configmaps", "namespaces"}) {
    const auto list = objects.get("/api/v1/" + std::string(kind) + "?labelSelector=app.kubernetes.io%2Fmanaged-by+in+" +
                                  "%28lazuli%2Cservice-connector%29");
    if (!list) return list.error();
    const Json* items = find(*list, "items");
    if (!items || !items->is_array()) continue;
    for (const auto& item : items->get_array()) {
      if (!written_by_lazuli(item)) continue;
      if (auto removed = objects.remove(path_of(kind, item)); !removed) return removed;
    }
  }
  return {};
}

}  // namespace lazuli::cluster
