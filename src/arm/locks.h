// Management locks (Microsoft.Authorization/locks) as they are enforced: a lock holds for its scope and everything
// below it, and whatever would delete a locked scope along with its own is refused too. Locks are stored resources;
// deleting or changing a lock is not itself held up by one.
#pragma once

#include <string_view>

#include "arm/resources.h"

namespace lazuli::arm {

inline constexpr std::string_view kLockType = "Microsoft.Authorization/locks";

// Error code ScopeLocked (409).
Status check_locks(const Resources& resources, const ResourceId& id, std::string_view method);

}  // namespace lazuli::arm
