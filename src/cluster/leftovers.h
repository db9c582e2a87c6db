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

// Whether this machine has the folder of named network namespaces already; else the last cluster takes it away again.
bool has_namespaces_folder();

// Marks a claimed number as this cluster's. folder: the cluster's own in the state directory. first_namespace: the
// folder of named network namespaces was made for it.
Status mark_owner(const AddressPlan& plan, const std::string& folder, bool first_namespace);

// Everything of one number, whatever state it is in.
void sweep(const Cgroups& cgroups, const AddressPlan& plan);

// Every number whose owner is `folder` or below it, or no longer exists.
void sweep_owned(const Cgroups& cgroups, const std::string& folder);

}  // namespace lazuli::cluster
