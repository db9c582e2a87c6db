// Microsoft.ServiceLinker (Service Connector): connections from a cluster to Azure OpenAI and AI Services. Creating one
// turns on what is missing (issuer, workload identity), makes the federated credential, the role assignment, the
// Kubernetes objects and the sc-extension; every step is idempotent and asks other providers only through arm.
#pragma once

#include "arm/service.h"
#include "cluster/clusters.h"

namespace lazuli::providers {

void add_service_linker(arm::Service& service, cluster::Clusters& clusters);

}  // namespace lazuli::providers
