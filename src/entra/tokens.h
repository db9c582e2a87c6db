// Makes tokens: access tokens with the claims that Azure's have (version 1.0 for Azure's own resources, 2.0 for
// applications that ask for it), and id tokens. Only signs; who may have a token is decided by the grants. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "entra/directory.h"
#include "entra/resources.h"
#include "entra/signing_keys.h"

namespace lazuli::entra {

// How the client proved who it is: the claim `appidacr` (v1) or `azpacr` (v2).
enum class ClientProof { none = 0, secret = 1, assertion = 2 };

struct AccessToken {
  std::string token;
  Seconds lifetime;
  TimePoint issued;
};

class Tokens {
 public:
  Tokens(SigningKeys& keys, const Clock& clock, Random& random, std::string tenant_id)
      : keys_(keys), clock_(clock), random_(random), tenant_id_(std::move(tenant_id)) {}

  // capabilities: what the client said it can do ("CP1"), for the claim `xms_cc`; may be empty.
  AccessToken for_application(const ServicePrincipal& who, const Resource& resource, ClientProof proof,
                              const std::vector<std::string>& capabilities) const;
  AccessToken for_user(const User& who, std::string_view client_id, const Resource& resource, ClientProof proof) const;
  std::string id_token(const User& who, std::string_view client_id, std::string_view nonce) const;

  // The issuers of the two versions.
  std::string issuer_v1() const { return "https://sts.windows.net/" + tenant_id_ + "/"; }
  std::string issuer_v2() const { return "https://login.microsoftonline.com/" + tenant_id_ + "/v2.0"; }

 private:
  AccessToken issue(JsonObject claims, Seconds lifetime) const;
  JsonObject begin(JsonScratch& scratch, const Resource& resource, TimePoint now, Seconds lifetime) const;
  std::string sign(const JsonObject& claims) const;
  std::string pairwise_subject(std::string_view user, std::string_view client_id) const;

  SigningKeys& keys_;
  const Clock& clock_;
  Random& random_;
  std::string tenant_id_;
};

}  // namespace lazuli::entra
