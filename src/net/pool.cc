#include "net/pool.h"

namespace lazuli::net {

namespace {

// Shorter than the keep-alive times of common servers (nginx 75 s; Node, 5 s, is the exception that `quiet` catches).
constexpr auto kIdle = std::chrono::seconds(60);
constexpr auto kCheck = std::chrono::seconds(5);
constexpr auto kLate = std::chrono::seconds(5);  // for the rest of an answer
constexpr std::size_t kForEachOrigin = 1024;

}  // namespace

asio::execution_context::id ConnectionPool::id;

ConnectionPool::ConnectionPool(asio::execution_context& context) : asio::execution_context::service(context) {
  // Services end in the opposite order: the channels need these two.
  asio::use_service<Reactor>(static_cast<asio::io_context&>(context));
  asio::use_service<Deadlines>(static_cast<asio::io_context&>(context));
}

std::unique_ptr<Channel> ConnectionPool::take(const Owner& owner, const std::string& origin) {
  const auto now = last_tick();
  drop_old(now);
  const auto origins = waiting_.find(owner);
  if (origins == waiting_.end()) return nullptr;
  const auto found = origins->second.find(origin);
  if (found == origins->second.end()) return nullptr;
  auto& waiting = found->second;
  for (std::size_t at = waiting.size(); at-- > 0;) {
    const Fit as = fit(waiting[at], now);
    if (as == Fit::later) continue;
    auto channel = std::move(waiting[at].channel);
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(at));
    if (as == Fit::ready) return channel;
  }
  return nullptr;
}

void ConnectionPool::give(const Owner& owner, const std::string& origin, std::unique_ptr<Channel> channel,
                          std::optional<Leftover> rest) {
  const auto now = last_tick();
  drop_old(now);
  auto& waiting = waiting_[owner][origin];
  Waiting kept{std::move(channel), now, std::move(rest)};
  if (waiting.size() < kForEachOrigin && fit(kept, now) != Fit::never) waiting.push_back(std::move(kept));
}

ConnectionPool::Fit ConnectionPool::fit(Waiting& waiting, SteadyTime now) {
  const auto idle = now - waiting.since;
  if (idle >= kIdle) return Fit::never;
  if (waiting.rest) {
    const auto state = waiting.rest->skip(*waiting.channel);
    if (state == Leftover::State::open) return idle < kLate ? Fit::later : Fit::never;
    if (state == Leftover::State::broken) return Fit::never;
    waiting.rest.reset();
  }
  return waiting.channel->quiet() ? Fit::ready : Fit::never;
}

// Connections that are too old, have ended, or were a client's that is no more.
void ConnectionPool::drop_old(SteadyTime now) {
  if (now < next_check_) return;
  next_check_ = now + kCheck;
  for (auto client = waiting_.begin(); client != waiting_.end();) {
    auto& origins = client->second;
    for (auto origin = origins.begin(); origin != origins.end();) {
      auto& waiting = origin->second;
      std::erase_if(waiting, [now](Waiting& each) { return fit(each, now) == Fit::never; });
      origin = waiting.empty() ? origins.erase(origin) : std::next(origin);
    }
    client = client->first.expired() || origins.empty() ? waiting_.erase(client) : std::next(client);
  }
}

}  // namespace lazuli::net
