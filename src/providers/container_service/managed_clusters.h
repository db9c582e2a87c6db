// The requests to managed clusters: what is checked and answered at once, and which operation begins. Thread-safe.
#pragma once

#include <memory>

#include "arm/service.h"
#include "cluster/clusters.h"
#include "entra/entra.h"

namespace lazuli::providers::container_service {

class ManagedClusters {
 public:
  ManagedClusters(arm::Service& service, cluster::Clusters& clusters, entra::Entra& entra)
      : service_(service), clusters_(clusters), entra_(entra) {}

  Result<arm::Answer> get(const arm::Call& call) const;
  Result<arm::Answer> list(const arm::Call& call) const;
  Result<arm::Answer> put(const arm::Call& call) const;
  Result<arm::Answer> patch(const arm::Call& call) const;
  Result<arm::Answer> remove(const arm::Call& call) const;
  Result<arm::Answer> stop(const arm::Call& call) const;
  Result<arm::Answer> start(const arm::Call& call) const;
  Result<arm::Answer> abort(const arm::Call& call) const;
  Result<arm::Answer> credential(const arm::Call& call, bool admin) const;
  Result<arm::Answer> access_profile(const arm::Call& call) const;
  Result<arm::Answer> upgrades(const arm::Call& call) const;
  Result<arm::Answer> outbound_endpoints(const arm::Call& call) const;

  // 409 OperationNotAllowed while an operation on the cluster runs.
  Status check_idle(const arm::ResourceId& id) const;
  // Saves the cluster and journals an operation in one transaction, begins it and adds its headers to the answer.
  Result<arm::Answer> begin(const arm::Resource& cluster, const arm::ResourceId& id, std::string_view kind,
                            arm::Answer answer, bool with_location, Json input = nullptr) const;
  void add_headers(arm::Answer& answer, const arm::Resource& cluster, const arm::Operation& operation,
                   bool with_location) const;

 private:
  Result<arm::Answer> create(const arm::Call& call) const;
  Result<arm::Answer> change(const arm::Call& call, arm::Resource cluster) const;
  Status give_identity(const arm::Call& call, arm::Resource& cluster) const;
  Result<arm::Answer> change_power(const arm::Call& call, bool run) const;
  Result<std::string> kubeconfig_of(const arm::Resource& cluster, bool admin) const;

  arm::Service& service_;
  cluster::Clusters& clusters_;
  entra::Entra& entra_;
};

// The one page that there is, with the nextLink that Azure's lists have even then.
JsonObject first_page(const arm::Call& call, JsonArray items);

}  // namespace lazuli::providers::container_service
