// Microsoft.KubernetesConfiguration: cluster extensions, of which sc-extension (Service Connector's) is the one that
// exists.
#pragma once

#include "arm/service.h"
#include "cluster/clusters.h"

namespace lazuli::providers {

void add_kubernetes_configuration(arm::Service& service, cluster::Clusters& clusters);

}  // namespace lazuli::providers
