#include <gtest/gtest.h>

#include "world.h"

namespace lazuli::entra {
namespace {

class TokenEndpoint : public World {
 protected:
  static void set(Fields& fields, const std::string& name, const std::string& value) {
    for (auto& field : fields) {
      if (field.first == name) field.second = value;
    }
  }
};

TEST_F(TokenEndpoint, SecretGivesTheAudienceThatTheScopeNames) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://management.core.windows.net//.default", "https://management.core.windows.net/"},
      {"https://management.azure.com/.default", "https://management.azure.com"},
      {"openid profile https://cognitiveservices.azure.com/.default offline_access",
       "https://cognitiveservices.azure.com"},
      {"https://graph.microsoft.com//.default", "https://graph.microsoft.com/"},
      {"6dae42f8-4368-4678-94ff-3960e28e3630/.default", "6dae42f8-4368-4678-94ff-3960e28e3630"},
      {"https://x.blob.core.windows.net/.default", "https://x.blob.core.windows.net"},
  };
  for (const auto& [scope, audience] : cases) {
    const Json answer = token(secret_fields(scope));
    ASSERT_EQ(last.status, 200) << last.body;
    const JsonObject claims = claims_of(answer);
    EXPECT_EQ(text(claims, "aud"), audience);
    EXPECT_EQ(text(claims, "appidacr"), "1");
    EXPECT_EQ(text(claims, "idtyp"), "app");
    EXPECT_FALSE(claims.contains("xms_mirid"));
    EXPECT_EQ(integer(find(answer, "expires_in")), 3599);
    EXPECT_FALSE(find(answer, "refresh_token"));
  }
}

TEST_F(TokenEndpoint, CapabilitiesThatWereSaidAreInTheToken) {
  auto fields = secret_fields();
  fields.emplace_back("claims", R"({"access_token":{"xms_cc":{"values":["CP1"]}}})");
  EXPECT_EQ(claims_of(token(fields)).at("xms_cc"), Json(JsonArray{"CP1"}));
  fields.back().second = "{not json";
  token(fields);
  EXPECT_EQ(last.status, 200);
}

TEST_F(TokenEndpoint, AnswersToTheTenantsDomainAndIgnoresTheQuery) {
  last = ask("POST", "/LAZULI.onmicrosoft.com/oauth2/v2.0/token", "client-request-id=x", form(secret_fields()));
  EXPECT_EQ(last.status, 200) << last.body;
}

TEST_F(TokenEndpoint, VersionOneHasResourceAndNumbersAsText) {
  auto fields = secret_fields();
  fields.back() = {"resource", "https://management.core.windows.net/"};
  const Json answer = token(fields, kTenant, "");
  ASSERT_EQ(last.status, 200) << last.body;
  EXPECT_EQ(string_at(answer, "expires_in"), "3599");
  EXPECT_EQ(string_at(answer, "resource"), "https://management.core.windows.net/");
  EXPECT_EQ(string_at(answer, "expires_on"), std::to_string(unix_seconds(clock.now()) + 3600));
}

TEST_F(TokenEndpoint, SecretAsHttpBasic) {
  const auto initial = entra->initial_credentials();
  net::Request request;
  request.method = "POST";
  request.path = "/" + kTenant + "/oauth2/v2.0/token";
  request.headers.set("Authorization", "Basic " + base64(percent_encode(initial.client_id) + ":" +
                                                         percent_encode(initial.client_secret)));
  request.body = form({{"grant_type", "client_credentials"}, {"scope", "https://graph.microsoft.com/.default"}});
  EXPECT_EQ(entra->login(request).status, 200);
}

