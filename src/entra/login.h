// login.microsoftonline.com: the paths of the token service, for each form in which they name the tenant.
#pragma once

#include "entra/context.h"
#include "net/http.h"

namespace lazuli::entra {

net::Response answer_login(Context& context, const net::Request& request);

}  // namespace lazuli::entra
