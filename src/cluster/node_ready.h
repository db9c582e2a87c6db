// Waits for what a person means by "the cluster is there": its node is Ready, its DNS answers, and the default
// namespace has the service account that a pod is given.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cluster/clusters.h"

namespace lazuli::cluster {

Status wait_for_node(KubeClient& client, const std::string& node, const std::string& node_address,
                     std::chrono::milliseconds limit, const Cancelled& cancelled,
                     const std::function<Status()>& failed);

}  // namespace lazuli::cluster
