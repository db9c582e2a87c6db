// The pages at which people sign in, on loopback over plain HTTP (no browser knows lazuli's authority): /authorize for
// the authorization-code flow and /devicecode for the device-code flow. Whoever can open them picks one of the
// directory's users, unless that user has a password. Requests that another site's page sends are refused.
#pragma once

#include "entra/context.h"
#include "net/http.h"

namespace lazuli::entra {

net::Response answer_sign_in(Context& context, const net::Request& request);

}  // namespace lazuli::entra
