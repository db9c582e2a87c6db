#include <gtest/gtest.h>

#include "world.h"

namespace lazuli::entra {
namespace {

class FederatedAssertion : public World {};

TEST_F(FederatedAssertion, GivesATokenOfTheIdentityWithAzuresClaims) {
  const Json answer = exchange(assertion(assertion_claims()));
  ASSERT_EQ(last.status, 200) << last.body;
  EXPECT_EQ(string_at(answer, "token_type"), "Bearer");
  EXPECT_EQ(integer(find(answer, "expires_in")), 86399);
  EXPECT_EQ(integer(find(answer, "refresh_in")), 43199);
  const JsonObject claims = claims_of(answer);
  EXPECT_EQ(text(claims, "aud"), "https://cognitiveservices.azure.com");
  EXPECT_EQ(text(claims, "iss"), "https://sts.windows.net/" + kTenant + "/");
  EXPECT_EQ(text(claims, "idp"), text(claims, "iss"));
  EXPECT_EQ(text(claims, "oid"), identity.object_id);
  EXPECT_EQ(text(claims, "sub"), identity.object_id);
  EXPECT_EQ(text(claims, "appid"), identity.client_id);
  EXPECT_EQ(text(claims, "appidacr"), "2");
  EXPECT_EQ(text(claims, "ver"), "1.0");
  EXPECT_EQ(text(claims, "xms_mirid"), replace_all(kIdentity, "resourceGroups", "resourcegroups"));
}

TEST_F(FederatedAssertion, IsAcceptedAgainWhileItLives) {
  const std::string token = assertion(assertion_claims());
  exchange(token);
  EXPECT_EQ(last.status, 200);
  clock.advance(std::chrono::minutes(59));
  exchange(token);
  EXPECT_EQ(last.status, 200);
}

TEST_F(FederatedAssertion, ThatIsRefusedIsKeptForTheDoctorWithoutTheAssertion) {
  exchange(assertion(assertion_claims()));
  EXPECT_TRUE(refused.newest(1).empty());
  JsonObject claims = assertion_claims();
  claims["sub"] = "system:serviceaccount:default:other";
  const std::string token = assertion(claims);
  const Json answer = exchange(token);
  for (const auto* id : {"trace_id", "correlation_id"}) {
    const auto calls = refused.find(string_at(answer, id));
    ASSERT_EQ(calls.size(), 1U) << id;
    EXPECT_EQ(calls[0].code, "AADSTS700213");
    EXPECT_EQ(calls[0].issuer, kIssuer);
    EXPECT_EQ(calls[0].subject, "system:serviceaccount:default:other");
    EXPECT_EQ(calls[0].audience, kExchange);
    EXPECT_EQ(calls[0].client_id, identity.client_id);
    EXPECT_EQ(calls[0].scope, kOpenAiScope);
    EXPECT_EQ(to_text(calls[0].json()).find(token.substr(token.rfind('.'))), std::string::npos);
  }
}

TEST_F(FederatedAssertion, TakesTheAudienceAsTextToo) {
  JsonObject claims = assertion_claims();
  claims["aud"] = kExchange;
  exchange(assertion(claims));
  EXPECT_EQ(last.status, 200);
}

struct Wrong {
  const char* rule;
  const char* claim;
  Json value;
  int code;
};

TEST_F(FederatedAssertion, ClaimsMustMatchExactly) {
  const std::int64_t now = unix_seconds(clock.now());
  const auto text_of = [](const std::string& value) { return Json(boost::json::string(value)); };
  const Wrong cases[] = {
      {"another issuer", "iss", "https://attacker.example/", 700211},
      {"issuer without its slash", "iss", text_of(kIssuer.substr(0, kIssuer.size() - 1)), 700211},
      {"issuer with another case", "iss", text_of(to_upper(kIssuer)), 700211},
      {"another subject", "sub", "system:serviceaccount:other:app", 700213},
      {"subject with another case", "sub", "system:serviceaccount:default:App", 7002138},
      {"subject with a tail", "sub", text_of(kSubject + "x"), 700213},
      {"subject as a list", "sub", JsonArray{text_of(kSubject)}, 50027},
      {"no issuer", "iss", nullptr, 50027},
      {"another audience", "aud", "api://other", 700212},
      {"audience with another case", "aud", "api://azureadtokenexchange", 700212},
      {"audience among several", "aud", JsonArray{text_of(kExchange), "https://other"}, 700212},
      {"audience twice in a list", "aud", JsonArray{text_of(kExchange), text_of(kExchange)}, 700212},
      {"audience in an object", "aud", JsonObject{{"a", text_of(kExchange)}}, 700212},
      {"expired", "exp", now - 1, 700024},
      {"expires now", "exp", now, 700024},
      {"not valid yet", "nbf", now + 300, 700024},
      {"far future", "exp", now + 2 * 86400, 70023},
      {"beyond any calendar", "exp", 1e300, 50027},
      {"largest number", "exp", std::numeric_limits<std::int64_t>::max(), 50027},
      {"expiry as text", "exp", "1790003600", 50027},
      {"no expiry", "exp", nullptr, 50027},
      {"start as text", "nbf", "soon", 50027},
  };
  for (const auto& wrong : cases) {
    JsonObject claims = assertion_claims();
    claims[wrong.claim] = wrong.value;
    const Json answer = exchange(assertion(claims));
    EXPECT_EQ(error_code(answer), wrong.code) << wrong.rule << ": " << last.body;
    EXPECT_FALSE(find(answer, "access_token")) << wrong.rule;
  }
}

TEST_F(FederatedAssertion, RejectsTokensThatAreNotSignedByTheIssuersKey) {
  const JsonObject claims = assertion_claims();
  const std::string good = assertion(claims);
  const auto unsigned_part = [&](const std::string& header) {
    return base64url(header) + "." + base64url(to_text(claims));
  };
  const std::string hs256 = unsigned_part(R"({"alg":"HS256","kid":"k1"})");
  const std::string none = unsigned_part(R"({"alg":"none","kid":"k1"})");
  JsonObject own_key = {{"kid", "k1"},
                        {"jwk", test_key(2).public_key().jwk()},
                        {"jku", "https://attacker.example/k"},
                        {"x5u", "https://attacker.example/c"}};
  const std::pair<const char*, std::string> cases[] = {
      {"alg none", none + "."},
      {"alg none with a signature", none + "." + base64url("x")},
      {"HS256 with the public key",
       hs256 + "." + base64url(crypto::hmac_sha256(test_key(1).public_key().pem(), hs256))},
      {"RS256 with another key", crypto::sign_jws({{"kid", "k1"}}, claims, test_key(2))},
      {"key brought along", crypto::sign_jws(own_key, claims, test_key(2))},
      {"unknown kid", crypto::sign_jws({{"kid", "k2"}}, claims, test_key(1))},
      {"no kid", crypto::sign_jws({}, claims, test_key(1))},
      {"truncated signature", good.substr(0, good.size() - 8)},
      {"bad base64", good.substr(0, good.size() - 1) + "="},
      {"oversize", good + std::string(100000, 'A')},
      {"deep JSON", base64url(R"({"alg":"RS256"})") + "." + base64url(std::string(200, '[')) + ".AA"},
  };
  for (const auto& [rule, token] : cases) {
    const Json answer = exchange(token);
    EXPECT_TRUE(last.status == 400 || last.status == 401) << rule;
    EXPECT_TRUE(error_code(answer) == 700027 || error_code(answer) == 50027 || error_code(answer) == 900144)
        << rule << ": " << last.body;
  }
}

TEST_F(FederatedAssertion, RejectsAClaimThatComesTwice) {
  const std::string payload = to_text(assertion_claims());
  const std::string twice = payload.substr(0, payload.size() - 1) + R"(,"sub":"system:serviceaccount:default:other"})";
  const std::string part = base64url(R"({"alg":"RS256","kid":"k1"})") + "." + base64url(twice);
  EXPECT_EQ(error_code(exchange(part + "." + base64url(test_key(1).sign_rs256(part)))), 50027);
}

TEST_F(FederatedAssertion, RejectsEntrasTokensOfAnotherTenant) {
  const std::string other = "https://login.microsoftonline.com/99999999-2222-3333-4444-555555555555/v2.0";
  ASSERT_TRUE(entra->put_federated_credential(kIdentity, {"other", other, "someone", {kExchange}}).ok());
  JsonObject claims = assertion_claims();
  claims["iss"] = other;
  claims["sub"] = "someone";
  EXPECT_EQ(error_code(exchange(assertion(claims))), 700222);
}

// learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
TEST_F(FederatedAssertion, AcceptsAManagedIdentityOfThisTenantAsIssuer) {
  const auto other = *entra->ensure_managed_identity(kIdentity + "2", "second");
  net::Request request;
  request.method = "GET";
  request.path = "/metadata/identity/oauth2/token";
  request.query = net::Query("resource=" + kExchange);
  request.headers.set("Metadata", "true");
  const Json own = parse_json(entra->metadata(request, MetadataNode{{other.object_id}, {}}).body).value();
  const auto claims = claims_of(own);
  const std::string issuer = "https://login.microsoftonline.com/" + kTenant + "/v2.0";
  EXPECT_EQ(text(claims, "iss"), issuer);
  EXPECT_EQ(text(claims, "aud"), "fb60f99c-7a34-4190-8149-302f77469936");
  EXPECT_EQ(text(claims, "sub"), other.object_id);
  EXPECT_EQ(text(claims, "azp"), other.client_id);
  EXPECT_EQ(text(claims, "ver"), "2.0");

  const std::string first = "https://sts.windows.net/" + kTenant + "/";
  ASSERT_TRUE(entra->put_federated_credential(kIdentity, {"mi", first, other.object_id, {kExchange}}).ok());
  EXPECT_EQ(error_code(exchange(string_at(own, "access_token"))), 700211);
  EXPECT_EQ(refused.newest(1).at(0).audience, kExchange);
  ASSERT_TRUE(entra->put_federated_credential(kIdentity, {"mi", issuer, other.object_id, {kExchange}}).ok());
  exchange(string_at(own, "access_token"));
  EXPECT_EQ(last.status, 200) << last.body;
}

TEST_F(FederatedAssertion, ChangesOfCredentialsTakeEffectAtOnce) {
  const std::string token = assertion(assertion_claims());
  ASSERT_TRUE(entra->remove_federated_credential(kIdentity, "fic").ok());
  EXPECT_EQ(error_code(exchange(token)), 70025);
  EXPECT_NE(last.body.find(identity.client_id), std::string::npos);
  ASSERT_TRUE(entra->put_federated_credential(kIdentity, {"FIC", kIssuer, kSubject, {"api://other", kExchange}}).ok());
  exchange(token);
  EXPECT_EQ(last.status, 200);
  ASSERT_TRUE(entra->remove_managed_identity(kIdentity).ok());
  EXPECT_EQ(error_code(exchange(token)), 700016);
}

TEST_F(FederatedAssertion, KnownAssertionIsHeldAgainstWhatHoldsNow) {
  const std::string token = assertion(assertion_claims());
  exchange(token);
  ASSERT_EQ(last.status, 200);
  ASSERT_TRUE(entra->publish_issuer(kIssuer, key_set("k1", test_key(2))).ok());  // another key by the same name
  EXPECT_EQ(error_code(exchange(token)), 700027);
  ASSERT_TRUE(entra->publish_issuer(kIssuer, key_set("k1", test_key(1))).ok());
  exchange(token);
  EXPECT_EQ(last.status, 200);
  ASSERT_TRUE(entra->remove_federated_credential(kIdentity, "fic").ok());
  EXPECT_EQ(error_code(exchange(token)), 70025);
  ASSERT_TRUE(entra->put_federated_credential(kIdentity, {"fic", kIssuer, kSubject, {kExchange}}).ok());
  clock.advance(std::chrono::hours(2));
  EXPECT_EQ(error_code(exchange(token)), 700024);
}

TEST_F(FederatedAssertion, OnlyWhatNeedsNoWaitIsAnsweredAtOnce) {
  const std::string token = assertion(assertion_claims());
  net::Request request;
  request.method = "POST";
  const auto blocks = [&](const std::string& grant, const std::string& client_assertion) {
    request.body = form({{"grant_type", grant}, {"client_assertion", client_assertion}});
    return entra->login_blocks(request);
  };
  JsonObject of_a_stranger = assertion_claims();
  of_a_stranger["iss"] = "https://stranger.example";
  for (const bool known : {false, true}) {
    EXPECT_FALSE(blocks("client_credentials", token)) << known;
    EXPECT_TRUE(blocks("password", token)) << known;
    EXPECT_TRUE(blocks("client_credentials", assertion(of_a_stranger))) << known;
    exchange(token);
  }
  ASSERT_TRUE(entra->withdraw_issuer(kIssuer).ok());
  EXPECT_TRUE(blocks("client_credentials", token));  // its keys are to be fetched now
}

TEST_F(FederatedAssertion, WithdrawnIssuersKeysAreNotUsedAnyMore) {
  ASSERT_TRUE(entra->withdraw_issuer(kIssuer).ok());
  const Json answer = exchange(assertion(assertion_claims()));  // nothing answers at that address
  EXPECT_EQ(error_code(answer), 50166) << last.body;
}

TEST_F(FederatedAssertion, RolledOverKeysAreUsedAtOnce) {
  ASSERT_TRUE(entra->publish_issuer(kIssuer, key_set("k2", test_key(2))).ok());
  EXPECT_EQ(error_code(exchange(assertion(assertion_claims()))), 700027);
  exchange(crypto::sign_jws({{"kid", "k2"}}, assertion_claims(), test_key(2)));
  EXPECT_EQ(last.status, 200);
}

TEST_F(FederatedAssertion, CredentialsSurviveARestart) {
  open();
  exchange(assertion(assertion_claims()));
  EXPECT_EQ(last.status, 200) << last.body;
}

TEST_F(FederatedAssertion, ValuesInErrorsAreBoundedAndPlain) {
  JsonObject claims = assertion_claims();
  claims["sub"] = std::string(5000, 'x') + "\r\nSet-Cookie: a";
  exchange(assertion(claims));
  EXPECT_LT(last.body.size(), 2000U);
}

class FederatedCredentials : public World {};

// By way of a cluster that binds the identity: no federated credential, but the cluster's leave.
class BoundAssertion : public World {
 protected:
  BoundAssertion() { EXPECT_TRUE(entra->remove_federated_credential(kIdentity, "fic").ok()); }

