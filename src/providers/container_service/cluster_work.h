// The long-running work on managed clusters: what an operation of the journal does. Every body looks at what is already
// there, so that it can run again after a crash. Thread-safe.
#pragma once

#include "arm/service.h"
#include "cluster/clusters.h"
#include "entra/entra.h"
#include "providers/container_service/run_commands.h"

namespace lazuli::providers::container_service {

class ClusterWork {
 public:
  ClusterWork(arm::Service& service, cluster::Clusters& clusters, entra::Entra& entra, RunCommands& commands)
      : service_(service), clusters_(clusters), entra_(entra), commands_(commands) {}

  // Tells the journal of all kinds.
  void define();
  // What a cluster has outside the store, whatever deletes it. Idempotent.
  Status clean_up(const arm::Resource& cluster);

 private:
  using Body = Result<Json> (ClusterWork::*)(arm::OperationContext&, const arm::ResourceId&);
  void define(std::string_view kind, Body body);

  Result<Json> create(arm::OperationContext& context, const arm::ResourceId& id);
  Result<Json> update(arm::OperationContext& context, const arm::ResourceId& id);
  Result<Json> stop(arm::OperationContext& context, const arm::ResourceId& id);
  Result<Json> start(arm::OperationContext& context, const arm::ResourceId& id);
  Result<Json> remove(arm::OperationContext& context, const arm::ResourceId& id);
  Result<Json> abort(arm::OperationContext& context, const arm::ResourceId& id);
  Result<Json> remove_pool(arm::OperationContext& context, const arm::ResourceId& id);
  Status end_other(arm::OperationContext& context);

  Status ensure_node_group(const arm::Resource& cluster);
  // The kubelet's identity, with the properties that it was given.
  Result<Json> ensure_kubelet_identity(const arm::Resource& cluster);
  Status publish_issuer(const arm::Resource& cluster);
  Result<Json> finish(const arm::ResourceId& id, const Json& kubelet_identity);
  // Writes the failed state down, unless the program is ending: then the operation goes on at its next start.
  Result<Json> fail(arm::OperationContext& context, const arm::ResourceId& id, const Error& error);
  Result<Json> settle_power(const arm::ResourceId& id, std::string_view code);
  void explain(const arm::Resource& cluster);

  arm::Service& service_;
  cluster::Clusters& clusters_;
  entra::Entra& entra_;
  RunCommands& commands_;
};

}  // namespace lazuli::providers::container_service
