// Microsoft.ContainerRegistry: registries, their settings and credentials, and build runs.
#pragma once

#include "arm/service.h"
#include "registry/registry.h"

namespace lazuli::providers {

void add_container_registry(arm::Service& service, registry::Registry& registry);

}  // namespace lazuli::providers
