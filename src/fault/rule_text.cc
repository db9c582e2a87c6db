// Rules as people write them, on a command line and in lazuli.yaml, and as they are shown.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "fault/rules.h"

namespace lazuli::fault {

namespace {

struct KindRow {
  Kind kind;
  std::string_view word;
  std::string_view services;  // that have it, separated by blanks
  int status;                 // of the answer, where the kind has one of its own
  Seconds retry_after;
  Seconds delay;
};

constexpr Seconds kLongest = std::chrono::hours(24 * 30);

// The delays are what people report of Azure: minutes for both, and as long for a failing try.
constexpr std::array kKinds = std::to_array<KindRow>({
    {Kind::throttle, "throttle", "token arm openai", 429, Seconds(1), Seconds(0)},
    {Kind::error, "error", "token arm openai", 503, Seconds(0), Seconds(0)},
    {Kind::slow, "slow", "openai", 0, Seconds(0), Seconds(10)},
    {Kind::issuer_unreachable, "issuer-unreachable", "token", 0, Seconds(0), Seconds(0)},
    {Kind::key_rollover, "key-rollover", "token", 0, Seconds(0), Seconds(0)},
    {Kind::certificate_expired, "certificate-expired", "token arm openai", 0, Seconds(0), Seconds(0)},
    {Kind::credential_delay, "credential-delay", "token", 0, Seconds(0), Seconds(120)},
    {Kind::role_delay, "role-delay", "arm openai", 0, Seconds(0), Seconds(300)},
    {Kind::negative_cache, "negative-cache", "token openai", 0, Seconds(0), Seconds(300)},
});

const KindRow& row(Kind kind) {
  return *std::ranges::find(kKinds, kind, &KindRow::kind);
}

Error invalid(std::string_view member, std::string message) {
  return Error{"InvalidFault", std::string(member) + ": " + std::move(message), 400, std::string(member)};
}

// A number of seconds, or "30s", "5m", "2h".
std::optional<Seconds> read_time(const Json& value) {
  std::int64_t factor = 1;
  auto number = integer(&value);
  if (!number && value.is_string() && value.get_string().size() > 1) {
    const std::string_view text(value.get_string());
    const char unit = text.back();
    factor = unit == 'h' ? 3600 : unit == 'm' ? 60 : unit == 's' ? 1 : 0;
    const Json digits(text.substr(0, text.size() - 1));
    number = integer(&digits);
  }
  if (!number || factor == 0 || *number < 0 || *number > kLongest.count() / factor) return std::nullopt;
  return Seconds(*number * factor);
}

std::optional<double> read_rate(const Json& value) {
  double rate = -1;
  if (value.is_number()) rate = value.to_number<double>();
  if (value.is_string()) {
    const std::string_view text(value.get_string());
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), rate);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  }
  return rate > 0 && rate <= 1 ? std::optional(rate) : std::nullopt;
}

// One member of a rule into it.
Status read_member(Rule& rule, std::string_view name, const Json& value, TimePoint now) {
  const auto time = read_time(value);
  const auto number = integer(&value);
  if (name == "kind") return {};
  if (name == "service" || name == "identity" || name == "resource") {
    if (!value.is_string()) return invalid(name, "has to be text.");
    (name == "service" ? rule.service : name == "identity" ? rule.identity : rule.resource) = string_or(&value);
    return {};
  }
  if (name == "status") {
    if (!number || *number < 500 || *number > 599) return invalid(name, "has to be from 500 to 599.");
    if (rule.kind != Kind::error) return invalid(name, "only the fault 'error' has one.");
    rule.status = static_cast<int>(*number);
    return {};
  }
  if (name == "calls") {
    if (!number || *number < 1) return invalid(name, "has to be a number from 1.");
    rule.calls = static_cast<std::uint64_t>(*number);
    return {};
  }
  if (name == "rate") {
    const auto rate = read_rate(value);
    if (!rate) return invalid(name, "has to be a share of the calls: more than 0, at most 1.");
    rule.rate = *rate;
    return {};
  }
  if (name != "for" && name != "delay" && name != "retryAfter") {
    return invalid(name,
                   "is not known. Known: kind, service, identity, resource, status, retryAfter, delay, rate, calls, "
                   "for.");
  }
  if (!time) return invalid(name, "has to be a time, such as 30s, 5m or 2h.");
  if (name == "for") {
    rule.until = now + *time;
  } else {
    (name == "delay" ? rule.delay : rule.retry_after) = *time;
  }
  return {};
}

std::string shown(Seconds time) {
  return std::to_string(time.count()) + " s";
}

}  // namespace

std::string_view word(Kind kind) {
  return row(kind).word;
}

std::vector<std::string> kind_words() {
  std::vector<std::string> words;
  words.reserve(std::size(kKinds));
  for (const auto& one : kKinds) words.emplace_back(one.word);
  return words;
}

Result<Rule> read_rule(const Json& value, TimePoint now) {
  const auto* members = value.if_object();
  if (!members) return invalid("fault", "has to be a mapping with a kind.");
  const auto wanted = string_at(value, "kind");
  const auto found = std::ranges::find(kKinds, wanted, &KindRow::word);
  if (found == kKinds.end()) {
    return invalid("kind", "is one of " + join(kind_words(), ", ") + ", not '" + wanted + "'.");
  }
  Rule rule;
  rule.kind = found->kind;
  rule.status = found->status;
  rule.retry_after = found->retry_after;
  rule.delay = found->delay;
  for (const auto& member : *members) {
    if (auto read = read_member(rule, member.key(), member.value(), now); !read) return read.error();
  }
  const auto services = split(found->services, ' ');
  if (!rule.service.empty() && std::ranges::find(services, rule.service) == services.end()) {
    return invalid("service",
                   "'" + wanted + "' is there for " + join(services, ", ") + ", not for '" + rule.service + "'.");
  }
  return rule;
}

JsonObject json(const Rule& rule) {
  JsonObject made{{"id", rule.id}, {"kind", word(rule.kind)}};
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) made[name] = value;
  };
  add("service", rule.service);
  add("identity", rule.identity);
  add("resource", rule.resource);
  if (rule.status != 0) made["status"] = rule.status;
  if (rule.retry_after.count() > 0) made["retryAfter"] = rule.retry_after.count();
  if (rule.delay.count() > 0) made["delay"] = rule.delay.count();
  made["rate"] = rule.rate;
  if (rule.calls) made["callsLeft"] = *rule.calls;
  if (rule.until) made["until"] = iso8601(*rule.until, 0);
  made["struck"] = rule.struck;
  return made;
}

std::string text(const Rule& rule) {
  std::string line = std::to_string(rule.id) + "  " + std::string(word(rule.kind));
  if (rule.status != 0) line += " " + std::to_string(rule.status);
  if (rule.delay.count() > 0) line += " " + shown(rule.delay);
  if (rule.retry_after.count() > 0) line += ", Retry-After " + shown(rule.retry_after);
  if (!rule.service.empty()) line += ", service " + rule.service;
  if (!rule.identity.empty()) line += ", identity " + rule.identity;
  if (!rule.resource.empty()) line += ", resource " + rule.resource;
  if (rule.rate < 1) line += ", " + std::to_string(static_cast<int>(rule.rate * 100)) + " % of calls";
  if (rule.calls) line += ", " + std::to_string(*rule.calls) + " more calls";
  if (rule.until) line += ", until " + iso8601(*rule.until, 0);
  return line + "; struck " + std::to_string(rule.struck);
}

}  // namespace lazuli::fault
