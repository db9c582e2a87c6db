// Names and addresses that Azure computes for a cluster, by its rules. Pure but for the randomness handed in.
#pragma once

#include <string>
#include <string_view>

#include "arm/resource_id.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"

namespace lazuli::providers::container_service {

Status check_cluster_name(std::string_view name);

// "/subscriptions/…/resourcegroups/…": Azure answers cluster ids with that segment in lower case.
std::string cluster_id(const arm::ResourceId& id);
// "MC_{group}_{cluster}_{location}", at most 80 characters.
std::string node_group(std::string_view group, std::string_view cluster, std::string_view location);
std::string random_label(Random& random);                               // 8 of a-z0-9, in host names
std::string resource_uid(Random& random, TimePoint now);                // 24 hex digits, the first 8 the Unix time
std::string node_name(std::string_view pool, std::string_view digits);  // "aks-nodepool1-12345678-vmss000000"
std::string random_digits(Random& random);                              // the 8 of them
std::string issuer_url(std::string_view location, std::string_view tenant, std::string_view guid);
// What the node and the pods of a cluster reach by themselves; everything else is the workload's own.
JsonArray outbound_dependencies(const std::string& api_server);

}  // namespace lazuli::providers::container_service
