#include "app_ports.h"

#include <string>

#include "net/listen.h"

namespace lazuli {

Result<net::Listening> choose_port(std::optional<unsigned short> asked, std::optional<std::int64_t> last,
                                   unsigned short usual) {
  if (asked) {
    auto socket = net::listen_on({.port = *asked});
    if (socket) return socket;
    return Error{socket.error().code, socket.error().message + " Port 0 stands for any free one.", 409};
  }
  if (last && *last > 0 && *last <= 65535) {
    if (auto socket = net::listen_on({.port = static_cast<unsigned short>(*last)})) return socket;
  }
  if (auto socket = net::listen_on({.port = usual})) return socket;
  return net::listen_on({.port = 0});
}

std::string origin_of(const net::Endpoint& door) {
  const bool six = door.address.find(':') != std::string::npos;
  return "http://" + (six ? "[" + door.address + "]" : door.address) + ":" + std::to_string(door.port);
}

}  // namespace lazuli
