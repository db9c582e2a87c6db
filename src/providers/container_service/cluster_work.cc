#include "providers/container_service/cluster_work.h"

#include "base/text.h"
#include "providers/container_service/cluster_document.h"
#include "providers/container_service/names.h"
#include "providers/container_service/vocabulary.h"

namespace lazuli::providers::container_service {
namespace {

using arm::Resource;
using arm::ResourceId;

constexpr auto kIdentityLimit = std::chrono::minutes(2);
constexpr std::string_view kAborting = "aborting";  // in "private": asked for by `az aks operation-abort`

std::string location_of(const Resource& cluster) {
  return string_or(cluster.document.if_contains("location"));
}

std::string name_of(const Resource& cluster) {
  return string_or(cluster.document.if_contains("name"));
}

ResourceId group_of_nodes(const Resource& cluster) {
  const auto id = ResourceId::parse(cluster.id());
  return ResourceId::group(id->subscription(), cluster.property_text("nodeResourceGroup"));
}

std::string kubelet_identity_id(const Resource& cluster) {
  return group_of_nodes(cluster).text() + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" +
         name_of(cluster) + "-agentpool";
}

cluster::ClusterSpec spec_of(const Resource& cluster) {
  cluster::ClusterSpec spec;
  spec.id = cluster.id();
  spec.name = name_of(cluster);
  spec.node_group = cluster.property_text("nodeResourceGroup");
  spec.issuer = cluster.private_text("issuer");
  spec.location = location_of(cluster);
  spec.api_name = cluster.property_text("fqdn");
  const Json* pools = cluster.property("agentPoolProfiles");
  if (pools && pools->is_array() && !pools->get_array().empty()) {
    spec.pool_name = string_at(pools->get_array().front(), "name");
    spec.vm_size = string_at(pools->get_array().front(), "vmSize");
  }
  spec.node_name = node_name(spec.pool_name, cluster.private_text("nodeDigits"));
  return spec;
}

}  // namespace

void ClusterWork::define() {
  define(kind::kCreate, &ClusterWork::create);
  define(kind::kUpdate, &ClusterWork::update);
  define(kind::kPutPool, &ClusterWork::update);
  define(kind::kDeletePool, &ClusterWork::remove_pool);
  define(kind::kStop, &ClusterWork::stop);
  define(kind::kStart, &ClusterWork::start);
  define(kind::kDelete, &ClusterWork::remove);
  define(kind::kAbort, &ClusterWork::abort);
}

void ClusterWork::define(std::string_view name, Body body) {
  service_.operations().define(std::string(name), [this, body](arm::OperationContext& context) -> Result<Json> {
    const auto id = ResourceId::parse(context.operation().resource);
    if (!id) return Error{"InternalServerError", "The operation's resource has no id.", 500};
    return (this->*body)(context, *id);
  });
}

Result<Json> ClusterWork::create(arm::OperationContext& context, const ResourceId& id) {
  const auto cluster = service_.resources().get(id);
  if (!cluster) return arm::resource_not_found(id);
  context.progress("node resource group and identities");
  if (auto made = ensure_node_group(*cluster); !made) return fail(context, id, made.error());
  const auto identity = ensure_kubelet_identity(*cluster);
  if (!identity) return fail(context, id, identity.error());
  auto created = clusters_.create(
      spec_of(*cluster), [&](std::string_view step) { context.progress(step); }, [&] { return context.cancelled(); });
  if (!created) return fail(context, id, created.error());
  if (auto published = publish_issuer(*cluster); !published) return fail(context, id, published.error());
  explain(*cluster);
  return finish(id, *identity);
}

Result<Json> ClusterWork::update(arm::OperationContext& context, const ResourceId& id) {
  const auto cluster = service_.resources().get(id);
  if (!cluster) return arm::resource_not_found(id);
  context.progress("updating");
  // As AKS, an update puts back what somebody took from the cluster. What cannot be put back does not fail it.
  if (clusters_.running(id.text())) {
    const auto restored = clusters_.start(
        id.text(), [](std::string_view) {}, [&] { return context.cancelled(); });
    if (!restored)
      service_.parts().log.warning("containerService", "an update could not restore the cluster's own objects",
                                   {{"cluster", id.text()}, {"reason", restored.error().message}});
  }
  if (auto published = publish_issuer(*cluster); !published) return fail(context, id, published.error());
  explain(*cluster);
  return finish(id, nullptr);
}

Result<Json> ClusterWork::stop(arm::OperationContext& context, const ResourceId& id) {
  commands_.end_all(id);
  auto stopped = clusters_.stop(id.text(), [&](std::string_view step) { context.progress(step); });
  return stopped ? settle_power(id, "Stopped") : fail(context, id, stopped.error());
}

Result<Json> ClusterWork::start(arm::OperationContext& context, const ResourceId& id) {
  auto started = clusters_.start(
      id.text(), [&](std::string_view step) { context.progress(step); }, [&] { return context.cancelled(); });
  return started ? settle_power(id, "Running") : fail(context, id, started.error());
}

Result<Json> ClusterWork::remove(arm::OperationContext& context, const ResourceId& id) {
  context.progress("deleting");
  if (auto ended = end_other(context); !ended) return ended.error();
  if (auto gone = service_.forget(id); !gone) return fail(context, id, gone.error());
  return Json(nullptr);
}

Result<Json> ClusterWork::abort(arm::OperationContext& context, const ResourceId& id) {
  if (auto ended = end_other(context); !ended) return ended.error();
  auto settled = service_.resources().update(id, [](Resource& cluster) -> Status {
    cluster.hidden().erase(kAborting);
    return {};
  });
  if (!settled && settled.error().status != 404) return settled.error();
  return Json(nullptr);
}

Result<Json> ClusterWork::remove_pool(arm::OperationContext& context, const ResourceId& id) {
  const std::string name = string_at(context.operation().input, "pool");
  auto removed = service_.resources().update(id, [&](Resource& cluster) -> Status {
    JsonArray left;
    if (const auto* pools = cluster.property("agentPoolProfiles"); pools && pools->is_array())
      for (const auto& pool : pools->get_array())
        if (!equals_ignoring_case(string_at(pool, "name"), name)) left.push_back(pool);
    cluster.properties()["agentPoolProfiles"] = std::move(left);
    return {};
  });
  if (!removed) return removed.error();
  return finish(id, nullptr);
}

// The operation that this one replaces is asked to end, and waited for.
Status ClusterWork::end_other(arm::OperationContext& context) {
  const std::string other = string_at(context.operation().input, "operation");
  if (other.empty()) return {};
  service_.operations().cancel(other);
  for (;;) {
    if (context.cancelled()) return Error{"Cancelled", "Interrupted.", 409};
    // After a restart it may have to be started and cancelled again: until it has ended it is found in the journal.
    const auto seen = service_.operations().find(other);
    if (!seen || seen->done()) return {};
    service_.operations().cancel(other);
    [[maybe_unused]] const auto waited = service_.operations().wait(other, std::chrono::seconds(1));
  }
}

Status ClusterWork::clean_up(const Resource& cluster) {
  if (auto removed = clusters_.remove(cluster.id(), [](std::string_view) {}); !removed) return removed;
  if (auto withdrawn = entra_.withdraw_issuer(cluster.private_text("issuer")); !withdrawn) return withdrawn;
  if (auto gone = entra_.remove_managed_identity(cluster.id()); !gone) return gone;
  const auto group = service_.resources().get(group_of_nodes(cluster));
  // Only the group that was made for this cluster.
  if (!group || !equals_ignoring_case(string_or(group->document.if_contains("managedBy")), cluster.id())) return {};
  return service_.forget(group_of_nodes(cluster));
}

Status ClusterWork::ensure_node_group(const Resource& cluster) {
  const auto id = group_of_nodes(cluster);
  const auto existing = service_.resources().get(id);
  if (existing) {
    if (equals_ignoring_case(string_or(existing->document.if_contains("managedBy")), cluster.id())) return {};
    return Error{"BadRequest",
                 "The node resource group '" + id.resource_group() + "' exists already. Choose another one.", 400,
                 "nodeResourceGroup"};
  }
  const auto own = ResourceId::parse(cluster.id());
  const JsonObject tags{{"aks-managed-cluster-name", name_of(cluster)},
                        {"aks-managed-cluster-rg", own->resource_group()}};
  const auto made = service_.call(
      "PUT", id.text(), JsonObject{{"location", location_of(cluster)}, {"managedBy", cluster.id()}, {"tags", tags}});
  return made ? Status() : Status(made.error());
}

Result<Json> ClusterWork::ensure_kubelet_identity(const Resource& cluster) {
  const auto made = service_.call_and_wait("PUT", kubelet_identity_id(cluster),
                                           JsonObject{{"location", location_of(cluster)}}, kIdentityLimit);
  if (!made) return made.error();
  return made->body;
}

Status ClusterWork::publish_issuer(const Resource& cluster) {
  if (!issuer_enabled(cluster)) return {};
  const auto keys = clusters_.service_account_keys(cluster.id());
  if (!keys) return keys.error();
  const auto issuer = clusters_.issuer(cluster.id());
  if (!issuer) return issuer.error();
  return entra_.publish_issuer(*issuer, *keys);
}

Result<Json> ClusterWork::finish(const ResourceId& id, const Json& identity) {
  auto& random = service_.parts().random;
  auto settled = service_.resources().update(id, [&](Resource& cluster) -> Status {
    Settled end;
    end.etag = random.uuid();
    if (!identity.is_null()) {
      end.kubelet_id = replace_all(kubelet_identity_id(cluster), "/resourceGroups/", "/resourcegroups/");
      end.kubelet_client = string_at(identity, "properties", "clientId");
      end.kubelet_object = string_at(identity, "properties", "principalId");
      end.outbound_ip =
          group_of_nodes(cluster).text() + "/providers/Microsoft.Network/publicIPAddresses/" + random.uuid();
      // An attached cluster signs with the issuer that it has.
      if (auto issuer = clusters_.issuer(cluster.id()); issuer && *issuer != cluster.private_text("issuer")) {
        cluster.hidden()["issuer"] = *issuer;
        if (issuer_enabled(cluster)) object_at(cluster.properties(), "oidcIssuerProfile")["issuerURL"] = *issuer;
      }
    }
    settle(cluster, end);
    // The clients of the cluster's own identities show only once it is there.
    for (auto& [user, shown] : object_at(object_at(cluster.document, "identity"), "userAssignedIdentities"))
      if (const auto principal = entra_.managed_identity(user); principal && shown.is_object())
        shown = JsonObject{{"clientId", principal->client_id}, {"principalId", principal->object_id}};
    auto& own = object_at(cluster.document, "identity");
    if (own["userAssignedIdentities"].get_object().empty()) own.stable_erase("userAssignedIdentities");
    return {};
  });
  if (!settled) return settled.error();
  return Json(nullptr);
}

Result<Json> ClusterWork::settle_power(const ResourceId& id, std::string_view code) {
  auto settled = service_.resources().update(id, [&](Resource& cluster) -> Status {
    const JsonObject power{{"code", code}};
    cluster.properties()["powerState"] = power;
    if (auto* pools = cluster.properties().if_contains("agentPoolProfiles"); pools && pools->is_array())
      for (auto& pool : pools->get_array())
        if (pool.is_object()) pool.get_object()["powerState"] = power;
    return {};
  });
  if (!settled) return settled.error();
  return finish(id, nullptr);
}

Result<Json> ClusterWork::fail(arm::OperationContext& context, const ResourceId& id, const Error& error) {
  const auto cluster = service_.resources().get(id);
  const auto* hidden = cluster ? cluster->document.if_contains("private") : nullptr;
  const bool aborted = hidden && bool_or(find(*hidden, kAborting));
  if (context.cancelled() && !aborted) return error;
  auto written = service_.resources().update(id, [&](Resource& changed) -> Status {
    set_state(changed, aborted ? state::kCanceled : state::kFailed);
    return {};
  });
  if (!written && written.error().status != 404) return written.error();
  if (aborted) return Error{"OperationCanceled", "The operation was canceled.", 409};
  return error;
}

// What is only recorded is said where people look for it: in the log, and at the node (`kubectl describe node`).
void ClusterWork::explain(const Resource& cluster) {
  const auto said = only_recorded(cluster);
  if (said.empty()) return;
  const std::string text = join(said, "; ");
  service_.parts().log.warning("containerService", text, {{"cluster", cluster.id()}});
  const auto client = clusters_.client(cluster.id());
  if (!client) return;
  const std::string node = spec_of(cluster).node_name;
  const auto now = iso8601(service_.parts().clock.now(), 0);
  const JsonObject event{
      {"apiVersion", "v1"},
      {"kind", "Event"},
      {"metadata", JsonObject{{"generateName", node + "."}, {"namespace", "default"}}},
      {"involvedObject", JsonObject{{"apiVersion", "v1"}, {"kind", "Node"}, {"name", node}, {"uid", node}}},
      {"type", "Warning"},
      {"reason", "OnlyRecorded"},
      {"message", text},
      {"source", JsonObject{{"component", "lazuli"}}},
      {"firstTimestamp", now},
      {"lastTimestamp", now},
      {"count", 1}};
  if (const auto made = (*client)->create("/api/v1/namespaces/default/events", event); !made)
    service_.parts().log.warning("containerService", "no event could be written: " + made.error().message);
}

}  // namespace lazuli::providers::container_service
