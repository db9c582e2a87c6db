#include "fault/rules.h"

#include <algorithm>

#include "base/text.h"

namespace lazuli::fault {

namespace {

// Whether a rule's name means this resource: its id, its name, or something that it is below.
bool names(std::string_view rule, std::string_view resource) {
  if (rule.empty()) return true;
  const std::string wanted = to_lower(rule), id = to_lower(resource);
  if (id == wanted || id.starts_with(wanted + "/")) return true;
  return ("/" + id + "/").find("/" + wanted + "/") != std::string::npos;
}

// From 0 up to 1.
double chance(Random& random) {
  std::uint32_t bits = 0;
  random.fill({reinterpret_cast<char*>(&bits), sizeof bits});
  return bits / 4294967296.0;
}

}  // namespace

bool Rules::matches(const Rule& rule, const Target& target) const {
  if (!rule.service.empty() && rule.service != target.service) return false;
  if (!rule.identity.empty() && !equals_ignoring_case(rule.identity, target.client_id) &&
      !equals_ignoring_case(rule.identity, target.object_id)) {
    return false;
  }
  return names(rule.resource, target.resource);
}

void Rules::drop_ended() {
  const TimePoint now = clock_.now();
  std::erase_if(
      rules_, [&](const Rule& rule) { return (rule.until && *rule.until <= now) || (rule.calls && *rule.calls == 0); });
  any_ = !rules_.empty() || !remembered_.empty();
}

Result<Rule> Rules::add(Rule rule) {
  const std::lock_guard lock(mutex_);
  drop_ended();
  if (rules_.size() >= kMost) {
    return Error{"TooManyFaults", "There are " + std::to_string(kMost) + " faults already: lazuli fault clear --all.",
                 400};
  }
  rule.id = ++last_id_;
  rules_.push_back(rule);
  any_ = true;
  return rule;
}

std::vector<Rule> Rules::list() {
  const std::lock_guard lock(mutex_);
  drop_ended();
  return rules_;
}

bool Rules::clear(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  drop_ended();
  const auto before = rules_.size();
  erase(id);
  return rules_.size() < before;
}

void Rules::erase(std::uint64_t id) {
  std::erase_if(rules_, [&](const Rule& rule) { return rule.id == id; });
  std::erase_if(remembered_, [&](const auto& entry) { return entry.second.rule == id; });
  any_ = !rules_.empty() || !remembered_.empty();
}

std::size_t Rules::clear() {
  const std::lock_guard lock(mutex_);
  drop_ended();
  const auto count = rules_.size();
  rules_.clear();
  remembered_.clear();
  any_ = false;
  return count;
}

// Found and counted under one lock: two calls at once do not both have the last one.
std::optional<Rule> Rules::strike(Kind kind, const Target& target) {
  if (!any_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  Rule* rule = striking(kind, target);
  if (rule == nullptr) return std::nullopt;
  count(*rule);
  return *rule;
}

std::optional<Rule> Rules::find(Kind kind, const Target& target) {
  if (!any_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const Rule* rule = striking(kind, target);
  return rule ? std::optional(*rule) : std::nullopt;
}

void Rules::count(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto rule = std::ranges::find(rules_, id, &Rule::id);
  if (rule != rules_.end()) count(*rule);
}

Rule* Rules::striking(Kind kind, const Target& target) {
  drop_ended();
  for (auto& rule : rules_) {
    if (rule.kind != kind || !matches(rule, target)) continue;
    if (rule.rate < 1 && chance(random_) >= rule.rate) continue;
    return &rule;
  }
  return nullptr;
}

void Rules::count(Rule& rule) {
  ++rule.struck;
  if (rule.calls && *rule.calls > 0) --*rule.calls;
}

std::vector<Rule> Rules::concerning(const Target& target) {
  if (!any_) return {};
  const std::lock_guard lock(mutex_);
  drop_ended();
  std::vector<Rule> found;
  std::ranges::copy_if(rules_, std::back_inserter(found), [&](const Rule& rule) {
    Target of_its_service = target;
    if (target.service.empty()) of_its_service.service = rule.service;
    return matches(rule, of_its_service);
  });
  return found;
}

void Rules::remember(const Rule& rule, const std::string& key, Error error) {
  const std::lock_guard lock(mutex_);
  const TimePoint now = clock_.now();
  if (remembered_.size() >= kMostRemembered) {
    std::erase_if(remembered_, [&](const auto& entry) { return entry.second.until <= now; });
  }
  if (remembered_.size() < kMostRemembered) remembered_[key] = {std::move(error), now + rule.delay, rule.id};
}

std::optional<Error> Rules::recall(const std::string& key) {
  if (!any_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = remembered_.find(key);
  if (found == remembered_.end()) return std::nullopt;
  if (found->second.until > clock_.now()) return found->second.error;
  remembered_.erase(found);
  return std::nullopt;
}

}  // namespace lazuli::fault
