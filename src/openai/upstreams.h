// Which of several servers to try next: by priority, then weight, leaving out those that failed a moment ago. Knows
// nothing of HTTP. Thread-safe.
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
  explicit Upstreams(std::vector<Upstream> list);

  // The order in which a call should try them: those that are well first (priority, then weighted rotation), then the
  // others, nearest recovery first, because a server that may be back is better than no answer.
  std::vector<std::size_t> order(TimePoint now);
  const Upstream& at(std::size_t index) const { return list_[index]; }
  std::size_t size() const { return list_.size(); }

  void succeeded(std::size_t index);
  // `pause`: the wait that the server itself asked for.
  void failed(std::size_t index, TimePoint now, std::optional<std::chrono::milliseconds> pause = {});
  std::chrono::milliseconds until_well(TimePoint now) const;  // of the one that is back first

 private:
  struct Health {
    int failures = 0;
    TimePoint well_at{};
    std::int64_t credit = 0;  // of the smooth weighted rotation
  };
  std::vector<Upstream> list_;
  mutable std::mutex mutex_;
  std::vector<Health> health_;
};

}  // namespace lazuli::openai
