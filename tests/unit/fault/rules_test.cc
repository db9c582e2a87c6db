#include "fault/rules.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace lazuli::fault {
namespace {

class RulesTest : public testing::Test {
 protected:
  Rule add(std::string_view json_text) {
    auto rule = read_rule(parse_json(json_text).value(), clock.now());
    EXPECT_TRUE(rule.ok()) << rule.error().message;
    return rules.add(rule ? *std::move(rule) : Rule{}).value();
  }

  ManualClock clock{from_unix(1'790'000'000)};
  SystemRandom random;
  Rules rules{clock, random};
};

constexpr std::string_view kDeployment =
    "/subscriptions/S/resourceGroups/G/providers/Microsoft.CognitiveServices/accounts/MyAccount/deployments/Chat";

TEST_F(RulesTest, EndAfterTheirCalls) {
  add(R"({"kind":"throttle","calls":2})");
  EXPECT_TRUE(rules.strike(Kind::throttle, {"arm"}));
  EXPECT_FALSE(rules.strike(Kind::error, {"arm"}));
  EXPECT_TRUE(rules.strike(Kind::throttle, {"token"}));
  EXPECT_FALSE(rules.strike(Kind::throttle, {"token"}));
  EXPECT_TRUE(rules.list().empty());
}

TEST_F(RulesTest, EndAfterTheirCallsWhenManyComeAtOnce) {
  for (int round = 0; round < 50; ++round) {
    add(R"({"kind":"throttle","calls":3})");
    std::atomic<int> struck = 0;
    std::latch together(4);
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&] {
        together.arrive_and_wait();
        for (int call = 0; call < 4; ++call) struck += rules.strike(Kind::throttle, {"arm"}) ? 1 : 0;
      });
    }
    callers.clear();
    ASSERT_EQ(struck, 3);
  }
}

TEST_F(RulesTest, EndWithTheirTime) {
  add(R"({"kind":"error","status":500,"for":"2m"})");
  clock.advance(std::chrono::seconds(119));
  EXPECT_EQ(rules.strike(Kind::error, {"arm"})->status, 500);
  clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(rules.strike(Kind::error, {"arm"}));
}

TEST_F(RulesTest, StrikeOnlyWhatTheyName) {
  struct Case {
    const char* rule;
    Target target;
    bool strikes;
  };
  const Case cases[] = {
      {R"({"kind":"error","service":"arm"})", {"openai"}, false},
      {R"({"kind":"error","identity":"ABC"})", {"arm", "abc"}, true},
      {R"({"kind":"error","identity":"abc"})", {"arm", {}, "ABC"}, true},
      {R"({"kind":"error","identity":"abc"})", {"arm", "abcd"}, false},
      {R"({"kind":"error","resource":"myaccount"})", {"openai", {}, {}, kDeployment}, true},
      {R"({"kind":"error","resource":"Chat"})", {"openai", {}, {}, kDeployment}, true},
      {R"({"kind":"error","resource":"cha"})", {"openai", {}, {}, kDeployment}, false},
      {R"({"kind":"error","resource":"/subscriptions/s/resourcegroups/g"})", {"arm", {}, {}, kDeployment}, true},
      {R"({"kind":"error","resource":"https://issuer/a"})", {"token", {}, {}, "https://issuer/a"}, true},
      {R"({"kind":"error","resource":"x"})", {"token"}, false},
  };
  for (const auto& one : cases) {
    rules.clear();
    add(one.rule);
    EXPECT_EQ(rules.strike(Kind::error, one.target).has_value(), one.strikes) << one.rule;
  }
}

TEST_F(RulesTest, StrikeAboutTheShareThatIsAskedFor) {
  add(R"({"kind":"error","rate":0.25})");
  int struck = 0;
  for (int i = 0; i < 4000; ++i) struck += rules.strike(Kind::error, {"arm"}) ? 1 : 0;
  EXPECT_GT(struck, 800);
  EXPECT_LT(struck, 1200);
}

TEST_F(RulesTest, RememberAFailureUntilTheDelayIsOverOrTheRuleIsCleared) {
  const Rule rule = add(R"({"kind":"negative-cache","delay":"60s"})");
  rules.remember(rule, "key", Error{"Code", "message"});
  EXPECT_EQ(rules.recall("key")->code, "Code");
  EXPECT_FALSE(rules.recall("other"));
  clock.advance(std::chrono::seconds(60));
  EXPECT_FALSE(rules.recall("key"));
  rules.remember(rule, "key", Error{"Code", "message"});
  EXPECT_TRUE(rules.clear(rule.id));
  EXPECT_FALSE(rules.recall("key"));
  EXPECT_FALSE(rules.clear(rule.id));
}

TEST_F(RulesTest, AreBoundedInNumber) {
  for (std::size_t i = 0; i < Rules::kMost; ++i) add(R"({"kind":"slow"})");
  EXPECT_EQ(rules.add(Rule{}).error().code, "TooManyFaults");
  EXPECT_EQ(rules.clear(), Rules::kMost);
}

TEST_F(RulesTest, WhatCannotBeIsRefusedByName) {
  for (const auto& [rule, member] : {std::pair{R"({"kind":"flood"})", "kind"},
                                     {R"({})", "kind"},
                                     {R"(7)", "fault"},
                                     {R"({"kind":"error","status":200})", "status"},
                                     {R"({"kind":"throttle","status":503})", "status"},
                                     {R"({"kind":"error","rate":0})", "rate"},
                                     {R"({"kind":"error","rate":"x"})", "rate"},
                                     {R"({"kind":"error","calls":0})", "calls"},
                                     {R"({"kind":"error","for":"soon"})", "for"},
                                     {R"({"kind":"error","for":"999999999999h"})", "for"},
                                     {R"({"kind":"slow","service":"arm"})", "service"},
                                     {R"({"kind":"slow","size":1})", "size"}}) {
    const auto read = read_rule(parse_json(rule).value(), clock.now());
    ASSERT_FALSE(read.ok()) << rule;
    EXPECT_EQ(read.error().target, member) << rule;
  }
}

}  // namespace
}  // namespace lazuli::fault
