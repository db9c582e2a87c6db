// Which loopback port a door gets, before anything is built that has to know it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/server.h"

namespace lazuli {

// A socket on the port that was asked for, or error "AddressInUse". Where none was asked for: the one that this state
// had last time, else the default, else any that is free. It listens already, so that no lazuli that starts at the same
// moment can have the same.
Result<net::Listening> choose_port(std::optional<unsigned short> asked, std::optional<std::int64_t> last,
                                   unsigned short usual);

// How a door on loopback is named: "http://127.0.0.1:8911".
std::string origin_of(const net::Endpoint& door);

}  // namespace lazuli
