#include <gtest/gtest.h>

#include "crypto/passwords.h"
#include "world.h"

namespace lazuli::entra {
namespace {

const std::string kCli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const std::string kRedirect = "http://localhost:43210";
const std::string kScope = "https://management.core.windows.net//.default openid profile offline_access";

class SignIn : public World {
 protected:
  net::Response page(const std::string& method, const std::string& path, const Fields& fields,
                     const std::string& origin = "http://127.0.0.1:8080", const std::string& host = "127.0.0.1:8080") {
    net::Request request;
    request.method = method;
    request.path = path;
    request.scheme = "http";
    request.headers.set("Host", host);
    if (!origin.empty()) request.headers.set("Origin", origin);
    if (method == "POST") {
      request.body = form(fields);
    } else {
      request.raw_query = form(fields);
      request.query = net::Query(request.raw_query);
    }
    return entra->sign_in(request);
  }
  Fields authorize_fields() const {
    return {{"client_id", kCli},
            {"response_type", "code"},
            {"redirect_uri", kRedirect},
            {"scope", kScope},
            {"state", "s&1"},
            {"nonce", "n1"},
            {"code_challenge", base64url(crypto::sha256("the verifier"))},
            {"code_challenge_method", "S256"}};
  }
  std::string user() const { return entra->initial_credentials().user_object_id; }

  // The code at the end of a sign-in by the page.
  std::string code(Fields fields) {
    fields.emplace_back("user", user());
    const auto response = page("POST", "/authorize", fields);
    const std::string location(response.headers.get("Location"));
    EXPECT_TRUE(location.starts_with(kRedirect + "?code=")) << response.status << " " << response.body;
    return net::Query(location.substr(location.find('?') + 1)).get("code");
  }
  Fields redeem_fields(const std::string& value) const {
    return {{"grant_type", "authorization_code"},
            {"client_id", kCli},
            {"code", value},
            {"redirect_uri", kRedirect},
            {"scope", kScope},
            {"code_verifier", "the verifier"},
            {"client_info", "1"}};
  }
};

TEST_F(SignIn, BrowserGivesAUsersTokens) {
  const auto shown = page("GET", "/authorize", authorize_fields(), "");
  EXPECT_EQ(shown.status, 200);
  EXPECT_NE(shown.body.find("admin@lazuli.onmicrosoft.com"), std::string::npos);
  EXPECT_NE(shown.body.find("Microsoft Azure CLI"), std::string::npos);
  const Json answer = token(redeem_fields(code(authorize_fields())), "organizations");
  ASSERT_EQ(last.status, 200) << last.body;
  const JsonObject claims = claims_of(answer);
  EXPECT_EQ(text(claims, "oid"), user());
  EXPECT_EQ(text(claims, "upn"), "admin@lazuli.onmicrosoft.com");
  EXPECT_EQ(text(claims, "scp"), "user_impersonation");
  EXPECT_EQ(text(claims, "appidacr"), "0");
  const JsonObject id = crypto::parse_jws(string_at(answer, "id_token"))->payload;
  EXPECT_EQ(text(id, "aud"), kCli);
  EXPECT_EQ(text(id, "nonce"), "n1");
  EXPECT_EQ(text(id, "tid"), kTenant);
  EXPECT_EQ(string_at(answer, "foci"), "1");
  EXPECT_EQ(parse_json(*base64url_decode(string_at(answer, "client_info"))).value(),
            (Json{{"uid", user()}, {"utid", kTenant}}));
  const auto principal =
      entra->verifier().verify(string_at(answer, "access_token"), {"https://management.core.windows.net"});
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->type, access::PrincipalType::user);
  EXPECT_EQ(principal->name, "admin@lazuli.onmicrosoft.com");
}

TEST_F(SignIn, FormPostAnswersByAPageThatSubmitsItself) {
  Fields fields = authorize_fields();
  fields.emplace_back("response_mode", "form_post");
  fields.emplace_back("user", user());
  const auto response = page("POST", "/authorize", fields);
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("action=\"" + kRedirect + "\""), std::string::npos);
  EXPECT_NE(response.body.find("name=\"state\" value=\"s&amp;1\""), std::string::npos);
  EXPECT_NE(response.headers.get("Content-Security-Policy").find("script-src 'sha256-"), std::string_view::npos);
}

TEST_F(SignIn, CodesAreRedeemedOnceWithTheirOwnProof) {
  const std::string used = code(authorize_fields());
  token(redeem_fields(used));
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(error_code(token(redeem_fields(used))), 54005);
  EXPECT_EQ(error_code(token(redeem_fields("never issued"))), 70000);

  Fields fields = redeem_fields(code(authorize_fields()));
  fields[5].second = "another verifier";
  EXPECT_EQ(error_code(token(fields)), 50148);
  fields[5].second = "the verifier";
  EXPECT_EQ(error_code(token(fields)), 54005);  // one guess

  fields = redeem_fields(code(authorize_fields()));
  fields.erase(fields.begin() + 5);
  EXPECT_EQ(error_code(token(fields)), 50148);
  fields = redeem_fields(code(authorize_fields()));
  fields[3].second = "http://localhost:1";
  EXPECT_EQ(error_code(token(fields)), 50011);
  fields = redeem_fields(code(authorize_fields()));
  fields[1].second = "1950a258-227b-4e31-a9cf-717495945fc2";
  EXPECT_EQ(error_code(token(fields)), 70000);

  const std::string late = code(authorize_fields());
  clock.advance(std::chrono::minutes(11));
  EXPECT_EQ(error_code(token(redeem_fields(late))), 70008);
}

