#include <gtest/gtest.h>

#include "world.h"

namespace lazuli::entra {
namespace {

const std::vector<std::string> kArm = {"https://management.azure.com", "https://management.core.windows.net/"};

class VerifierTest : public World {
 protected:
  std::string arm_token() { return string_at(token(secret_fields()), "access_token"); }
  std::string code(const std::string& text, const std::vector<std::string>& audiences = kArm) {
    const auto principal = entra->verifier().verify(text, audiences);
    return principal.ok() ? "ok" : principal.error().code;
  }
  JsonObject claims() { return claims_of(token(secret_fields())); }
  std::string own(const JsonObject& payload, int key = 0) {
    const auto jws = crypto::parse_jws(arm_token()).value();
    return crypto::sign_jws({{"kid", jws.key_id()}}, payload, test_key(key));
  }
};

TEST_F(VerifierTest, SaysWhoTheBearerIs) {
  for (int again = 0; again < 2; ++again) {
    const auto principal = entra->verifier().verify(arm_token(), kArm);
    ASSERT_TRUE(principal.ok()) << principal.error().message;
    EXPECT_EQ(principal->object_id, entra->initial_credentials().object_id);
    EXPECT_EQ(principal->app_id, entra->initial_credentials().client_id);
    EXPECT_EQ(principal->tenant_id, kTenant);
    EXPECT_EQ(principal->type, access::PrincipalType::service_principal);
    EXPECT_EQ(string_at(principal->claims, "ver"), "1.0");
  }
  const auto managed = entra->verifier().verify(string_at(exchange(assertion(assertion_claims())), "access_token"),
                                                {"https://cognitiveservices.azure.com/"});
  ASSERT_TRUE(managed.ok());
  EXPECT_EQ(managed->type, access::PrincipalType::managed_identity);
}

TEST_F(VerifierTest, RefusesWhatIsNotATokenOfOurs) {
  JsonObject payload = claims();
  EXPECT_EQ(code(""), "TokenMissing");
  EXPECT_EQ(code("nonsense"), "TokenMalformed");
  EXPECT_EQ(code(own(payload, 2)), "TokenSignature");
  EXPECT_EQ(code(crypto::sign_jws({{"kid", "other"}}, payload, test_key(0))), "TokenSignature");
  EXPECT_EQ(code(crypto::sign_jws({}, payload, test_key(0))), "TokenSignature");
  const std::string good = arm_token();
  EXPECT_NE(code(good.substr(0, good.size() - 8)), "ok");
  payload["iss"] = "https://sts.windows.net/other/";
  EXPECT_EQ(code(own(payload)), "TokenIssuer");
  payload = claims();
  payload["tid"] = "other";
  EXPECT_EQ(code(own(payload)), "TokenIssuer");
}

TEST_F(VerifierTest, AudienceIsOneTextWithOrWithoutItsSlash) {
  EXPECT_EQ(code(arm_token(), {"https://management.core.windows.net"}), "ok");
  EXPECT_EQ(code(arm_token(), {"https://graph.microsoft.com"}), "TokenAudience");
  EXPECT_EQ(code(arm_token(), {}), "TokenAudience");
  JsonObject payload = claims();
  payload["aud"] = JsonArray{"https://management.azure.com"};
  EXPECT_EQ(code(own(payload)), "TokenMalformed");
}

TEST_F(VerifierTest, TimeIsLookedAtEachTime) {
  const std::string good = arm_token();
  EXPECT_EQ(code(good), "ok");
  clock.advance(std::chrono::minutes(59));
  EXPECT_EQ(code(good), "ok");
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(code(good), "TokenExpired");
  JsonObject payload = claims();
  payload["nbf"] = unix_seconds(clock.now()) + 3600;
  EXPECT_EQ(code(own(payload)), "TokenExpired");
}

TEST_F(VerifierTest, DeletedPrincipalsTokensEndAtOnce) {
  const std::string managed = string_at(exchange(assertion(assertion_claims())), "access_token");
  const std::vector<std::string> audience = {"https://cognitiveservices.azure.com"};
  EXPECT_EQ(code(managed, audience), "ok");
  ASSERT_TRUE(entra->remove_managed_identity(kIdentity).ok());
  EXPECT_NE(code(managed, audience), "ok");
}

TEST_F(VerifierTest, GroupsAreThoseOfNowAndNested) {
  const std::string id = entra->initial_credentials().object_id;
  const std::string good = arm_token();
  const auto groups = [&] { return entra->verifier().verify(good, kArm)->groups; };
  const auto put = [&](const std::string& group, const std::string& member) {
    ASSERT_TRUE(store
                    ->put("entra.groups", group,
                          JsonObject{{"graph", JsonObject{{"id", group}, {"displayName", group}}},
                                     {"members", JsonArray{Json(boost::json::string(member))}}})
                    .ok());
  };
  EXPECT_TRUE(groups().empty());
  put("inner", id);
  put("outer", "inner");
  put("inner2", "outer");  // and a circle
  EXPECT_EQ(groups(), (std::vector<std::string>{"inner", "inner2", "outer"}));
  ASSERT_TRUE(store->erase("entra.groups", "inner").ok());
  EXPECT_TRUE(groups().empty());
}

class KeyRotation : public World {
 protected:
  std::size_t published() {
    const Json keys = parse_json(ask("GET", "/common/discovery/v2.0/keys").body).value();
    return find(keys, "keys")->get_array().size();
  }
  std::string signer() { return crypto::parse_jws(string_at(token(secret_fields()), "access_token")).value().key_id(); }
};

TEST_F(KeyRotation, NewKeyIsPublishedBeforeItSignsAndTheOldOneStays) {
  const std::string first = signer();
  ASSERT_TRUE(entra->rotate_signing_keys().ok());
  EXPECT_EQ(published(), 2U);
  EXPECT_EQ(signer(), first);
  const std::string by_old_key = string_at(exchange(assertion(assertion_claims())), "access_token");
  clock.advance(std::chrono::minutes(5));
  EXPECT_NE(signer(), first);
  clock.advance(std::chrono::hours(23));
  EXPECT_EQ(published(), 2U);
  EXPECT_TRUE(entra->verifier().verify(by_old_key, {"https://cognitiveservices.azure.com"}).ok());
  clock.advance(std::chrono::hours(2));
  signer();
  EXPECT_EQ(published(), 1U);
  EXPECT_FALSE(entra->verifier().verify(by_old_key, {"https://cognitiveservices.azure.com"}).ok());
}

TEST_F(KeyRotation, HappensBySchedule) {
  const std::string first = signer();
  clock.advance(std::chrono::hours(24 * 29 + 1));
  EXPECT_EQ(signer(), first);
  EXPECT_EQ(published(), 2U);
  open();
  EXPECT_EQ(published(), 2U);
  clock.advance(std::chrono::hours(24));
  EXPECT_NE(signer(), first);
}

}  // namespace
}  // namespace lazuli::entra
