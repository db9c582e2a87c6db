#include "openai/quota.h"

#include <algorithm>

namespace lazuli::openai {

namespace {

using std::chrono::milliseconds;
constexpr std::chrono::minutes kWindow(1);

// How many whole windows must pass after the running one before `used` is below the limit.
std::int64_t windows_to_wait(std::int64_t used, std::int64_t limit) {
  return (used - limit) / limit;
}

}  // namespace

QuotaState tighter(const QuotaState& a, const QuotaState& b) {
  QuotaState out = a;
  const bool tokens = b.limits.tokens > 0 && (a.limits.tokens == 0 || b.remaining_tokens < a.remaining_tokens);
  const bool requests =
      b.limits.requests > 0 && (a.limits.requests == 0 || b.remaining_requests < a.remaining_requests);
  if (tokens) {
    out.limits.tokens = b.limits.tokens;
    out.remaining_tokens = b.remaining_tokens;
  }
  if (requests) {
    out.limits.requests = b.limits.requests;
    out.remaining_requests = b.remaining_requests;
  }
  if (tokens || requests) out.reset = b.reset;
  return out;
}

void Quota::roll(TimePoint now) {
  if (now < start_) start_ = now;  // the clock was set back: do not refuse for longer than a window
  const auto passed = (now - start_) / kWindow;
  if (passed <= 0) return;
  tokens_ = limits_.tokens > 0
                ? std::max<std::int64_t>(0, tokens_ - std::min<std::int64_t>(passed, tokens_) * limits_.tokens)
                : 0;
  requests_ = limits_.requests > 0
                  ? std::max<std::int64_t>(0, requests_ - std::min<std::int64_t>(passed, requests_) * limits_.requests)
                  : 0;
  // A window begins with a request, unless what is carried over keeps the old rhythm.
  start_ = tokens_ > 0 || requests_ > 0 ? start_ + passed * kWindow : now;
}

std::optional<Quota::Refusal> Quota::admit(TimePoint now, std::int64_t estimated_tokens) {
  const std::lock_guard lock(mutex_);
  roll(now);
  const auto until_reset = std::chrono::ceil<milliseconds>(start_ + kWindow - now);
  if (limits_.requests > 0 && requests_ >= limits_.requests) {
    return Refusal{false, until_reset + kWindow * windows_to_wait(requests_, limits_.requests)};
  }
  if (limits_.tokens > 0 && tokens_ >= limits_.tokens) {
    return Refusal{true, until_reset + kWindow * windows_to_wait(tokens_, limits_.tokens)};
  }
  ++requests_;
  tokens_ += std::max<std::int64_t>(0, estimated_tokens);
  return std::nullopt;
}

void Quota::correct(std::int64_t estimated, std::int64_t used) {
  const std::lock_guard lock(mutex_);
  tokens_ = std::max<std::int64_t>(0, tokens_ + used - std::max<std::int64_t>(0, estimated));
}

void Quota::take_back(std::int64_t estimated) {
  const std::lock_guard lock(mutex_);
  requests_ = std::max<std::int64_t>(0, requests_ - 1);
  tokens_ = std::max<std::int64_t>(0, tokens_ - std::max<std::int64_t>(0, estimated));
}

bool Quota::idle(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  const auto windows = [](std::int64_t used, std::int64_t limit) {
    return limit > 0 ? windows_to_wait(used, limit) : 0;
  };
  const auto carried = std::max(windows(tokens_, limits_.tokens), windows(requests_, limits_.requests));
  return now >= start_ + kWindow * (carried + 2);
}

void Quota::set(Limits limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

QuotaState Quota::state(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  QuotaState state;
  state.limits = limits_;
  state.remaining_tokens = std::max<std::int64_t>(0, limits_.tokens - tokens_);
  state.remaining_requests = std::max<std::int64_t>(0, limits_.requests - requests_);
  state.reset = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(start_ + kWindow - now));
  return state;
}

}  // namespace lazuli::openai
