// The mutating admission webhook: trust in lazuli's certificate authority for every pod, identity for the labelled
// ones, with the upstream webhook's vocabulary (azure.workload.identity/…). review() is a function from an
// AdmissionReview to an AdmissionReview; it reads service accounts and ensures the namespace's trust ConfigMap through
// `Cluster`. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::workload_identity {

// What the webhook asks of the cluster that sent the review.
class Cluster {
 public:
  virtual ~Cluster() = default;
  virtual Result<Json> service_account(std::string_view name_space, std::string_view name) = 0;
  virtual Status ensure_trust(std::string_view name_space) = 0;  // the ConfigMap kTrustConfigMap, up to date
};

inline constexpr std::string_view kTrustConfigMap = "lazuli-trust";
inline constexpr std::string_view kTrustBundleKey = "ca-bundle.crt";      // public roots and ours, PEM
inline constexpr std::string_view kTrustRootKey = "lazuli-root.crt";      // ours alone, PEM
inline constexpr std::string_view kTrustJavaKey = "java-truststore.p12";  // binaryData; password "changeit"

struct Settings {
  bool identity = true;  // workload identity is enabled on the cluster; false: trust only
  std::string tenant_id;
  // Our root's name in a folder of authorities ("1a2b3c4d.0"); empty: not put into one.
  std::string root_folder_name;
  std::string authority_host = "https://login.microsoftonline.com/";
  // The cluster's own way to the token service ("https://169.254.169.254:20443") and its certificate's name; empty:
  // none.
  std::string token_proxy, token_proxy_name;
  bool own_dns = true;  // the cluster's DNS answers Azure's names with host_address
  // For pods that do not use the cluster's DNS (dnsPolicy Default or None), or any pod where that does not know the
  // names: hostAliases for these.
  std::string host_address;
  std::vector<std::string> host_names;
};

// review: the parsed AdmissionReview (admission.k8s.io/v1). Never fails: a malformed one is answered as not allowed.
Json review(const Json& review, const Settings& settings, Cluster& cluster);

}  // namespace lazuli::workload_identity
