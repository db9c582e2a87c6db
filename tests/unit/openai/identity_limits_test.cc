#include "openai/identity_limits.h"

#include <gtest/gtest.h>

namespace lazuli::openai {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart = from_unix(1795000000);

LimitedCall call(std::string_view identity, std::string_view deployment = "Chat", std::string_view application = {}) {
  return {identity, application, "account", deployment};
}

TEST(IdentityLimits, TheFirstRuleThatMatchesCounts) {
  IdentityLimits limits(
      {{"batch-app", "*", "*", {500, 0}}, {"key1", "*", "*", {0, 9}}, {"*", "ACCOUNT", "gpt*", {1000, 0}}});
  const auto tokens = [&](const LimitedCall& of) {
    const auto quota = limits.find(of, kStart);
    return quota ? quota->state(kStart).limits.tokens : -1;
  };
  EXPECT_EQ(tokens(call("3f", "gpt-4")), 1000);
  EXPECT_EQ(tokens(call("3f", "gpt-4", "batch-app")), 500);
  EXPECT_EQ(tokens(call("key1", "gpt-4")), 0);
  EXPECT_EQ(tokens(call("3f", "embed")), -1);
  EXPECT_EQ(tokens({"3f", {}, "other", "gpt-4"}), -1);
}

TEST(IdentityLimits, OneIdentityHasOneLimitOverTheDeploymentsOfARule) {
  IdentityLimits limits({{"*", "*", "*", {0, 2}}});
  EXPECT_FALSE(limits.find(call("a", "one"), kStart)->admit(kStart, 0));
  EXPECT_FALSE(limits.find(call("a", "two"), kStart)->admit(kStart, 0));
  EXPECT_TRUE(limits.find(call("a", "three"), kStart)->admit(kStart, 0));
  EXPECT_FALSE(limits.find(call("b", "one"), kStart)->admit(kStart, 0));
}

// Three callers of different hunger and with wrong estimates: each gets its limit within 1 % or all that it asks for.
TEST(IdentityLimits, EachIdentityGetsItsLimitToOnePercentOverTenMinutes) {
  struct Caller {
    std::string name;
    milliseconds pause;
    std::int64_t estimate, used;
    std::int64_t got = 0, asked = 0;
  };
  std::vector<Caller> callers = {
      {"greedy", milliseconds(10), 90, 67}, {"steady", milliseconds(400), 40, 65}, {"modest", seconds(5), 50, 50}};
  IdentityLimits limits({{"*", "*", "*", {6000, 0}}});
  Quota deployment({1000000, 0});
  for (TimePoint now = kStart; now < kStart + minutes(10); now += milliseconds(10)) {
    for (auto& caller : callers) {
      if ((now - kStart) % caller.pause != milliseconds(0)) continue;
      caller.asked += caller.used;
      const auto quota = limits.find(call(caller.name), now);
      if (quota->admit(now, caller.estimate)) continue;
      ASSERT_FALSE(deployment.admit(now, caller.estimate));
      quota->correct(caller.estimate, caller.used);
      deployment.correct(caller.estimate, caller.used);
      caller.got += caller.used;
    }
  }
  for (const auto& caller : callers) {
    const auto due = std::min<std::int64_t>(60000, caller.asked);
    EXPECT_NEAR(static_cast<double>(caller.got), static_cast<double>(due), static_cast<double>(due) / 100)
        << caller.name;
  }
  EXPECT_EQ(callers[2].got, callers[2].asked);
}

TEST(IdentityLimits, ForgetsIdentitiesThatAreIdleAndNoneThatOwe) {
  IdentityLimits limits({{"*", "*", "*", {100, 0}}});
  EXPECT_FALSE(limits.find(call("owes"), kStart)->admit(kStart, 1000000));
  for (int i = 0; i < 5000; ++i) {
    const TimePoint now = kStart + seconds(i);
    EXPECT_FALSE(limits.find(call("pod-" + std::to_string(i)), now)->admit(now, 1));
  }
  EXPECT_LT(limits.size(), 2048u);
  EXPECT_TRUE(limits.find(call("owes"), kStart + seconds(5000))->admit(kStart + seconds(5000), 1));
}

}  // namespace
}  // namespace lazuli::openai
