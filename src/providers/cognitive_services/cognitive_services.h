// Microsoft.CognitiveServices: accounts, keys, deployments, models, usages, soft delete and purge. Tells the gateway
// about every account and deployment, those of earlier runs at once.
#pragma once

#include "arm/service.h"
#include "entra/entra.h"
#include "openai/gateway.h"

namespace lazuli::providers {

// entra gives accounts their system-assigned identities; without it, asking for one is refused.
void add_cognitive_services(arm::Service& service, openai::Gateway& gateway, entra::Entra* entra = nullptr);

}  // namespace lazuli::providers
