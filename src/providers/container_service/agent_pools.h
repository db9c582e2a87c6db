// The requests to node pools. A pool lives in its cluster's document; one real node, this machine, stands for all of
// them, and what more is asked for is recorded and explained (ClusterWork). Thread-safe.
#pragma once

#include "arm/service.h"
#include "cluster/clusters.h"
#include "providers/container_service/managed_clusters.h"

namespace lazuli::providers::container_service {

class AgentPools {
 public:
  AgentPools(arm::Service& service, cluster::Clusters& clusters, const ManagedClusters& managed)
      : service_(service), clusters_(clusters), managed_(managed) {}

  Result<arm::Answer> get(const arm::Call& call) const;
  std::optional<std::string> etag(const arm::ResourceId& id) const;
  Result<arm::Answer> list(const arm::Call& call) const;
  Result<arm::Answer> put(const arm::Call& call) const;
  Result<arm::Answer> remove(const arm::Call& call) const;
  Result<arm::Answer> versions(const arm::Call& call) const;  // availableAgentPoolVersions

 private:
  Result<arm::Answer> changed(const arm::Call& call, arm::Resource cluster) const;

  arm::Service& service_;
  cluster::Clusters& clusters_;
  const ManagedClusters& managed_;
};

}  // namespace lazuli::providers::container_service
