// Time as the rest of lazuli sees it. Handed in, so that a test can own it. Thread-safe.
#pragma once

#include <chrono>
#include <string>

namespace lazuli {

using TimePoint = std::chrono::system_clock::time_point;
using Seconds = std::chrono::seconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::system_clock::now(); }
};

// A clock that stands still until it is told to move.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start) : now_(start) {}
  TimePoint now() const override { return now_; }
  void advance(std::chrono::nanoseconds by) { now_ += std::chrono::duration_cast<TimePoint::duration>(by); }

 private:
  TimePoint now_;
};

std::int64_t unix_seconds(TimePoint time);
TimePoint from_unix(std::int64_t seconds);
// "2026-11-24T08:28:14.1234567Z": ARM's form, with 0 to 7 digits of fraction.
std::string iso8601(TimePoint time, int fraction_digits = 7);
// "Tue, 24 Nov 2026 08:28:14 GMT": HTTP's form.
std::string http_date(TimePoint time);

}  // namespace lazuli
