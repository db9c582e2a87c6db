#include "net/pool.h"

namespace lazuli::net {

namespace {

// Shorter than the keep-alive times of common servers (nginx 75 s; Node, 5 s, is the exception that `quiet` catches).
constexpr auto kIdle = std::chrono::seconds(60);
constexpr auto kCheck = std::chrono::seconds(5);
constexpr std::size_t kForEachOrigin = 1024;

}  // namespace

asio::execution_context::id ConnectionPool::id;

ConnectionPool::ConnectionPool(asio::execution_context& context) : asio::execution_context::service(context) {
  // Services end in the opposite order: the channels need these two.
  asio::use_service<Reactor>(static_cast<asio::io_context&>(context));
  asio::use_service<Deadlines>(static_cast<asio::io_context&>(context));
}

std::unique_ptr<Channel> ConnectionPool::take(const Owner& owner, const std::string& origin) {
  const auto now = std::chrono::steady_clock::now();
  drop_old(now);
  const auto origins = waiting_.find(owner);
  if (origins == waiting_.end()) return nullptr;
  const auto found = origins->second.find(origin);
  if (found == origins->second.end()) return nullptr;
  auto& waiting = found->second;
  while (!waiting.empty()) {
    Waiting candidate = std::move(waiting.back());
    waiting.pop_back();
    if (now - candidate.since < kIdle && candidate.channel->quiet()) return std::move(candidate.channel);
  }
  return nullptr;
}

void ConnectionPool::give(const Owner& owner, const std::string& origin, std::unique_ptr<Channel> channel) {
  const auto now = std::chrono::steady_clock::now();
  drop_old(now);
  auto& waiting = waiting_[owner][origin];
  if (waiting.size() < kForEachOrigin) waiting.push_back({std::move(channel), now});
}

// Connections that are too old, have ended, or were a client's that is no more.
void ConnectionPool::drop_old(SteadyTime now) {
  if (now < next_check_) return;
  next_check_ = now + kCheck;
  for (auto client = waiting_.begin(); client != waiting_.end();) {
    auto& origins = client->second;
    for (auto origin = origins.begin(); origin != origins.end();) {
      auto& waiting = origin->second;
      std::erase_if(waiting,
                    [now](const Waiting& each) { return now - each.since >= kIdle || !each.channel->quiet(); });
      origin = waiting.empty() ? origins.erase(origin) : std::next(origin);
    }
    client = client->first.expired() || origins.empty() ? waiting_.erase(client) : std::next(client);
  }
}

}  // namespace lazuli::net
