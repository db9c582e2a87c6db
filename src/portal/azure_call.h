// The calls that the portal's pages make are those of every other client: to Azure's own hosts, with the person's own
// token. Browsers do not know lazuli's authority and must not be asked to, so a page says the host in the path,
//
//   /azure/management.azure.com/subscriptions?api-version=2022-12-01
//
// and the request goes to that host's handler as if it had come to its own door: nothing is added to it, and who may do
// what is decided there. Only what the pages need can be reached so. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace lazuli::portal {

inline constexpr std::string_view kAzurePrefix = "/azure/";

// Error: 403 "NotFromThePortal" for what a browser says not to be a fetch() of the portal's own page: links, frames and
// images must not show a registry's or a person's content at the portal's origin.
Status check_fetch(const net::Request& request);

// Makes the request what the host's own door would have got. Error "NotFound" (404) for hosts and paths that the pages
// do not use; the request is unchanged then.
Status readdress(net::Request& request);

}  // namespace lazuli::portal