TEST_F(SignIn, NothingIsSentToAnAddressThatIsNotRegistered) {
  for (const char* address :
       {"http://attacker.example", "https://localhost.attacker.example", "http://localhost@attacker.example",
        "javascript:alert(1)", "http://localhost:1/#x", ""}) {
    Fields fields = authorize_fields();
    fields[2].second = address;
    fields.emplace_back("user", user());
    const auto response = page("POST", "/authorize", fields);
    EXPECT_EQ(response.status, 400) << address;
    EXPECT_FALSE(response.headers.has("Location")) << address;
  }
}

TEST_F(SignIn, RequestsFromOtherSitesAreRefused) {
  Fields fields = authorize_fields();
  fields.emplace_back("user", user());
  EXPECT_EQ(page("POST", "/authorize", fields, "https://attacker.example").status, 403);
  EXPECT_EQ(page("POST", "/authorize", fields, "null").status, 403);
  EXPECT_EQ(page("POST", "/authorize", fields, "").status, 403);
  EXPECT_EQ(page("GET", "/authorize", fields, "", "rebound.attacker.example:8080").status, 403);
  EXPECT_EQ(page("GET", "/authorize", authorize_fields(), "").headers.get("X-Frame-Options"), "DENY");
}

// The browser's Origin on the page's own form depends on it: "null" under "no-referrer".
TEST_F(SignIn, PagesLetTheirOwnFormSayWhereItComesFrom) {
  EXPECT_EQ(page("GET", "/authorize", authorize_fields(), "").headers.get("Referrer-Policy"), "same-origin");
}

class PortalSignIn : public SignIn {
 protected:
  static constexpr const char* kPortal = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
  static constexpr const char* kPage = "http://127.0.0.1:8080/";

  Fields portal_fields(const std::string& redirect) const {
    Fields fields = authorize_fields();
    fields[0].second = kPortal;
    fields[2].second = redirect;
    return fields;
  }
  Json redeem(Fields fields, const std::string& scope) {
    fields.emplace_back("user", user());
    fields.emplace_back("response_mode", "fragment");
    const std::string location(page("POST", "/authorize", fields).headers.get("Location"));
    EXPECT_TRUE(location.starts_with(std::string(kPage) + "#code=")) << location;
    Fields redeeming = redeem_fields(net::Query(location.substr(location.find('#') + 1)).get("code"));
    redeeming[1].second = kPortal;
    redeeming[3].second = kPage;
    redeeming[4].second = scope;
    return token(redeeming, "organizations");
  }
};

TEST_F(PortalSignIn, EndsAtThePortalsOwnPageOnly) {
  for (const char* address : {"http://127.0.0.1:8081/", "http://localhost:8080/", "http://127.0.0.1:8080/other",
                              "https://127.0.0.1:8080/", "http://127.0.0.1:8080"}) {
    EXPECT_EQ(page("GET", "/authorize", portal_fields(address), "").status, 400) << address;
  }
  const Json answer = redeem(portal_fields(kPage), kScope);
  ASSERT_EQ(last.status, 200) << last.body;
  EXPECT_EQ(text(claims_of(answer), "appid"), kPortal);
}

TEST_F(PortalSignIn, NeedsPkce) {
  Fields fields = portal_fields(kPage);
  std::erase_if(fields, [](const auto& field) { return field.first.starts_with("code_challenge"); });
  EXPECT_EQ(error_code(redeem(fields, kScope)), 9002325);
}

TEST_F(PortalSignIn, HasNoPartInTheFamilyOfMicrosoftsClients) {
  const Json answer = redeem(portal_fields(kPage), kScope);
  EXPECT_EQ(find(answer, "foci"), nullptr);
  const Fields refresh = {{"grant_type", "refresh_token"},
                          {"client_id", kCli},
                          {"refresh_token", string_at(answer, "refresh_token")},
                          {"scope", kScope}};
  EXPECT_EQ(error_code(token(refresh, "organizations")), 70000);
}

TEST_F(SignIn, PagesEscapeWhatTheyShow) {
  Fields fields = authorize_fields();
  fields[4].second = "\"><script>alert(1)</script>";
  EXPECT_EQ(page("GET", "/authorize", fields, "").body.find("<script>"), std::string::npos);
}

TEST_F(SignIn, DecliningAnswersWithAccessDenied) {
  Fields fields = authorize_fields();
  fields.emplace_back("user", "");
  const auto response = page("POST", "/authorize", fields);
  EXPECT_NE(response.headers.get("Location").find("error=access_denied"), std::string_view::npos);
}

