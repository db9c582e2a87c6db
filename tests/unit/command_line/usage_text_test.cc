#include "command_line/usage_text.h"

#include <gtest/gtest.h>

namespace lazuli::command_line {
namespace {

const Json& said() {
  static const Json json = *parse_json(R"({"since":"2026-11-24T08:00:00Z","usage":[
    {"account":"one","deployment":"Chat","identity":"3f","name":"MyIdentity","requests":3,"refused":1,
     "promptTokens":30,"completionTokens":7},
    {"account":"one","deployment":"Embed","identity":"key1","name":"","requests":10,"refused":0,
     "promptTokens":500,"completionTokens":0},
    {"account":"two","deployment":"","identity":"","name":"","requests":0,"refused":2,
     "promptTokens":0,"completionTokens":0}]})");
  return json;
}

std::size_t rows(const UsageFilter& filter) {
  return find(filter_usage(said(), filter), "usage")->as_array().size();
}

TEST(UsageText, RowsAreChosenByNameWithoutRegardToCase) {
  EXPECT_EQ(rows({}), 3u);
  EXPECT_EQ(rows({"ONE", "", ""}), 2u);
  EXPECT_EQ(rows({"one", "chat", ""}), 1u);
  EXPECT_EQ(rows({"", "", "myidentity"}), 1u);
  EXPECT_EQ(rows({"", "", "3F"}), 1u);
  EXPECT_EQ(rows({"two", "Chat", ""}), 0u);
}

TEST(UsageText, TheTotalIsOfTheChosenRows) {
  const Json filtered = filter_usage(said(), {"one", "", ""});
  EXPECT_EQ(integer(find(filtered, "total", "requests")), 13);
  EXPECT_EQ(integer(find(filtered, "total", "promptTokens")), 530);
}

TEST(UsageText, PrintsAlignedColumnsATotalAndSinceWhen) {
  EXPECT_EQ(usage_text(filter_usage(said(), {"one", "", ""})),
            "Account  Deployment  Identity         Answered  Refused  Prompt tokens  Completion tokens\n"
            "one      Chat        3f (MyIdentity)         3        1             30                  7\n"
            "one      Embed       key1                   10        0            500                  0\n"
            "Total                                       13        1            530                  7\n"
            "\nsince 2026-11-24T08:00:00Z\n");
}

TEST(UsageText, ARowWithoutADeploymentOrAnIdentityShowsDashesAndNeedsNoTotal) {
  EXPECT_EQ(usage_text(filter_usage(said(), {"two", "", ""})),
            "Account  Deployment  Identity  Answered  Refused  Prompt tokens  Completion tokens\n"
            "two      -           -                0        2              0                  0\n"
            "\nsince 2026-11-24T08:00:00Z\n");
}

TEST(UsageText, SaysThatThereWereNone) {
  EXPECT_EQ(usage_text(filter_usage(said(), {"three", "", ""})), "No calls since 2026-11-24T08:00:00Z\n");
}

}  // namespace
}  // namespace lazuli::command_line
