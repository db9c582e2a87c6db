#include "crypto/keys.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lazuli::crypto {
namespace {

const PrivateKey& rsa_key() {
  static const PrivateKey key = PrivateKey::generate_rsa();
  return key;
}

TEST(Keys, SignatureVerifiesWithItsOwnKeyAndMessageOnly) {
  const std::string signature = rsa_key().sign_rs256("message");
  EXPECT_TRUE(rsa_key().public_key().verify_rs256("message", signature));
  EXPECT_FALSE(rsa_key().public_key().verify_rs256("massage", signature));
  EXPECT_FALSE(PrivateKey::generate_rsa().public_key().verify_rs256("message", signature));
}

TEST(Keys, RejectsTruncatedAndPaddedSignatures) {
  const std::string signature = rsa_key().sign_rs256("message");
  EXPECT_FALSE(rsa_key().public_key().verify_rs256("message", signature.substr(0, signature.size() - 1)));
  EXPECT_FALSE(rsa_key().public_key().verify_rs256("message", signature + '\0'));
  EXPECT_FALSE(rsa_key().public_key().verify_rs256("message", ""));
}

TEST(Keys, EllipticKeyNeverVerifiesRs256) {
  EXPECT_FALSE(PrivateKey::generate_p256().public_key().verify_rs256("message", std::string(70, 'x')));
}

TEST(Keys, SurvivePemAndJwk) {
  const auto again = PrivateKey::from_pem(rsa_key().pem());
  ASSERT_TRUE(again.ok());
  const std::string signature = again->sign_rs256("message");
  const auto from_pem = PublicKey::from_pem(rsa_key().public_key().pem());
  const auto from_jwk = PublicKey::from_jwk(rsa_key().public_key().jwk());
  ASSERT_TRUE(from_pem.ok() && from_jwk.ok());
  EXPECT_TRUE(from_pem->verify_rs256("message", signature));
  EXPECT_TRUE(from_jwk->verify_rs256("message", signature));
  EXPECT_TRUE(PrivateKey::from_pem(PrivateKey::generate_p256().pem()).ok());
}

TEST(Keys, RejectsWhatIsNoKey) {
  for (const char* text : {"", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    EXPECT_FALSE(PrivateKey::from_pem(text).ok()) << text;
    EXPECT_FALSE(PublicKey::from_pem(text).ok()) << text;
    EXPECT_FALSE(PublicKey::from_certificate_pem(text).ok()) << text;
  }
}

TEST(Keys, RejectsJwksThatAreWeakOrBroken) {
  const JsonObject good = rsa_key().public_key().jwk();
  const auto with = [&](const char* name, std::string_view value) {
    JsonObject changed = good;
    changed[name] = value;
    return PublicKey::from_jwk(changed);
  };
  const std::string even = base64url(std::string(256, '\xfe'));
  const std::string huge = base64url(std::string(2000, '\xff'));
  EXPECT_EQ(with("kty", "EC").error().code, "UnsupportedKey");
  EXPECT_EQ(with("kty", "oct").error().code, "UnsupportedKey");
  EXPECT_EQ(with("n", base64url(std::string(128, '\xff'))).error().code, "UnsupportedKey");  // 1024 bits
  EXPECT_EQ(with("n", even).error().code, "UnsupportedKey");
  EXPECT_EQ(with("n", huge).error().code, "UnsupportedKey");
  EXPECT_EQ(with("n", "not base64url!").error().code, "UnsupportedKey");
  EXPECT_EQ(with("e", "AQ").error().code, "UnsupportedKey");   // 1: everything verifies
  EXPECT_EQ(with("e", "AQA").error().code, "UnsupportedKey");  // even
  EXPECT_EQ(with("e", "").error().code, "UnsupportedKey");
  EXPECT_EQ(PublicKey::from_jwk("text").error().code, "UnsupportedKey");
}

// FIPS 180-4 and RFC 4231's first test case.
TEST(Digests, MatchPublishedVectors) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  Sha256 pieces;
  pieces.update("a");
  pieces.update("");
  pieces.update("bc");
  EXPECT_EQ(pieces.finish(), sha256("abc"));
}

TEST(Digests, EqualityLooksAtLengthAndBytes) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace lazuli::crypto
