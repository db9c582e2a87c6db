// Whether an address belongs to the public internet: the guard of the client that fetches the keys of external issuers,
// so that a federated credential cannot make lazuli ask its own machine, its network or a metadata service.
#pragma once

#include <string_view>

namespace lazuli::entra {

// address: IPv4 or IPv6 as text. False for loopback, private, link-local, shared, documentation, multicast and reserved
// ranges (RFC 6890), also where IPv6 wraps an IPv4 address, and for what is no address.
bool is_public_address(std::string_view address);

}  // namespace lazuli::entra
