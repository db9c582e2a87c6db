// The JSON Patch (RFC 6902) that leads from one value to another, as an admission response carries it. Arrays are taken
// as lists that only grow or change in place, which is all that the webhook does to a pod. Pure.
#pragma once

#include "base/json.h"

namespace lazuli::workload_identity {

JsonArray difference(const Json& before, const Json& after);

}  // namespace lazuli::workload_identity
