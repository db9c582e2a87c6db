#include "openai/upstreams.h"

#include <algorithm>
#include <numeric>

namespace lazuli::openai {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstPause(1000);
constexpr milliseconds kLongestPause(30000);

}  // namespace

Upstreams::Upstreams(std::vector<Upstream> list, milliseconds recheck)
    : list_(std::move(list)), recheck_(recheck), health_(list_.size()) {}

milliseconds Upstreams::pause_after(int failures) {
  return std::min(kFirstPause * (1 << std::clamp(failures - 1, 0, 5)), kLongestPause);
}

std::vector<std::size_t> Upstreams::order(TimePoint now) {
  std::vector<std::size_t> order(list_.size());
  std::iota(order.begin(), order.end(), 0);
  if (list_.size() == 1) return order;
  const std::lock_guard lock(mutex_);
  const auto well = [&](std::size_t i) { return !health_[i].out && health_[i].well_at <= now; };
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
    if (!well(a) && health_[a].out != health_[b].out) return health_[b].out;
    if (!well(a)) return health_[a].well_at < health_[b].well_at;
    if (list_[a].priority != list_[b].priority) return list_[a].priority < list_[b].priority;
    return a == chosen && b != chosen;
  });
  // One call tries a server that had failed: until its outcome is known, it is not well for the others.
  if (chosen != list_.size() && health_[chosen].failures > 0) {
    health_[chosen].well_at = now + pause_after(health_[chosen].failures);
  }
  return order;
}

void Upstreams::succeeded(std::size_t index) {
  const std::lock_guard lock(mutex_);
  auto& health = health_[index];
  health.failures = 0;
  health.well_at = TimePoint{};
  health.lost = health.out = false;
}

void Upstreams::failed(std::size_t index, TimePoint now, std::optional<milliseconds> pause) {
  const std::lock_guard lock(mutex_);
  auto& health = health_[index];
  ++health.failures;
  health.lost = false;
  health.well_at = now + std::min(pause.value_or(pause_after(health.failures)), kLongestPause);
}

void Upstreams::lost(std::size_t index, TimePoint now) {
  failed(index, now);
  const std::lock_guard lock(mutex_);
  health_[index].lost = true;
}

bool Upstreams::checked(std::size_t index, bool there, TimePoint now) {
  const std::lock_guard lock(mutex_);
  auto& health = health_[index];
  const bool changed = health.out == there;
  health.out = !there;
  if (there && health.lost) {
    health.lost = false;
    health.well_at = now;
  }
  return changed;
}

milliseconds Upstreams::until_well(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  auto soonest = kLongestPause;
  for (const auto& health : health_) {
    const auto wait = std::chrono::ceil<milliseconds>(health.well_at - now);
    soonest = std::min(soonest, health.out ? std::max(wait, recheck_) : wait);
  }
  return std::max(soonest, milliseconds(1000));
}

}  // namespace lazuli::openai
