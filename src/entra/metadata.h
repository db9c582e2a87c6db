// The instance metadata service's tokens (169.254.169.254): whoever reaches the door of an identity gets a token for
// it. Numbers in its answers are texts, and "no identity" is a 400: clients go on asking after a 404.
#pragma once

#include <string_view>

#include "entra/context.h"
#include "net/http.h"

namespace lazuli::entra {

net::Response answer_metadata(Context& context, const net::Request& request, std::string_view identity_object_id);

}  // namespace lazuli::entra
