// Making connections: names resolved off the reactor's threads, addresses tried one after the other, and CONNECT
// through an HTTP proxy. Used by the client and by the proxy door. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/worker_pool.h"
#include "net/channel.h"
#include "net/wire.h"

namespace lazuli::net {

using AllowAddress = std::function<bool(std::string_view address)>;

struct Target {
  Target() = default;
  Target(std::string name, unsigned number) : host(std::move(name)), port(number) {}

  std::string host;
  unsigned port = 0;
  std::string text() const;  // host:port, IPv6 in brackets
};

// An upstream proxy: http://[user:password@]host:port[/].
struct UpstreamProxy {
  Target at;
  std::string authorization;  // value of Proxy-Authorization; may be empty
};
Result<UpstreamProxy> parse_upstream_proxy(std::string_view url);

struct Dialed {
  Dialed() = default;
  explicit Dialed(std::unique_ptr<Channel> connected) : channel(std::move(connected)) {}

  std::unique_ptr<Channel> channel;
  Input early;  // bytes that came behind a proxy's answer
};

class Dialer {
 public:
  // Error "ConnectFailed" or "Timeout". `until` bounds the whole.
  Task<Result<Dialed>> dial(Target target, SteadyTime until, const AllowAddress& allow = {});
  Task<Result<Dialed>> dial_unix(std::string path, SteadyTime until);
  // With `allow` the name is looked up here, and the proxy is asked for an address that was allowed: it must not
  // resolve the name to another one.
  Task<Result<Dialed>> dial_through(const UpstreamProxy& proxy, Target target, SteadyTime until,
                                    const AllowAddress& allow = {});

 private:
  struct Lookup;
  WorkerPool& resolvers();
  Task<std::shared_ptr<Lookup>> resolve(const Target& target, SteadyTime until);
  Task<Result<Target>> allowed(Target target, SteadyTime until, const AllowAddress& allow);

  std::mutex mutex_;
  std::optional<WorkerPool> resolvers_;
};

}  // namespace lazuli::net
