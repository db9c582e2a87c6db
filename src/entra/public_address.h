// Whether an address belongs to the public internet: the guard of the client that fetches the keys of external issuers,
// so that a federated credential cannot make lazuli ask its own machine, its network or a metadata service.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lazuli::entra {

// address: IPv4 or IPv6 as text. False for loopback, private, link-local, shared, documentation, multicast and reserved
// ranges (RFC 6890), also where IPv6 wraps an IPv4 address, and for what is no address.
bool is_public_address(std::string_view address);

// Whether the address is in one of these networks ("10.1.0.0/16", "fd00::/8", a single address). Those that cannot be
// read hold nothing.
bool is_in_networks(std::string_view address, const std::vector<std::string>& networks);
bool is_network(std::string_view text);

}  // namespace lazuli::entra
