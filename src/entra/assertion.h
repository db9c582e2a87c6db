// An assertion as far as it decides who a client is: the claims and header members that are looked at, out of a token
// that was read and not yet verified.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/jws.h"

namespace lazuli::entra {

struct Assertion {
  std::string issuer, subject;
  std::string audience;  // as credentials name it (resources.h); empty unless it names exactly one
  std::string algorithm, key_id;
  std::optional<std::int64_t> expires, not_before, issued;  // unix seconds
  bool well_timed = false;                                  // `exp` is there, and `exp` and `nbf` are times
};

Assertion read_assertion(const crypto::Jws& jws);

// What kind an assertion is of: made by the application itself (issuer and subject are its own id).
bool is_self_issued(const Assertion& assertion, std::string_view client_id);
// `exp`, `nbf` against the clock and the longest life that is accepted. Errors 50027, 700024, 70023.
Status check_assertion_times(const Assertion& assertion, TimePoint now);

}  // namespace lazuli::entra
