#include "providers/service_linker/permissions.h"

namespace lazuli::providers::service_linker {

Status check_rights(const arm::Service& service, const access::Principal& caller, const Linker& linker,
                    std::string_view identity) {
  struct Need {
    std::string_view action;
    std::string scope;
  };
  std::vector<Need> needs = {{"Microsoft.KubernetesConfiguration/extensions/write", linker.cluster.text()},
                             {"Microsoft.CognitiveServices/accounts/read", linker.target.text()}};
  if (linker.auth == Auth::secret) {
    needs.push_back({"Microsoft.CognitiveServices/accounts/listKeys/action", linker.target.text()});
  } else {
    needs.push_back({"Microsoft.Authorization/roleAssignments/write", linker.target.text()});
  }
  if (linker.auth == Auth::identity) {
    needs.push_back({"Microsoft.ContainerService/managedClusters/write", linker.cluster.text()});
    needs.push_back(
        {"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write", std::string(identity)});
  }
  if (caller.type == access::PrincipalType::system) return {};
  for (const auto& need : needs) {
    if (service.parts().authorizer.check(caller, need.action, need.scope, access::Plane::control).allowed) continue;
    return Error{"UnauthorizedResourceAccess",
                 "You do not have permission to perform '" + std::string(need.action) + "' over scope '" + need.scope +
                     "'. If access was recently granted, please refresh your credentials.",
                 403};
  }
  return {};
}

}  // namespace lazuli::providers::service_linker
