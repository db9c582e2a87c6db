// Microsoft.ServiceLinker (Service Connector): connections from a cluster to Azure OpenAI and AI Services. Creating one
// turns on what is missing (issuer, workload identity), makes the federated credential, the role assignment, the
// Kubernetes objects and the sc-extension; every step is idempotent and asks other providers only through arm.
//
// Where it differs from Azure: a request whose target or identity does not exist is refused at once instead of being
// accepted and failing later; deleting a connection takes its Kubernetes objects, its federated credential and its role
// assignment with it, unless another connection needs them (Azure leaves the objects); and validateLinker looks into
// the cluster (Azure answers success always).
#pragma once

#include "arm/service.h"
#include "cluster/objects.h"

namespace lazuli::providers {

void add_service_linker(arm::Service& service, cluster::ObjectsOf objects);

inline void add_service_linker(arm::Service& service, cluster::Clusters& clusters) {
  add_service_linker(service, cluster::objects_of(clusters));
}

}  // namespace lazuli::providers
