#include <gtest/gtest.h>

#include "entra/directory.h"
#include "entra/graph_filter.h"
#include "world.h"

namespace lazuli::entra {
namespace {

class Graph : public World {
 protected:
  Graph() { bearer = string_at(token(secret_fields("https://graph.microsoft.com//.default")), "access_token"); }

  Json call(const std::string& method, const std::string& path, const std::string& query = "",
            const Json& body = nullptr) {
    net::Request request;
    request.method = method;
    request.host = "graph.microsoft.com";
    request.path = "/v1.0" + path;
    request.raw_query = query;
    request.query = net::Query(query);
    if (!body.is_null()) request.body = to_text(body);
    if (!bearer.empty()) request.headers.set("Authorization", "Bearer " + bearer);
    last = entra->graph(request);
    return last.body.empty() ? Json(nullptr) : parse_json(last.body).value();
  }
  std::string error(const Json& answer) { return string_at(answer, "error", "code"); }
  static const JsonArray& value(const Json& answer) { return find(answer, "value")->get_array(); }

  Json make_application(const std::string& name) {
    return call("POST", "/applications", "", JsonObject{{"displayName", name}, {"keyCredentials", JsonArray{}}});
  }
  std::string bearer;
};

TEST(NewSecret, NeverLooksLikeAnOption) {
  SystemRandom random;
  for (int i = 0; i < 1000; ++i) {
    const std::string secret = new_secret(random);
    EXPECT_EQ(secret.size(), 40U);
    EXPECT_TRUE(std::isalpha(static_cast<unsigned char>(secret.front()))) << secret;
  }
}

TEST_F(Graph, CreatesAServicePrincipalForRbacThatCanSignIn) {
  EXPECT_TRUE(value(call("GET", "/servicePrincipals", "$filter=displayName%20eq%20'rbac'")).empty());
  const Json application = make_application("rbac");
  ASSERT_EQ(last.status, 201) << last.body;
  EXPECT_EQ(string_at(application, "signInAudience"), "AzureADMyOrg");
  EXPECT_TRUE(string_at(application, "@odata.context").ends_with("#applications/$entity"));
  const std::string id = string_at(application, "id"), app_id = string_at(application, "appId");
  const Json password = call("POST", "/applications/" + id + "/addPassword", "",
                             JsonObject{{"passwordCredential", JsonObject{{"displayName", "rbac"},
                                                                          {"startDateTime", "2026-01-01T00:00:00Z"},
                                                                          {"endDateTime", "2027-01-01T00:00:00Z"}}}});
  ASSERT_EQ(last.status, 200) << last.body;
  const std::string secret = string_at(password, "secretText");
  EXPECT_EQ(string_at(password, "hint"), secret.substr(0, 3));
  const Json principal =
      call("POST", "/servicePrincipals", "", JsonObject{{"appId", app_id}, {"accountEnabled", true}});
  ASSERT_EQ(last.status, 201) << last.body;
  const Fields fields = {{"grant_type", "client_credentials"},
                         {"client_id", app_id},
                         {"client_secret", secret},
                         {"scope", "https://management.azure.com/.default"}};
  const Json answer = token(fields);
  ASSERT_EQ(last.status, 200) << last.body;
  EXPECT_EQ(text(claims_of(answer), "oid"), string_at(principal, "id"));

  // Neither an answer nor the store shows the secret again, and a removed one does not work any more.
  const Json shown = call("GET", "/applications/" + id);
  EXPECT_EQ(find(shown, "passwordCredentials")->get_array().size(), 1U);
  EXPECT_EQ(last.body.find(secret), std::string::npos);
  EXPECT_EQ(to_text(store->get("entra.applications", id)->value).find(secret), std::string::npos);
  call("POST", "/applications/" + id + "/removePassword", "", JsonObject{{"keyId", string_at(password, "keyId")}});
  EXPECT_EQ(last.status, 204);
  EXPECT_EQ(error_code(token(fields)), 7000215);
}

TEST_F(Graph, ApplicationGoesWithItsPrincipalAndCredentials) {
  const Json application = make_application("gone");
  const std::string id = string_at(application, "id"), app_id = string_at(application, "appId");
  call("POST", "/servicePrincipals", "", JsonObject{{"appId", app_id}});
  call("DELETE", "/applications/" + id);
  EXPECT_EQ(last.status, 204);
  EXPECT_FALSE(entra->find_by_client_id(app_id));
  EXPECT_EQ(error(call("GET", "/applications/" + id)), "Request_ResourceNotFound");
}

TEST_F(Graph, FederatedCredentialsOfAnApplicationWork) {
  const Json application = make_application("federated");
  const std::string path = "/applications/" + string_at(application, "id") + "/federatedIdentityCredentials";
  call("POST", "/servicePrincipals", "", JsonObject{{"appId", string_at(application, "appId")}});
  JsonObject credential = {{"name", "cluster"},
                           {"issuer", kIssuer},
                           {"subject", kSubject},
                           {"description", "d"},
                           {"audiences", JsonArray{Json(kExchange.c_str())}}};
  const Json made = call("POST", path, "", credential);
  ASSERT_EQ(last.status, 201) << last.body;
  const auto exchange_as_application = [&] {
    return token({{"grant_type", "client_credentials"},
                  {"client_id", string_at(application, "appId")},
                  {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                  {"client_assertion", assertion(assertion_claims())},
                  {"scope", kOpenAiScope}});
  };
  exchange_as_application();
  EXPECT_EQ(last.status, 200) << last.body;

  EXPECT_EQ(error(call("POST", path, "", credential)), "Request_MultipleObjectsWithSameKeyValue");
  credential["name"] = "second";
  EXPECT_EQ(error(call("POST", path, "", credential)), "InvalidFederatedIdentityCredentialValue");
  credential["subject"] = "other";
  credential["issuer"] = "http://plain.example";
  EXPECT_EQ(error(call("POST", path, "", credential)), "InvalidFederatedIdentityCredentialValue");

  EXPECT_EQ(value(call("GET", path)).size(), 1U);
  EXPECT_EQ(string_at(call("GET", path + "/CLUSTER"), "id"), string_at(made, "id"));
  call("PATCH", path + "/" + string_at(made, "id"), "", JsonObject{{"subject", "changed"}});
  EXPECT_EQ(last.status, 204) << last.body;
  EXPECT_EQ(error_code(exchange_as_application()), 700213);
  call("DELETE", path + "/cluster");
  EXPECT_EQ(last.status, 204);
  EXPECT_EQ(error_code(exchange_as_application()), 70025);
}

TEST_F(Graph, FindsAssigneesInTheWaysThatAzDoes) {
  const auto initial = entra->initial_credentials();
  const auto first_id = [&](const std::string& path, const std::string& filter) {
    const Json answer = call("GET", path, "$filter=" + percent_encode(filter));
    return value(answer).empty() ? std::string() : string_at(value(answer)[0], "id");
  };
  EXPECT_EQ(first_id("/users", "userPrincipalName eq '" + initial.user_name + "'"), initial.user_object_id);
  EXPECT_EQ(first_id("/servicePrincipals", "servicePrincipalNames/any(c:c eq '" + initial.client_id + "')"),
            initial.object_id);
  EXPECT_EQ(first_id("/servicePrincipals", "servicePrincipalNames/any(c:c eq 'non-exist')"), "");
  EXPECT_EQ(first_id("/servicePrincipals", "startswith(displayName,'ME')"), identity.object_id);
  const Json stubs =
      call("POST", "/directoryObjects/getByIds", "",
           JsonObject{{"ids", JsonArray{Json(initial.object_id.c_str()), Json(initial.user_object_id.c_str()), "gone"}},
                      {"types", JsonArray{"user", "group", "servicePrincipal"}}});
  ASSERT_EQ(value(stubs).size(), 2U);
  EXPECT_EQ(string_at(value(stubs)[0], "@odata.type"), "#microsoft.graph.servicePrincipal");
}

TEST_F(Graph, GroupsHoldMembersAndTokensSeeThem) {
  const Json group = call(
      "POST", "/groups", "",
      JsonObject{{"displayName", "team"}, {"mailNickname", "team"}, {"mailEnabled", false}, {"securityEnabled", true}});
  ASSERT_EQ(last.status, 201) << last.body;
  const std::string id = string_at(group, "id");
  const JsonObject reference = {
      {"@odata.id", "https://graph.microsoft.com/v1.0/directoryObjects/" + identity.object_id}};
  call("POST", "/groups/" + id + "/members/$ref", "", reference);
  EXPECT_EQ(last.status, 204) << last.body;
  EXPECT_EQ(error(call("POST", "/groups/" + id + "/members/$ref", "", reference)), "Request_BadRequest");
  EXPECT_EQ(string_at(value(call("GET", "/groups/" + id + "/members"))[0], "id"), identity.object_id);
  const std::string openai = string_at(exchange(assertion(assertion_claims())), "access_token");
  EXPECT_EQ(entra->verifier().verify(openai, {"https://cognitiveservices.azure.com"})->groups,
            (std::vector<std::string>{id}));
  call("DELETE", "/groups/" + id + "/members/" + identity.object_id + "/$ref");
  EXPECT_EQ(last.status, 204);
  EXPECT_EQ(error(call("DELETE", "/groups/" + id + "/members/" + identity.object_id + "/$ref")),
            "Request_ResourceNotFound");
}

TEST_F(Graph, UsersHavePasswordsThatAreNeverShown) {
  const JsonObject body = {{"displayName", "Ada"},
                           {"userPrincipalName", "ada@lazuli.onmicrosoft.com"},
                           {"mailNickname", "ada"},
                           {"accountEnabled", true},
                           {"passwordProfile", JsonObject{{"password", "correct horse"}}}};
  const Json user = call("POST", "/users", "", body);
  ASSERT_EQ(last.status, 201) << last.body;
  EXPECT_EQ(error(call("POST", "/users", "", body)), "Request_BadRequest");
  const Fields fields = {{"grant_type", "password"},
                         {"client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"},
                         {"username", "ADA@lazuli.onmicrosoft.com"},
                         {"password", "correct horse"},
                         {"scope", "https://management.core.windows.net//.default openid offline_access"}};
  token(fields);
  EXPECT_EQ(last.status, 200) << last.body;
  Fields wrong = fields;
  wrong[3].second = "wrong";
  EXPECT_EQ(error_code(token(wrong)), 50126);
  wrong[2].second = "nobody@lazuli.onmicrosoft.com";
  EXPECT_EQ(error_code(token(wrong)), 50126);
  const Json shown = call("GET", "/users/ada@lazuli.onmicrosoft.com", "$select=displayName,accountEnabled,password");
  EXPECT_EQ(string_at(shown, "displayName"), "Ada");
  EXPECT_EQ(find(shown, "accountEnabled")->as_bool(), true);
  EXPECT_FALSE(find(shown, "password"));
  call("PATCH", "/users/" + string_at(user, "id"), "", JsonObject{{"accountEnabled", false}});
  EXPECT_EQ(last.status, 204);
  EXPECT_EQ(error_code(token(fields)), 50057);
}

TEST_F(Graph, ListsInPages) {
  for (int i = 0; i < 5; ++i) make_application("page" + std::to_string(i));
  std::size_t seen = 0;
  std::string query = "$top=2&$filter=startswith(displayName,'page')";
  for (int pages = 0; pages < 3; ++pages) {
    const Json answer = call("GET", "/applications", query);
    seen += value(answer).size();
    const std::string next = string_at(answer, "@odata.nextLink");
    EXPECT_EQ(next.empty(), pages == 2);
    if (!next.empty()) query = next.substr(next.find('?') + 1);
  }
  EXPECT_EQ(seen, 5U);
}

TEST_F(Graph, RefusesCallersWithoutAGoodToken) {
  const std::string good = bearer;
  bearer.clear();
  call("GET", "/users");
  EXPECT_EQ(last.status, 401);
  EXPECT_TRUE(last.headers.has("WWW-Authenticate"));
  bearer = string_at(token(secret_fields()), "access_token");  // for ARM
  EXPECT_EQ(error(call("GET", "/users")), "InvalidAuthenticationToken");
  EXPECT_EQ(last.status, 401);
  bearer = good;
  EXPECT_EQ(error(call("GET", "/me")), "Request_BadRequest");  // an application is nobody's "me"
}

TEST_F(Graph, AnIdentityWithoutARoleMayNothing) {
  bearer = string_at(exchange(assertion(assertion_claims()), "https://graph.microsoft.com/.default"), "access_token");
  for (const char* path :
       {"/users", "/applications", "/servicePrincipals", "/groups", "/directoryObjects/x", "/organization"}) {
    EXPECT_EQ(error(call("GET", path)), "Authorization_RequestDenied") << path;
    EXPECT_EQ(last.status, 403);
  }
  EXPECT_EQ(error(make_application("x")), "Authorization_RequestDenied");
}

TEST_F(Graph, ManagedIdentitiesAreChangedByTheirResourceOnly) {
  EXPECT_EQ(error(call("DELETE", "/servicePrincipals/" + identity.object_id)), "Authorization_RequestDenied");
  EXPECT_EQ(error(call("POST", "/servicePrincipals/" + identity.object_id + "/addPassword", "", JsonObject{})),
            "Authorization_RequestDenied");
}

TEST_F(Graph, WrongInputIsAnErrorThatChangesNothing) {
  const std::string id = string_at(make_application("input"), "id");
  EXPECT_EQ(error(call("PATCH", "/applications/" + id, "", JsonObject{{"noSuch", 1}})), "Request_BadRequest");
  EXPECT_EQ(error(call("PATCH", "/applications/" + id, "", JsonObject{{"appId", "other"}})), "Request_BadRequest");
  EXPECT_EQ(error(call("POST", "/applications", "", JsonObject{{"displayName", ""}})), "Request_BadRequest");
  EXPECT_EQ(error(call("POST", "/servicePrincipals", "", JsonObject{{"appId", "none"}})), "NoBackingApplicationObject");
  EXPECT_EQ(error(call("GET", "/applications", "$filter=displayName%20eq")), "Request_UnsupportedQuery");
  EXPECT_EQ(error(call("GET", "/nothing")), "BadRequest");
  EXPECT_EQ(string_at(call("GET", "/applications/" + id), "displayName"), "input");
}

TEST(GraphFilter, ReadsWhatClientsSend) {
  const JsonObject object = {{"displayName", "It's me"},
                             {"appId", "A-1"},
                             {"on", true},
                             {"none", nullptr},
                             {"uris", JsonArray{"api://x"}},
                             {"web", JsonObject{{"home", "h"}}}};
  const std::pair<const char*, bool> cases[] = {
      {"", true},
      {"displayName eq 'it''s ME'", true},
      {"displayName ne 'x'", true},
      {"startswith(displayName, 'It')", true},
      {"startswith(displayName,'me')", false},
      {"uris/any(s:s eq 'API://x')", true},
      {"uris/any(s:s eq 'api://y')", false},
      {"on eq true and none eq null", true},
      {"missing eq null", true},
      {"appId in ('b', 'a-1')", true},
      {"appId eq A-1", true},
      {"web/home eq 'h'", true},
      {"not (appId eq 'A-1')", false},
      {"appId eq 'b' or appId eq 'A-1' and on eq false", false},
      {"(appId eq 'b' or appId eq 'A-1') and on eq true", true},
  };
  for (const auto& [text, expected] : cases) {
    const auto filter = GraphFilter::parse(text);
    ASSERT_TRUE(filter.ok()) << text;
    EXPECT_EQ(filter->matches(object, nullptr), expected) << text;
  }
}

TEST(GraphFilter, RefusesTheRest) {
  for (const std::string& text :
       {std::string("x"), std::string("x eq"), std::string("x eq 'a"), std::string("x gt 1"), std::string("eq 'a'"),
        std::string("x eq 'a' and"), std::string("x eq 'a')"), std::string("endswith(x,'a')"),
        std::string("a/any(s:t eq 'b')"), std::string(5000, '('), std::string(9000, 'x')}) {
    EXPECT_FALSE(GraphFilter::parse(text).ok()) << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace lazuli::entra
