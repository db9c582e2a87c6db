#include "crypto/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <cassert>
#include <cstdio>
#include <ctime>

#include "base/text.h"
#include "crypto/openssl.h"

namespace lazuli::crypto {

namespace {

// Certificates begin a little before they are made: the clocks of the machines that check them are not one clock.
constexpr auto kClockSkew = std::chrono::minutes(10);
constexpr auto kAuthorityLifetime = std::chrono::hours(24 * 3650);
constexpr int kSerialBytes = 16;

Error certificate_error(std::string message) {
  ERR_clear_error();
  return Error{"CertificateError", std::move(message), 400};
}

std::string pem_of(X509* certificate) {
  const Bio out = writer();
  PEM_write_bio_X509(out.get(), certificate);
  return written(out);
}

Certificate read_certificate(std::string_view pem) {
  Certificate certificate(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
  if (!certificate) ERR_clear_error();
  return certificate;
}

// A certificate under construction. Every step that OpenSSL refuses makes finish() fail.
class Draft {
 public:
  Draft(const PrivateKey& key, TimePoint from, TimePoint until) : certificate_(X509_new()) {
    unsigned char serial[kSerialBytes];
    RAND_bytes(serial, sizeof serial);
    serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);  // positive, and always of the same length
    const BigNumber number(BN_bin2bn(serial, sizeof serial, nullptr));
    require(X509_set_version(certificate_.get(), X509_VERSION_3));
    require(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate_.get())) != nullptr);
    require(X509_set_pubkey(certificate_.get(), key.handle()));
    require(ASN1_TIME_set(X509_getm_notBefore(certificate_.get()), static_cast<std::time_t>(unix_seconds(from))) !=
            nullptr);
    require(ASN1_TIME_set(X509_getm_notAfter(certificate_.get()), static_cast<std::time_t>(unix_seconds(until))) !=
            nullptr);
  }

  void name(int field, std::string_view value) {
    require(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate_.get()), field, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(value.data()),
                                       static_cast<int>(value.size()), -1, 0));
  }

  // An extension in OpenSSL's configuration language: only for constant texts, since it has separators of its own.
  void extension(X509* issuer, int field, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate_.get(), nullptr, nullptr, 0);
    const Extension made(X509V3_EXT_conf_nid(nullptr, &context, field, value));
    require(made && X509_add_ext(certificate_.get(), made.get(), -1));
  }

  void extension(int field, void* value, bool critical) {
    require(X509_add1_ext_i2d(certificate_.get(), field, value, critical ? 1 : 0, X509V3_ADD_DEFAULT));
  }

  void require(int done) { good_ = good_ && done > 0; }

  std::string finish(const X509* issuer, const PrivateKey& issuer_key) {
    require(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(issuer ? issuer : certificate_.get())));
    require(X509_sign(certificate_.get(), issuer_key.handle(), EVP_sha256()));
    if (!good_) ERR_clear_error();
    return good_ ? pem_of(certificate_.get()) : std::string();
  }

  X509* get() { return certificate_.get(); }

 private:
  Certificate certificate_;
  bool good_ = true;
};

GENERAL_NAME* dns_name(std::string_view name) {
  GENERAL_NAME* out = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
  GENERAL_NAME_set0_value(out, GEN_DNS, text);
  return out;
}

GENERAL_NAME* address_name(ASN1_OCTET_STRING* address) {
  GENERAL_NAME* out = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(out, GEN_IPADD, address);
  return out;
}

STACK_OF(GENERAL_SUBTREE) * subtrees(const std::vector<GENERAL_NAME*>& bases) {
  STACK_OF(GENERAL_SUBTREE)* out = sk_GENERAL_SUBTREE_new_null();
  for (GENERAL_NAME* base : bases) {
    GENERAL_SUBTREE* tree = GENERAL_SUBTREE_new();
    GENERAL_NAME_free(tree->base);
    tree->base = base;
    sk_GENERAL_SUBTREE_push(out, tree);
  }
  return out;
}

// RFC 5280, section 4.2.1.10: an address constraint is address and mask; all zero covers every address of its length.
ASN1_OCTET_STRING* every_address(int address_bytes) {
  const std::string zero(static_cast<std::size_t>(address_bytes) * 2, '\0');
  ASN1_OCTET_STRING* out = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(out, reinterpret_cast<const unsigned char*>(zero.data()), address_bytes * 2);
  return out;
}

void constrain(Draft& draft, const std::vector<std::string>& permitted) {
  const std::unique_ptr<NAME_CONSTRAINTS, Freed<NAME_CONSTRAINTS_free>> constraints(NAME_CONSTRAINTS_new());
  std::vector<GENERAL_NAME*> names;
  names.reserve(permitted.size());
  for (const auto& name : permitted) names.push_back(dns_name(name));
  constraints->permittedSubtrees = subtrees(names);
  constraints->excludedSubtrees = subtrees({address_name(every_address(4)), address_name(every_address(16))});
  draft.extension(NID_name_constraints, constraints.get(), true);
}

