#include "net/dial.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "base/text.h"

namespace lazuli::net {

namespace {

constexpr unsigned kResolvers = 2;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Error connect_failed(const std::string& to, const std::string& why) {
  return {"ConnectFailed", "Cannot connect to " + to + ": " + why + ".", 502};
}

Error timed_out(const std::string& to) {
  return {"Timeout", "Connecting to " + to + " took too long.", 504};
}

std::chrono::milliseconds left(SteadyTime until) {
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  return std::max(rest, std::chrono::milliseconds(0));
}

int look_up(const Target& target, int flags, Addresses& out) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  const int fault = ::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &list);
  out.reset(fault == 0 ? list : nullptr);
  return fault;
}

std::string address_text(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  }
  return text;
}

// A socket that is connected, or an error with the system's reason.
Task<std::unique_ptr<Channel>> connect_socket(const sockaddr* address, socklen_t size, SteadyTime until,
                                              ErrorCode& error) {
  const auto executor = co_await asio::this_coro::executor;
  const auto system_error = [](int number) { return ErrorCode(number, boost::system::system_category()); };
  Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) {
    error = system_error(errno);
    co_return nullptr;
  }
  const int on = 1;
  if (address->sa_family != AF_UNIX) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const bool done = ::connect(socket.get(), address, size) == 0;
  if (!done && errno != EINPROGRESS) {
    error = system_error(errno);
    co_return nullptr;
  }
  auto channel = std::make_unique<Channel>(executor, std::move(socket));
  if (!done) {
    channel->expires_after(left(until));
    co_await channel->wait_connected(error);
    int fault = 0;
    socklen_t fault_size = sizeof fault;
    ::getsockopt(channel->descriptor(), SOL_SOCKET, SO_ERROR, &fault, &fault_size);
    if (!error && fault != 0) error = system_error(fault);
    channel->expires_never();
  }
  co_return error ? nullptr : std::move(channel);
}

}  // namespace

std::string Target::text() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

Result<UpstreamProxy> parse_upstream_proxy(std::string_view text) {
  UpstreamProxy out;
  std::string url(text);
  const auto scheme = url.find("://");
  const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  const auto at = url.rfind('@', url.find('/', start));
  if (at != std::string::npos && at >= start) {
    out.authorization = "Basic " + base64(percent_decode(url.substr(start, at - start)));
    url.erase(start, at + 1 - start);
  }
  auto parsed = parse_url(scheme == std::string::npos ? "http://" + url : url);
  // The text may hold a password: it is not repeated.
  if (!parsed || parsed->tls())
    return Error{"InvalidUrl", "The upstream proxy must be given as http://[user:password@]host:port.", 400};
  out.at = {parsed->host, parsed->port};
  return out;
}

// A name being looked up on another thread. The coroutine may give up before the answer is there.
struct Dialer::Lookup {
  std::mutex mutex;
  bool abandoned = false;
  bool done = false;
  int fault = 0;
  Addresses addresses;

  void abandon() {
    const std::lock_guard lock(mutex);
    abandoned = true;
  }
};

WorkerPool& Dialer::resolvers() {
  const std::lock_guard lock(mutex_);
  if (!resolvers_) resolvers_.emplace("resolver", kResolvers);
  return *resolvers_;
}

Task<std::shared_ptr<Dialer::Lookup>> Dialer::resolve(const Target& target, SteadyTime until) {
  auto lookup = std::make_shared<Lookup>();
  if (look_up(target, AI_NUMERICHOST | AI_NUMERICSERV, lookup->addresses) == 0) {
    lookup->done = true;
    co_return lookup;
  }
  const auto executor = co_await asio::this_coro::executor;
  auto arrived = std::make_shared<asio::steady_timer>(executor, until);
  // Also when the coroutine is destroyed: the resolver's thread must not use its io_context any more.
  const std::unique_ptr<Lookup, void (*)(Lookup*)> leaving(lookup.get(), [](Lookup* given_up) { given_up->abandon(); });
  resolvers().post([lookup, target, executor, weak = std::weak_ptr(arrived)] {
    Addresses addresses;
    const int fault = look_up(target, AI_NUMERICSERV | AI_ADDRCONFIG, addresses);
    const std::lock_guard lock(lookup->mutex);
    if (lookup->abandoned) return;
    asio::post(executor, [lookup, fault, weak, found = std::make_shared<Addresses>(std::move(addresses))] {
      lookup->fault = fault;
      lookup->addresses = std::move(*found);
      lookup->done = true;
      if (const auto timer = weak.lock()) timer->cancel();
    });
  });
  ErrorCode ignored;
  co_await arrived->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return lookup;
}

