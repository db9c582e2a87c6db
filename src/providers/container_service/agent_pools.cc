#include "providers/container_service/agent_pools.h"

#include "base/text.h"
#include "providers/container_service/cluster_document.h"
#include "providers/container_service/flat_error.h"
#include "providers/container_service/pool.h"
#include "providers/container_service/vocabulary.h"

namespace lazuli::providers::container_service {
namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

std::optional<Resource> owner_of(const arm::Service& service, const ResourceId& id) {
  const auto owner = id.parent();
  // The service is not changed by reading, but its accessor is not const.
  return owner ? const_cast<arm::Service&>(service).resources().get(*owner) : std::nullopt;
}

// What Azure calls the change: only another count is a scaling, another power state starts or stops.
std::string_view state_of_change(const JsonObject& before, const JsonObject& after) {
  const auto power = [](const JsonObject& pool) { return string_at(Json(pool), "powerState", "code"); };
  if (power(before) != power(after)) return power(after) == "Stopped" ? state::kStopping : state::kStarting;
  JsonObject one = before, two = after;
  for (auto* pool : {&one, &two})
    for (const char* name : {"count", "provisioningState", "eTag", "nodeLabels"}) pool->erase(name);
  const bool rest_is_same = Json(one) == Json(two);
  return rest_is_same && before.at("count") != after.at("count") ? state::kScaling : state::kUpdating;
}

std::size_t system_pools(const Resource& cluster) {
  std::size_t count = 0;
  if (const Json* pools = cluster.property("agentPoolProfiles"); pools && pools->is_array())
    for (const auto& pool : pools->get_array()) count += string_at(pool, "mode") == "System" ? 1 : 0;
  return count;
}

}  // namespace

Result<Answer> AgentPools::get(const Call& call) const {
  auto cluster = owner_of(service_, call.id);
  const Json* pool = cluster ? find_pool(*cluster, call.id.name()) : nullptr;
  if (!pool) return arm::resource_not_found(call.id);
  return Answer::json(200, pool_resource(cluster->id(), pool->get_object()));
}

std::optional<std::string> AgentPools::etag(const ResourceId& id) const {
  auto cluster = owner_of(service_, id);
  const Json* pool = cluster ? find_pool(*cluster, id.name()) : nullptr;
  return pool ? std::optional(string_at(*pool, "eTag")) : std::nullopt;
}

Result<Answer> AgentPools::list(const Call& call) const {
  if (call.query.has("skipToken")) return Answer::json(200, JsonObject{{"value", JsonArray{}}});
  const auto cluster = owner_of(service_, call.id);
  if (!cluster) return arm::resource_not_found(call.id);
  JsonArray items;
  if (const Json* pools = cluster->property("agentPoolProfiles"); pools && pools->is_array())
    for (const auto& pool : pools->get_array()) items.push_back(pool_resource(cluster->id(), pool.get_object()));
  return Answer::json(200, first_page(call, std::move(items)));
}

Result<Answer> AgentPools::put(const Call& call) const {
  auto cluster = owner_of(service_, call.id);
  if (!cluster) return arm::resource_not_found(call.id);
  if (auto idle = managed_.check_idle(*call.id.parent()); !idle) return flat_error(idle.error());
  auto answer = changed(call, std::move(*cluster));
  return answer ? answer : Result<Answer>(flat_error(answer.error()));
}

Result<Answer> AgentPools::changed(const Call& call, Resource cluster) const {
  const Json* properties = find(call.body, "properties");
  const auto version = choose_version(properties ? string_at(*properties, "orchestratorVersion") : std::string(),
                                      clusters_.kubernetes_version(), string_or(cluster.document.if_contains("name")));
  if (!version) return version.error();
  Json* existing = find_pool(cluster, call.id.name());
  auto pool =
      pool_from(properties ? *properties : Json(JsonObject()), existing, call.id.name(), *version, state::kCreating);
  if (!pool) return pool.error();
  if (existing) {
    (*pool)["provisioningState"] = state_of_change(existing->get_object(), *pool);
    *existing = *pool;
  } else {
    cluster.properties()["agentPoolProfiles"].as_array().push_back(*pool);
  }
  JsonObject shown = *pool;
  shown.stable_erase("eTag");
  return managed_.begin(cluster, *call.id.parent(), kind::kPutPool,
                        Answer::json(existing ? 200 : 201, pool_resource(cluster.id(), shown)), false);
}

Result<Answer> AgentPools::remove(const Call& call) const {
  auto cluster = owner_of(service_, call.id);
  Json* pool = cluster ? find_pool(*cluster, call.id.name()) : nullptr;
  if (!pool) return Answer::no_body(204);
  if (auto idle = managed_.check_idle(*call.id.parent()); !idle) return flat_error(idle.error());
  if (string_at(*pool, "mode") == "System" && system_pools(*cluster) == 1)
    return flat_error(refusal("OperationNotAllowed", "There has to be at least one pool of the mode System."));
  pool->get_object()["provisioningState"] = state::kDeleting;
  return managed_.begin(*cluster, *call.id.parent(), kind::kDeletePool, Answer::no_body(202), true,
                        JsonObject{{"pool", call.id.name()}});
}

Result<Answer> AgentPools::versions(const Call& call) const {
  const auto cluster = owner_of(service_, call.id);
  if (!cluster) return arm::resource_not_found(call.id);
  const JsonObject version{{"default", true}, {"kubernetesVersion", clusters_.kubernetes_version()}};
  return Answer::json(200, JsonObject{{"id", cluster->id() + "/availableagentpoolversions"},
                                      {"name", "default"},
                                      {"type", "Microsoft.ContainerService/managedClusters/availableAgentpoolVersions"},
                                      {"properties", JsonObject{{"agentPoolVersions", JsonArray{version}}}}});
}

}  // namespace lazuli::providers::container_service
