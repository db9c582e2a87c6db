#include "base/yaml.h"

#include <gtest/gtest.h>

namespace lazuli {
namespace {

TEST(Yaml, ScalarsBecomeWhatTheCoreSchemaSays) {
  const auto read = parse_yaml("a: 1\nb: '1'\nc: true\nd: ~\ne: 1.5\nf: text\ng: \"true\"\nh: [x, 2]\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(to_text(*read), R"({"a":1,"b":"1","c":true,"d":null,"e":1.5E0,"f":"text","g":"true","h":["x",2]})");
}

TEST(Yaml, JsonIsYaml) {
  const auto read = parse_yaml(R"({"clusters":[{"name":"c"}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(string_or(find(find(*read, "clusters")->at(0), "name")), "c");
}

TEST(Yaml, ErrorsNameLineAndColumn) {
  const auto read = parse_yaml("a: 1\nb: [1, 2\nc: 3\n");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "InvalidYaml");
  EXPECT_NE(read.error().message.find("line 3"), std::string::npos) << read.error().message;
}

TEST(Yaml, DepthIsBounded) {
  EXPECT_FALSE(parse_yaml(std::string(200, '[') + std::string(200, ']')));
}

}  // namespace
}  // namespace lazuli
