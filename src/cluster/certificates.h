// The keys and certificates of a cluster of the bundle, in files of its state directory. What others keep (authorities,
// the service accounts' signing key, the users' key and token) is made once; certificates that only the cluster's own
// parts use are issued anew at every start, so that they follow the cluster's address and never run out unnoticed.
#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "cluster/address_plan.h"
#include "net/server.h"

namespace lazuli::cluster {

class Certificates {
 public:
  explicit Certificates(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Makes what is missing, and issues the certificates. node: the node's name; host_name: the API server's name in AKS.
  Status prepare(const AddressPlan& plan, const std::string& node, const std::string& host_name, const Clock& clock,
                 Random& random) const;

  std::string file(const std::string& name) const { return (directory_ / name).string(); }  // "ca.crt", "etcd.key", …
  Result<std::string> text(const std::string& name) const;
  Result<net::TlsIdentity> webhook() const;
  Result<Json> service_account_keys() const;  // {"keys":[…]}

 private:
  std::filesystem::path directory_;
};

// A public key of service accounts as Kubernetes publishes it; its `kid` is the SHA-256 of the key's DER form, as the
// API server writes it into tokens (kubernetes/pkg/serviceaccount/jwt.go, keyIDFromPublicKey).
Result<Json> service_account_jwk(const std::string& public_key_pem);

}  // namespace lazuli::cluster