TEST_F(SignIn, UsersWithAPasswordMustGiveIt) {
  const std::string id = "aaaaaaaa-1111-2222-3333-444444444444";
  ASSERT_TRUE(
      store
          ->put("entra.users", id,
                JsonObject{{"graph", JsonObject{{"id", id}, {"userPrincipalName", "p@x"}, {"displayName", "P"}}},
                           {"password", crypto::hash_password("right", "salt-of-it")}})
          .ok());
  Fields fields = authorize_fields();
  fields.emplace_back("user", id);
  EXPECT_EQ(page("POST", "/authorize", fields).status, 200);  // the page again, with the problem
  fields.emplace_back("password", "wrong");
  EXPECT_NE(page("POST", "/authorize", fields).body.find("AADSTS"), 0U);
  EXPECT_FALSE(page("POST", "/authorize", fields).headers.has("Location"));
  fields.back().second = "right";
  EXPECT_EQ(page("POST", "/authorize", fields).status, 302);
}

class DeviceCode : public SignIn {
 protected:
  Json begin() {
    last = ask("POST", "/organizations/oauth2/v2.0/devicecode", "", form({{"client_id", kCli}, {"scope", kScope}}));
    return parse_json(last.body).value();
  }
  Json poll(const Json& begun) {
    return token({{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                  {"client_id", kCli},
                  {"device_code", string_at(begun, "device_code")}},
                 "organizations");
  }
};

TEST_F(DeviceCode, WaitsForThePersonAndIsRedeemedOnce) {
  const Json begun = begin();
  ASSERT_EQ(last.status, 200) << last.body;
  EXPECT_EQ(string_at(begun, "verification_uri"), "http://127.0.0.1:8080/devicecode");
  EXPECT_EQ(string_at(poll(begun), "error"), "authorization_pending");
  const std::string user_code = string_at(begun, "user_code");
  EXPECT_NE(page("GET", "/devicecode", {{"user_code", to_lower(user_code)}}, "").body.find("Microsoft Azure CLI"),
            std::string::npos);
  EXPECT_EQ(page("POST", "/devicecode", {{"user_code", user_code}, {"user", user()}}).status, 200);
  const Json answer = poll(begun);
  ASSERT_EQ(last.status, 200) << last.body;
  EXPECT_EQ(text(claims_of(answer), "oid"), user());
  EXPECT_EQ(error_code(poll(begun)), 70018);
}

TEST_F(DeviceCode, ExpiresAndCanBeDeclined) {
  Json begun = begin();
  EXPECT_EQ(page("POST", "/devicecode", {{"user_code", string_at(begun, "user_code")}, {"user", ""}}).status, 200);
  EXPECT_EQ(string_at(poll(begun), "error"), "authorization_declined");
  begun = begin();
  clock.advance(std::chrono::minutes(16));
  EXPECT_EQ(string_at(poll(begun), "error"), "expired_token");
  EXPECT_NE(page("GET", "/devicecode", {{"user_code", string_at(begun, "user_code")}}, "").body.find("expired"),
            std::string::npos);
}

TEST_F(DeviceCode, BelongsToItsClient) {
  const Json begun = begin();
  EXPECT_EQ(error_code(token({{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                              {"client_id", "1950a258-227b-4e31-a9cf-717495945fc2"},
                              {"device_code", string_at(begun, "device_code")}})),
            70018);
}

class Refresh : public SignIn {
 protected:
  Fields refresh_fields(const std::string& value) const {
    return {{"grant_type", "refresh_token"},
            {"client_id", kCli},
            {"refresh_token", value},
            {"scope", "https://graph.microsoft.com//.default offline_access"}};
  }
  std::string refresh_token() { return string_at(token(redeem_fields(code(authorize_fields()))), "refresh_token"); }
};

TEST_F(Refresh, GivesTokensForOtherResourcesAlsoAfterARestart) {
  const std::string value = refresh_token();
  open();
  const Json answer = token(refresh_fields(value));
  ASSERT_EQ(last.status, 200) << last.body;
  EXPECT_EQ(text(claims_of(answer), "aud"), "https://graph.microsoft.com/");
  EXPECT_FALSE(string_at(answer, "refresh_token").empty());
}

TEST_F(Refresh, RefusesWhatWasNotMadeHere) {
  const std::string value = refresh_token();
  EXPECT_EQ(error_code(token(refresh_fields("nonsense"))), 70000);
  EXPECT_EQ(error_code(token(refresh_fields("1.."))), 70000);
  const auto dot = value.rfind('.');
  const std::string forged =
      "1." + base64url(R"({"client":")" + kCli + R"(","user":")" + user() + R"(","issued":9000000000})");
  EXPECT_EQ(error_code(token(refresh_fields(forged + value.substr(dot)))), 70000);
}

TEST_F(Refresh, EndsWithInactivityAndWithTheUser) {
  const std::string value = refresh_token();
  ASSERT_TRUE(store->erase("entra.users", user()).ok());
  EXPECT_EQ(error_code(token(refresh_fields(value))), 50034);
  clock.advance(std::chrono::hours(24 * 91));
  EXPECT_EQ(error_code(token(refresh_fields(value))), 700082);
}

}  // namespace
}  // namespace lazuli::entra
