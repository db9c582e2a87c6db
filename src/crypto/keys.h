// Asymmetric keys and the few primitives over them. A PrivateKey or PublicKey is an immutable, shareable handle
// (thread-safe). Backed by OpenSSL 3; nothing of OpenSSL shows in this header.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

struct evp_pkey_st;
struct evp_pkey_ctx_st;

namespace lazuli::crypto {

class PublicKey {
 public:
  static Result<PublicKey> from_pem(std::string_view pem);  // SubjectPublicKeyInfo
  static Result<PublicKey> from_certificate_pem(std::string_view pem);
  static Result<PublicKey> from_jwk(
      const Json& jwk);  // kty RSA (n, e; at least 2048 bits); others: error "UnsupportedKey"
  std::string pem() const;
  JsonObject jwk() const;  // {"kty":"RSA","n","e"}
  bool is_rsa() const;
  bool verify_rs256(std::string_view message, std::string_view signature) const;
  bool verify_ps256(std::string_view message, std::string_view signature) const;  // RSASSA-PSS, MSAL's certificates
  evp_pkey_st* handle() const { return key_.get(); }
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

class PrivateKey {
 public:
  static PrivateKey generate_rsa(unsigned bits = 2048);
  static PrivateKey generate_p256();
  static Result<PrivateKey> from_pem(std::string_view pem);
  std::string pem() const;  // PKCS#8, not encrypted
  PublicKey public_key() const;
  std::string sign_rs256(std::string_view message) const;  // RSASSA-PKCS1-v1_5 with SHA-256
  evp_pkey_st* handle() const { return key_.get(); }
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key);

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<evp_pkey_ctx_st> signing_;  // of RSA keys: all that signing needs and does not change; only copied
};

std::string sha256(std::string_view bytes);  // 32 raw bytes
std::string sha1(std::string_view bytes);    // for x5t thumbprints only
std::string hmac_sha256(std::string_view key, std::string_view message);
bool equal_in_constant_time(std::string_view a, std::string_view b);

// Incremental SHA-256, for streams (blobs).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  std::string finish();  // 32 raw bytes; the object is spent

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazuli::crypto