void authority_extensions(Draft& draft, X509* issuer, const char* basic_constraints) {
  draft.extension(issuer, NID_basic_constraints, basic_constraints);
  draft.extension(issuer, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign");
  draft.extension(issuer, NID_subject_key_identifier, "hash");
  if (issuer != draft.get()) draft.extension(issuer, NID_authority_key_identifier, "keyid:always");
}

void alternative_names(Draft& draft, const LeafRequest& request) {
  const std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>> names(sk_GENERAL_NAME_new_null());
  for (const auto& name : request.dns_names) sk_GENERAL_NAME_push(names.get(), dns_name(name));
  for (const auto& address : request.ip_addresses) {
    ASN1_OCTET_STRING* parsed = a2i_IPADDRESS(address.c_str());
    draft.require(parsed != nullptr);
    if (parsed) sk_GENERAL_NAME_push(names.get(), address_name(parsed));
  }
  // RFC 5280, section 4.2.1.6: critical where there is no other name.
  const bool only_names = request.common_name.empty() && request.organizations.empty();
  if (sk_GENERAL_NAME_num(names.get()) > 0) draft.extension(NID_subject_alt_name, names.get(), only_names);
}

// Two authorities of one machine (before and after a rotation) must not share a name, or chain builders that look up
// issuers by name alone pick the wrong one.
std::string distinct(std::string_view name, const PrivateKey& key) {
  return std::string(name) + " " + hex(sha256(key.public_key().pem())).substr(0, 12);
}

}  // namespace

ConstrainedAuthority make_constrained_authority(const std::vector<std::string>& permitted, TimePoint now) {
  const PrivateKey root_key = PrivateKey::generate_p256();
  const PrivateKey issuing_key = PrivateKey::generate_p256();
  const TimePoint from = now - kClockSkew;
  const TimePoint until = now + kAuthorityLifetime;

  Draft root(root_key, from, until);
  root.name(NID_organizationName, "lazuli");
  root.name(NID_commonName, distinct("lazuli root", root_key));
  authority_extensions(root, root.get(), "critical,CA:TRUE,pathlen:1");
  constrain(root, permitted);
  std::string root_pem = root.finish(nullptr, root_key);

  // The constraints stand here too: Java does not look at those of a trust anchor.
  Draft issuing(issuing_key, from, until);
  issuing.name(NID_organizationName, "lazuli");
  issuing.name(NID_commonName, distinct("lazuli issuing", issuing_key));
  authority_extensions(issuing, root.get(), "critical,CA:TRUE,pathlen:0");
  issuing.extension(root.get(), NID_ext_key_usage, "serverAuth");
  constrain(issuing, permitted);
  std::string issuing_pem = issuing.finish(root.get(), root_key);
  assert(!root_pem.empty() && !issuing_pem.empty());
  return ConstrainedAuthority{std::move(root_pem), std::move(issuing_pem), issuing_key};
}

Certified make_authority(std::string_view common_name, TimePoint now, std::chrono::hours lifetime) {
  PrivateKey key = PrivateKey::generate_p256();
  Draft draft(key, now - kClockSkew, now + lifetime);
  draft.name(NID_commonName, common_name);
  authority_extensions(draft, draft.get(), "critical,CA:TRUE");
  std::string pem = draft.finish(nullptr, key);
  assert(!pem.empty());
  return Certified{std::move(pem), std::move(key)};
}

std::string self_signed(std::string_view common_name, const PrivateKey& key, TimePoint now,
                        std::chrono::hours lifetime) {
  Draft draft(key, now - kClockSkew, now + lifetime);
  draft.name(NID_commonName, common_name);
  return draft.finish(nullptr, key);
}

Result<Certified> issue(const LeafRequest& request, std::string_view issuer_certificate, const PrivateKey& issuer_key,
                        TimePoint now, bool rsa) {
  const Certificate issuer = read_certificate(issuer_certificate);
  if (!issuer) return certificate_error("The issuer's certificate is not PEM.");
  if (X509_check_private_key(issuer.get(), issuer_key.handle()) != 1) {
    return certificate_error("The issuer's key does not belong to its certificate.");
  }
  PrivateKey key = rsa ? PrivateKey::generate_rsa() : PrivateKey::generate_p256();
  Draft draft(key, now - kClockSkew, std::min(now + request.lifetime, not_after(issuer_certificate)));
  for (const auto& organization : request.organizations) draft.name(NID_organizationName, organization);
  if (!request.common_name.empty()) draft.name(NID_commonName, request.common_name);
  draft.extension(issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  draft.extension(issuer.get(), NID_key_usage,
                  rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature");
  if (request.server || request.client) {
    draft.extension(issuer.get(), NID_ext_key_usage,
                    request.server && request.client ? "serverAuth,clientAuth"
                    : request.server                 ? "serverAuth"
                                                     : "clientAuth");
  }
  draft.extension(issuer.get(), NID_subject_key_identifier, "hash");
  draft.extension(issuer.get(), NID_authority_key_identifier, "keyid:always");
  alternative_names(draft, request);
  std::string pem = draft.finish(issuer.get(), issuer_key);
  if (pem.empty()) return certificate_error("A certificate cannot carry these names: " + request.common_name + ".");
  return Certified{std::move(pem), std::move(key)};
}

TimePoint not_after(std::string_view certificate_pem) {
  const Certificate certificate = read_certificate(certificate_pem);
  std::tm parts{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &parts) != 1) return TimePoint{};
  return from_unix(timegm(&parts));
}

std::string folder_name(std::string_view certificate_pem) {
  const Certificate certificate = read_certificate(certificate_pem);
  if (!certificate) return {};
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "%08lx.0", X509_subject_name_hash(certificate.get()));
  return name.data();
}

std::string der_of(std::string_view certificate_pem) {
  const Certificate certificate = read_certificate(certificate_pem);
  if (!certificate) return {};
  const Bio out = writer();
  i2d_X509_bio(out.get(), certificate.get());
  return written(out);
}

std::vector<std::string> split_bundle(std::string_view pem) {
  std::vector<std::string> out;
  const Bio in = reader(pem);
  while (const Certificate certificate{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
    out.push_back(pem_of(certificate.get()));
  }
  ERR_clear_error();  // the end of the text is an error to OpenSSL
  return out;
}

}  // namespace lazuli::crypto