Task<Result<Dialed>> Dialer::dial(Target target, SteadyTime until, const AllowAddress& allow) {
  const auto lookup = co_await resolve(target, until);
  if (!lookup->done) co_return timed_out(target.text());
  if (!lookup->addresses) co_return connect_failed(target.text(), ::gai_strerror(lookup->fault));
  std::string why = "the name has no address";
  for (const addrinfo* each = lookup->addresses.get(); each; each = each->ai_next) {
    const std::string address = address_text(each->ai_addr);
    if (allow && !allow(address)) {
      why = "connections to " + address + " are not allowed";
      continue;
    }
    ErrorCode error;
    auto channel = co_await connect_socket(each->ai_addr, each->ai_addrlen, until, error);
    if (channel) co_return Dialed(std::move(channel));
    if (error == asio::error::timed_out && std::chrono::steady_clock::now() >= until)
      co_return timed_out(target.text());
    why = error.message();
  }
  co_return connect_failed(target.text(), why);
}

Task<Result<Dialed>> Dialer::dial_unix(std::string path, SteadyTime until) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) co_return connect_failed(path, "the path is too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ErrorCode error;
  auto channel = co_await connect_socket(reinterpret_cast<sockaddr*>(&address), sizeof address, until, error);
  if (!channel) co_return connect_failed(path, error.message());
  co_return Dialed(std::move(channel));
}

// The first of a name's addresses that may be connected to.
Task<Result<Target>> Dialer::allowed(Target target, SteadyTime until, const AllowAddress& allow) {
  const auto lookup = co_await resolve(target, until);
  if (!lookup->done) co_return timed_out(target.text());
  if (!lookup->addresses) co_return connect_failed(target.text(), ::gai_strerror(lookup->fault));
  std::string address;
  for (const addrinfo* each = lookup->addresses.get(); each; each = each->ai_next) {
    address = address_text(each->ai_addr);
    if (allow(address)) co_return Target(address, target.port);
  }
  co_return connect_failed(target.text(), "connections to " + address + " are not allowed");
}

Task<Result<Dialed>> Dialer::dial_through(const UpstreamProxy& proxy, Target target, SteadyTime until,
                                          const AllowAddress& allow) {
  if (allow) {
    auto checked = co_await allowed(target, until, allow);
    if (!checked) co_return std::move(checked).error();
    target = *std::move(checked);
  }
  auto dialed = co_await dial(proxy.at, until);
  if (!dialed) co_return std::move(dialed).error();
  const std::string name = target.text();
  const std::string what = name + " through the proxy " + proxy.at.text();
  std::string request = "CONNECT " + name + " HTTP/1.1\r\n";
  append_header(request, "Host", name);
  if (!proxy.authorization.empty()) append_header(request, "Proxy-Authorization", proxy.authorization);
  request += "\r\n";
  Channel& channel = *dialed->channel;
  channel.expires_after(left(until));
  ErrorCode error;
  co_await channel.write(request, error);
  HeadReader<ResponseHead> reader(true);
  while (!error) {
    const std::size_t got = co_await channel.read(dialed->early.space(), error);
    if (error) break;
    dialed->early.commit(got);
    std::size_t used = 0;
    const bool complete = reader.feed(dialed->early.bytes(), used);
    dialed->early.consume(used);
    if (reader.fault()) co_return connect_failed(what, reader.fault()->message);
    if (!complete) continue;
    const int status = reader.head().response.status;
    if (status / 100 != 2) co_return connect_failed(what, "it answered " + std::to_string(status));
    channel.expires_never();
    co_return std::move(dialed);
  }
  if (error == asio::error::timed_out) co_return timed_out(what);
  co_return connect_failed(what, error.message());
}

}  // namespace lazuli::net
