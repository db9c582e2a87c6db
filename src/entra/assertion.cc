#include "entra/assertion.h"

#include <algorithm>

#include "base/text.h"
#include "entra/resources.h"
#include "entra/sts_error.h"

namespace lazuli::entra {

namespace {

constexpr std::int64_t kSkew = 60;                                // seconds by which an issuer's clock may be ahead
constexpr std::int64_t kLongest = std::int64_t{24} * 3600 + 300;  // of an assertion's life

std::string claim(const crypto::Jws& jws, std::string_view name) {
  return string_or(jws.payload.if_contains(name));
}

// RFC 7519 allows `aud` to be a list; Kubernetes always sends one. More than one entry is a token for several services,
// and any of them could replay it here, so only a list of one counts.
std::string single_audience(const crypto::Jws& jws) {
  const Json* audience = jws.payload.if_contains("aud");
  if (audience && audience->is_array() && audience->get_array().size() == 1)
    return string_or(&audience->get_array()[0]);
  return string_or(audience);
}

// NumericDate (RFC 7519, section 2) may have a fraction. What lies beyond any calendar reads as "not there".
std::optional<std::int64_t> time_claim(const crypto::Jws& jws, std::string_view name) {
  constexpr double kEnd = 9e9;  // the year 2255; TimePoint ends in 2262
  const Json* value = jws.payload.if_contains(name);
  if (!value || !value->is_number()) return std::nullopt;
  const double seconds = value->to_number<double>();
  return seconds >= 0 && seconds < kEnd ? std::optional(static_cast<std::int64_t>(seconds)) : std::nullopt;
}

}  // namespace

Assertion read_assertion(const crypto::Jws& jws) {
  Assertion out{claim(jws, "iss"),      claim(jws, "sub"),     credential_audience(single_audience(jws)),
                jws.algorithm(),        jws.key_id(),          time_claim(jws, "exp"),
                time_claim(jws, "nbf"), time_claim(jws, "iat")};
  out.well_timed = out.expires && (out.not_before || !jws.payload.contains("nbf"));
  return out;
}

bool is_self_issued(const Assertion& assertion, std::string_view client_id) {
  return equals_ignoring_case(assertion.issuer, client_id) && equals_ignoring_case(assertion.subject, client_id);
}

Status check_assertion_times(const Assertion& assertion, TimePoint now) {
  const std::int64_t present = unix_seconds(now);
  if (!assertion.well_timed) {
    return sts_error(50027, "The assertion is malformed: 'exp' must be there, and 'exp' and 'nbf' must be times.");
  }
  const bool late = *assertion.expires <= present;
  if (late || (assertion.not_before && *assertion.not_before > present + kSkew)) {
    return sts_error(700024, "Client assertion is not within its valid time range. Current time: " + iso8601(now) +
                                 ", " +
                                 (late ? "expiry time of assertion " + iso8601(from_unix(*assertion.expires))
                                       : "start time of assertion " + iso8601(from_unix(*assertion.not_before))) +
                                 ". Read the token file again before each request.");
  }
  const std::int64_t from = assertion.not_before.value_or(assertion.issued.value_or(present));
  if (*assertion.expires - std::min(from, present) > kLongest) {
    return sts_error(70023, "The assertion's lifetime must not be longer than a day. It expires at " +
                                iso8601(from_unix(*assertion.expires)) + ".");
  }
  return {};
}

}  // namespace lazuli::entra
