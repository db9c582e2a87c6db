// Whether a service account of a cluster may be a managed identity that the cluster is bound to: its right to
// `use-managed-identity` in the group cid.wi.aks.azure.com, on a resource named after the client id (public
// documentation of AKS, "identity bindings"). Asked of the cluster's own authorization, so ClusterRoles decide. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::cluster {

inline constexpr std::string_view kAccessReviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

// "system:serviceaccount:NAMESPACE:NAME": what is posted to kAccessReviews for it.
JsonObject identity_access_review(std::string_view client_id, const std::string& subject);
// What came back. Errors: 403 with the right that is missing, 503 where the cluster did not answer.
Status read_identity_access(const Result<Json>& review, std::string_view client_id, const std::string& subject);
// A list for `kubectl apply` that gives the right.
JsonObject identity_access_roles(std::string_view client_id, const std::string& subject);

}  // namespace lazuli::cluster
