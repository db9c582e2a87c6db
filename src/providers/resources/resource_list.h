// GET …/resources: the tracked resources of a subscription or a group, with $filter, $expand and $top; only those that
// the caller may read. How `az` finds the group of a registry.
#pragma once

#include "arm/service.h"

namespace lazuli::providers {

void add_resource_list(arm::Service& service);

}  // namespace lazuli::providers
