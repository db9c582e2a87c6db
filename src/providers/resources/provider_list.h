// /providers and /subscriptions/S/providers: what each resource provider offers, by the types that are registered here,
// whether the subscription is registered for it, and its operations.
#pragma once

#include "arm/service.h"

namespace lazuli::providers {

void add_provider_list(arm::Service& service);

}  // namespace lazuli::providers
