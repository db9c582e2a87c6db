// Microsoft.Resources: subscriptions, tenants, providers, resource groups (with cascading delete), listings of
// resources, tags, locks and template deployments.
#pragma once

#include <string>

#include "arm/service.h"

namespace lazuli::providers {

struct Subscription {
  std::string id, name, tenant_id, tenant_domain;
};

void add_resources(arm::Service& service, const Subscription& subscription);

}  // namespace lazuli::providers
