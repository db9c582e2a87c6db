#include "world.h"

#include "base/text.h"
#include "crypto/certificates.h"
#include "rule.h"

namespace lazuli::fuzz {

namespace {

const std::string kIdentities =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/";
const std::string kOrigin = "http://127.0.0.1:8080";
const std::string kIssuerV2 = "https://login.microsoftonline.com/" + kTenant + "/v2.0";
constexpr std::size_t kSignaturesKept = 20000;

std::string form(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : fields) parts.push_back(name + "=" + percent_encode(value));
  return join(parts, "&");
}

net::Request post(const std::string& host, const std::string& path, std::string body) {
  net::Request request;
  request.method = "POST";
  request.host = host.substr(0, host.find(':'));
  request.headers.set("Host", host);
  request.path = path;
  request.body = std::move(body);
  request.peer = "127.0.0.1";
  return request;
}

}  // namespace

World::World() {
  make_keys();
  open_directory();
  add_credentials();
  sign_in();
}

void World::make_keys() {
  for (const char* name : {"issuer", "entra", "certificate", "stranger"}) {
    const auto key = crypto::PrivateKey::generate_rsa();
    keys_.emplace(name, Key{key, key.public_key()});
  }
}

void World::open_directory() {
  const auto& key = keys_.at("entra").secret;
  const std::string own = crypto::self_signed("fuzz", key, clock.now(), std::chrono::hours(24 * 365));
  rule(store->put("entra.keys", "first", JsonObject{{"key", key.pem()}, {"certificate", own}, {"active_from", kNow}})
           .ok(),
       "the signing key is stored");
  auto opened = entra::Entra::open(
      {*store, clock, random, log, external, kTenant, "lazuli.onmicrosoft.com", kOrigin, &refused, &faults});
  rule(opened.ok(), "the directory opens");
  entra = std::move(*opened);
  initial = entra->initial_credentials();
  application = *entra->find_by_client_id(initial.client_id);
}

void World::add_credentials() {
  identity = *entra->ensure_managed_identity(kIdentities + "identity", "identity");
  other = *entra->ensure_managed_identity(kIdentities + "other", "other");
  JsonObject jwk = public_key("issuer").jwk();
  jwk["kid"] = "k1";
  rule(
      entra->publish_issuer(kIssuer, JsonObject{{"keys", JsonArray{jwk}}}).ok() &&
          entra->put_federated_credential(identity.resource_id, {"cluster", kIssuer, kSubject, {kExchange}}).ok() &&
          entra->put_federated_credential(other.resource_id, {"self", kIssuerV2, identity.object_id, {kExchange}}).ok(),
      "the federated credentials are stored");
  const std::string pem =
      crypto::self_signed("client", keys_.at("certificate").secret, clock.now(), std::chrono::hours(24));
  certificate = base64url(crypto::sha1(crypto::der_of(pem)));
  key_id = string_at(entra->signing_keys().at(0), "kid");
  for (const auto& document : store->list("entra.applications")) {
    (void)store->update("entra.applications", document.key, [&](Json& value) -> Status {
      value.as_object()["certificates"] = JsonArray{JsonObject{{"keyId", "1"}, {"pem", pem}}};
      return {};
    });
  }
  trusts = {{identity.client_id, identity.object_id, kIssuer, kSubject, kExchange, &public_key("issuer")},
            {other.client_id, other.object_id, kIssuerV2, identity.object_id, kExchange, &public_key("entra")},
            {application.client_id,
             application.object_id,
             application.client_id,
             application.client_id,
             {},
             &public_key("certificate")}};
}

// The user's refresh token, by the authorization code flow.
void World::sign_in() {
  const auto answer = entra->login(post("login.microsoftonline.com", "/organizations/oauth2/v2.0/token",
                                        form({{"grant_type", "authorization_code"},
                                              {"client_id", kCli},
                                              {"code", fresh_code()},
                                              {"redirect_uri", kRedirect},
                                              {"code_verifier", kVerifier},
                                              {"scope", "openid offline_access"}})));
  refresh_token = string_at(parse_json(answer.body).value(), "refresh_token");
  rule(!refresh_token.empty(), "the user signs in", answer.body);
}

std::string World::fresh_code() {
  net::Request request = post("127.0.0.1:8080", "/authorize",
                              form({{"client_id", kCli},
                                    {"response_type", "code"},
                                    {"redirect_uri", kRedirect},
                                    {"scope", "https://management.azure.com/.default openid offline_access"},
                                    {"code_challenge", base64url(crypto::sha256(kVerifier))},
                                    {"code_challenge_method", "S256"},
                                    {"user", initial.user_object_id}}));
  request.scheme = "http";
  request.headers.set("Origin", kOrigin);
  const auto answer = entra->sign_in(request);
  const std::string location(answer.headers.get("Location"));
  return net::Query(location.substr(location.find('?') + 1)).get("code");
}

std::string World::expand(std::string text) {
  const std::pair<std::string_view, const std::string*> names[] = {{"{tenant}", &kTenant},
                                                                   {"{identity}", &identity.client_id},
                                                                   {"{other}", &other.client_id},
                                                                   {"{application}", &application.client_id},
                                                                   {"{secret}", &initial.client_secret},
                                                                   {"{refresh}", &refresh_token},
                                                                   {"{object}", &identity.object_id},
                                                                   {"{entra-kid}", &key_id},
                                                                   {"{certificate}", &certificate}};
  for (const auto& [name, value] : names) {
    if (text.find(name) != std::string::npos) text = replace_all(std::move(text), name, *value);
  }
  if (text.find("{code}") == std::string::npos) return text;
  code = fresh_code();
  return replace_all(std::move(text), "{code}", code);
}

std::string World::token(std::string_view lines) {
  const auto first = lines.find('\n');
  const auto second = first == std::string_view::npos ? first : lines.find('\n', first + 1);
  if (second == std::string_view::npos) return std::string(lines);
  const std::string message =
      base64url(lines.substr(0, first)) + "." + base64url(lines.substr(first + 1, second - first - 1));
  return message + "." + base64url(signature(trim(lines.substr(second + 1)), message));
}

std::string World::signature(std::string_view signer, const std::string& message) {
  if (signer == "hs256") return crypto::hmac_sha256(public_key("issuer").pem(), message);
  const auto key = keys_.find(std::string(signer));
  if (key == keys_.end()) return std::string(signer);
  if (signatures_.size() >= kSignaturesKept) signatures_.clear();
  auto& made = signatures_[key->first + " " + message];
  if (made.empty()) made = key->second.secret.sign_rs256(message);
  return made;
}

}  // namespace lazuli::fuzz
