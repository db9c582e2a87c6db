#include "entra/certificate_assertion.h"

#include <algorithm>

#include "base/text.h"
#include "entra/assertion.h"
#include "entra/sts_error.h"

namespace lazuli::entra {

namespace {

// The token endpoint in any of the forms that client libraries write it in, on any of the names that it is reached by.
bool names_this_service(const Context& context, std::string audience) {
  audience = std::string(without_trailing_slashes(to_lower(audience)));
  const std::string host = "https://login.microsoftonline.com/";
  for (const auto& tenant :
       {context.tenant_id, context.tenant_domain, std::string("common"), std::string("organizations")}) {
    for (const char* path : {"/oauth2/v2.0/token", "/oauth2/token", "/v2.0", ""}) {
      if (audience == host + to_lower(tenant) + path) return true;
    }
  }
  return audience + "/" == context.tokens.issuer_v1();
}

bool signed_by(const ClientCertificate& certificate, const crypto::Jws& assertion) {
  const std::string algorithm = assertion.algorithm();
  if (algorithm == "RS256") return certificate.key.verify_rs256(assertion.signed_part, assertion.signature);
  if (algorithm == "PS256") return certificate.key.verify_ps256(assertion.signed_part, assertion.signature);
  return false;
}

// The certificate that the header names: x5t#S256, x5t, or either of them (or its hexadecimal form) as `kid`.
bool is_named(const ClientCertificate& certificate, const crypto::Jws& assertion) {
  const auto header = [&](std::string_view name) {
    const std::string value = string_or(assertion.header.if_contains(name));
    return value.substr(0, value.find('='));  // MSAL pads what RFC 7515 does not
  };
  const auto hexadecimal = [](const std::string& thumbprint) { return hex(base64url_decode(thumbprint).value_or("")); };
  if (header("x5t#S256") == certificate.sha256 || header("x5t") == certificate.sha1) return true;
  const std::string key_id = assertion.key_id();
  return !key_id.empty() && (key_id == certificate.sha1 || key_id == certificate.sha256 ||
                             equals_ignoring_case(key_id, hexadecimal(certificate.sha1)) ||
                             equals_ignoring_case(key_id, hexadecimal(certificate.sha256)));
}

}  // namespace

Status check_certificate_assertion(const Context& context, std::string_view client_id,
                                   const std::vector<ClientCertificate>& certificates, const crypto::Jws& assertion) {
  const TimePoint now = context.clock.now();
  const auto certificate =
      std::ranges::find_if(certificates, [&](const ClientCertificate& one) { return is_named(one, assertion); });
  if (certificate == certificates.end()) {
    return sts_error(700027, "The certificate used to sign the client assertion is not registered on application '" +
                                 std::string(client_id) + "'.");
  }
  if (certificate->until <= now) {
    return sts_error(700027, "The certificate used to sign the client assertion has expired.");
  }
  if (!signed_by(*certificate, assertion)) {
    return sts_error(700027, "The client assertion's signature is not right, or its algorithm is not RS256 or PS256.");
  }
  if (!names_this_service(context, string_or(assertion.payload.if_contains("aud")))) {
    return sts_error(700212, "The client assertion's audience must be this token endpoint.");
  }
  return check_assertion_times(read_assertion(assertion), now);
}

}  // namespace lazuli::entra
