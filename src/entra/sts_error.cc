#include "entra/sts_error.h"

#include <algorithm>
#include <cassert>
#include <cctype>

#include "base/text.h"

namespace lazuli::entra {

namespace {

struct Row {
  int number;
  int status;
  std::string_view word;
};

// Statuses and words as documented and as seen in public reports; 401 `invalid_client` for federated credentials is
// what has been answered since 2025 (400 `invalid_request` before).
constexpr Row kRows[] = {
    {50011, 400, "invalid_request"},    // redirect address not registered
    {500011, 400, "invalid_resource"},  // resource not in the tenant
    {50027, 400, "invalid_request"},    // token malformed
    {50034, 400, "invalid_grant"},      // user not there
    {50049, 400, "invalid_instance"},   // instance discovery: unknown host
    {50057, 400, "invalid_grant"},      // user disabled
    {50059, 400, "invalid_request"},    // no tenant in the request
    {50126, 400, "invalid_grant"},      // wrong user name or password
    {50148, 400, "invalid_grant"},      // code_verifier does not match
    {50166, 400, "invalid_request"},    // issuer's metadata cannot be fetched
    {54005, 400, "invalid_grant"},      // authorization code redeemed before
    {70000, 400, "invalid_grant"},      // grant malformed or not ours
    {70002, 401, "invalid_client"},     // client is not public, or not confidential
    {70003, 400, "unsupported_grant_type"},
    {700016, 400, "unauthorized_client"},  // application not in the directory
    {70007, 400, "unsupported_response_type"},
    {70008, 400, "invalid_grant"},   // code or refresh token expired
    {700082, 400, "invalid_grant"},  // refresh token expired by inactivity
    {70011, 400, "invalid_scope"},
    {1002012, 400, "invalid_scope"},  // client credentials need /.default
    {70016, 400, "authorization_pending"},
    {70018, 400, "bad_verification_code"},
    {70019, 400, "expired_token"},
    {70020, 400, "authorization_declined"},
    {700211, 401, "invalid_client"},          // no federated credential with this issuer
    {700212, 401, "invalid_client"},          // … with this audience
    {700213, 401, "invalid_client"},          // … with this subject
    {7002138, 401, "invalid_client"},         // … only without regard to case
    {700222, 401, "invalid_client"},          // assertion by Entra of another tenant
    {70023, 401, "invalid_client"},           // assertion lives too long
    {700024, 401, "invalid_client"},          // assertion outside its time
    {700027, 401, "invalid_client"},          // assertion's signature
    {70025, 401, "invalid_client"},           // no federated credential at all
    {7000112, 400, "unauthorized_client"},    // application disabled
    {7000215, 401, "invalid_client"},         // wrong secret
    {7000218, 401, "invalid_client"},         // neither secret nor assertion
    {7000222, 401, "invalid_client"},         // secret expired
    {7000229, 401, "invalid_client"},         // application without service principal
    {90033, 503, "temporarily_unavailable"},  // a service behind the token service does not answer
    {90055, 429, "temporarily_unavailable"},  // throttled
    {90002, 400, "invalid_request"},          // tenant not found
    {900023, 400, "invalid_request"},         // tenant neither GUID nor domain
    {900144, 400, "invalid_request"},         // parameter missing
    {9002325, 400, "invalid_request"},        // a page's code without PKCE
    {9000411, 400, "invalid_request"},        // parameter twice
    {900561, 405, "invalid_request"},         // method not allowed here
};

std::string utc(TimePoint now) {
  std::string text = iso8601(now, 0);
  text[10] = ' ';  // "2026-11-24 08:28:14Z"
  return text;
}

}  // namespace

Error sts_error(int number, std::string sentence) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.number == number; });
  assert(row != std::end(kRows));
  return Error{"AADSTS" + std::to_string(number), std::move(sentence), row->status, std::string(row->word)};
}

Correlation Correlation::of(const net::Request& request, Random& random) {
  std::string sent(request.headers.get("client-request-id"));
  if (!is_guid(sent)) sent = request.query.get("client-request-id");
  return Correlation{random.uuid(), is_guid(sent) ? to_lower(sent) : random.uuid()};
}

net::Response sts_response(const Error& error, const Correlation& ids, TimePoint now) {
  const std::string number = error.code.substr(std::string_view("AADSTS").size());
  const std::string time = utc(now);
  net::Response response = net::Response::json(
      error.status,
      JsonObject{{"error", error.target},
                 {"error_description", error.code + ": " + error.message + " Trace ID: " + ids.trace_id +
                                           " Correlation ID: " + ids.correlation_id + " Timestamp: " + time},
                 {"error_codes", JsonArray{std::stoll(number)}},
                 {"timestamp", time},
                 {"trace_id", ids.trace_id},
                 {"correlation_id", ids.correlation_id},
                 {"error_uri", "https://login.microsoftonline.com/error?code=" + number}});
  if (const auto after = integer(find(error.details, "retryAfter"))) {
    response.headers.set("Retry-After", std::to_string(*after));
  }
  return response;
}

void add_sts_headers(net::Response& response, const net::Request& request, const Correlation& ids) {
  response.headers.set("Cache-Control", "no-store, no-cache");
  response.headers.set("Pragma", "no-cache");
  response.headers.set("Expires", "-1");
  response.headers.set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("x-ms-request-id", ids.trace_id);
  response.headers.set("x-ms-ests-server", "lazuli");
  // Asked for by `return-client-request-id`; harmless, and useful in a trace, whenever one was sent.
  if (request.headers.has("client-request-id") || request.query.has("client-request-id")) {
    response.headers.set("client-request-id", ids.correlation_id);
  }
}

}  // namespace lazuli::entra
