// One accepted connection, from the handshake to the close: requests are read one after the other, handed to the
// handler of their host, and answered. Lives on one io_context.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <optional>
#include <string>

#include "net/channel.h"
#include "net/dial.h"
#include "net/server.h"
#include "net/server_parts.h"
#include "net/tls.h"
#include "net/wire.h"

namespace lazuli::net {

// A listener as its connections see it.
struct Door {
  enum class Kind { tls, plain, proxy, unix_socket };
  Kind kind = Kind::plain;
  SslContext identity;    // its own; null: the server's
  StreamHandler handler;  // its own; empty: the router's
  ProxySettings proxy;
  std::optional<UpstreamProxy> upstream;
};

class Connection {
 public:
  Connection(ServerParts& parts, std::shared_ptr<const Door> door, const asio::any_io_executor& executor,
             Descriptor socket);

  Task<void> run();
  // For the server's end: whoever waits for a next request is let go at once, the others when their time is up.
  void stop(bool now);
  asio::cancellation_slot slot() { return cancel_.slot(); }

 private:
  Task<bool> secure();
  Task<bool> serve_one();
  Task<bool> answer(RequestHead& head);
  Task<std::optional<RequestHead>> read_head();
  Task<bool> receive_first();
  Task<void> refuse(const WireFault& fault);
  Task<bool> refuse(int status, std::string_view code, std::string_view message);
  Task<void> say_goodbye();
  bool complete(RequestHead& head, WireFault& fault) const;
  const StreamHandler* handler_of(const Request& request) const;

  Task<bool> open_tunnel(RequestHead& head);
  Task<bool> forward(RequestHead& head);
  Task<Result<Dialed>> reach(const Target& target);

  ServerParts& parts_;
  std::shared_ptr<const Door> door_;
  std::string peer_;
  Channel channel_;
  Input input_;
  std::string output_;
  bool secured_ = false;
  bool proxied_ = false;  // the client came through the proxy and is now inside
  bool idle_ = true;
  bool linger_ = false;  // something unread may be under way: closing at once would take the answer back
  asio::cancellation_signal cancel_;
};

}  // namespace lazuli::net
