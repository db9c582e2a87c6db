// Who is calling, and the two questions that every service asks about a caller: is this token good (TokenVerifier), and
// may its bearer do this (Authorizer). Interfaces only: entra answers the first, providers/authorization the second;
// arm, openai and registry ask. Implementations are thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::access {

enum class PrincipalType { user, service_principal, managed_identity, system };

struct Principal {
  PrincipalType type = PrincipalType::service_principal;
  std::string object_id;            // claim `oid`: what role assignments name
  std::string tenant_id;            // claim `tid`
  std::string app_id;               // claim `appid` / `azp`; empty for none
  std::string name;                 // claim `upn` or `unique_name` of a user; else empty
  std::vector<std::string> groups;  // object ids of the groups it is in
  Json claims = nullptr;            // the whole verified payload

  // lazuli itself, acting for a provider (Service Connector assigning a role): allowed everything.
  static Principal system() { return Principal{PrincipalType::system, {}, {}, {}, "lazuli", {}, nullptr}; }
};

class TokenVerifier {
 public:
  virtual ~TokenVerifier() = default;
  // Signature, issuer, lifetime, and that `aud` is one of the audiences (compared without a closing slash).
  // Error codes: "TokenMissing", "TokenMalformed", "TokenSignature", "TokenExpired", "TokenAudience", "TokenIssuer";
  // the caller turns them into its protocol's own answer.
  virtual Result<Principal> verify(std::string_view token, const std::vector<std::string>& audiences) const = 0;
};

// Who has this client id and this secret, for doors that take a user's name and password. Error code: the token
// service's own ("AADSTS7000215").
using SecretCheck = std::function<Result<Principal>(std::string_view client_id, std::string_view secret)>;

enum class Plane { control, data };

struct Decision {
  bool allowed = false;
  std::string role;   // the role definition's name that allowed it
  std::string scope;  // the scope at which it was assigned
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // action: "Microsoft.CognitiveServices/accounts/read"; scope: a resource id in any case. Control-plane actions are
  // looked up in `actions`, data-plane ones in `dataActions`.
  virtual Decision check(const Principal& who, std::string_view action, std::string_view scope, Plane plane) const = 0;
};

}  // namespace lazuli::access
