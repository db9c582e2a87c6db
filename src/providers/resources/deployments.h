// Microsoft.Resources/deployments at a group or the subscription: a template's resources, each put by its own provider
// with the rights of the caller, in the order of their dependencies. Incremental only.
#pragma once

#include "arm/service.h"
#include "providers/resources/resources.h"

namespace lazuli::providers {

void add_deployments(arm::Service& service, const Subscription& subscription);

}  // namespace lazuli::providers
