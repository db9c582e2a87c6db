#include "providers/container_service/container_service.h"

#include "arm/faults.h"
#include "base/text.h"
#include "providers/container_service/agent_pools.h"
#include "providers/container_service/cluster_work.h"
#include "providers/container_service/flat_error.h"
#include "providers/container_service/identity_bindings.h"
#include "providers/container_service/managed_clusters.h"
#include "providers/container_service/run_commands.h"
#include "providers/container_service/versions.h"
#include "providers/container_service/vocabulary.h"

namespace lazuli::providers {
namespace {

using arm::Answer;
using arm::Call;
using arm::Operation;
using namespace container_service;  // of this file's own provider

// As recorded: seven digits of the second, without zeros at the end.
std::string poll_time(TimePoint time) {
  std::string text = iso8601(time, 7);
  while (text.ends_with("0Z")) text.erase(text.size() - 2, 1);
  if (text.ends_with(".Z")) text.erase(text.size() - 2, 1);
  return text;
}

Answer poll_status(const Operation& operation) {
  JsonObject body{{"name", operation.id}, {"status", operation.status}, {"startTime", poll_time(operation.started)}};
  if (operation.done()) body["endTime"] = poll_time(operation.ended);
  if (operation.done() && operation.status != "Succeeded")
    body["error"] = JsonObject{{"code", operation.error.code}, {"message", operation.error.message}};
  return Answer::json(200, std::move(body));
}

Answer poll_result(const Operation& operation) {
  if (!operation.done()) return Answer::no_body(202);
  if (operation.status == "Succeeded" || operation.status == "Canceled") return Answer::no_body(204);
  return Answer::json(operation.error.status, arm::Service::error_body(operation.error));
}

Result<Answer> not_supported(const Call& call) {
  return flat_error(refusal("OperationNotAllowed", "The operation " + call.action + " is not supported here."));
}

// From 2025 on every answer of the provider says for whom and where it was made.
arm::TypeHandler identified(arm::Service& service, arm::TypeHandler handler) {
  return [&service, handler = std::move(handler)](const Call& call) {
    auto answer = handler(call);
    if (answer) service.add_operation_identifier(*answer, call);
    return answer;
  };
}

// The same for all handlers of a type.
arm::TypeSpec identified(arm::Service& service, arm::TypeSpec spec) {
  for (auto* handler : {&spec.get, &spec.list, &spec.put, &spec.patch, &spec.del})
    if (*handler) *handler = identified(service, std::move(*handler));
  for (auto& [name, handler] : spec.actions) handler = identified(service, std::move(handler));
  return spec;
}

struct Parts {
  Parts(arm::Service& service, cluster::Clusters& clusters, entra::Entra& entra)
      : managed(service, clusters, entra),
        pools(service, clusters, managed),
        commands(service, cluster::objects_of(clusters),
                 [&clusters](std::string_view cluster_id) { return clusters.kubectl(cluster_id); }),
        work(service, clusters, entra, commands),
        bindings(service, entra) {}
  ManagedClusters managed;
  AgentPools pools;
  RunCommands commands;
  ClusterWork work;
  IdentityBindings bindings;
};
using PartsPointer = std::shared_ptr<Parts>;

void add_clusters(arm::Service& service, const PartsPointer& parts) {
  arm::TypeSpec spec;
  spec.type = kClusterType;
  spec.api_versions = kApiVersions;
  spec.tracked = true;
  spec.etag = service.stored_etag();
  spec.get = [parts](const Call& call) { return parts->managed.get(call); };
  spec.list = [parts](const Call& call) { return parts->managed.list(call); };
  spec.put = [parts](const Call& call) { return parts->managed.put(call); };
  spec.patch = [parts](const Call& call) { return parts->managed.patch(call); };
  spec.del = [parts](const Call& call) { return parts->managed.remove(call); };
  spec.actions = {
      {"listClusterUserCredential", [parts](const Call& call) { return parts->managed.credential(call, false); }},
      {"listClusterMonitoringUserCredential",
       [parts](const Call& call) { return parts->managed.credential(call, false); }},
      {"listClusterAdminCredential", [parts](const Call& call) { return parts->managed.credential(call, true); }},
      {"stop", [parts](const Call& call) { return parts->managed.stop(call); }},
      {"start", [parts](const Call& call) { return parts->managed.start(call); }},
      {"abort", [parts](const Call& call) { return parts->managed.abort(call); }},
      {"runCommand", [parts](const Call& call) { return parts->commands.post(call); }},
  };
  for (const char* action : {"rotateClusterCertificates", "rotateServiceAccountSigningKeys", "resetAADProfile",
                             "resetServicePrincipalProfile"})
    spec.actions[action] = not_supported;
  service.add(identified(service, std::move(spec)));
  service.on_forget(std::string(kClusterType),
                    [parts](const arm::Resource& cluster) { return parts->work.clean_up(cluster); });
}

void add_below_clusters(arm::Service& service, const PartsPointer& parts) {
  arm::TypeSpec pools;
  pools.type = kPoolType;
  pools.api_versions = kApiVersions;
  pools.etag = [parts](const arm::ResourceId& id) { return parts->pools.etag(id); };
  pools.get = [parts](const Call& call) { return parts->pools.get(call); };
  pools.list = [parts](const Call& call) { return parts->pools.list(call); };
  pools.put = [parts](const Call& call) { return parts->pools.put(call); };
  pools.del = [parts](const Call& call) { return parts->pools.remove(call); };
  service.add(identified(service, std::move(pools)));

  arm::TypeSpec commands;
  commands.type = kCommandType;
  commands.api_versions = kApiVersions;
  commands.get = [parts](const Call& call) { return parts->commands.get(call); };
  commands.list = [](const Call&) -> Result<Answer> { return arm::method_not_allowed("GET"); };
  service.add(identified(service, std::move(commands)));

  arm::TypeSpec profiles;
  profiles.type = std::string(kClusterType) + "/accessProfiles";
  profiles.api_versions = kApiVersions;
  profiles.get = [parts](const Call& call) { return parts->managed.access_profile(call); };
  profiles.actions["listCredential"] = profiles.get;
  service.add(identified(service, std::move(profiles)));

  arm::TypeSpec upgrades;
  upgrades.type = std::string(kClusterType) + "/upgradeProfiles";
  upgrades.api_versions = kApiVersions;
  upgrades.get = [parts](const Call& call) { return parts->managed.upgrades(call); };
  service.add(identified(service, std::move(upgrades)));

  arm::TypeSpec versions;
  versions.type = std::string(kClusterType) + "/availableAgentPoolVersions";
  versions.api_versions = kApiVersions;
  versions.list = [parts](const Call& call) { return parts->pools.versions(call); };
  service.add(identified(service, std::move(versions)));

  arm::TypeSpec outbound;
  outbound.type = std::string(kClusterType) + "/outboundNetworkDependenciesEndpoints";
  outbound.api_versions = kApiVersions;
  outbound.list = [parts](const Call& call) { return parts->managed.outbound_endpoints(call); };
  service.add(identified(service, std::move(outbound)));

  arm::TypeSpec bindings;
  bindings.type = kBindingType;
  bindings.api_versions = kApiVersions;
  bindings.etag = service.stored_etag();
  bindings.get = [parts](const Call& call) { return parts->bindings.get(call); };
  bindings.list = [parts](const Call& call) { return parts->bindings.list(call); };
  bindings.put = [parts](const Call& call) { return parts->bindings.put(call); };
  bindings.del = [parts](const Call& call) { return parts->bindings.remove(call); };
  service.add(identified(service, std::move(bindings)));

  // There are none; tools that manage whole clusters look for them.
  for (const char* type : {"maintenanceConfigurations", "privateEndpointConnections", "trustedAccessRoleBindings"}) {
    arm::TypeSpec none;
    none.type = std::string(kClusterType) + "/" + type;
    none.api_versions = kApiVersions;
    service.add(std::move(none));
  }
}

}  // namespace

void add_container_service(arm::Service& service, cluster::Clusters& clusters, entra::Entra& entra) {
  const auto parts = std::make_shared<Parts>(service, clusters, entra);
  parts->work.define();
  parts->commands.define();
  for (const auto name : {kind::kCreate, kind::kUpdate, kind::kDelete, kind::kStop, kind::kStart, kind::kAbort,
                          kind::kPutPool, kind::kDeletePool})
    service.add_operation_form(std::string(name), {poll_status, poll_result});
  add_clusters(service, parts);
  add_below_clusters(service, parts);
  const std::string provider(kProvider);
  service.add_provider_path(provider, "locations/*/kubernetesVersions",
                            identified(service, [&clusters](const Call&) -> Result<Answer> {
                              return Answer::json(200, version_list(clusters.kubernetes_version()));
                            }));
  service.add_provider_path(provider, "locations/*/orchestrators", [&clusters](const Call& call) -> Result<Answer> {
    return Answer::json(200, JsonObject{{"id", call.path},
                                        {"name", "default"},
                                        {"type", "Microsoft.ContainerService/locations/orchestrators"},
                                        {"properties", orchestrators(clusters.kubernetes_version())}});
  });
}

}  // namespace lazuli::providers
