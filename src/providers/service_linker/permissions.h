// Service Connector acts for its caller, not with powers of its own: who creates a connection needs the rights that
// its steps need, so that a right to write connections is no way to hand out roles. (On Azure the service calls on
// behalf of the user.)
#pragma once

#include "arm/service.h"
#include "providers/service_linker/linker.h"

namespace lazuli::providers::service_linker {

// identity: the id of the connection's identity; empty for other ways to authenticate. Error
// "UnauthorizedResourceAccess" (403), which names the right and where it is missing.
Status check_rights(const arm::Service& service, const access::Principal& caller, const Linker& linker,
                    std::string_view identity);

}  // namespace lazuli::providers::service_linker
