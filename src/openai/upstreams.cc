#include "openai/upstreams.h"

#include <algorithm>
#include <numeric>

namespace lazuli::openai {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstPause(1000);
constexpr milliseconds kLongestPause(30000);

}  // namespace

Upstreams::Upstreams(std::vector<Upstream> list) : list_(std::move(list)), health_(list_.size()) {}

std::vector<std::size_t> Upstreams::order(TimePoint now) {
  std::vector<std::size_t> order(list_.size());
  std::iota(order.begin(), order.end(), 0);
  if (list_.size() == 1) return order;
  const std::lock_guard lock(mutex_);
  const auto well = [&](std::size_t i) { return health_[i].well_at <= now; };
  // Smooth weighted rotation: each candidate gains its weight, the chosen one pays the sum.
  std::int64_t best = INT64_MAX;
  for (const auto i : order) {
    if (well(i)) best = std::min(best, list_[i].priority);
  }
  std::int64_t total = 0;
  std::size_t chosen = list_.size();
  for (const auto i : order) {
    if (!well(i) || list_[i].priority != best) continue;
    health_[i].credit += list_[i].weight;
    total += list_[i].weight;
    if (chosen == list_.size() || health_[i].credit > health_[chosen].credit) chosen = i;
  }
  if (chosen != list_.size()) health_[chosen].credit -= total;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (well(a) != well(b)) return well(a);
    if (!well(a)) return health_[a].well_at < health_[b].well_at;
    if (list_[a].priority != list_[b].priority) return list_[a].priority < list_[b].priority;
    return a == chosen && b != chosen;
  });
  return order;
}

void Upstreams::succeeded(std::size_t index) {
  const std::lock_guard lock(mutex_);
  health_[index].failures = 0;
  health_[index].well_at = TimePoint{};
}

void Upstreams::failed(std::size_t index, TimePoint now, std::optional<milliseconds> pause) {
  const std::lock_guard lock(mutex_);
  auto& health = health_[index];
  const int doublings = std::min(health.failures, 5);
  ++health.failures;
  health.well_at = now + std::min(pause.value_or(kFirstPause * (1 << doublings)), kLongestPause);
}

milliseconds Upstreams::until_well(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  auto soonest = kLongestPause;
  for (const auto& health : health_) {
    soonest = std::min(soonest, std::chrono::ceil<milliseconds>(health.well_at - now));
  }
  return std::max(soonest, milliseconds(1000));
}

}  // namespace lazuli::openai
