#include "base/json.h"

#include <gtest/gtest.h>

namespace lazuli {
namespace {

template <typename Value>
concept CanBeSearched = requires(const Value& value) {
  find(value, "a");
};

// What would have to be copied into a Json first is not searched: the copy would be gone before what is found in it.
static_assert(CanBeSearched<Json> && CanBeSearched<JsonObject>);
static_assert(!CanBeSearched<JsonArray> && !CanBeSearched<std::string>);

TEST(Json, RefusesWhatIsNotOneValue) {
  for (const auto* text : {"", "{", "{} x", "{\"a\":}", "[1,]", "nul", "{\"a\":1}{"}) {
    const auto read = parse_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "InvalidJson");
    EXPECT_EQ(read.error().status, 400);
  }
}

TEST(Json, RefusesNumbersThatItCouldNotWrite) {
  for (const std::string text : {"1e400", "[{\"a\":-1E999}]", "1790003E600"}) EXPECT_FALSE(parse_json(text)) << text;
  EXPECT_FALSE(parse_json(std::string(400, '9')));
  EXPECT_EQ(to_text(*parse_json("1e308")), "1E308");
}

TEST(Json, DepthIsBounded) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  EXPECT_FALSE(parse_json(deep));
  EXPECT_TRUE(parse_json(deep, {.depth = 100}));
}

TEST(Json, MissingAndIllTypedMembersReadAsAbsent) {
  const Json value = *parse_json(R"({"a":{"b":"x","n":7,"t":"8","big":18446744073709551615},"l":[1]})");
  EXPECT_EQ(string_at(value, "a", "b"), "x");
  EXPECT_EQ(string_at(value, "a", "n"), "");
  EXPECT_EQ(string_at(value, "l", "b"), "");
  EXPECT_EQ(integer(find(value, "a", "n")), 7);
  EXPECT_EQ(integer(find(value, "a", "t")), 8);
  EXPECT_FALSE(integer(find(value, "a", "b")));
  EXPECT_FALSE(integer(find(value, "a", "big")));
}

TEST(Json, FindsInAnObjectItselfAndNotInACopy) {
  const JsonObject object{{"a", JsonObject{{"b", "x"}}}};
  EXPECT_EQ(find(object, "a"), &object.at("a"));
  EXPECT_EQ(find(object, "a", "b"), &object.at("a").at("b"));
  EXPECT_EQ(find(object, "b"), nullptr);
  EXPECT_EQ(string_at(object, "a", "b"), "x");
}

TEST(Json, FindsInSmallAndInLargeObjects) {
  JsonObject object;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "member" + std::to_string(i);
    object[name] = i;
    EXPECT_EQ(integer(find(object, name)), i);
    EXPECT_EQ(find(object, "member"), nullptr);
  }
}

TEST(Json, TextIsJsonWhateverStringsHold) {
  const Json value = JsonObject{{"m\xc3", "\xff…"}};
  const Json expected = JsonObject{{"m\xef\xbf\xbd", "\xef\xbf\xbd…"}};
  EXPECT_EQ(*parse_json(to_text(value)), expected);
  EXPECT_EQ(*parse_json(to_pretty(value)), expected);
}

TEST(Json, MergePatchFollowsRfc7386) {
  Json target = *parse_json(R"({"a":1,"b":{"c":2,"d":3},"e":[1]})");
  merge_patch(target, *parse_json(R"({"a":null,"b":{"c":null,"x":{"y":null,"z":1}},"e":[2]})"));
  EXPECT_EQ(to_text(target), R"({"b":{"d":3,"x":{"z":1}},"e":[2]})");  // order kept
}

TEST(Json, PrettyTextReadsBackAsTheSameValue) {
  const Json value = *parse_json(R"({"a":[],"b":{},"c":[1,{"d":"\"\n"}]})");
  EXPECT_EQ(*parse_json(to_pretty(value)), value);
}

}  // namespace
}  // namespace lazuli
