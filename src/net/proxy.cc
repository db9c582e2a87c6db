// The proxy door. CONNECT to a name of ours turns the connection into one of our own TLS listener; to any other name it
// becomes a tunnel, by way of the machine's own proxy if it has one. Plain http:// requests are sent on with the same
// choice. What cannot be reached is answered in words, because the user sees them in az, pip or curl.
#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/text.h"
#include "net/connection.h"
#include "net/http_exchange.h"

namespace lazuli::net {

namespace {

constexpr std::size_t kRelayPiece = std::size_t{16} << 10;
// For the rest of a tunnel when one side has ended its half.
constexpr auto kHalfClosed = std::chrono::minutes(5);

bool reached_directly(const ProxySettings& settings, std::string_view host) {
  for (const std::string& entry : settings.no_proxy) {
    std::string_view suffix = entry;
    if (suffix == "*") return true;
    if (suffix.starts_with('*')) suffix.remove_prefix(1);
    if (suffix.empty()) continue;
    const std::string_view name = suffix.front() == '.' ? suffix.substr(1) : suffix;
    if (equals_ignoring_case(host, name)) return true;
    if (host.size() > name.size() && ends_with_ignoring_case(host, name) && host[host.size() - name.size() - 1] == '.')
      return true;
  }
  return false;
}

bool stands_in(const ProxySettings& settings, std::string_view host) {
  return std::ranges::find(settings.stand_ins, host) != settings.stand_ins.end();
}

// One direction of a tunnel, until its end.
Task<void> relay(Channel& from, Channel& to) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kRelayPiece);
  ErrorCode error;
  for (;;) {
    const std::size_t got = co_await from.read({buffer.get(), kRelayPiece}, error);
    if (error) break;
    co_await to.write({buffer.get(), got}, error);
    if (error) break;
  }
  // A half-closed tunnel is in order, but must not stay for ever.
  to.shut_down_sending();
  to.expires_after(kHalfClosed);
  from.expires_after(kHalfClosed);
}

Task<void> relay_both(Channel& client, Input& from_client, Channel& server, Input& from_server) {
  using namespace asio::experimental::awaitable_operators;  // NOLINT: operators are found no other way
  ErrorCode error;
  co_await server.write(from_client.bytes(), error);
  co_await client.write(from_server.bytes(), error);
  from_client.consume(from_client.size());
  from_client.release_if_empty();
  from_server.consume(from_server.size());
  from_server.release_if_empty();
  if (!error) co_await (relay(client, server) && relay(server, client));
}

// Headers that are for the next hop only (RFC 9110, section 7.6.1).
bool for_this_hop(std::string_view name) {
  for (const std::string_view each : {"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authorization", "TE"}) {
    if (equals_ignoring_case(name, each)) return true;
  }
  return false;
}

std::string offline_message(std::string_view host) {
  return "lazuli runs with --offline, and '" + std::string(host) +
         "' is not a name that it answers for. Start it without --offline to let other names through.";
}

}  // namespace

Task<Result<Dialed>> Connection::reach(const Target& target) {
  const auto until = std::chrono::steady_clock::now() + parts_.settings.connect_timeout;
  if (door_->upstream && !reached_directly(door_->proxy, target.host))
    co_return co_await parts_.dialer.dial_through(*door_->upstream, target, until);
  co_return co_await parts_.dialer.dial(target, until);
}

Task<bool> Connection::open_tunnel(RequestHead& head) {
  const auto authority = parse_authority(head.request.target);
  if (!authority || authority->port == 0)
    co_return co_await refuse(400, "BadRequest", "CONNECT needs a target of the form host:port.");
  // az's HTTP library asks with HTTP/1.0 and reads on as soon as the empty line has come.
  constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";
  ErrorCode error;
  const bool ours = parts_.router.ours(authority->host);
  Result<Dialed> dialed = Error{"Offline", offline_message(authority->host), 403};
  const Target target(authority->host, authority->port);
  if (!door_->proxy.offline && (!ours || stands_in(door_->proxy, authority->host))) dialed = co_await reach(target);
  if (ours && !dialed) {
    if (!input_.empty()) co_return co_await refuse(400, "BadRequest", "Wait for the answer to CONNECT before sending.");
    co_await channel_.write(kEstablished, error);
    if (!error) proxied_ = co_await secure();
    co_return proxied_;
  }
  if (!dialed) {
    const int status = door_->proxy.offline ? 403 : 502;
    co_return co_await refuse(status, dialed.error().code, dialed.error().message);
  }
  co_await channel_.write(kEstablished, error);
  if (!error) co_await relay_both(channel_, input_, *dialed->channel, dialed->early);
  co_return false;
}

// A plain request for somebody else's name: its head is written anew for one answer, everything after it is relayed.
Task<bool> Connection::forward(RequestHead& head) {
  Request& request = head.request;
  const auto url = parse_url(request.target);
  if (!url || url->tls())
    co_return co_await refuse(400, "BadRequest",
                              "This is a proxy: ask for an absolute http:// URL, or use CONNECT for https.");
  if (door_->proxy.offline) co_return co_await refuse(403, "Offline", offline_message(url->host));
  const bool by_proxy = door_->upstream && !reached_directly(door_->proxy, url->host);
  const auto until = std::chrono::steady_clock::now() + parts_.settings.connect_timeout;
  const Target target = by_proxy ? door_->upstream->at : Target(url->host, url->port);
  auto dialed = co_await parts_.dialer.dial(target, until);
  if (!dialed) co_return co_await refuse(502, dialed.error().code, dialed.error().message);
  output_ = request.method + " " + (by_proxy ? request.target : url->target) + " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) {
    if (!for_this_hop(name)) append_header(output_, name, value);
  }
  if (by_proxy && !door_->upstream->authorization.empty())
    append_header(output_, "Proxy-Authorization", door_->upstream->authorization);
  output_ += "Connection: close\r\n\r\n";
  ErrorCode error;
  co_await dialed->channel->write(output_, error);
  if (!error) co_await relay_both(channel_, input_, *dialed->channel, dialed->early);
  co_return false;
}

}  // namespace lazuli::net
