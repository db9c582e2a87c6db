#include "openai/json_edit.h"

#include <gtest/gtest.h>

namespace lazuli::openai {
namespace {

TEST(JsonEdit, ReplacesAddsAndRemovesAndLeavesTheRestByteForByte) {
  struct Case {
    const char* before;
    std::vector<MemberEdit> edits;
    const char* after;
  };
  const Case cases[] = {
      {R"({"a":1})", {{"b", "2"}}, R"({"a":1,"b":2})"},
      {R"({"a":1,"b":[1, 2 ,{"c":"}"}]})", {{"a", "true"}}, R"({"b":[1, 2 ,{"c":"}"}],"a":true})"},
      {R"( { "a" : "x\"y,}" , "b" : null } )", {{"b", std::nullopt}}, R"({"a" : "x\"y,}"})"},
      {R"({})", {{"a", "1"}}, R"({"a":1})"},
      {R"({"a":1})", {{"a", std::nullopt}}, R"({})"},
      {R"({"a":1.5e3,"a":2})", {{"a", "3"}}, R"({"a":3})"},
      {R"({"s":"\\","model":"m"})", {{"model", R"("n")"}}, R"({"s":"\\","model":"n"})"},
      {R"({"s":"\\\"\\\\\"","model":"m","t":""})", {{"model", R"("n")"}}, R"({"s":"\\\"\\\\\"","t":"","model":"n"})"},
      {R"({"outer":{"model":"kept"},"model":"m"})", {{"model", std::nullopt}}, R"({"outer":{"model":"kept"}})"},
  };
  for (const auto& c : cases) EXPECT_EQ(edit_members(c.before, c.edits), c.after);
}

}  // namespace
}  // namespace lazuli::openai
