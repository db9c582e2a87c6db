// Kubeconfigs: written for a cluster's own parts and for people, read for clusters that exist already. Pure but for the
// files that a kubeconfig names.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "cluster/kube_client.h"

namespace lazuli::cluster {

// For a part of the cluster: certificates stay in files of the folder pki (identity.crt, identity.key).
Json kubeconfig_with_files(const std::string& pki, const std::string& server, const std::string& identity);

// What AKS hands out, in AKS's order: everything inline.
struct KubeUser {
  std::string name;  // "clusterUser_GROUP_CLUSTER"
  std::string certificate, key, token;
};
std::string kubeconfig_text(const std::string& cluster, const KubeAccess& access, const KubeUser& user);

// The current context's access. folder: what relative file names are relative to. Error code "InvalidKubeconfig" (400)
// says what is missing; credentials that a helper program makes (exec, auth-provider) are refused.
Result<KubeAccess> parse_kubeconfig(const Json& config, const std::string& folder);

}  // namespace lazuli::cluster
