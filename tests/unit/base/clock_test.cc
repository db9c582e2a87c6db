#include "base/clock.h"

#include <gtest/gtest.h>

namespace lazuli {
namespace {

TEST(Clock, WritesTheFormsOfArmAndHttp) {
  const TimePoint time = from_unix(1795508894) + std::chrono::nanoseconds(123456700);
  EXPECT_EQ(iso8601(time), "2026-11-24T08:28:14.1234567Z");
  EXPECT_EQ(iso8601(time, 0), "2026-11-24T08:28:14Z");
  EXPECT_EQ(http_date(time), "Tue, 24 Nov 2026 08:28:14 GMT");
  EXPECT_EQ(unix_seconds(time), 1795508894);
}

TEST(Clock, AManualClockMovesOnlyWhenTold) {
  ManualClock clock(from_unix(10));
  EXPECT_EQ(clock.now(), from_unix(10));
  clock.advance(Seconds(5));
  EXPECT_EQ(clock.now(), from_unix(15));
}

}  // namespace
}  // namespace lazuli
