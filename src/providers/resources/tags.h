// Tags as a resource of their own (Microsoft.Resources/tags/default at a subscription, group or resource), and the
// subscription's catalogue of tag names.
#pragma once

#include "arm/service.h"

namespace lazuli::providers {

void add_tags(arm::Service& service);

}  // namespace lazuli::providers
