#include "net/connection.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/text.h"
#include "net/http_exchange.h"

namespace lazuli::net {

namespace {

// How long, and how much, is still read from a client after the last answer, so that the answer reaches it.
constexpr auto kLinger = std::chrono::seconds(2);
constexpr std::size_t kLingerBytes = std::size_t{16} << 20;

std::string peer_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(address).sin_addr, text, sizeof text);
  if (address.ss_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  return address.ss_family == AF_UNIX ? "unix" : text;
}

// Path and query out of an origin-form target.
void split_target(Request& request) {
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  while (path.starts_with("//")) path.remove_prefix(1);
  request.path = percent_decode(path);
  if (mark == std::string_view::npos) return;
  request.raw_query = target.substr(mark + 1);
  request.query = Query(request.raw_query);
}

std::size_t count(const Headers& headers, std::string_view name) {
  std::size_t found = 0;
  for (const auto& line : headers) found += equals_ignoring_case(line.first, name) ? 1 : 0;
  return found;
}

}  // namespace

Connection::Connection(ServerParts& parts, std::shared_ptr<const Door> door, const asio::any_io_executor& executor,
                       Descriptor socket)
    : parts_(parts), door_(std::move(door)), peer_(peer_of(socket.get())), channel_(executor, std::move(socket)) {}

void Connection::stop(bool now) {
  if (now || idle_) cancel_.emit(asio::cancellation_type::terminal);
}

Task<void> Connection::run() {
  bool more = true;
  if (door_->kind == Door::Kind::tls) more = co_await secure();
  if (!more) co_return;
  while (more) more = co_await serve_one();
  co_await say_goodbye();
}

Task<bool> Connection::secure() {
  const SslContext identity = door_->identity ? door_->identity : parts_.identity();
  if (!identity) {
    parts_.log.error("net", "A TLS connection came in before there was a certificate.");
    co_return false;
  }
  channel_.expires_after(parts_.settings.header_timeout);
  ErrorCode error;
  secured_ = co_await channel_.handshake(server_side(identity), error);
  channel_.expires_never();
  if (!secured_ && !channel_.tls_failure().empty()) {
    // The client's trust is the usual reason, and the client says so: worth a line for whoever looks for it.
    parts_.log.write(Level::debug, "net", "A TLS handshake failed.",
                     {{"peer", peer_}, {"reason", channel_.tls_failure()}});
  }
  co_return secured_;
}

// Waits for the first byte of a next request. An idle connection holds no buffer.
Task<bool> Connection::receive_first() {
  if (!input_.empty()) co_return true;
  ErrorCode error;
  idle_ = true;
  channel_.expires_after(parts_.settings.idle_timeout);
  if (!channel_.pending()) {
    input_.release_if_empty();
    co_await channel_.wait_readable(error);
  }
  std::size_t got = 0;
  if (!error) got = co_await channel_.read(input_.space(), error);
  idle_ = false;
  input_.commit(got);
  co_await next_stage();
  co_return !error && !parts_.stopping;
}

Task<std::optional<RequestHead>> Connection::read_head() {
  const bool begun = co_await receive_first();
  if (!begun) co_return std::nullopt;
  channel_.expires_after(parts_.settings.header_timeout);
  HeadReader<RequestHead> reader;
  ErrorCode error;
  WireFault fault;
  for (;;) {
    std::size_t used = 0;
    const bool whole = reader.feed(input_.bytes(), used);
    input_.consume(used);
    if (whole && complete(reader.head(), fault)) {
      channel_.expires_never();
      co_return std::move(reader.head());
    }
    if (reader.fault()) fault = *reader.fault();
    if (whole || reader.fault()) break;
    const std::size_t got = co_await channel_.read(input_.space(), error);
    if (error) break;
    input_.commit(got);
  }
  if (error == asio::error::timed_out) {
    fault = {408, "The header of the request came too slowly."};
    channel_.revive();
    error = {};
  }
  if (!error) co_await refuse(fault);
  co_return std::nullopt;
}

