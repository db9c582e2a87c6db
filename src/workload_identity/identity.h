// Identity for a labelled pod, as the upstream webhook gives it: four variables and the projected token, in every init
// container and container that is not skipped; three more where it asks for an identity binding. Also the warnings that
// say, when the pod is made, what will not work.
#pragma once

#include <string>
#include <vector>

#include "workload_identity/pod.h"
#include "workload_identity/webhook.h"

namespace lazuli::workload_identity {

bool wants_identity(const Pod& pod);  // the label, with exactly the value "true"

// Error "BadRequest" (400) where upstream refuses: an expiration out of bounds; and for the proxy sidecar, which stands
// for libraries without workload identity and is not offered here.
Status add_identity(Pod& pod, const Json& service_account, const Settings& settings,
                    std::vector<std::string>& warnings);

// For a pod without the label: what looks as if identity was meant. service_account may be null.
void warn_of_missing_label(const Pod& pod, const Json& service_account, std::vector<std::string>& warnings);

}  // namespace lazuli::workload_identity
