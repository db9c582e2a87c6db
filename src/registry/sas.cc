#include "registry/sas.h"

#include "base/text.h"
#include "crypto/keys.h"

namespace lazuli::registry {

namespace {

constexpr std::string_view kVersion = "2024-11-04";

std::string signature(std::string_view key, std::string_view host, std::string_view path, std::string_view permissions,
                      std::string_view expires) {
  std::string message;
  for (const auto part : {host, path, permissions, expires, kVersion}) (message += part) += '\n';
  return base64(crypto::hmac_sha256(key, message));
}

}  // namespace

std::string sas_query(std::string_view key, const SasGrant& grant, TimePoint now, std::string_view tenant_id) {
  const std::string expires = iso8601(grant.expires, 0);
  const std::string tenant(tenant_id);
  return "se=" + percent_encode(expires) +
         "&sig=" + percent_encode(signature(key, grant.host, grant.path, grant.permissions, expires)) +
         "&ske=" + percent_encode(iso8601(now + std::chrono::hours(24 * 7), 0)) + "&skoid=" + tenant +
         "&sks=b&skt=" + percent_encode(iso8601(now - std::chrono::minutes(5), 0)) + "&sktid=" + tenant +
         "&skv=" + std::string(kVersion) + "&sp=" + grant.permissions + "&sr=b&sv=" + std::string(kVersion);
}

Status check_sas(std::string_view key, std::string_view host, std::string_view path, const net::Query& query,
                 char permission, TimePoint now) {
  const std::string given = query.get("sig"), expires = query.get("se"), permissions = query.get("sp");
  const Error refused{
      "AuthenticationFailed",
      "Server failed to authenticate the request. Make sure the value of Authorization header is formed "
      "correctly including the signature.",
      403};
  if (given.empty() || !crypto::equal_in_constant_time(given, signature(key, host, path, permissions, expires)))
    return refused;
  // Both are ISO 8601 in UTC to the second, so they compare as text.
  if (expires < iso8601(now, 0)) return refused;
  if (permissions.find(permission) == std::string::npos)
    return Error{"AuthorizationPermissionMismatch",
                 "This request is not authorized to perform this operation using this permission.", 403};
  return {};
}

}  // namespace lazuli::registry