TEST_F(TokenEndpoint, ErrorsHaveAzuresCodeStatusAndShape) {
  struct Case {
    const char* rule;
    std::string field, value, tenant;
    int code, status;
    const char* word;
  };
  const std::string gone = "aaaaaaaa-0000-0000-0000-000000000000";
  const Case cases[] = {
      {"unknown application", "client_id", gone, kTenant, 700016, 400, "unauthorized_client"},
      {"client id that is none", "client_id", kIdentity, kTenant, 700016, 400, "unauthorized_client"},
      {"wrong secret", "client_secret", "wrong", kTenant, 7000215, 401, "invalid_client"},
      {"no secret", "client_secret", "", kTenant, 7000218, 401, "invalid_client"},
      {"no client", "client_id", "", kTenant, 900144, 400, "invalid_request"},
      {"no grant type", "grant_type", "", kTenant, 900144, 400, "invalid_request"},
      {"another grant type", "grant_type", "magic", kTenant, 70003, 400, "unsupported_grant_type"},
      {"no scope", "scope", "", kTenant, 900144, 400, "invalid_request"},
      {"scope without .default", "scope", "https://graph.microsoft.com/User.Read", kTenant, 1002012, 400,
       "invalid_scope"},
      {"two resources", "scope", "https://graph.microsoft.com/.default https://vault.azure.net/.default", kTenant,
       70011, 400, "invalid_scope"},
      {"scope that is none", "scope", "https://vault.azure.net\x8f/.default", kTenant, 70011, 400, "invalid_scope"},
      {"unknown resource", "scope", "https://nothing.example/.default", kTenant, 500011, 400, "invalid_resource"},
      {"resource that only looks known", "scope", "https://evil.example/https://vault.azure.net/.default", kTenant,
       500011, 400, "invalid_resource"},
      {"other tenant", "", "", gone, 90002, 400, "invalid_request"},
      {"other domain", "", "", "contoso.com", 90002, 400, "invalid_request"},
      {"no tenant at all", "", "", "nonsense", 900023, 400, "invalid_request"},
      {"application at common", "", "", "common", 50059, 400, "invalid_request"},
  };
  for (const auto& c : cases) {
    Fields fields = secret_fields();
    set(fields, c.field, c.value);
    const Json answer = token(fields, c.tenant);
    EXPECT_EQ(error_code(answer), c.code) << c.rule << ": " << last.body;
    EXPECT_EQ(last.status, c.status) << c.rule;
    EXPECT_EQ(string_at(answer, "error"), c.word) << c.rule;
    const std::string description = string_at(answer, "error_description");
    EXPECT_TRUE(description.starts_with("AADSTS" + std::to_string(c.code) + ": ")) << description;
    EXPECT_NE(description.find("Trace ID: " + string_at(answer, "trace_id")), std::string::npos);
    EXPECT_NE(description.find("Correlation ID: " + string_at(answer, "correlation_id")), std::string::npos);
    EXPECT_EQ(string_at(answer, "timestamp"), "2026-09-21 14:13:20Z");
    EXPECT_EQ(string_at(answer, "error_uri"), "https://login.microsoftonline.com/error?code=" + std::to_string(c.code));
  }
}

TEST_F(TokenEndpoint, ErrorsAreJsonWhateverBytesCameIn) {
  const auto answer = parse_json(ask("POST", "/" + kTenant + "/oauth2/v2.0/token", "", "grant_type=%ff%c3").body);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(error_code(*answer), 70003);
}

TEST_F(TokenEndpoint, ErrorsNeverRepeatASecret) {
  Fields fields = secret_fields();
  set(fields, "client_secret", "very-secret-value");
  token(fields);
  EXPECT_EQ(last.body.find("very-secret-value"), std::string::npos);
}

TEST_F(TokenEndpoint, ExpiredSecretSaysSo) {
  clock.advance(std::chrono::hours(24 * 365 * 11));
  EXPECT_EQ(error_code(token(secret_fields())), 7000222);
}

TEST_F(TokenEndpoint, RefusesAParameterThatComesTwice) {
  Fields fields = secret_fields();
  fields.emplace_back("client_id", identity.client_id);
  EXPECT_EQ(error_code(token(fields)), 9000411);

  Fields nameless = secret_fields();
  nameless.insert(nameless.end(), {{"", "1"}, {"", "2"}});
  EXPECT_EQ(error_code(token(nameless)), 9000411);
}

TEST_F(TokenEndpoint, OnlyTakesPosts) {
  EXPECT_EQ(ask("GET", "/" + kTenant + "/oauth2/v2.0/token").status, 405);
}

TEST_F(TokenEndpoint, MicrosoftsClientsHaveNoSecrets) {
  Fields fields = secret_fields();
  set(fields, "client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46");
  EXPECT_EQ(error_code(token(fields)), 70002);
}

TEST_F(TokenEndpoint, EchoesTheClientsRequestId) {
  net::Request request;
  request.method = "POST";
  request.path = "/" + kTenant + "/oauth2/v2.0/token";
  request.headers.set("client-request-id", "AAAAAAAA-1111-2222-3333-444444444444");
  const auto response = entra->login(request);
  EXPECT_EQ(response.headers.get("client-request-id"), "aaaaaaaa-1111-2222-3333-444444444444");
  EXPECT_EQ(string_at(parse_json(response.body).value(), "correlation_id"), "aaaaaaaa-1111-2222-3333-444444444444");
  EXPECT_EQ(response.headers.get("Cache-Control"), "no-store, no-cache");
}

