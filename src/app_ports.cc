#include "app_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace lazuli {

namespace {

// Binds the port (0: any) on loopback and lets it go again. Nothing if it is taken.
std::optional<unsigned short> probe(unsigned short port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return std::nullopt;
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::listen(socket, 1) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const int reason = errno;
  ::close(socket);
  errno = reason;
  return bound ? std::optional(ntohs(address.sin_port)) : std::nullopt;
}

}  // namespace

Result<unsigned short> choose_port(std::optional<unsigned short> asked, std::optional<std::int64_t> last,
                                   unsigned short usual) {
  if (asked) {
    if (const auto port = probe(*asked)) return *port;
    return Error{"AddressInUse",
                 "Port " + std::to_string(*asked) + " on 127.0.0.1 cannot be used: " + std::strerror(errno) +
                     ". Choose another, or 0 for any free one.",
                 409};
  }
  if (last && *last > 0 && *last <= 65535) {
    if (const auto port = probe(static_cast<unsigned short>(*last))) return *port;
  }
  for (const unsigned short candidate : {usual, static_cast<unsigned short>(0)}) {
    if (const auto port = probe(candidate)) return *port;
  }
  return Error{"AddressInUse", "There is no free port on 127.0.0.1.", 503};
}

std::string origin_of(const net::Endpoint& door) {
  const bool six = door.address.find(':') != std::string::npos;
  return "http://" + (six ? "[" + door.address + "]" : door.address) + ":" + std::to_string(door.port);
}

}  // namespace lazuli
