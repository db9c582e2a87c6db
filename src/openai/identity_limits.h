// Limits for each identity, beside those of the deployments: so that one caller's hunger is refused to that caller, and
// not felt by the others. The rules of the configuration, first match wins; what a rule grants, it grants to each
// identity for itself, over all deployments that the rule covers. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "openai/quota.h"

namespace lazuli::openai {

// Patterns: '*' stands for any text; without regard to case.
struct IdentityLimit {
  std::string identity = "*";  // an object id, a client id, or "key1", "key2"
  std::string account = "*";
  std::string deployment = "*";
  Limits limits{0, 0};
};

struct LimitedCall {
  std::string_view identity;     // object id, or the key's name
  std::string_view application;  // client id; may be empty
  std::string_view account;      // name
  std::string_view deployment;
};

class IdentityLimits {
 public:
  explicit IdentityLimits(std::vector<IdentityLimit> rules) : rules_(std::move(rules)) {}

  // Null: no rule names the call.
  std::shared_ptr<Quota> find(const LimitedCall& call, TimePoint now);
  std::size_t size() const;  // identities that are being counted

 private:
  void forget_idle(TimePoint now);

  std::vector<IdentityLimit> rules_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::size_t, std::string>, std::shared_ptr<Quota>> counted_;  // by rule and identity
  std::size_t forget_at_ = 1024;
};

}  // namespace lazuli::openai
