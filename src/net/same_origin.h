// Who sends a request to a door on loopback that browsers reach: that door's own pages, or somebody else's. A page of
// another site that submits a form or calls fetch() carries its site as Origin; a name that was made to resolve to
// loopback (DNS rebinding) shows in Host. Pure.
#pragma once

#include <string_view>

#include "net/http.h"

namespace lazuli::net {

// `origin`: the door's own, as "http://127.0.0.1:8911". True where Host is another one, Origin is another one, or a
// request that changes something has no Origin at all, which browsers always send with it (Fetch, section 3.2).
bool from_elsewhere(const Request& request, std::string_view origin);

}  // namespace lazuli::net