TEST_F(TokenEndpoint, InitialCredentialsSurviveARestart) {
  const auto before = entra->initial_credentials();
  open();
  EXPECT_EQ(entra->initial_credentials().client_secret, before.client_secret);
  token(secret_fields());
  EXPECT_EQ(last.status, 200);
}

class Discovery : public World {};

TEST_F(Discovery, NamesTheHostThatWasAsked) {
  net::Request request;
  request.method = "GET";
  request.host = "login.example.com";
  request.headers.set("Host", "login.example.com:8443");
  request.path = "/" + kTenant + "/v2.0/.well-known/openid-configuration";
  const Json document = parse_json(entra->login(request).body).value();
  EXPECT_EQ(string_at(document, "issuer"), "https://login.example.com:8443/" + kTenant + "/v2.0");
  EXPECT_EQ(string_at(document, "token_endpoint"), "https://login.example.com:8443/" + kTenant + "/oauth2/v2.0/token");
  EXPECT_EQ(string_at(document, "authorization_endpoint"), "http://127.0.0.1:8080/authorize");
}

TEST_F(Discovery, ForEachFormOfTheTenant) {
  for (const auto& tenant :
       {kTenant, std::string("lazuli.onmicrosoft.com"), std::string("common"), std::string("organizations")}) {
    const Json v2 = parse_json(ask("GET", "/" + tenant + "/v2.0/.well-known/openid-configuration").body).value();
    const Json v1 = parse_json(ask("GET", "/" + tenant + "/.well-known/openid-configuration").body).value();
    const bool any = tenant == "common" || tenant == "organizations";
    const std::string issuer_tenant = any ? "{tenantid}" : kTenant;
    EXPECT_EQ(string_at(v2, "issuer"), "https://login.microsoftonline.com/" + issuer_tenant + "/v2.0");
    EXPECT_EQ(string_at(v1, "issuer"), "https://sts.windows.net/" + issuer_tenant + "/");
    EXPECT_EQ(string_at(v1, "token_endpoint"),
              "https://login.microsoftonline.com/" + (any ? tenant : kTenant) + "/oauth2/token");
  }
  EXPECT_EQ(ask("GET", "/contoso.com/v2.0/.well-known/openid-configuration").status, 400);
}

TEST_F(Discovery, PublishedKeysVerifyTokens) {
  const Json answer = token(secret_fields());
  const auto jws = crypto::parse_jws(string_at(answer, "access_token")).value();
  for (const char* path : {"/discovery/v2.0/keys", "/discovery/keys"}) {
    const Json keys = parse_json(ask("GET", "/common" + std::string(path)).body).value();
    const Json& jwk = find(keys, "keys")->get_array().at(0);
    EXPECT_EQ(string_at(jwk, "kid"), jws.key_id());
    EXPECT_EQ(string_at(jwk, "x5t"), jws.key_id());
    EXPECT_TRUE(crypto::verify_jws(jws, crypto::PublicKey::from_jwk(jwk).value()));
  }
}

TEST_F(Discovery, InstancesAreKnownByTheHostOfTheQuestion) {
  const auto response = ask("GET", "/common/discovery/instance",
                            "api-version=1.1&authorization_endpoint=https%3A%2F%2Fsts.example.com%3A8443%2F" + kTenant +
                                "%2Foauth2%2Fv2.0%2Fauthorize");
  const Json document = parse_json(response.body).value();
  EXPECT_EQ(string_at(document, "tenant_discovery_endpoint"),
            "https://sts.example.com:8443/" + kTenant + "/v2.0/.well-known/openid-configuration");
  EXPECT_EQ(string_at(find(document, "metadata")->get_array().at(0), "preferred_network"), "sts.example.com:8443");
  const auto wrong = ask("GET", "/common/discovery/instance", "authorization_endpoint=http://plain.example/x");
  EXPECT_EQ(error_code(parse_json(wrong.body).value()), 50049);
}

TEST_F(Discovery, UserRealmKnowsItsDomain) {
  EXPECT_EQ(
      string_at(parse_json(ask("GET", "/common/userrealm/admin@lazuli.onmicrosoft.com").body).value(), "account_type"),
      "Managed");
  EXPECT_EQ(string_at(parse_json(ask("GET", "/common/userrealm/a@b.c").body).value(), "account_type"), "Unknown");
}

}  // namespace
}  // namespace lazuli::entra
