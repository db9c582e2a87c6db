#include "net/listen.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>

namespace lazuli::net {

namespace {

constexpr int kBacklog = 1024;

Error failed(const std::string& where, int reason) {
  if (reason == EADDRINUSE) {
    return {"AddressInUse", where + " is taken by another program. Stop that program, or choose another port.", 500,
            where};
  }
  std::string hint;
  if (reason == EACCES) hint = " Ports below 1024 need root, or choose another port.";
  if (reason == EADDRNOTAVAIL) hint = " No interface of this machine has that address.";
  return {"ListenFailed", "Cannot listen on " + where + ": " + std::strerror(reason) + "." + hint, 500, where};
}

// Whether somebody answers at a socket file.
bool answered(const sockaddr_un& address) {
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

unsigned short port_of(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

Result<Listening> listen_here(const Endpoint& at) {
  const bool six = at.address.find(':') != std::string::npos;
  const std::string where = (six ? "[" + at.address + "]" : at.address) + ":" + std::to_string(at.port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* list = nullptr;
  if (::getaddrinfo(at.address.c_str(), std::to_string(at.port).c_str(), &hints, &list) != 0)
    return Error{"ListenFailed", "'" + at.address + "' is not an IP address to listen on.", 500, where};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(list, ::freeaddrinfo);
  Descriptor socket(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failed(where, errno);
  // Lets a new lazuli take the port of one that has just ended; it does not share a port with one that listens.
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), address->ai_addr, address->ai_addrlen) != 0 || ::listen(socket.get(), kBacklog) != 0)
    return failed(where, errno);
  const unsigned short port = port_of(socket.get());
  return Listening{std::move(socket), Endpoint{at.address, port, at.network_namespace}};
}

}  // namespace

// A socket belongs to the network namespace of the thread that makes it: one that ends with it, so that no other socket
// comes to be there.
Result<Listening> listen_on(const Endpoint& at) {
  if (at.network_namespace.empty()) return listen_here(at);
  const auto inside = [&at]() -> Result<Listening> {
    const Descriptor entrance(::open(at.network_namespace.c_str(), O_RDONLY | O_CLOEXEC));
    if (entrance.get() < 0 || ::setns(entrance.get(), CLONE_NEWNET) != 0)
      return failed(at.address + " in " + at.network_namespace, errno);
    return listen_here(at);
  };
  return std::async(std::launch::async, inside).get();
}

Result<Descriptor> listen_on_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return failed(path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  // The file of a lazuli that was killed is in the way; the socket of one that runs is not to be taken.
  if (answered(address)) return failed(path, EADDRINUSE);
  struct stat about {};
  if (::lstat(path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode)) ::unlink(path.c_str());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failed(path, errno);
  // On Linux the mode of the file is the one of the socket at the time of bind: there is no moment at which others
  // may connect.
  ::fchmod(socket.get(), 0600);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return failed(path, errno);
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), kBacklog) != 0) return failed(path, errno);
  return socket;
}

}  // namespace lazuli::net
