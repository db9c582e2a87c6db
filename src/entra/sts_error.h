// The token service's errors. Each has an AADSTS number; the number decides the HTTP status and the OAuth word of the
// answer (one table, in the .cc). The sentences are lazuli's own, with the values at the places where Azure puts them.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "net/http.h"

namespace lazuli::entra {

// Error{code "AADSTS<number>", sentence, status, target: the OAuth word}.
Error sts_error(int number, std::string sentence);

// The ids under which one request can be found again.
struct Correlation {
  std::string trace_id;        // ours
  std::string correlation_id;  // the client's `client-request-id` if it sent one that is a GUID; else ours
  static Correlation of(const net::Request& request, Random& random);
};

// {"error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri"}.
net::Response sts_response(const Error& error, const Correlation& ids, TimePoint now);
// Headers that every answer of the token service has.
void add_sts_headers(net::Response& response, const net::Request& request, const Correlation& ids);

}  // namespace lazuli::entra
