// JSON Web Signatures in compact form (RFC 7515), RS256 only. parse() is strict: three parts, canonical base64url, JSON
// objects of bounded size and depth, no duplicate members, no `crit`; it verifies nothing. Header members that point to
// keys (jku, x5u, jwk, x5c) are never followed: the caller brings the key that it looked up by `kid`.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace lazuli::crypto {

struct Jws {
  JsonObject header;
  JsonObject payload;
  std::string signed_part;  // header.payload as received
  std::string signature;    // raw bytes

  std::string algorithm() const;
  std::string key_id() const;
  // A claim to be shown: its text, or the texts of a list, joined by ", "; empty if it is anything else.
  std::string shown_claim(std::string_view name) const;
};

// Error code "MalformedToken" with the reason.
Result<Jws> parse_jws(std::string_view compact, std::size_t limit = std::size_t{64} << 10);
bool verify_jws(const Jws& jws, const PublicKey& key);  // false unless alg is RS256 and the signature is right
std::string sign_jws(JsonObject header, const JsonObject& payload, const PrivateKey& key);  // adds alg RS256

}  // namespace lazuli::crypto
