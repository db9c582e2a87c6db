#include "openai/quota.h"

#include <gtest/gtest.h>

namespace lazuli::openai {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart = from_unix(1795000000);

TEST(Quota, AdmitsUntilTheCountHasReachedTheLimit) {
  Quota quota({1000, 0});
  EXPECT_FALSE(quota.admit(kStart, 999));
  EXPECT_FALSE(quota.admit(kStart, 500));  // one request may cross the limit
  const auto refused = quota.admit(kStart, 1);
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->tokens);
}

TEST(Quota, RefusesUntilTheWindowEnds) {
  Quota quota({0, 2});
  EXPECT_FALSE(quota.admit(kStart, 0));
  EXPECT_FALSE(quota.admit(kStart + seconds(10), 0));
  const auto refused = quota.admit(kStart + seconds(20), 0);
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->tokens);
  EXPECT_EQ(refused->retry_after, seconds(40));
  EXPECT_TRUE(quota.admit(kStart + seconds(59), 0));
  EXPECT_FALSE(quota.admit(kStart + seconds(60), 0));
}

TEST(Quota, UsageCorrectsTheEstimate) {
  Quota quota({1000, 0});
  EXPECT_FALSE(quota.admit(kStart, 1000));
  EXPECT_TRUE(quota.admit(kStart, 1));
  quota.correct(1000, 40);
  EXPECT_FALSE(quota.admit(kStart, 1));
  EXPECT_EQ(quota.state(kStart).remaining_tokens, 959);
}

TEST(Quota, WhatWentOverTheLimitIsCarriedIntoTheNextWindows) {
  Quota quota({1000, 0});
  EXPECT_FALSE(quota.admit(kStart, 2500));
  const auto refused = quota.admit(kStart + seconds(30), 1);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->retry_after, seconds(30) + minutes(1));
  EXPECT_TRUE(quota.admit(kStart + seconds(60), 1));
  EXPECT_FALSE(quota.admit(kStart + seconds(120), 1));
  EXPECT_EQ(quota.state(kStart + seconds(120)).remaining_tokens, 499);
}

// A client that asks as often as it can, with requests whose estimates are wrong, gets the limit within 1 %.
TEST(Quota, HoldsToOnePercentOverTenMinutes) {
  Quota quota({10000, 0});
  std::int64_t used = 0;
  for (TimePoint now = kStart; now < kStart + minutes(10); now += milliseconds(50)) {
    if (quota.admit(now, 100)) continue;
    quota.correct(100, 67);
    used += 67;
  }
  EXPECT_LE(used, 101000);
  EXPECT_GE(used, 99000);
}

TEST(Quota, WhatIsTakenBackDoesNotCount) {
  Quota quota({1000, 2});
  EXPECT_FALSE(quota.admit(kStart, 600));
  quota.take_back(600);
  EXPECT_EQ(quota.state(kStart).remaining_tokens, 1000);
  EXPECT_EQ(quota.state(kStart).remaining_requests, 2);
}

TEST(Quota, OfTwoLimitsAClientSeesTheTighter) {
  Quota wide({10000, 60}), narrow({1000, 0});
  EXPECT_FALSE(wide.admit(kStart, 100));
  EXPECT_FALSE(narrow.admit(kStart + seconds(10), 100));
  const auto state = tighter(wide.state(kStart + seconds(20)), narrow.state(kStart + seconds(20)));
  EXPECT_EQ(state.limits, (Limits{1000, 60}));
  EXPECT_EQ(state.remaining_tokens, 900);
  EXPECT_EQ(state.remaining_requests, 59);
  EXPECT_EQ(state.reset, seconds(50));
}

TEST(Quota, AWindowBeginsWithTheFirstRequestAfterAPause) {
  Quota quota({0, 1});
  EXPECT_FALSE(quota.admit(kStart, 0));
  EXPECT_FALSE(quota.admit(kStart + seconds(3630), 0));
  const auto refused = quota.admit(kStart + seconds(3640), 0);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->retry_after, seconds(50));
}

TEST(Quota, AClockThatIsSetBackDoesNotLockForLonger) {
  Quota quota({0, 1});
  EXPECT_FALSE(quota.admit(kStart, 0));
  const auto refused = quota.admit(kStart - seconds(3600), 0);
  ASSERT_TRUE(refused);
  EXPECT_LE(refused->retry_after, minutes(1));
}

}  // namespace
}  // namespace lazuli::openai