  std::int64_t present(const JsonObject& claims, int key = 1) {
    net::Request request;
    request.method = "POST";
    request.host = "login.microsoftonline.com";
    request.path = "/" + kTenant + "/oauth2/v2.0/token";
    request.body = form({{"grant_type", "client_credentials"},
                         {"client_id", identity.client_id},
                         {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                         {"client_assertion", crypto::sign_jws({{"kid", "k1"}}, claims, test_key(key))},
                         {"scope", kOpenAiScope}});
    last = entra->login_by_proxy(request, proxy);
    return error_code(parse_json(last.body).value());
  }

  bool bound = true;
  Status leave;
  std::vector<std::string> asked;
  TokenProxy proxy{kIssuer, [this](const std::string& client) { return bound && client == identity.client_id; },
                   [this](const std::string& client, const std::string& subject) {
                     asked.push_back(client + " " + subject);
                     return leave;
                   }};
};

TEST_F(BoundAssertion, NeedsNoCredentialButTheClustersLeave) {
  EXPECT_EQ(present(assertion_claims()), 0) << last.body;
  EXPECT_EQ(asked, std::vector{identity.client_id + " " + kSubject});
  leave = Error{"Forbidden", "You may not.", 403};
  EXPECT_EQ(present(assertion_claims()), 700213);
  EXPECT_NE(last.body.find("You may not."), std::string::npos);
  leave = Error{"Unreachable", "Nobody answers.", 503};
  EXPECT_EQ(present(assertion_claims()), 90033);
  EXPECT_EQ(last.status, 503);
}

TEST_F(BoundAssertion, IsHeldToAllOtherRules) {
  const auto with = [&](std::string_view name, Json value) {
    JsonObject claims = assertion_claims();
    claims[name] = std::move(value);
    return claims;
  };
  EXPECT_EQ(present(with("iss", "https://other.example/")), 70025);
  EXPECT_EQ(present(with("aud", "api://other")), 70025);
  EXPECT_EQ(present(with("exp", unix_seconds(clock.now()) - 3600)), 700024);
  EXPECT_EQ(present(assertion_claims(), 2), 700027);
  bound = false;
  EXPECT_EQ(present(assertion_claims()), 70025);
  EXPECT_TRUE(asked.empty());  // only authentic assertions of bound clients reach the cluster
  bound = true;
  exchange(assertion(assertion_claims()));  // not by the proxy
  EXPECT_EQ(last.status, 401);
}

TEST_F(BoundAssertion, OfAClientWithAMatchingCredentialIsAskedNothing) {
  ASSERT_TRUE(entra->put_federated_credential(kIdentity, {"fic", kIssuer, kSubject, {kExchange}}).ok());
  leave = Error{"Forbidden", "You may not.", 403};
  EXPECT_EQ(present(assertion_claims()), 0) << last.body;
  EXPECT_TRUE(asked.empty());
}

TEST_F(FederatedCredentials, OnePairOfIssuerAndSubjectPerIdentity) {
  const auto status = entra->put_federated_credential(kIdentity, {"second", kIssuer, kSubject, {kExchange}});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().status, 409);
  EXPECT_TRUE(entra->put_federated_credential(kIdentity, {"fic", kIssuer, kSubject, {"api://changed"}}).ok());
}

TEST_F(FederatedCredentials, AtMostTwenty) {
  for (int i = 1; i < 20; ++i) {
    ASSERT_TRUE(entra
                    ->put_federated_credential(kIdentity,
                                               {"f" + std::to_string(i), kIssuer, "s" + std::to_string(i), {kExchange}})
                    .ok());
  }
  EXPECT_EQ(entra->federated_credentials(kIdentity).size(), 20U);
  EXPECT_FALSE(entra->put_federated_credential(kIdentity, {"f20", kIssuer, "s20", {kExchange}}).ok());
  EXPECT_TRUE(entra->put_federated_credential(kIdentity, {"f1", kIssuer, "other", {kExchange}}).ok());
}

TEST_F(FederatedCredentials, NeedAnIdentity) {
  EXPECT_EQ(entra->put_federated_credential("/no/such", {"a", "b", "c", {"d"}}).error().status, 404);
  EXPECT_EQ(entra->remove_federated_credential("/no/such", "a").error().status, 404);
  EXPECT_TRUE(entra->remove_federated_credential(kIdentity, "no such name").ok());
}

TEST_F(FederatedCredentials, IdentityIsTheSameInAnyCaseAndNewAfterDeletion) {
  EXPECT_EQ(entra->ensure_managed_identity(to_upper(kIdentity), "me")->object_id, identity.object_id);
  EXPECT_EQ(entra->find_by_client_id(to_upper(identity.client_id))->object_id, identity.object_id);
  EXPECT_EQ(entra->find_by_object_id(identity.object_id)->resource_id, kIdentity);
  ASSERT_TRUE(entra->remove_managed_identity(kIdentity).ok());
  EXPECT_FALSE(entra->managed_identity(kIdentity));
  const auto again = entra->ensure_managed_identity(kIdentity, "me");
  EXPECT_NE(again->client_id, identity.client_id);
  EXPECT_TRUE(entra->federated_credentials(kIdentity).empty());
}

}  // namespace
}  // namespace lazuli::entra
