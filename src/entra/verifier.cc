#include "entra/verifier.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/jws.h"

namespace lazuli::entra {

namespace {

constexpr std::int64_t kSkew = 60;  // seconds, for `nbf` only: `exp` was announced to the client
constexpr std::size_t kLimit = std::size_t{16} << 10;

Error refused(std::string_view code, std::string message) {
  return Error{std::string(code), std::move(message), 401};
}

std::string_view without_slash(std::string_view text) {
  return text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
}

std::string claim(const JsonObject& claims, std::string_view name) {
  return string_or(claims.if_contains(name));
}

access::Principal principal_of(JsonObject claims) {
  access::Principal out;
  out.object_id = claim(claims, "oid");
  out.tenant_id = claim(claims, "tid");
  out.app_id = claims.contains("appid") ? claim(claims, "appid") : claim(claims, "azp");
  if (claim(claims, "idtyp") == "user") {
    out.type = access::PrincipalType::user;
    out.name = claims.contains("upn") ? claim(claims, "upn") : claim(claims, "preferred_username");
  } else {
    out.type = claims.contains("xms_mirid") ? access::PrincipalType::managed_identity
                                            : access::PrincipalType::service_principal;
  }
  out.claims = std::move(claims);
  return out;
}

}  // namespace

Result<Verifier::Known> Verifier::check(std::string_view token) const {
  auto jws = crypto::parse_jws(token, kLimit);
  if (!jws) return refused("TokenMalformed", jws.error().message);
  const auto key = keys_.find(jws->key_id());
  if (!key) return refused("TokenSignature", "The token was not signed with a key of this tenant.");
  if (!crypto::verify_jws(*jws, key->public_key)) {
    return refused("TokenSignature", "The token's signature is not right, or its algorithm is not RS256.");
  }
  const JsonObject& claims = jws->payload;
  const std::string issuer = claim(claims, "iss");
  if ((issuer != "https://sts.windows.net/" + tenant_id_ + "/" &&
       issuer != "https://login.microsoftonline.com/" + tenant_id_ + "/v2.0") ||
      claim(claims, "tid") != tenant_id_) {
    return refused("TokenIssuer", "The token comes from another issuer or tenant: '" + issuer + "'.");
  }
  const auto* audience = claims.if_contains("aud");
  const auto* expires = claims.if_contains("exp");
  const auto* not_before = claims.if_contains("nbf");
  if (!audience || !audience->is_string() || !expires || !expires->is_int64() || !not_before ||
      !not_before->is_int64() || claim(claims, "oid").empty()) {
    return refused("TokenMalformed", "The token lacks a claim that every access token has.");
  }
  auto checked = std::make_shared<Checked>();
  checked->key_id = key->id;
  checked->audience = without_slash(std::string_view(audience->get_string()));
  checked->expires = expires->get_int64();
  checked->not_before = not_before->get_int64();
  checked->principal = principal_of(std::move(jws->payload));
  return Known(std::move(checked));
}

Result<access::Principal> Verifier::verify(std::string_view token, const std::vector<std::string>& audiences) const {
  if (token.empty()) return refused("TokenMissing", "The request carries no token.");
  const std::string hash = crypto::sha256(token);
  Known known = recent_.find(hash);
  if (!known) {
    auto checked = check(token);
    if (!checked) return std::move(checked).error();
    known = std::move(*checked);
    recent_.put(hash, known);
  } else if (!keys_.find(known->key_id)) {
    return refused("TokenSignature", "The token was not signed with a key of this tenant.");
  }
  const std::int64_t now = unix_seconds(clock_.now());
  if (known->expires <= now) return refused("TokenExpired", "The token has expired.");
  if (known->not_before > now + kSkew) return refused("TokenExpired", "The token is not valid yet.");
  const bool meant_for_us = std::ranges::any_of(
      audiences, [&](const std::string& audience) { return without_slash(audience) == known->audience; });
  if (!meant_for_us) return refused("TokenAudience", "The token is for '" + known->audience + "'.");
  if (!directory_.active(known->principal.object_id)) {
    return refused("TokenExpired", "The token's principal has been deleted or disabled.");
  }
  access::Principal principal = known->principal;
  principal.groups = directory_.groups_of(principal.object_id);
  return principal;
}

}  // namespace lazuli::entra
