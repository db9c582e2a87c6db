// The subscription, its tenant and its regions, and the endpoints that clients ask a cloud for.
#pragma once

#include "arm/service.h"
#include "providers/resources/resources.h"

namespace lazuli::providers {

void add_subscriptions(arm::Service& service, const Subscription& subscription);

}  // namespace lazuli::providers
