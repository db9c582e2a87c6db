// Microsoft.CognitiveServices: accounts, keys, deployments, models, usages, soft delete and purge. Tells the gateway
// about every account and deployment, those of earlier runs at once.
#pragma once

#include "arm/service.h"
#include "openai/gateway.h"

namespace lazuli::providers {

void add_cognitive_services(arm::Service& service, openai::Gateway& gateway);

}  // namespace lazuli::providers
