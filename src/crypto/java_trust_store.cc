#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "crypto/certificates.h"
#include "crypto/openssl.h"

namespace lazuli::crypto {

namespace {

// Java's PKCS#12 key store takes a certificate without a key for a trusted one only if its bag has this attribute
// (sun.security.pkcs12.PKCS12KeyStore: ORACLE_TrustedKeyUsage), whose value lists key usages: here, any.
constexpr const char* kTrustedKeyUsage = "2.16.840.1.113894.746875.1.1";
constexpr int kMacIterations = 2048;

using Bags = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), decltype([](STACK_OF(PKCS12_SAFEBAG) * bags) {
                               sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
                             })>;
using Safes =
    std::unique_ptr<STACK_OF(PKCS7), decltype([](STACK_OF(PKCS7) * safes) { sk_PKCS7_pop_free(safes, PKCS7_free); })>;

bool add_trusted(Bags& bags, std::string_view pem, const std::string& alias) {
  const Certificate certificate(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
  STACK_OF(PKCS12_SAFEBAG)* stack = bags.release();
  PKCS12_SAFEBAG* bag = certificate ? PKCS12_add_cert(&stack, certificate.get()) : nullptr;
  bags.reset(stack);
  if (!bag) return false;
  const auto* any_usage = reinterpret_cast<const unsigned char*>(OBJ_nid2obj(NID_anyExtendedKeyUsage));
  return PKCS12_add_friendlyname_utf8(bag, alias.data(), static_cast<int>(alias.size())) == 1 &&
         PKCS12_add1_attr_by_txt(bag, kTrustedKeyUsage, V_ASN1_OBJECT, any_usage, -1) == 1;
}

Result<std::string> failed(std::string message) {
  ERR_clear_error();
  return Error{"CertificateError", std::move(message), 500};
}

}  // namespace

Result<std::string> java_trust_store(std::string_view pem_bundle, std::string_view password) {
  Bags bags;
  std::size_t count = 0;
  for (const auto& pem : split_bundle(pem_bundle)) {
    if (!add_trusted(bags, pem, "lazuli-" + std::to_string(count++))) {
      return failed("A certificate of the bundle cannot go into a Java trust store.");
    }
  }
  if (count == 0) return failed("The bundle holds no certificate.");

  // Certificates are public, so nothing is encrypted: the one form that every Java reads. The integrity check uses
  // SHA-1 for the same reason (Java 8 before update 301 knows no other).
  STACK_OF(PKCS7)* raw = nullptr;
  const bool packed = PKCS12_add_safe(&raw, bags.get(), -1, 0, nullptr) == 1;
  const Safes safes(raw);
  const Pkcs12 store(packed ? PKCS12_add_safes(safes.get(), 0) : nullptr);
  const Bio out = writer();
  if (!store ||
      PKCS12_set_mac(store.get(), password.data(), static_cast<int>(password.size()), nullptr, 0, kMacIterations,
                     EVP_sha1()) != 1 ||
      i2d_PKCS12_bio(out.get(), store.get()) != 1) {
    return failed("The Java trust store cannot be written.");
  }
  return written(out);
}

}  // namespace lazuli::crypto
