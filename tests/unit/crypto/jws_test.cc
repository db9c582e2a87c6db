#include "crypto/jws.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lazuli::crypto {
namespace {

const PrivateKey& key() {
  static const PrivateKey made = PrivateKey::generate_rsa();
  return made;
}

std::string signed_text(std::string_view header, std::string_view payload) {
  const std::string part = base64url(header) + "." + base64url(payload);
  return part + "." + base64url(key().sign_rs256(part));
}

TEST(Jws, RoundTrip) {
  const auto jws = parse_jws(sign_jws({{"kid", "k1"}}, {{"sub", "someone"}}, key()));
  ASSERT_TRUE(jws.ok());
  EXPECT_EQ(jws->algorithm(), "RS256");
  EXPECT_EQ(jws->key_id(), "k1");
  EXPECT_EQ(string_or(jws->payload.if_contains("sub")), "someone");
  EXPECT_TRUE(verify_jws(*jws, key().public_key()));
}

TEST(Jws, RefusesTextsThatAreNotOneStrictToken) {
  const std::string good = sign_jws({}, {{"sub", "a"}}, key());
  const std::string deep = "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}";
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"two parts", "a.b"},
      {"four parts", good + ".x"},
      {"encrypted form", "a.b.c.d.e"},
      {"no signature", good.substr(0, good.rfind('.') + 1)},
      {"padding", good + "="},
      {"standard alphabet", good.substr(0, good.rfind('.')) + ".ab+/"},
      {"left-over bits", good.substr(0, good.rfind('.')) + ".AB"},
      {"whitespace", " " + good},
      {"header is a list", signed_text("[]", "{}")},
      {"payload is text", signed_text(R"({"alg":"RS256"})", "\"x\"")},
      {"payload is cut off", signed_text(R"({"alg":"RS256"})", R"({"sub":"a")")},
      {"payload with a tail", signed_text(R"({"alg":"RS256"})", R"({"sub":"a"}{})")},
      {"same claim twice", signed_text(R"({"alg":"RS256"})", R"({"sub":"a","sub":"b"})")},
      {"same claim twice, escaped", signed_text(R"({"alg":"RS256"})", R"({"sub":"a","\u0073ub":"b"})")},
      {"same member twice, nested", signed_text(R"({"alg":"RS256"})", R"({"x":[{"a":1,"a":1}]})")},
      {"same header twice", signed_text(R"({"alg":"none","alg":"RS256"})", "{}")},
      {"critical extension", signed_text(R"({"alg":"RS256","crit":["b64"],"b64":false})", "{}")},
      {"deep nesting", signed_text(R"({"alg":"RS256"})", deep)},
      {"not UTF-8", signed_text(R"({"alg":"RS256"})", "{\"a\":\"\xff\"}")},
      {"too large", signed_text(R"({"alg":"RS256"})", "{\"a\":\"" + std::string(70000, 'x') + "\"}")},
  };
  for (const auto& [name, text] : cases) {
    const auto jws = parse_jws(text);
    ASSERT_FALSE(jws.ok()) << name;
    EXPECT_EQ(jws.error().code, "MalformedToken") << name;
  }
}

TEST(Jws, AcceptsTheSameNameInDifferentObjects) {
  EXPECT_TRUE(parse_jws(signed_text(R"({"alg":"RS256"})", R"({"a":{"name":1},"b":{"name":2},"name":3})")).ok());
}

TEST(Jws, VerifiesRs256Only) {
  const PublicKey open = key().public_key();
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"rs256"})", R"({"alg":"RS384"})",
                             R"({"alg":"PS256"})", R"({"alg":["RS256"]})", R"({})"}) {
    const auto jws = parse_jws(signed_text(header, "{}"));
    ASSERT_TRUE(jws.ok()) << header;
    EXPECT_FALSE(verify_jws(*jws, open)) << header;
  }
}

TEST(Jws, RefusesHs256MadeWithThePublicKey) {
  const std::string part = base64url(R"({"alg":"HS256"})") + "." + base64url(R"({"sub":"a"})");
  const auto jws = parse_jws(part + "." + base64url(hmac_sha256(key().public_key().pem(), part)));
  ASSERT_TRUE(jws.ok());
  EXPECT_FALSE(verify_jws(*jws, key().public_key()));
}

TEST(Jws, IgnoresKeysThatTheTokenBringsItself) {
  const PrivateKey attacker = PrivateKey::generate_rsa();
  const std::string token = sign_jws({{"jwk", attacker.public_key().jwk()}, {"jku", "https://attacker.example/keys"}},
                                     {{"sub", "a"}}, attacker);
  const auto jws = parse_jws(token);
  ASSERT_TRUE(jws.ok());
  EXPECT_FALSE(verify_jws(*jws, key().public_key()));
}

TEST(Jws, RefusesChangedAndTruncatedTokens) {
  const std::string token = sign_jws({}, {{"sub", "a"}}, key());
  const auto dot = token.rfind('.');
  const auto changed =
      parse_jws(base64url(R"({"alg":"RS256"})") + "." + base64url(R"({"sub":"b"})") + token.substr(dot));
  ASSERT_TRUE(changed.ok());
  EXPECT_FALSE(verify_jws(*changed, key().public_key()));
  const auto cut = parse_jws(token.substr(0, token.size() - 4));
  EXPECT_FALSE(cut.ok() && verify_jws(*cut, key().public_key()));
}

}  // namespace
}  // namespace lazuli::crypto
