// Trust in lazuli's certificate authority, for any pod: a ConfigMap volume, its mounts, and the variables by which the
// runtimes find it. What a pod sets itself is kept, and a warning says so, because such a container will not trust us.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "workload_identity/pod.h"
#include "workload_identity/webhook.h"

namespace lazuli::workload_identity {

void add_trust(Pod& pod, const Settings& settings, std::vector<std::string>& warnings);

// Of `kubectl debug`: only the containers that are new may change, and only a volume that is there can be mounted.
void add_trust_to_ephemeral(Pod& pod, const std::set<std::string>& existing);

}  // namespace lazuli::workload_identity
