// A token of somebody else's as proof of who a client is (workload identity federation): the assertion must be signed
// by the issuer, be within its time, and match one of the client's federated credentials in issuer, subject and
// audience: exactly, with case. The same assertion may be presented again while it lives, as every SDK does.
#pragma once

#include "base/result.h"
#include "crypto/jws.h"
#include "entra/context.h"

namespace lazuli::entra {

// Ok if the assertion proves this client; else the error that says which link is broken.
Status check_federated_assertion(Context& context, const ServicePrincipalRecord& client, const crypto::Jws& assertion);

// What kind a client assertion is of: made by the application itself (issuer and subject are its own id).
bool is_self_issued(const crypto::Jws& assertion, std::string_view client_id);
// `exp`, `nbf` against the clock and the longest life that is accepted. Errors 50027, 700024, 70023.
Status check_assertion_times(const crypto::Jws& assertion, TimePoint now);

}  // namespace lazuli::entra
