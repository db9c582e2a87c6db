#include "net/pool.h"

namespace lazuli::net {

namespace {

// Shorter than the keep-alive times of common servers (nginx 75 s, Node 5 s is the exception that `alive` catches).
constexpr auto kIdle = std::chrono::seconds(60);
constexpr auto kCheck = std::chrono::seconds(5);
constexpr std::size_t kForEachOrigin = 1024;

}  // namespace

std::optional<Parked> ConnectionPool::take(const std::string& origin) {
  const auto now = std::chrono::steady_clock::now();
  for (;;) {
    std::optional<Waiting> candidate;  // closed outside of the lock if it turns out to be dead
    {
      const std::lock_guard lock(mutex_);
      drop_old(now);
      const auto found = waiting_.find(origin);
      if (found == waiting_.end() || found->second.empty()) return std::nullopt;
      candidate = std::move(found->second.back());
      found->second.pop_back();
    }
    if (now - candidate->since < kIdle && candidate->parked.alive()) return std::move(candidate->parked);
  }
}

void ConnectionPool::give(const std::string& origin, Parked parked) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  drop_old(now);
  auto& waiting = waiting_[origin];
  if (waiting.size() < kForEachOrigin) waiting.push_back({std::move(parked), now});
}

void ConnectionPool::drop_old(SteadyTime now) {
  if (now < next_check_) return;
  next_check_ = now + kCheck;
  for (auto origin = waiting_.begin(); origin != waiting_.end();) {
    auto& waiting = origin->second;
    while (!waiting.empty() && now - waiting.front().since >= kIdle) waiting.pop_front();
    origin = waiting.empty() ? waiting_.erase(origin) : std::next(origin);
  }
}

}  // namespace lazuli::net
