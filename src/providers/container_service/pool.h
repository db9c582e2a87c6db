// Node pools as Azure answers them: what a request leaves out is filled in, what Azure never returns is left out, and
// members stand in Azure's order. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "providers/container_service/versions.h"

namespace lazuli::providers::container_service {

// A pool's members below `agentPoolProfiles[]`, in order, "name" first.
// existing: the pool as it was, or null for a new one.
Result<JsonObject> pool_from(const Json& asked, const Json* existing, std::string_view name, const Version& version,
                             std::string_view state);

// The same pool as a resource of its own.
JsonObject pool_resource(std::string_view cluster_id, const JsonObject& pool);

// Once an operation on it has ended. etag: empty for none.
void settle_pool(JsonObject& pool, std::string_view state, std::string_view etag);

// Members put into an order; those that it does not name follow as they were.
JsonObject in_order(JsonObject members, const std::vector<std::string_view>& order);

}  // namespace lazuli::providers::container_service
