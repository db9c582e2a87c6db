#include "entra/tokens.h"

#include "base/text.h"

namespace lazuli::entra {

namespace {

// Azure's: an application's token lives for an hour, a managed identity's for a day.
constexpr Seconds kApplicationLifetime = std::chrono::hours(1);
constexpr Seconds kManagedIdentityLifetime = std::chrono::hours(24);
constexpr Seconds kUserLifetime = std::chrono::minutes(80);
// Tokens are dated back a little, for the clocks of those who check them.
constexpr Seconds kBackdated = std::chrono::minutes(5);

}  // namespace

JsonObject Tokens::begin(JsonScratch& scratch, const Resource& resource, TimePoint now, Seconds lifetime) const {
  const std::int64_t from = unix_seconds(now - kBackdated);
  JsonObject claims(&scratch);
  claims.reserve(24);
  claims["aud"] = resource.audience;
  claims["iss"] = resource.token_version == 2 ? issuer_v2() : issuer_v1();
  claims["iat"] = from;
  claims["nbf"] = from;
  claims["exp"] = unix_seconds(now + lifetime);
  return claims;
}

AccessToken Tokens::for_application(const ServicePrincipal& who, const Resource& resource, ClientProof proof,
                                    const std::vector<std::string>& capabilities) const {
  const bool managed = who.type == access::PrincipalType::managed_identity;
  const Seconds lifetime = managed ? kManagedIdentityLifetime : kApplicationLifetime;
  const TimePoint now = clock_.now();
  JsonScratch scratch;
  JsonObject claims = begin(scratch, resource, now, lifetime);
  const std::string proof_text = std::to_string(static_cast<int>(proof));
  if (resource.token_version == 2) {
    claims["azp"] = who.client_id;
    claims["azpacr"] = proof_text;
  } else {
    claims["appid"] = who.client_id;
    claims["appidacr"] = proof_text;
    claims["idp"] = issuer_v1();
  }
  claims["idtyp"] = "app";
  claims["oid"] = who.object_id;
  claims["sub"] = who.object_id;
  claims["tid"] = tenant_id_;
  claims["uti"] = base64url(random_.bytes(16));
  claims["ver"] = resource.token_version == 2 ? "2.0" : "1.0";
  if (!capabilities.empty()) claims["xms_cc"] = json_texts(capabilities);
  // Azure writes `resourcegroups` in lower case here.
  if (managed) claims["xms_mirid"] = replace_all(who.resource_id, "/resourceGroups/", "/resourcegroups/");
  return AccessToken{sign(claims), lifetime, now};
}

AccessToken Tokens::for_user(const User& who, std::string_view client_id, const Resource& resource,
                             ClientProof proof) const {
  const TimePoint now = clock_.now();
  JsonScratch scratch;
  JsonObject claims = begin(scratch, resource, now, kUserLifetime);
  const std::string proof_text = std::to_string(static_cast<int>(proof));
  if (resource.token_version == 2) {
    claims["azp"] = client_id;
    claims["azpacr"] = proof_text;
    claims["preferred_username"] = who.name;
  } else {
    claims["acr"] = "1";
    claims["amr"] = JsonArray{"pwd"};
    claims["appid"] = client_id;
    claims["appidacr"] = proof_text;
    claims["unique_name"] = who.name;
    claims["upn"] = who.name;
  }
  claims["idtyp"] = "user";
  claims["name"] = who.display_name;
  claims["oid"] = who.object_id;
  claims["scp"] = resource.scopes;
  claims["sub"] = pairwise_subject(who.object_id, resource.audience);
  claims["tid"] = tenant_id_;
  claims["uti"] = base64url(random_.bytes(16));
  claims["ver"] = resource.token_version == 2 ? "2.0" : "1.0";
  return AccessToken{sign(claims), kUserLifetime, now};
}

std::string Tokens::id_token(const User& who, std::string_view client_id, std::string_view nonce) const {
  const TimePoint now = clock_.now();
  JsonScratch scratch;
  JsonObject claims = begin(scratch, {std::string(client_id), {}, 2}, now, kApplicationLifetime);
  if (!nonce.empty()) claims["nonce"] = nonce;
  claims["name"] = who.display_name;
  claims["oid"] = who.object_id;
  claims["preferred_username"] = who.name;
  claims["sub"] = pairwise_subject(who.object_id, client_id);
  claims["tid"] = tenant_id_;
  claims["uti"] = base64url(random_.bytes(16));
  claims["ver"] = "2.0";
  return sign(claims);
}

std::string Tokens::sign(const JsonObject& claims) const {
  const auto key = keys_.signer();
  std::string token = key->encoded_header + "." + base64url(to_text(claims));
  return token + "." + base64url(key->key.sign_rs256(token));
}

// A user has another `sub` for each client, so that clients cannot compare notes.
std::string Tokens::pairwise_subject(std::string_view user, std::string_view client_id) const {
  return base64url(crypto::sha256(tenant_id_ + "/" + std::string(user) + "/" + to_lower(client_id)));
}

}  // namespace lazuli::entra
