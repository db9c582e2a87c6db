#include "crypto/certificates.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "crypto/openssl.h"

namespace lazuli::crypto {
namespace {

const TimePoint kNow = from_unix(1'790'000'000);
const std::vector<std::string> kPermitted = {"openai.azure.com", "login.microsoftonline.com"};

Certificate parse(const std::string& pem) {
  return Certificate(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
}

// What a client that trusts the root and is sent leaf and issuing certificate says, at the moment `at`.
int verify(const std::string& leaf, const std::string& issuing, const std::string& root, TimePoint at = kNow,
           int purpose = X509_PURPOSE_SSL_SERVER) {
  const std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> trust(X509_STORE_new());
  X509_STORE_add_cert(trust.get(), parse(root).get());
  const auto intermediate = parse(issuing);
  STACK_OF(X509)* chain = sk_X509_new_null();
  sk_X509_push(chain, intermediate.get());
  const auto certificate = parse(leaf);
  const std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), trust.get(), certificate.get(), chain);
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(unix_seconds(at)));
  X509_VERIFY_PARAM_set_purpose(rules, purpose);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context.get());
  sk_X509_free(chain);
  return X509_STORE_CTX_get_error(context.get());
}

class ConstrainedAuthorityTest : public testing::Test {
 protected:
  int issue_and_verify(LeafRequest request, TimePoint at = kNow) {
    const auto leaf = issue(request, authority.issuing, authority.issuing_key, kNow);
    return leaf.ok() ? verify(leaf->certificate, authority.issuing, authority.root, at) : -1;
  }
  ConstrainedAuthority authority = make_constrained_authority(kPermitted, kNow);
};

TEST_F(ConstrainedAuthorityTest, PermittedNamesAndWildcardsAreAccepted) {
  EXPECT_EQ(issue_and_verify({.dns_names = {"login.microsoftonline.com"}}), X509_V_OK);
  EXPECT_EQ(issue_and_verify({.dns_names = {"*.openai.azure.com", "a.b.openai.azure.com"}}), X509_V_OK);
}

TEST_F(ConstrainedAuthorityTest, OtherNamesAndAllAddressesAreRefused) {
  EXPECT_EQ(issue_and_verify({.dns_names = {"example.com"}}), X509_V_ERR_PERMITTED_VIOLATION);
  EXPECT_EQ(issue_and_verify({.dns_names = {"evilopenai.azure.com"}}), X509_V_ERR_PERMITTED_VIOLATION);
  EXPECT_EQ(issue_and_verify({.dns_names = {"login.microsoftonline.com"}, .ip_addresses = {"10.0.0.1"}}),
            X509_V_ERR_EXCLUDED_VIOLATION);
  EXPECT_EQ(issue_and_verify({.dns_names = {"login.microsoftonline.com"}, .ip_addresses = {"::1"}}),
            X509_V_ERR_EXCLUDED_VIOLATION);
}

TEST_F(ConstrainedAuthorityTest, IssuingCertificateCarriesTheConstraintsToo) {
  // Java ignores those of the trust anchor.
  for (const auto& pem : {authority.root, authority.issuing}) {
    const auto certificate = parse(pem);
    int critical = 0;
    const std::unique_ptr<NAME_CONSTRAINTS, Freed<NAME_CONSTRAINTS_free>> constraints(
        static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(certificate.get(), NID_name_constraints, &critical, nullptr)));
    ASSERT_TRUE(constraints);
    EXPECT_EQ(critical, 1);
    EXPECT_EQ(sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees), 2);
    EXPECT_EQ(sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees), 2);
  }
  EXPECT_EQ(X509_get_pathlen(parse(authority.root).get()), 1);
  EXPECT_EQ(X509_get_pathlen(parse(authority.issuing).get()), 0);
}

