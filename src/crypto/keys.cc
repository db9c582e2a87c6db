#include "crypto/keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <cassert>

#include "base/text.h"
#include "crypto/openssl.h"

namespace lazuli::crypto {

namespace {

// Larger moduli make a verification slow enough to be an attack; nobody signs tokens with them.
constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;
constexpr int kMostExponentBits = 64;

std::shared_ptr<EVP_PKEY> shared(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

// OpenSSL keeps a queue of errors for each thread; what this code turned into an Error must not stay in it.
Error key_error(std::string_view code, std::string message) {
  ERR_clear_error();
  return Error{std::string(code), std::move(message), 400};
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

BigNumber number_of(const Json* member) {
  const auto raw = base64url_decode(string_or(member));
  if (!raw || raw->empty() || raw->size() > kMostRsaBits / 8 + 1) return nullptr;
  return BigNumber(BN_bin2bn(bytes_of(*raw), static_cast<int>(raw->size()), nullptr));
}

std::string number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const BigNumber number(raw);
  std::string out(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
  BN_bn2bin(raw, reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

EVP_PKEY* rsa_from_numbers(const BIGNUM* modulus, const BIGNUM* exponent) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent);
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return key;
}

// RFC 7518, section 3.5: the salt of PS256 has the length of the digest.
bool verified(EVP_PKEY* key, int padding, std::string_view message, std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* details = nullptr;
  const bool good =
      EVP_DigestVerifyInit(context.get(), &details, EVP_sha256(), nullptr, key) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(details, padding) == 1 &&
      (padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1) &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  EVP_PKEY* key = PEM_read_bio_PUBKEY(reader(pem).get(), nullptr, nullptr, nullptr);
  if (!key) return key_error("InvalidKey", "The text holds no PEM public key.");
  return PublicKey(shared(key));
}

Result<PublicKey> PublicKey::from_certificate_pem(std::string_view pem) {
  const Certificate certificate(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
  EVP_PKEY* key = certificate ? X509_get_pubkey(certificate.get()) : nullptr;
  if (!key) return key_error("InvalidKey", "The text holds no PEM certificate with a usable key.");
  return PublicKey(shared(key));
}

Result<PublicKey> PublicKey::from_jwk(const Json& jwk) {
  if (string_at(jwk, "kty") != "RSA") return key_error("UnsupportedKey", "Only keys of type RSA are supported.");
  const BigNumber modulus = number_of(find(jwk, "n"));
  const BigNumber exponent = number_of(find(jwk, "e"));
  if (!modulus || !exponent) return key_error("UnsupportedKey", "The key's n or e is missing or not base64url.");
  const int bits = BN_num_bits(modulus.get());
  if (bits < kLeastRsaBits || bits > kMostRsaBits || !BN_is_odd(modulus.get())) {
    return key_error("UnsupportedKey",
                     "The key's modulus has " + std::to_string(bits) + " bits; 2048 to 8192 are supported.");
  }
  if (!BN_is_odd(exponent.get()) || BN_is_one(exponent.get()) || BN_num_bits(exponent.get()) > kMostExponentBits) {
    return key_error("UnsupportedKey", "The key's exponent is not usable.");
  }
  EVP_PKEY* key = rsa_from_numbers(modulus.get(), exponent.get());
  if (!key) return key_error("UnsupportedKey", "The key's numbers do not make an RSA key.");
  return PublicKey(shared(key));
}

std::string PublicKey::pem() const {
  const Bio out = writer();
  PEM_write_bio_PUBKEY(out.get(), key_.get());
  return written(out);
}

JsonObject PublicKey::jwk() const {
  assert(is_rsa());
  return {{"kty", "RSA"},
          {"n", base64url(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N))},
          {"e", base64url(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E))}};
}

bool PublicKey::is_rsa() const {
  return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA;
}

bool PublicKey::verify_rs256(std::string_view message, std::string_view signature) const {
  return is_rsa() && verified(key_.get(), RSA_PKCS1_PADDING, message, signature);
}

bool PublicKey::verify_ps256(std::string_view message, std::string_view signature) const {
  return is_rsa() && verified(key_.get(), RSA_PKCS1_PSS_PADDING, message, signature);
}

PrivateKey::PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {
  if (EVP_PKEY_get_base_id(key_.get()) != EVP_PKEY_RSA) return;
  signing_ = {EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr), EVP_PKEY_CTX_free};
  [[maybe_unused]] const bool ready = EVP_PKEY_sign_init(signing_.get()) == 1 &&
                                      EVP_PKEY_CTX_set_rsa_padding(signing_.get(), RSA_PKCS1_PADDING) == 1 &&
                                      EVP_PKEY_CTX_set_signature_md(signing_.get(), EVP_sha256()) == 1;
  assert(ready);
}

PrivateKey PrivateKey::generate_rsa(unsigned bits) {
  EVP_PKEY* key = EVP_RSA_gen(bits);
  assert(key != nullptr);
  return PrivateKey(shared(key));
}

PrivateKey PrivateKey::generate_p256() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  assert(key != nullptr);
  return PrivateKey(shared(key));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  // With a callback that knows no password, an encrypted key is refused instead of asked for at the terminal.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  EVP_PKEY* key = PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, no_password, nullptr);
  if (!key) return key_error("InvalidKey", "The text holds no PEM private key, or an encrypted one.");
  return PrivateKey(shared(key));
}

std::string PrivateKey::pem() const {
  const Bio out = writer();
  PEM_write_bio_PKCS8PrivateKey(out.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return written(out);
}

PublicKey PrivateKey::public_key() const {
  const Bio out = writer();
  i2d_PUBKEY_bio(out.get(), key_.get());
  EVP_PKEY* key = d2i_PUBKEY_bio(out.get(), nullptr);
  assert(key != nullptr);
  return PublicKey(shared(key));
}

std::string PrivateKey::sign_rs256(std::string_view message) const {
  assert(signing_ != nullptr);
  const KeyContext context(EVP_PKEY_CTX_dup(signing_.get()));
  const std::string digest = sha256(message);
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  std::string signature(size, '\0');
  [[maybe_unused]] const bool made = EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                                   &size, bytes_of(digest), digest.size()) == 1;
  assert(made);
  signature.resize(size);
  return signature;
}

std::string sha256(std::string_view bytes) {
  // OpenSSL 3 looks an algorithm up each time it is named; that costs as much as a kilobyte's digest.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, algorithm, nullptr);
  return out;
}

std::string sha1(std::string_view bytes) {
  std::string out(SHA_DIGEST_LENGTH, '\0');
  SHA1(bytes_of(bytes), bytes.size(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  // An empty view has no address, which HMAC() would take for "the key from before".
  const unsigned char* key_bytes = key.empty() ? reinterpret_cast<const unsigned char*>("") : bytes_of(key);
  HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()), bytes_of(message), message.size(),
       reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Sha256::State {
  DigestContext context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string Sha256::finish() {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

}  // namespace lazuli::crypto
