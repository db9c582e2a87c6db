// What instance metadata knows of a cluster's node, from the cluster's document: the identities that the node has been
// assigned, and what it says of itself (learn.microsoft.com/azure/virtual-machines/instance-metadata-service). Pure.
#pragma once

#include "arm/resources.h"
#include "entra/entra.h"

namespace lazuli {

entra::MetadataNode metadata_node(const arm::Resource& cluster);

}  // namespace lazuli
