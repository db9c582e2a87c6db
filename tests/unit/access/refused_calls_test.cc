#include "access/refused_calls.h"

#include <gtest/gtest.h>

namespace lazuli::access {
namespace {

RefusedCall call(std::string id, std::string correlation = {}) {
  RefusedCall made;
  made.request_id = std::move(id);
  made.correlation_id = std::move(correlation);
  return made;
}

TEST(RefusedCalls, FindsByEitherIdNewestFirst) {
  RefusedCalls calls;
  calls.add(call("a", "same"));
  calls.add(call("b", "same"));
  ASSERT_EQ(calls.find("SAME").size(), 2U);
  EXPECT_EQ(calls.find("same")[0].request_id, "b");
  EXPECT_EQ(calls.find("a").size(), 1U);
  EXPECT_TRUE(calls.find("").empty());  // calls without a correlation id are not meant
  EXPECT_TRUE(calls.find("other").empty());
}

TEST(RefusedCalls, KeepsABoundedNumberAndBoundedTexts) {
  RefusedCalls calls;
  for (std::size_t i = 0; i < RefusedCalls::kMost + 10; ++i) calls.add(call(std::to_string(i)));
  EXPECT_EQ(calls.newest(RefusedCalls::kMost * 2).size(), RefusedCalls::kMost);
  EXPECT_TRUE(calls.find("9").empty());
  EXPECT_EQ(calls.newest(1)[0].request_id, std::to_string(RefusedCalls::kMost + 9));
  RefusedCall large = call("large");
  large.subject = std::string(10000, 'x') + "\n";
  large.client_id = "a\x1b[31m";
  calls.add(large);
  EXPECT_EQ(calls.find("large")[0].subject.size(), RefusedCalls::kLongest);
  EXPECT_EQ(calls.find("large")[0].client_id, "a [31m");
}

TEST(RefusedCalls, TellsOfEachOnceItIsKept) {
  RefusedCalls calls;
  std::vector<std::string> told;
  calls.tell([&](const RefusedCall& one) {
    ASSERT_EQ(calls.find(one.request_id).size(), 1U);
    told.push_back(one.request_id + " " + one.client_id);
  });
  RefusedCall one = call("a");
  one.client_id = "tab\there";
  calls.add(one);
  EXPECT_EQ(told, std::vector<std::string>{"a tab here"});
}

}  // namespace
}  // namespace lazuli::access
