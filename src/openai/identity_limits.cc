#include "openai/identity_limits.h"

#include <algorithm>

#include "openai/engines.h"

namespace lazuli::openai {

namespace {

bool covers(const IdentityLimit& rule, const LimitedCall& call) {
  return (matches_pattern(rule.identity, call.identity) || matches_pattern(rule.identity, call.application)) &&
         matches_pattern(rule.account, call.account) && matches_pattern(rule.deployment, call.deployment);
}

}  // namespace

std::shared_ptr<Quota> IdentityLimits::find(const LimitedCall& call, TimePoint now) {
  const auto rule = std::ranges::find_if(rules_, [&](const IdentityLimit& known) { return covers(known, call); });
  if (rule == rules_.end()) return nullptr;
  const auto index = static_cast<std::size_t>(rule - rules_.begin());
  const std::lock_guard lock(mutex_);
  auto& quota = counted_[{index, std::string(call.identity)}];
  if (quota) return quota;
  quota = std::make_shared<Quota>(rule->limits);
  auto made = quota;  // in use: it is not forgotten here
  if (counted_.size() >= forget_at_) forget_idle(now);
  return made;
}

std::size_t IdentityLimits::size() const {
  const std::lock_guard lock(mutex_);
  return counted_.size();
}

// Identities come and go with the pods that have them. What has nothing counted any more is as good as new.
void IdentityLimits::forget_idle(TimePoint now) {
  std::erase_if(counted_,
                [now](const auto& entry) { return entry.second.use_count() == 1 && entry.second->idle(now); });
  forget_at_ = std::max<std::size_t>(1024, counted_.size() * 2);
}

}  // namespace lazuli::openai