TEST_F(ConstrainedAuthorityTest, LeavesExpire) {
  EXPECT_EQ(issue_and_verify({.dns_names = {"x.openai.azure.com"}, .lifetime = std::chrono::hours(24)},
                             kNow + std::chrono::hours(25)),
            X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_F(ConstrainedAuthorityTest, TwoAuthoritiesHaveDifferentNames) {
  const auto other = make_constrained_authority(kPermitted, kNow);
  EXPECT_NE(
      X509_NAME_cmp(X509_get_subject_name(parse(authority.root).get()), X509_get_subject_name(parse(other.root).get())),
      0);
}

TEST(ClusterAuthority, IssuesServersByAddressAndClientsByGroup) {
  const auto authority = make_authority("kubernetes", kNow);
  const auto server =
      issue({.common_name = "kube-apiserver", .dns_names = {"kubernetes.default"}, .ip_addresses = {"10.0.0.1", "::1"}},
            authority.certificate, authority.key, kNow);
  ASSERT_TRUE(server.ok());
  EXPECT_EQ(verify(server->certificate, authority.certificate, authority.certificate), X509_V_OK);
  EXPECT_EQ(X509_check_ip_asc(parse(server->certificate).get(), "10.0.0.1", 0), 1);
  const auto client =
      issue({.common_name = "admin", .organizations = {"system:masters"}, .server = false, .client = true},
            authority.certificate, authority.key, kNow, true);
  ASSERT_TRUE(client.ok());
  EXPECT_EQ(verify(client->certificate, authority.certificate, authority.certificate, kNow, X509_PURPOSE_SSL_CLIENT),
            X509_V_OK);
  EXPECT_NE(verify(client->certificate, authority.certificate, authority.certificate), X509_V_OK);
  char organization[64];
  X509_NAME_get_text_by_NID(X509_get_subject_name(parse(client->certificate).get()), NID_organizationName, organization,
                            sizeof organization);
  EXPECT_STREQ(organization, "system:masters");
}

TEST(Issue, RefusesWhatCannotBeIssued) {
  const auto authority = make_authority("one", kNow);
  const auto other = make_authority("two", kNow);
  EXPECT_FALSE(issue({.dns_names = {"a"}}, authority.certificate, other.key, kNow).ok());
  EXPECT_FALSE(issue({.dns_names = {"a"}}, "no certificate", authority.key, kNow).ok());
  EXPECT_FALSE(issue({.ip_addresses = {"300.1.1.1"}}, authority.certificate, authority.key, kNow).ok());
  EXPECT_FALSE(issue({.common_name = std::string(65, 'x')}, authority.certificate, authority.key, kNow).ok());
}

TEST(Bundles, SplitSkipsTextBetweenCertificates) {
  const auto one = make_authority("one", kNow).certificate;
  const auto two = make_authority("two", kNow).certificate;
  EXPECT_EQ(split_bundle("# comment\n" + one + "\nother text\n" + two), (std::vector<std::string>{one, two}));
  EXPECT_TRUE(split_bundle("nothing").empty());
  EXPECT_EQ(der_of(one).front(), '\x30');
  EXPECT_EQ(der_of(""), "");
  EXPECT_EQ(not_after(one), kNow + std::chrono::hours(24 * 3650));
}

// OpenSSL itself finds the authority by that name, as a library that is pointed to the folder does.
TEST(Bundles, FolderNameIsTheOneByWhichOpenSslLooks) {
  const auto authority = make_authority("one", kNow);
  const auto leaf = issue({.common_name = "leaf"}, authority.certificate, authority.key, kNow);
  ASSERT_TRUE(leaf.ok());
  std::string folder = ::testing::TempDir() + "lazuli-authorities-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  ASSERT_TRUE(write_file(folder + "/" + folder_name(authority.certificate), authority.certificate).ok());

  const std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> trust(X509_STORE_new());
  X509_STORE_load_path(trust.get(), folder.c_str());
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trust.get()), unix_seconds(kNow));
  const auto certificate = parse(leaf->certificate);
  const std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), trust.get(), certificate.get(), nullptr);
  EXPECT_EQ(X509_verify_cert(context.get()), 1) << folder_name(authority.certificate);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(folder_name("nothing"), "");
}

TEST(Bundles, JavaTrustStoreHoldsEveryCertificateMarkedTrusted) {
  const std::string bundle = make_authority("one", kNow).certificate + make_authority("two", kNow).certificate;
  const auto store = java_trust_store(bundle, "changeit");
  ASSERT_TRUE(store.ok());
  const Pkcs12 read(d2i_PKCS12_bio(reader(*store).get(), nullptr));
  ASSERT_TRUE(read);
  EXPECT_EQ(PKCS12_verify_mac(read.get(), "changeit", -1), 1);
  EXPECT_EQ(PKCS12_verify_mac(read.get(), "wrong", -1), 0);
  STACK_OF(X509)* certificates = nullptr;
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  EXPECT_EQ(PKCS12_parse(read.get(), "changeit", &key, &leaf, &certificates), 1);
  EXPECT_EQ(sk_X509_num(certificates), 2);
  sk_X509_pop_free(certificates, X509_free);
  const std::string oid("\x06\x0c\x60\x86\x48\x01\x86\xf9\x66\xad\xca\x7b\x01\x01", 14);
  EXPECT_NE(store->find(oid), std::string::npos);
  EXPECT_FALSE(java_trust_store("", "changeit").ok());
}

}  // namespace
}  // namespace lazuli::crypto
