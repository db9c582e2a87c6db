// Connections that wait to be used again, by client and origin. Each io_context has its own: a connection stays where
// it was made, registered with that reactor, which knows without a system call that nothing has happened to it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "net/wire.h"

namespace lazuli::net {

class ConnectionPool final : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;
  using key_type = ConnectionPool;
  using Owner = std::shared_ptr<void>;  // the client: its connections are nobody else's

  explicit ConnectionPool(asio::execution_context& context);
  // The one used last, if it is still open; null: there is none.
  std::unique_ptr<Channel> take(const Owner& owner, const std::string& origin);
  // `rest`: of the last answer, whose end the connection has to see before it serves again.
  void give(const Owner& owner, const std::string& origin, std::unique_ptr<Channel> channel,
            std::optional<Leftover> rest = {});
  void clear() { waiting_.clear(); }

 private:
  struct Waiting {
    std::unique_ptr<Channel> channel;
    SteadyTime since;
    std::optional<Leftover> rest;
  };
  using Origins = std::map<std::string, std::deque<Waiting>, std::less<>>;

  enum class Fit { ready, later, never };

  void shutdown() override { clear(); }
  static Fit fit(Waiting& waiting, SteadyTime now);
  void drop_old(SteadyTime now);

  std::map<std::weak_ptr<void>, Origins, std::owner_less<>> waiting_;
  SteadyTime next_check_ = SteadyTime::min();
};

}  // namespace lazuli::net