// Host, path and query of a head as it came. False: not a request that can be answered.
bool Connection::complete(RequestHead& head, WireFault& fault) const {
  Request& request = head.request;
  request.peer = peer_;
  request.scheme = secured_ ? "https" : "http";
  const std::size_t hosts = count(request.headers, "Host");
  if (hosts > 1 || (hosts == 0 && head.http11)) {
    fault = {400, "The request must have one Host header."};
    return false;
  }
  std::string_view host = request.headers.get("Host");
  bool absolute = false;
  if (request.method == "CONNECT") {
    host = request.target;
  } else if (!request.target.starts_with('/') && request.target != "*") {
    auto url = parse_url(request.target);
    if (!url) {
      fault = {400, url.error().message};
      return false;
    }
    absolute = true;
    request.host = url->host;
    if (door_->kind != Door::Kind::proxy || proxied_ || parts_.router.ours(request.host)) request.target = url->target;
  }
  if (!absolute && !host.empty()) {
    const auto authority = parse_authority(host);
    if (!authority) {
      fault = {400, "The request's host is not valid."};
      return false;
    }
    request.host = authority->host;
  }
  split_target(request);
  return true;
}

const StreamHandler* Connection::handler_of(const Request& request) const {
  if (door_->handler) return &door_->handler;
  return parts_.router.find(request.host);
}

Task<bool> Connection::serve_one() {
  auto head = co_await read_head();
  if (!head) co_return false;
  if (door_->kind == Door::Kind::proxy && !proxied_) {
    if (head->request.method == "CONNECT") co_return co_await open_tunnel(*head);
    if (!parts_.router.ours(head->request.host)) co_return co_await forward(*head);
  } else if (head->request.method == "CONNECT") {
    co_return co_await refuse(405, "MethodNotAllowed", "CONNECT is for the proxy's port; this is a server's.");
  }
  co_return co_await answer(*head);
}

Task<bool> Connection::answer(RequestHead& head) {
  HttpExchange exchange(channel_, input_, output_, head, parts_, cancel_);
  const StreamHandler* handler = handler_of(head.request);
  std::string failure;
  try {
    if (handler) {
      co_await next_stage();
      co_await (*handler)(exchange);
    } else {
      co_await exchange.send(
          plain_error(404, "UnknownHost", "Nothing is served at the name '" + head.request.host + "' here."));
    }
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;  // the server ends
    failure = error.what();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!failure.empty()) {
    parts_.log.error("net", "A handler failed.",
                     {{"method", head.request.method}, {"host", head.request.host}, {"reason", failure}});
  }
  if (!exchange.started()) {
    co_await exchange.send(
        plain_error(500, "InternalServerError", "The request could not be answered. The log has the reason."));
  }
  co_await next_stage();
  const bool kept = exchange.settled() || co_await exchange.settle();
  linger_ = exchange.unread();
  co_return kept;
}

Task<void> Connection::refuse(const WireFault& fault) {
  const std::string_view code = fault.status == 431   ? "RequestHeaderFieldsTooLarge"
                                : fault.status == 501 ? "NotImplemented"
                                : fault.status == 408 ? "RequestTimeout"
                                                      : "BadRequest";
  co_await refuse(fault.status, code, fault.message);
}

// An answer outside of any exchange; the connection ends with it.
Task<bool> Connection::refuse(int status, std::string_view code, std::string_view message) {
  const Response response = plain_error(status, code, message);
  output_ = "HTTP/1.1 " + std::to_string(status) + " ";
  output_ += reason_phrase(status);
  output_ += "\r\n";
  append_unframed(output_, response.headers);
  append_header(output_, "Content-Length", std::to_string(response.body.size()));
  output_ += "Connection: close\r\n\r\n";
  output_ += response.body;
  ErrorCode error;
  channel_.expires_after(parts_.settings.header_timeout);
  co_await channel_.write(output_, error);
  linger_ = true;
  co_return false;
}

// Ends the connection so that the last answer arrives: closing a socket with unread bytes would reset it, and a reset
// overtakes what has been sent (RFC 9112, section 9.6).
Task<void> Connection::say_goodbye() {
  channel_.shut_down_sending();
  if (!linger_) co_return;
  channel_.expires_after(kLinger);
  ErrorCode error;
  std::size_t total = 0;
  while (!error && total < kLingerBytes) {
    input_.consume(input_.size());
    total += co_await channel_.read(input_.space(), error);
  }
}

}  // namespace lazuli::net
