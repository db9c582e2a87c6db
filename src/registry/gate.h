// Who is calling a registry, and whether that caller may do what the request asks: Bearer access tokens, Basic with the
// admin user, with a service principal's client id and secret, or with a refresh token (user
// 00000000-0000-0000-0000-000000000000), anonymous pull; and the token
// endpoints /oauth2/exchange and /oauth2/token. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/principal.h"
#include "net/http.h"
#include "registry/registry.h"
#include "registry/rights.h"
#include "registry/tokens.h"

namespace lazuli::registry {

class Gate {
 public:
  Gate(const Tokens& tokens, const access::TokenVerifier& entra, const access::Authorizer& authorizer,
       access::SecretCheck secrets)
      : tokens_(tokens), entra_(entra), authorizer_(authorizer), secrets_(std::move(secrets)) {}

  // Nothing if the caller may; else the 401 with its challenge.
  std::optional<net::Response> refusal(const net::Request& request, const RegistrySettings& registry,
                                       const std::vector<Scope>& needed) const;
  // The `access` that the request's credentials give for these scopes. Error "UNAUTHORIZED".
  Result<JsonArray> access_of(const net::Request& request, const RegistrySettings& registry,
                              const std::vector<Scope>& scopes) const;

  net::Response exchange(const net::Request& request, const RegistrySettings& registry) const;
  net::Response token(const net::Request& request, const RegistrySettings& registry) const;

 private:
  struct Identity {
    access::Principal who;
    Rights rights;
  };
  Result<Identity> password_identity(const std::string& user, const std::string& password,
                                     const RegistrySettings& registry) const;
  Result<Identity> refresh_identity(std::string_view token, const RegistrySettings& registry) const;
  Result<Identity> anonymous_identity(const RegistrySettings& registry) const;

  const Tokens& tokens_;
  const access::TokenVerifier& entra_;
  const access::Authorizer& authorizer_;
  const access::SecretCheck secrets_;
};

// User and password of an Authorization header with Basic; nothing if there is none, or it is malformed.
std::optional<std::pair<std::string, std::string>> basic_credentials(const net::Request& request);

inline constexpr std::string_view kTokenUser = "00000000-0000-0000-0000-000000000000";

}  // namespace lazuli::registry
