// The documents by which clients find their way: OpenID Connect discovery (v1 and v2), the key set, instance discovery
// and the user realm. All of them name the host that the client used, since clients go where the document sends them.
#pragma once

#include <string>

#include "entra/context.h"
#include "net/http.h"

namespace lazuli::entra {

// tenant: the segment of the path, already checked.
net::Response openid_configuration(const Context& context, const net::Request& request, const std::string& tenant,
                                   bool v2);
net::Response key_set(Context& context, bool v2);
Result<JsonObject> instance_discovery(const Context& context, const net::Request& request);
JsonObject user_realm(const Context& context, std::string_view user);

}  // namespace lazuli::entra
