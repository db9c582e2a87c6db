// Faults on request: what Azure does now and then, or takes its time with, brought back so that people can see whether
// their code waits and retries as it must. One list of rules; each service asks it at one place. Without a rule, asking
// costs one load of an atomic. In memory: rules end with the process, with their time or with their number of calls;
// those of lazuli.yaml are there at every start. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"

namespace lazuli::fault {

enum class Kind {
  throttle,             // 429 with Retry-After
  error,                // 5xx
  slow,                 // the engine of a deployment waits before its first byte
  issuer_unreachable,   // an issuer's documents cannot be had
  key_rollover,         // an issuer signs with a key that the token service does not know yet
  certificate_expired,  // of the service's TLS door
  credential_delay,     // a new federated credential is not seen for a while
  role_delay,           // a new role assignment is not seen for a while
  negative_cache,       // a failing try is remembered, and repeated although its cause was mended
};

std::string_view word(Kind kind);  // as people write it: "issuer-unreachable"
std::vector<std::string> kind_words();

struct Rule {
  std::uint64_t id = 0;  // given by add()
  Kind kind = Kind::error;
  std::string service;   // "token", "arm", "openai"; empty: every one that has the kind
  std::string identity;  // client id or object id; empty: any
  std::string resource;  // a resource's id or name, a deployment's name, an issuer; empty: any
  int status = 0;        // of the answer
  Seconds retry_after{0};
  Seconds delay{0};                    // of slow and of the three that take time
  double rate = 1;                     // the share of calls that it strikes
  std::optional<std::uint64_t> calls;  // how many are left
  std::optional<TimePoint> until;
  std::uint64_t struck = 0;
};

// What a call is about. Ids in any case; what is not known stays empty and matches only rules that do not ask for it.
struct Target {
  std::string_view service;
  std::string_view client_id = {}, object_id = {};
  std::string_view resource = {};  // "/subscriptions/…/accounts/A/deployments/D", or an issuer
};

// {"kind", "service", "identity", "resource", "status", "retryAfter", "delay", "rate", "calls", "for"}; times in
// seconds or as "30s", "5m", "2h". Error "InvalidFault" (400) names the member.
Result<Rule> read_rule(const Json& value, TimePoint now);
JsonObject json(const Rule& rule);
std::string text(const Rule& rule);  // one line for people

class Rules {
 public:
  static constexpr std::size_t kMost = 100;
  static constexpr std::size_t kMostRemembered = 4096;

  Rules(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  Result<Rule> add(Rule rule);  // error "TooManyFaults" (400)
  std::vector<Rule> list();
  bool clear(std::uint64_t id);
  std::size_t clear();  // all; how many there were

  bool any() const { return any_; }
  // The rule of this kind that strikes the call, which counts as one of its calls.
  std::optional<Rule> strike(Kind kind, const Target& target);
  // Whether it would, for those that count later, and the counting.
  std::optional<Rule> find(Kind kind, const Target& target);
  void count(std::uint64_t id);
  // Of every kind: what the doctor tells of. Does not count.
  std::vector<Rule> concerning(const Target& target);

  // Negative caching: what failed stays failed until the rule's delay is over.
  void remember(const Rule& rule, const std::string& key, Error error);
  std::optional<Error> recall(const std::string& key);

 private:
  struct Remembered {
    Error error;
    TimePoint until;
    std::uint64_t rule;
  };

  bool matches(const Rule& rule, const Target& target) const;
  // With mutex_ held:
  Rule* striking(Kind kind, const Target& target);
  static void count(Rule& rule);
  void drop_ended();
  void erase(std::uint64_t id);

  const Clock& clock_;
  Random& random_;
  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::vector<Rule> rules_;
  std::map<std::string, Remembered> remembered_;
  std::uint64_t last_id_ = 0;
};

}  // namespace lazuli::fault
