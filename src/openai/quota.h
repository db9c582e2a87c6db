// The limit of one deployment (or of one identity on it), as Azure counts: tokens are estimated when a request comes
// in, corrected when its usage is known, and counted in windows of a minute that begin with the first request; once a
// count has reached its limit, requests are refused until the window ends. What went over the limit (the request that
// crossed it) is carried into the next windows, so that the limit holds over any length of time. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace lazuli::openai {

struct Limits {
  std::int64_t tokens = 1000;  // per minute; 0: no limit
  std::int64_t requests = 6;   // per minute; 0: no limit
  bool operator==(const Limits&) const = default;
};

struct QuotaState {
  Limits limits;
  std::int64_t remaining_tokens = 0;
  std::int64_t remaining_requests = 0;
  std::chrono::milliseconds reset{0};  // until the window ends
};

// Of two limits that hold at the same time, what a client has to mind: of each count the one that ends first.
QuotaState tighter(const QuotaState& a, const QuotaState& b);

class Quota {
 public:
  explicit Quota(Limits limits) : limits_(limits) {}

  struct Refusal {
    bool tokens = false;  // else: requests
    std::chrono::milliseconds retry_after{0};
  };
  // Nothing: admitted, and counted.
  std::optional<Refusal> admit(TimePoint now, std::int64_t estimated_tokens);
  void correct(std::int64_t estimated, std::int64_t used);
  void take_back(std::int64_t estimated);  // what was admitted a moment ago, and is not to count after all
  bool idle(TimePoint now) const;          // nothing is counted: as good as new
  void set(Limits limits);
  QuotaState state(TimePoint now) const;

 private:
  void roll(TimePoint now);

  mutable std::mutex mutex_;
  Limits limits_;
  TimePoint start_{};
  std::int64_t tokens_ = 0;
  std::int64_t requests_ = 0;
};

}  // namespace lazuli::openai
