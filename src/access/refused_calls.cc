#include "access/refused_calls.h"

#include <algorithm>

#include "base/text.h"

namespace lazuli::access {

namespace {

using Text = std::string RefusedCall::*;

struct Named {
  std::string_view name;
  Text text;
};

constexpr Named kTexts[] = {
    {"requestId", &RefusedCall::request_id},
    {"correlationId", &RefusedCall::correlation_id},
    {"peer", &RefusedCall::peer},
    {"code", &RefusedCall::code},
    {"reason", &RefusedCall::reason},
    {"clientId", &RefusedCall::client_id},
    {"issuer", &RefusedCall::issuer},
    {"subject", &RefusedCall::subject},
    {"audience", &RefusedCall::audience},
    {"keyId", &RefusedCall::key_id},
    {"tenant", &RefusedCall::tenant},
    {"grantType", &RefusedCall::grant_type},
    {"scope", &RefusedCall::scope},
    {"podUid", &RefusedCall::pod_uid},
    {"host", &RefusedCall::host},
    {"account", &RefusedCall::account},
    {"deployment", &RefusedCall::deployment},
    {"operation", &RefusedCall::operation},
    {"action", &RefusedCall::action},
    {"principal", &RefusedCall::principal},
};

// Cut to a length, and without control characters: it is shown in terminals.
void tame(std::string& text) {
  if (text.size() > RefusedCalls::kLongest) text.resize(RefusedCalls::kLongest);
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
}

}  // namespace

JsonObject RefusedCall::json() const {
  JsonObject made{
      {"service", service == Service::token ? "token" : "openai"}, {"time", iso8601(time, 3)}, {"status", status}};
  for (const auto& [name, text] : kTexts) {
    if (!(this->*text).empty()) made[name] = this->*text;
  }
  if (fault != 0) made["fault"] = fault;
  return made;
}

void RefusedCalls::add(RefusedCall call) {  // NOLINT(performance-unnecessary-value-param): its texts are changed
  for (const auto& named : kTexts) tame(call.*named.text);
  {
    const std::lock_guard lock(mutex_);
    if (calls_.size() >= kMost) calls_.pop_front();
    calls_.push_back(call);
  }
  if (listener_) listener_(call);
}

std::vector<RefusedCall> RefusedCalls::find(std::string_view id) const {
  std::vector<RefusedCall> found;
  if (id.empty()) return found;
  const std::lock_guard lock(mutex_);
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
    if (equals_ignoring_case(call->request_id, id) || equals_ignoring_case(call->correlation_id, id)) {
      found.push_back(*call);
    }
  }
  return found;
}

std::vector<RefusedCall> RefusedCalls::newest(std::size_t most) const {
  const std::lock_guard lock(mutex_);
  const auto count = std::min(most, calls_.size());
  return {calls_.rbegin(), calls_.rbegin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace lazuli::access
