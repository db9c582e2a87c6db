// Microsoft.Authorization/locks at every scope. What they hold up is in arm/locks.
#pragma once

#include "arm/service.h"

namespace lazuli::providers {

void add_locks(arm::Service& service);

}  // namespace lazuli::providers
