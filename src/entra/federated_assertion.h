// A token of somebody else's as proof of who a client is (workload identity federation): the assertion must be signed
// by the issuer, be within its time, and match one of the client's federated credentials in issuer, subject and
// audience: exactly, with case. By way of a cluster that binds the client, a service account of that cluster needs no
// credential, but the cluster's leave. The same assertion may be presented again while it lives, as every SDK does.
#pragma once

#include <string>

#include "base/result.h"
#include "entra/context.h"

namespace lazuli::entra {

inline constexpr std::size_t kAssertionLimit = std::size_t{32} << 10;

// Ok if the assertion proves this client; else the error that says which link is broken.
// proxy: null unless it came by a cluster's token proxy.
Status check_federated_assertion(Context& context, const ServicePrincipalRecord& client, const std::string& compact,
                                 const TokenProxy* proxy);

}  // namespace lazuli::entra
