// X.509: lazuli's own name-constrained authority (facts: a root whose key is thrown away after it signed an issuing
// certificate; both carry critical name constraints that permit only Azure's names and exclude all IP addresses), leaf
// certificates, plain cluster authorities, and trust bundles. Pure functions over PEM text; thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace lazuli::crypto {

struct Certified {
  std::string certificate;  // PEM
  PrivateKey key;
};

struct ConstrainedAuthority {
  std::string root;     // PEM; the only part that goes into bundles; its key no longer exists
  std::string issuing;  // PEM
  PrivateKey issuing_key;
};

struct LeafRequest {
  std::string common_name;
  std::vector<std::string> organizations;  // O=, for Kubernetes groups
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  bool server = true;
  bool client = false;
  std::chrono::hours lifetime = std::chrono::hours(24 * 365);
};

// permitted: DNS suffixes such as "openai.azure.com".
ConstrainedAuthority make_constrained_authority(const std::vector<std::string>& permitted, TimePoint now);
// An unconstrained authority, for a cluster's own API server and kubelets.
Certified make_authority(std::string_view common_name, TimePoint now,
                         std::chrono::hours lifetime = std::chrono::hours(24 * 3650));
// A certificate that only names its key, as the entries of a key set carry one (x5c).
std::string self_signed(std::string_view common_name, const PrivateKey& key, TimePoint now,
                        std::chrono::hours lifetime);
// P-256 by default; RSA 2048 when asked (AKS client certificates).
Result<Certified> issue(const LeafRequest& request, std::string_view issuer_certificate, const PrivateKey& issuer_key,
                        TimePoint now, bool rsa = false);

TimePoint not_after(std::string_view certificate_pem);
// The name by which OpenSSL looks a certificate up in a folder of authorities: "1a2b3c4d.0"; empty if it cannot be
// read.
std::string folder_name(std::string_view certificate_pem);
std::string der_of(std::string_view certificate_pem);  // first certificate of the text; empty if none
std::vector<std::string> split_bundle(std::string_view pem);
// A PKCS#12 trust store for Java with these certificates (each marked trusted by Oracle's
// attribute 2.16.840.1.113894.746875.1.1).
Result<std::string> java_trust_store(std::string_view pem_bundle, std::string_view password);

}  // namespace lazuli::crypto
