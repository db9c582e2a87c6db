// Whether a service account of a cluster may be a managed identity that the cluster is bound to: its right to
// `use-managed-identity` in the group cid.wi.aks.azure.com, on a resource named after the client id (public
// documentation of AKS, "identity bindings"). Asked of the cluster's own authorization, so ClusterRoles decide.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cluster/objects.h"

namespace lazuli::cluster {

// `subject`: "system:serviceaccount:NAMESPACE:NAME". Errors: 403 with the right that is missing, 503 where the cluster
// did not answer.
Status check_identity_access(Objects& objects, std::string_view client_id, const std::string& subject);
// A list for `kubectl apply` that gives the right.
JsonObject identity_access_roles(std::string_view client_id, const std::string& subject);

}  // namespace lazuli::cluster
