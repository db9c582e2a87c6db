#include "cluster/certificates.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "crypto/certificates.h"
#include "crypto/keys.h"

namespace lazuli::cluster {
namespace {

class CertificatesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/lazuli-certificates-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(folder_).ok()); }
  Status prepare(const Certificates& certificates, int number = 1) {
    return certificates.prepare(AddressPlan{number}, "aks-node", "api.example", clock_, random_);
  }

  std::string folder_;
  ManualClock clock_{from_unix(1795000000)};
  SystemRandom random_;
};

TEST_F(CertificatesTest, WhatUsersHoldOutlivesARestartAndWhatFollowsTheAddressDoesNot) {
  const Certificates certificates(folder_);
  ASSERT_TRUE(prepare(certificates).ok());
  const auto before = [&](const char* name) { return *certificates.text(name); };
  const auto authority = before("ca.crt"), user = before("user.crt"), token = before("user.token");
  const auto signing = before("service-accounts.key"), server = before("apiserver.crt");
  ASSERT_TRUE(prepare(certificates, 2).ok());
  EXPECT_EQ(before("ca.crt"), authority);
  EXPECT_EQ(before("user.crt"), user);
  EXPECT_EQ(before("user.token"), token);
  EXPECT_EQ(before("service-accounts.key"), signing);
  EXPECT_NE(before("apiserver.crt"), server);
  EXPECT_EQ(token.size(), 128u);  // as AKS's
}

TEST_F(CertificatesTest, FilesAreForTheirOwnerAlone) {
  ASSERT_TRUE(prepare(Certificates(folder_)).ok());
  for (const auto& file : std::filesystem::directory_iterator(folder_))
    EXPECT_EQ(file.status().permissions() & std::filesystem::perms(0077), std::filesystem::perms::none) << file.path();
}

TEST_F(CertificatesTest, PublishesTheSigningKeyAndNothingPrivate) {
  const Certificates certificates(folder_);
  ASSERT_TRUE(prepare(certificates).ok());
  const auto keys = certificates.service_account_keys();
  ASSERT_TRUE(keys.ok());
  const auto& list = find(*keys, "keys")->get_array();
  ASSERT_EQ(list.size(), 1u);
  for (const char* secret : {"d", "p", "q", "dp", "dq", "qi"}) EXPECT_EQ(find(list[0], secret), nullptr);
}

// A public key, and the `kid` that a real kube-apiserver wrote into the tokens that it signed with its private half.
constexpr const char* kKey =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApWZri0PBWrNk04v8FKL9\n"
    "lDZZLn7Qlo2TXzRTgNrUGOuvEoyKyyPHbS8tX8jEXP2ASFI/WYdfYR1cQULQ+QG6\n"
    "Gmsuk7FJ8KCLpAvvrOTYjCjUueILzZH/+LD9UKLkZQBI6mYln+1FaQ+ToDstfVCr\n"
    "byUGh1U4ZnoCL0SqcU2sIhL3vu4N3wSmjSltE+rxn+XqizLoLm2uA5vLzIEXkj2+\n"
    "PwEQrB/Na18TdrMZql5f8y/bOJvoDUVOVNZraKSQgX6FmkPnn/YJZfWMoMmXaTfp\n"
    "3NZ8nAKnXuwea+IYqOSJHzrVh3HWHQQichf3v4L1RzRkuaXn51JuXTE0ddtr2Ltt\n"
    "0wIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kKeyId = "Iq0JSGpXSmSS8TmuzLKJhAoPVh9LYeIQkBx8ebcofQo";

TEST(ServiceAccountJwk, HasTheKeyIdThatKubernetesComputes) {
  const auto jwk = service_account_jwk(kKey);
  ASSERT_TRUE(jwk.ok());
  EXPECT_EQ(string_at(*jwk, "kid"), kKeyId);
  EXPECT_EQ(string_at(*jwk, "alg"), "RS256");
  EXPECT_EQ(string_at(*jwk, "use"), "sig");
}

TEST(ServiceAccountJwk, RefusesWhatIsNoKey) {
  EXPECT_FALSE(service_account_jwk("-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n").ok());
}

}  // namespace
}  // namespace lazuli::cluster
