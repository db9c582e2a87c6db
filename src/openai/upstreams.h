// Which of several servers to try next: by priority, then weight, leaving out those that failed a moment ago or do not
// answer their health checks. A server that failed is left alone for a while, then one call tries it, and only when
// that has gone well do the others follow (a circuit breaker that closes by one). Knows nothing of HTTP. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace lazuli::openai {

struct Upstream {
  std::string url;  // without closing slash
  std::string model;
  std::string key;
  std::int64_t weight = 1;
  std::int64_t priority = 0;
};

class Upstreams {
 public:
  // `recheck`: after which a server that is out by its health checks may be back.
  explicit Upstreams(std::vector<Upstream> list, std::chrono::milliseconds recheck = std::chrono::seconds(10));

  // The order in which a call should try them: those that are well first (priority, then weighted rotation), then the
  // others, nearest recovery first, because a server that may be back is better than no answer.
  std::vector<std::size_t> order(TimePoint now);
  const Upstream& at(std::size_t index) const { return list_[index]; }
  std::size_t size() const { return list_.size(); }

  void succeeded(std::size_t index);
  // `pause`: the wait that the server itself asked for.
  void failed(std::size_t index, TimePoint now, std::optional<std::chrono::milliseconds> pause = {});
  void lost(std::size_t index, TimePoint now);  // failed, and could not even be reached
  // A health check's outcome. Ends the pause of a server that was lost, and of no other. True: it is another outcome
  // than the one before.
  bool checked(std::size_t index, bool there, TimePoint now);
  std::chrono::milliseconds until_well(TimePoint now) const;  // of the one that is back first

 private:
  struct Health {
    int failures = 0;
    TimePoint well_at{};
    bool lost = false;        // the failures were of that kind
    bool out = false;         // by its health checks
    std::int64_t credit = 0;  // of the smooth weighted rotation
  };
  static std::chrono::milliseconds pause_after(int failures);

  std::vector<Upstream> list_;
  std::chrono::milliseconds recheck_;
  mutable std::mutex mutex_;
  std::vector<Health> health_;
};

}  // namespace lazuli::openai
