// Microsoft.KubernetesConfiguration: cluster extensions, of which sc-extension (Service Connector's) is the one that
// exists. On Azure it is an operator that writes connections' objects; here Service Connector writes them itself, so
// installing it makes its namespace and a record of itself, and taking it away leaves connections working.
#pragma once

#include "arm/service.h"
#include "cluster/objects.h"

namespace lazuli::providers {

void add_kubernetes_configuration(arm::Service& service, cluster::ObjectsOf objects);

inline void add_kubernetes_configuration(arm::Service& service, cluster::Clusters& clusters) {
  add_kubernetes_configuration(service, cluster::objects_of(clusters));
}

}  // namespace lazuli::providers
