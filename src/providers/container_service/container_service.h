// Microsoft.ContainerService: managed clusters, their node pools and credentials. Turning on the OIDC issuer publishes
// the cluster's keys at entra.
#pragma once

#include "arm/service.h"
#include "cluster/clusters.h"
#include "entra/entra.h"

namespace lazuli::providers {

void add_container_service(arm::Service& service, cluster::Clusters& clusters, entra::Entra& entra);

}  // namespace lazuli::providers
