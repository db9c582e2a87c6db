// A cluster's network namespace and the pair of links that joins it to the host, made and removed by iproute2. Nothing
// of the host's own network changes but one link, its address and a route to the cluster's pods; all of it goes with
// the namespace. Blocking; callers serialize calls for one cluster.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "cluster/address_plan.h"

namespace lazuli::cluster {

// A number whose addresses and names nobody on this machine uses, claimed by making its network namespace. preferred:
// the number that the cluster had before, if it had one. Error code "NoAddressLeft".
Result<AddressPlan> claim_network(int preferred);

// The links and addresses of a claimed number. Idempotent.
Status set_up_network(const AddressPlan& plan);

// Absent is fine.
void remove_network(const AddressPlan& plan);

// Whether an IPv4 range of a route or an address ("10.89.1.0/30", "default", "10.0.0.7") meets another.
bool ranges_meet(const std::string& a, const std::string& b);

}  // namespace lazuli::cluster
