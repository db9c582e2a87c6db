// The doors: listeners that read HTTP/1.1 and hand each request to the Router by host name. TLS, plain HTTP, the
// control socket, and the CONNECT proxy, which answers for our names itself and tunnels (or, offline, refuses) the
// others. A Server owns its threads; listeners may be added and removed at any time from any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "net/descriptor.h"
#include "net/exchange.h"

namespace lazuli::net {

// Host name → handler. Exact names first, then suffixes (".openai.azure.com", longest first), then the default. Filled
// before the server starts; read-only afterwards.
class Router {
 public:
  void host(std::string_view name, StreamHandler handler);
  void suffix(std::string_view dotted_suffix, StreamHandler handler);
  void otherwise(StreamHandler handler);
  const StreamHandler* find(std::string_view host) const;  // nullptr: not ours
  bool ours(std::string_view host) const;                  // an exact name or a suffix

 private:
  const StreamHandler* named(std::string_view host) const;

  std::vector<std::pair<std::string, StreamHandler>> names_;
  std::vector<std::pair<std::string, StreamHandler>> suffixes_;
  StreamHandler otherwise_;
};

struct TlsIdentity {
  std::string certificate_chain;  // PEM, leaf first
  std::string private_key;        // PEM
  // If set: shown instead to a client that asks for a server name of which this says so. Called on a connection's
  // thread.
  std::shared_ptr<const TlsIdentity> other = nullptr;
  std::function<bool(const std::string& server_name)> shows_other = nullptr;
};

struct ProxySettings {
  bool offline = false;        // refuse names that are not ours (403)
  std::string upstream_proxy;  // http://host:port[/] that was set before, with optional user:password@; empty: direct
  std::vector<std::string> no_proxy;  // suffixes to be reached directly even with an upstream proxy
  // Hosts of the router that it answers for only while the real ones cannot be reached, or are not to be (offline).
  std::vector<std::string> stand_ins;
};

// An address in the listener's own words; port 0 picks a free one.
struct Endpoint {
  std::string address = "127.0.0.1";
  unsigned short port = 0;
  std::string network_namespace;  // in which the address is ("/run/netns/NAME"); empty: the program's own

  bool operator==(const Endpoint&) const = default;
};

// A socket that listens already, so that its port is known and nobody else's before anything answers at it.
struct Listening {
  Descriptor socket;
  Endpoint at;  // with the port that was chosen
};

struct ServerSettings {
  std::chrono::milliseconds header_timeout = std::chrono::seconds(15);   // TLS handshake, then a whole head
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(75);     // between requests of a connection
  std::chrono::milliseconds body_timeout = std::chrono::seconds(60);     // between pieces of a body, either way
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);  // of the proxy, to the outside
  std::chrono::milliseconds grace = std::chrono::seconds(2);             // for answers in progress at the end
};

class Server {
 public:
  Server(const Router& router, Log& log, unsigned threads = 0,  // 0: one for each core
         ServerSettings settings = {});
  ~Server();  // stops listening, lets answers in progress finish for the time of grace
  Server(const Server&) = delete;

  void set_tls(const TlsIdentity& identity);  // also while running: new connections use it

  // Each returns the bound endpoint. Error code "AddressInUse" (message names the address and what to do) or
  // "ListenFailed".
  Result<Endpoint> listen_tls(const Endpoint& at);
  // TLS with a certificate and a handler of its own (a cluster's webhook).
  Result<Endpoint> listen_tls(const Endpoint& at, const TlsIdentity& identity, StreamHandler handler);
  Result<Endpoint> listen_http(const Endpoint& at, StreamHandler handler);  // plain HTTP with a handler of its own
  void serve_http(Listening socket, StreamHandler handler);
  Result<Endpoint> listen_http(const Endpoint& at);  // plain HTTP through the router
  Result<Endpoint> listen_proxy(const Endpoint& at, const ProxySettings& settings);
  Status serve_proxy(Listening socket, const ProxySettings& settings);
  Status listen_unix(const std::string& path, StreamHandler handler);  // mode 0600
  void close(const Endpoint& at);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lazuli::net
