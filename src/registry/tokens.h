// The registry's own tokens: RS256 JWTs by a key that is made at the first start and kept in the store. A refresh token
// stands for a principal (three and a quarter hours, as Azure's); an access token for the rights that were granted when
// it was made (seventy-five minutes). Both name one login server as audience. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "access/principal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/keys.h"
#include "store/store.h"

namespace lazuli::registry {

class Tokens {
 public:
  // A key that cannot be kept is used all the same, and said so in the log: tokens then end with the process.
  static Tokens open(store::Store& store, const Clock& clock, Random& random, Log& log);

  std::string refresh_token(const access::Principal& who, std::string_view login_server) const;
  std::string access_token(const access::Principal& who, std::string_view login_server, JsonArray access) const;

  // Error code "UNAUTHORIZED" (401) with a message that says what is wrong with the token.
  Result<access::Principal> read_refresh_token(std::string_view token, std::string_view login_server) const;
  Result<Json> read_access_token(std::string_view token, std::string_view login_server) const;  // `access`

 private:
  Tokens(const Clock& clock, Random& random, crypto::PrivateKey key);
  JsonObject claims(const access::Principal& who, std::string_view login_server, std::string_view grant_type,
                    Seconds lifetime) const;
  Result<JsonObject> read(std::string_view token, std::string_view login_server, std::string_view grant_type) const;

  const Clock* clock_;
  Random* random_;
  crypto::PrivateKey key_;
  crypto::PublicKey public_key_;
  std::string key_id_;
};

Error unauthorized(
    std::string message = "authentication required, visit https://aka.ms/acr/authorization for more information.");

}  // namespace lazuli::registry
