// If-Match and If-None-Match (RFC 9110, section 13.1) on PUT, PATCH and DELETE of a resource whose type has entity
// tags. Other types do not look at these headers, as on Azure.
#pragma once

#include <optional>
#include <string>

#include "arm/service.h"

namespace lazuli::arm {

// Whether `call` is one that writes on a condition.
bool is_conditional(const Call& call);

// Error PreconditionFailed (412). `tag`: of the resource as it is now; empty if it has none yet, absent if it is not
// there. A tag is compared without its quotes, as clients send it both ways.
Status check_precondition(const Call& call, const std::optional<std::string>& tag);

}  // namespace lazuli::arm
