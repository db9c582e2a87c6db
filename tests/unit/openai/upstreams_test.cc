#include "openai/upstreams.h"

#include <gtest/gtest.h>

namespace lazuli::openai {
namespace {

const TimePoint kNow = from_unix(1795000000);

Upstream upstream(std::string url, std::int64_t weight, std::int64_t priority) {
  Upstream out;
  out.url = std::move(url);
  out.weight = weight;
  out.priority = priority;
  return out;
}

TEST(Upstreams, RotateByWeight) {
  Upstreams list({upstream("a", 3, 0), upstream("b", 1, 0)});
  int first = 0;
  for (int i = 0; i < 400; ++i) first += list.order(kNow).front() == 0;
  EXPECT_EQ(first, 300);
}

TEST(Upstreams, ALowerPriorityIsTriedOnlyAfterTheHigher) {
  Upstreams list({upstream("spare", 9, 1), upstream("main", 1, 0)});
  EXPECT_EQ(list.order(kNow), (std::vector<std::size_t>{1, 0}));
  list.failed(1, kNow);
  EXPECT_EQ(list.order(kNow), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(list.order(kNow + std::chrono::seconds(2)), (std::vector<std::size_t>{1, 0}));
}

TEST(Upstreams, AServerThatKeepsFailingIsLeftAloneForLonger) {
  Upstreams list({upstream("a", 1, 0), upstream("b", 1, 1)});
  list.failed(0, kNow);
  list.failed(0, kNow);
  list.failed(0, kNow);
  EXPECT_EQ(list.order(kNow + std::chrono::milliseconds(3900)).front(), 1u);
  EXPECT_EQ(list.order(kNow + std::chrono::milliseconds(4100)).front(), 0u);
  list.succeeded(0);
  EXPECT_EQ(list.order(kNow).front(), 0u);
}

TEST(Upstreams, OneCallTriesAServerThatHadFailedBeforeTheOthersFollow) {
  Upstreams list({upstream("a", 1, 0), upstream("b", 1, 1)});
  list.failed(0, kNow);
  const TimePoint later = kNow + std::chrono::milliseconds(1500);
  EXPECT_EQ(list.order(later).front(), 0u);
  EXPECT_EQ(list.order(later).front(), 1u);
  list.succeeded(0);
  EXPECT_EQ(list.order(later).front(), 0u);
  EXPECT_EQ(list.order(later).front(), 0u);
}

TEST(Upstreams, HealthChecksTakeAServerOutAndBringItBack) {
  Upstreams list({upstream("a", 1, 0), upstream("b", 1, 1)});
  EXPECT_FALSE(list.checked(0, true, kNow));
  EXPECT_TRUE(list.checked(0, false, kNow));
  EXPECT_FALSE(list.checked(0, false, kNow));
  EXPECT_EQ(list.order(kNow), (std::vector<std::size_t>{1, 0}));
  EXPECT_TRUE(list.checked(0, true, kNow));
  EXPECT_EQ(list.order(kNow).front(), 0u);
}

TEST(Upstreams, AHealthCheckEndsThePauseOfALostServerAndOfNoOther) {
  Upstreams list({upstream("a", 1, 0), upstream("b", 1, 1)});
  list.lost(0, kNow);
  list.checked(0, true, kNow);
  EXPECT_EQ(list.order(kNow).front(), 0u);
  list.failed(0, kNow, std::chrono::seconds(7));
  list.checked(0, true, kNow);
  EXPECT_EQ(list.order(kNow + std::chrono::seconds(6)).front(), 1u);
}

TEST(Upstreams, SayWhenTheFirstMayBeBack) {
  Upstreams list({upstream("a", 1, 0), upstream("b", 1, 1)}, std::chrono::seconds(4));
  list.checked(0, false, kNow);
  list.failed(1, kNow, std::chrono::seconds(9));
  EXPECT_EQ(list.until_well(kNow), std::chrono::seconds(4));
  list.checked(0, true, kNow);
  EXPECT_EQ(list.until_well(kNow), std::chrono::seconds(1));
}

}  // namespace
}  // namespace lazuli::openai
