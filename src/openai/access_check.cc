#include "openai/access_check.h"

#include <algorithm>

#include "openai/errors.h"

namespace lazuli::openai {

namespace {

constexpr std::chrono::milliseconds kMemory(500);
constexpr std::size_t kMostKnown = 4096;
constexpr std::size_t kHashed = 64;  // bytes of a token's end

}  // namespace

std::size_t AccessCheck::Hash::operator()(const Asked& asked) const {
  const auto end = asked.token.substr(asked.token.size() - std::min(asked.token.size(), kHashed));
  return std::hash<std::string_view>()(end) + static_cast<std::size_t>(asked.operation);
}

AccessCheck::AccessCheck(const access::TokenVerifier& tokens, const access::Authorizer& authorizer, const Clock& clock,
                         fault::Rules* faults)
    : tokens_(tokens), authorizer_(authorizer), clock_(clock), faults_(faults) {}

Result<std::shared_ptr<const access::Principal>> AccessCheck::check(std::string_view token, std::string_view scope,
                                                                    Operation operation) {
  const TimePoint now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    // An entry from the future means that the clock was set back: it is not trusted.
    if (const auto found = known_.find(Asked{token, scope, operation});
        found != known_.end() && now < found->second.until && found->second.until <= now + kMemory) {
      return found->second.who;
    }
  }
  auto who = check_now(token, scope, operation);
  if (!who) return who;
  TimePoint until = now + kMemory;
  if (const auto expiry = integer(find((*who)->claims, "exp"))) until = std::min(until, from_unix(*expiry));
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMostKnown) known_.clear();
  known_.insert_or_assign(Key{std::string(token), std::string(scope), operation}, Known{*who, until});
  return who;
}

Result<std::shared_ptr<const access::Principal>> AccessCheck::check_now(std::string_view token, std::string_view scope,
                                                                        Operation operation) const {
  static const std::vector<std::string> audiences(std::begin(kAudiences), std::end(kAudiences));
  auto principal = tokens_.verify(token, audiences);
  if (!principal) {
    std::string reason = principal.error().message;
    if (principal.error().code == "TokenAudience") reason += " Expected: https://cognitiveservices.azure.com.";
    return unauthorized(reason);
  }
  auto who = std::make_shared<const access::Principal>(*std::move(principal));
  const std::string key = faults_ ? "openai " + who->object_id + " " + std::string(scope) : std::string();
  if (faults_ && faults_->recall(key)) return permission_denied(who->object_id, operation);
  if (authorizer_.check(*who, names_of(operation).data_action, scope, access::Plane::data).allowed) return who;
  const Error refusal = permission_denied(who->object_id, operation);
  if (!faults_) return refusal;
  const fault::Target target{"openai", who->app_id, who->object_id, scope};
  if (const auto rule = faults_->strike(fault::Kind::negative_cache, target)) faults_->remember(*rule, key, refusal);
  return refusal;
}

}  // namespace lazuli::openai
