// What a cluster of the bundle has outside its state directory, and how it goes away: every process in its control
// groups (and with the last of them its mounts, which live in a mount namespace of their own), runtime files, network
// namespace and links. The runtime directory names its owner, so that after a crash each instance of lazuli finds its
// own and leaves the others' alone.
#pragma once

#include <string>

#include "base/result.h"
#include "cluster/address_plan.h"
#include "cluster/cgroups.h"

namespace lazuli::cluster {

// A free number (see claim_network), marked as this cluster's. folder: the cluster's own in the state directory.
// Safe beside other programs and threads that claim or sweep.
Result<AddressPlan> claim_number(const std::string& folder, int preferred);

// Everything of one number, whatever state it is in.
void sweep(const Cgroups& cgroups, const AddressPlan& plan);

// Every number whose owner is `folder` or below it, or no longer exists.
void sweep_owned(const Cgroups& cgroups, const std::string& folder);

}  // namespace lazuli::cluster
