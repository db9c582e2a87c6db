// A directory of its own for each test: a clock that stands still, a store in memory, a cluster that issues
// service-account tokens, and short ways to ask the token endpoint.
#pragma once

#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/certificates.h"
#include "crypto/jws.h"
#include "entra/entra.h"

namespace lazuli::entra {

inline const std::string kTenant = "11111111-2222-3333-4444-555555555555";
inline const std::string kIssuer = "https://eastus.oic.prod-aks.azure.com/" + kTenant + "/abc/";
inline const std::string kSubject = "system:serviceaccount:default:app";
inline const std::string kExchange = "api://AzureADTokenExchange";
inline const std::string kIdentity =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me";
inline const std::string kOpenAiScope = "https://cognitiveservices.azure.com/.default";

// Making RSA keys takes longer than all the rest, so the tests share a few.
inline const crypto::PrivateKey& test_key(int which) {
  static const crypto::PrivateKey keys[] = {crypto::PrivateKey::generate_rsa(), crypto::PrivateKey::generate_rsa(),
                                            crypto::PrivateKey::generate_rsa()};
  return keys[which];
}

class World : public testing::Test {
 protected:
  World() {
    const std::string certificate = crypto::self_signed("test", test_key(0), clock.now(), std::chrono::hours(24 * 365));
    (void)store->put(
        "entra.keys", "first",
        JsonObject{
            {"key", test_key(0).pem()}, {"certificate", certificate}, {"active_from", unix_seconds(clock.now())}});
    open();
    identity = *entra->ensure_managed_identity(kIdentity, "me");
    EXPECT_TRUE(entra->put_federated_credential(kIdentity, {"fic", kIssuer, kSubject, {kExchange}}).ok());
    EXPECT_TRUE(entra->publish_issuer(kIssuer, key_set("k1", test_key(1))).ok());
  }

  void open() {
    entra.reset();
    auto opened = Entra::open({*store, clock, random, log, external, kTenant, "lazuli.onmicrosoft.com",
                               "http://127.0.0.1:8080", &refused, &faults});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    entra = std::move(*opened);
  }

  static Json key_set(std::string_view id, const crypto::PrivateKey& key) {
    JsonObject jwk = key.public_key().jwk();
    jwk["kid"] = id;
    jwk["use"] = "sig";
    return JsonObject{{"keys", JsonArray{jwk}}};
  }

  JsonObject assertion_claims() const {
    const std::int64_t now = unix_seconds(clock.now());
    return {{"iss", kIssuer}, {"sub", kSubject}, {"aud", JsonArray{Json(kExchange.c_str())}},
            {"iat", now},     {"nbf", now},      {"exp", now + 3600}};
  }
  std::string assertion(const JsonObject& claims) const {
    return crypto::sign_jws({{"kid", "k1"}, {"typ", "JWT"}}, claims, test_key(1));
  }

  using Fields = std::vector<std::pair<std::string, std::string>>;

  net::Response ask(const std::string& method, const std::string& path, const std::string& query = "",
                    const std::string& body = "") {
    net::Request request;
    request.method = method;
    request.host = "login.microsoftonline.com";
    request.headers.set("Host", request.host);
    request.path = path;
    request.raw_query = query;
    request.query = net::Query(query);
    request.body = body;
    request.peer = "127.0.0.1";
    return entra->login(request);
  }
  static std::string form(const Fields& fields) {
    std::vector<std::string> parts;
    for (const auto& [name, value] : fields) parts.push_back(name + "=" + percent_encode(value));
    return join(parts, "&");
  }
  Json token(const Fields& fields, const std::string& tenant = kTenant, const std::string& version = "v2.0/") {
    last = ask("POST", "/" + tenant + "/oauth2/" + version + "token", "", form(fields));
    return parse_json(last.body).value();
  }
  Json exchange(const std::string& client_assertion, const std::string& scope = kOpenAiScope) {
    return token({{"grant_type", "client_credentials"},
                  {"client_id", identity.client_id},
                  {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                  {"client_assertion", client_assertion},
                  {"scope", scope}});
  }
  Fields secret_fields(const std::string& scope = "https://management.core.windows.net//.default") const {
    const auto initial = entra->initial_credentials();
    return {{"grant_type", "client_credentials"},
            {"client_id", initial.client_id},
            {"client_secret", initial.client_secret},
            {"scope", scope}};
  }
  static std::int64_t error_code(const Json& answer) {
    const Json* codes = find(answer, "error_codes");
    return codes && codes->is_array() && !codes->get_array().empty() ? codes->get_array()[0].to_number<std::int64_t>()
                                                                     : 0;
  }
  static JsonObject claims_of(const Json& answer) {
    const auto jws = crypto::parse_jws(string_at(answer, "access_token"));
    return jws.ok() ? jws->payload : JsonObject{};
  }
  static std::string text(const JsonObject& object, std::string_view name) {
    return string_or(object.if_contains(name));
  }

  ManualClock clock{from_unix(1'790'000'000)};
  SystemRandom random;
  Log log{-1};
  std::unique_ptr<store::Store> store = store::Store::in_memory();
  net::Client external{{.proxy = "http://127.0.0.1:1"}};  // nobody answers there: no test asks the network
  std::unique_ptr<Entra> entra;
  access::RefusedCalls refused;
  fault::Rules faults{clock, random};
  ServicePrincipal identity;
  net::Response last;
};

}  // namespace lazuli::entra
