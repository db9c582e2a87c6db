// The mount namespace in which a cluster's container runtime and node run. Volumes and root file systems are mounted
// there and go with the last process; the few paths that upstream's programs have built in (/var/lib/kubelet, …) lead
// into the cluster's own folders; and what the kubelet would set in the machine's kernel it finds set already, so that
// nothing of the machine changes.
#pragma once

#include <string>
#include <vector>

#include "cluster/address_plan.h"
#include "cluster/settings.h"

namespace lazuli::cluster {

// Below /run/lazuli: the folders of the machine that had to be made to be covered, one a line.
inline constexpr const char* kMountPointList = "mount-points";

// The command line that makes the namespace and becomes `command` in it.
std::vector<std::string> in_new_mounts(const Folders& folders, const AddressPlan& plan,
                                       const std::vector<std::string>& command);
// The command line that becomes `command` in the namespace of a process that is in it.
std::vector<std::string> in_mounts_of(int pid, const std::vector<std::string>& command);

}  // namespace lazuli::cluster
