#include "cluster/identity_access.h"

#include <vector>

#include "base/text.h"

namespace lazuli::cluster {

namespace {

constexpr std::string_view kGroup = "cid.wi.aks.azure.com", kVerb = "use-managed-identity";
constexpr std::string_view kAccessReviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

std::string namespace_of(const std::string& subject) {
  const auto parts = split(subject, ':');
  return parts.size() == 4 ? parts[2] : std::string();
}

JsonObject access_review(std::string_view client_id, const std::string& subject) {
  JsonArray groups{"system:serviceaccounts", "system:serviceaccounts:" + namespace_of(subject), "system:authenticated"};
  return JsonObject{
      {"apiVersion", "authorization.k8s.io/v1"},
      {"kind", "SubjectAccessReview"},
      {"spec",
       JsonObject{{"user", subject},
                  {"groups", std::move(groups)},
                  {"resourceAttributes",
                   JsonObject{{"verb", kVerb}, {"group", kGroup}, {"version", "*"}, {"resource", client_id}}}}}};
}

}  // namespace

Status check_identity_access(Objects& objects, std::string_view client_id, const std::string& subject) {
  const auto review = objects.create(kAccessReviews, access_review(client_id, subject));
  if (!review) {
    return Error{"Unreachable", "The cluster could not be asked for its leave: " + review.error().message, 503};
  }
  if (bool_or(find(*review, "status", "allowed"))) return {};
  return Error{"Forbidden",
               "The service account '" + subject +
                   "' may not use the bound identity: it needs a ClusterRole with the " + "verb '" +
                   std::string(kVerb) + "' on the resource '" + std::string(client_id) + "' of the API group '" +
                   std::string(kGroup) + "', and a ClusterRoleBinding.",
               403};
}

JsonObject identity_access_roles(std::string_view client_id, const std::string& subject) {
  const auto parts = split(subject, ':');
  const std::string name =
      "use-identity-" + std::string(client_id) + (parts.size() == 4 ? "-" + parts[2] + "-" + parts[3] : std::string());
  const std::string version = std::string(kRbac) + "/v1";
  JsonObject rule{{"apiGroups", JsonArray{kGroup}}, {"resources", JsonArray{client_id}}, {"verbs", JsonArray{kVerb}}};
  JsonObject role{{"apiVersion", version},
                  {"kind", "ClusterRole"},
                  {"metadata", JsonObject{{"name", name}}},
                  {"rules", JsonArray{std::move(rule)}}};
  JsonObject account{{"kind", "ServiceAccount"}};
  if (parts.size() == 4) {
    account["name"] = parts[3];
    account["namespace"] = parts[2];
  }
  JsonObject binding{{"apiVersion", version},
                     {"kind", "ClusterRoleBinding"},
                     {"metadata", JsonObject{{"name", name}}},
                     {"roleRef", JsonObject{{"apiGroup", kRbac}, {"kind", "ClusterRole"}, {"name", name}}},
                     {"subjects", JsonArray{std::move(account)}}};
  JsonArray items;
  items.push_back(std::move(role));
  items.push_back(std::move(binding));
  return JsonObject{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}};
}

}  // namespace lazuli::cluster
