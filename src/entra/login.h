// login.microsoftonline.com: the paths of the token service, for each form in which they name the tenant.
#pragma once

#include "entra/context.h"
#include "net/http.h"

namespace lazuli::entra {

// proxy: the cluster by whose token proxy the request came; else null.
net::Response answer_login(Context& context, const net::Request& request, const TokenProxy* proxy = nullptr);
// Whether the answer may take long (keys to be fetched from an issuer, a password to be hashed, a signing key to be
// made), so that it must not be made on a connection's thread.
bool login_blocks(Context& context, const net::Request& request);

}  // namespace lazuli::entra
