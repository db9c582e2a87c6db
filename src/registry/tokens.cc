#include "registry/tokens.h"

#include "base/text.h"
#include "crypto/jws.h"

namespace lazuli::registry {

namespace {

constexpr std::string_view kKeys = "registry.keys";
constexpr std::string_view kIssuer = "Azure Container Registry";
constexpr Seconds kRefreshLifetime{11700};
constexpr Seconds kAccessLifetime{4500};

std::string base32(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  unsigned held = 0, bits = 0;
  for (const char byte : bytes) {
    held = (held << 8) | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 5; bits -= 5) out += kAlphabet[(held >> (bits - 5)) & 31];
  }
  return out;
}

// Docker's form of a key id: the first 240 bits of the SHA-256 of the public key, base 32, in groups of four.
std::string key_id(const crypto::PublicKey& key) {
  std::string text = key.pem();
  text = text.substr(text.find('\n') + 1);
  text = replace_all(text.substr(0, text.find("-----END")), "\n", "");
  const std::string letters = base32(crypto::sha256(base64_decode(text).value_or("")).substr(0, 30));
  std::string out;
  for (std::size_t at = 0; at < letters.size(); at += 4) out += (at ? ":" : "") + letters.substr(at, 4);
  return out;
}

std::string_view type_name(access::PrincipalType type) {
  switch (type) {
    case access::PrincipalType::user:
      return "user";
    case access::PrincipalType::managed_identity:
      return "managed_identity";
    case access::PrincipalType::system:
      return "system";
    case access::PrincipalType::service_principal:
      break;
  }
  return "service_principal";
}

access::PrincipalType type_of(std::string_view name) {
  if (name == "user") return access::PrincipalType::user;
  if (name == "managed_identity") return access::PrincipalType::managed_identity;
  if (name == "system") return access::PrincipalType::system;
  return access::PrincipalType::service_principal;
}

}  // namespace

Error unauthorized(std::string message) {
  return {"UNAUTHORIZED", std::move(message), 401};
}

Tokens Tokens::open(store::Store& store, const Clock& clock, Random& random, Log& log) {
  if (const auto kept = store.get(kKeys, "signing")) {
    auto key = crypto::PrivateKey::from_pem(string_at(kept->value, "pem"));
    if (key) return Tokens(clock, random, *std::move(key));
  }
  auto key = crypto::PrivateKey::generate_rsa();
  if (auto saved = store.put(kKeys, "signing", JsonObject{{"pem", key.pem()}}); !saved)
    log.error("registry", "the signing key cannot be kept", {{"why", saved.error().message}});
  return Tokens(clock, random, std::move(key));
}

Tokens::Tokens(const Clock& clock, Random& random, crypto::PrivateKey key)
    : clock_(&clock),
      random_(&random),
      key_(std::move(key)),
      public_key_(key_.public_key()),
      key_id_(key_id(public_key_)) {}

JsonObject Tokens::claims(const access::Principal& who, std::string_view login_server, std::string_view grant_type,
                          Seconds lifetime) const {
  const std::int64_t now = unix_seconds(clock_->now());
  JsonArray groups;
  for (const auto& group : who.groups) groups.emplace_back(group);
  return JsonObject{{"jti", random_->uuid()},
                    {"sub", who.name.empty() ? who.object_id : who.name},
                    {"nbf", now},
                    {"exp", now + lifetime.count()},
                    {"iat", now},
                    {"iss", kIssuer},
                    {"aud", login_server},
                    {"version", "1.0"},
                    {"grant_type", grant_type},
                    {"appid", who.app_id},
                    {"tenant", who.tenant_id},
                    {"oid", who.object_id},
                    {"groups", std::move(groups)},
                    {"principal_type", type_name(who.type)},
                    {"roles", JsonArray{}}};
}

std::string Tokens::refresh_token(const access::Principal& who, std::string_view login_server) const {
  return crypto::sign_jws(JsonObject{{"typ", "JWT"}, {"kid", key_id_}},
                          claims(who, login_server, "refresh_token", kRefreshLifetime), key_);
}

std::string Tokens::access_token(const access::Principal& who, std::string_view login_server, JsonArray access) const {
  JsonObject payload = claims(who, login_server, "access_token", kAccessLifetime);
  payload["access"] = std::move(access);
  return crypto::sign_jws(JsonObject{{"typ", "JWT"}, {"kid", key_id_}}, payload, key_);
}

Result<JsonObject> Tokens::read(std::string_view token, std::string_view login_server,
                                std::string_view grant_type) const {
  auto jws = crypto::parse_jws(token);
  if (!jws) return unauthorized("the token is malformed");
  if (jws->key_id() != key_id_ || !crypto::verify_jws(*jws, public_key_))
    return unauthorized("the token was not signed by this registry");
  const Json payload = jws->payload;
  if (string_at(payload, "iss") != kIssuer || string_at(payload, "grant_type") != grant_type)
    return unauthorized("the token is of another kind");
  if (string_at(payload, "aud") != login_server) return unauthorized("the token is for another registry");
  const std::int64_t now = unix_seconds(clock_->now());
  if (integer(find(payload, "exp")).value_or(0) <= now) return unauthorized("the token has expired");
  if (integer(find(payload, "nbf")).value_or(0) > now + 300) return unauthorized("the token is not valid yet");
  return jws->payload;
}

Result<access::Principal> Tokens::read_refresh_token(std::string_view token, std::string_view login_server) const {
  auto payload = read(token, login_server, "refresh_token");
  if (!payload) return payload.error();
  const Json claims = *payload;
  access::Principal who{type_of(string_at(claims, "principal_type")), string_at(claims, "oid"),
                        string_at(claims, "tenant"), string_at(claims, "appid"), string_at(claims, "sub")};
  for (const Json& group : array_at(claims, "groups")) who.groups.push_back(string_or(&group));
  return who;
}

Result<Json> Tokens::read_access_token(std::string_view token, std::string_view login_server) const {
  auto payload = read(token, login_server, "access_token");
  if (!payload) return payload.error();
  const Json claims = *payload;
  const Json* access = find(claims, "access");
  return access ? *access : Json(JsonArray{});
}

}  // namespace lazuli::registry
