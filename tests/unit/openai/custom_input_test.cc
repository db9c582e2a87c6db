#include "openai/custom_input.h"

#include <gtest/gtest.h>

namespace lazuli::openai {
namespace {

// As an engine may cut it: in two at each place, and letter by letter.
std::string in_pieces(std::string_view arguments, std::size_t cut) {
  CustomInput input;
  std::string text;
  if (cut == 0) {
    for (const char& c : arguments) text += input.take(std::string_view(&c, 1));
  } else {
    text = input.take(arguments.substr(0, cut));
    text += input.take(arguments.substr(cut));
  }
  return text + input.rest();
}

TEST(CustomInput, IsTakenOutOfTheArgumentsHoweverTheyAreCut) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"input":"print 1"})", "print 1"},
      {R"( { "input" : "a\n\"b\"\\ \u00e9\ud83d\ude00" } )", "a\n\"b\"\\ \xc3\xa9\xf0\x9f\x98\x80"},
      {R"({"why":"x","more":{"input":"no"},"list":["input","no"],"input":"yes"})", "yes"},
      {R"({"input":"cut off)", "cut off"},
      {R"({"input":""})", ""},
      {R"("a text alone")", "a text alone"},
      {"", ""},
      // What is no such object goes on as it is.
      {R"({"code":"print 1"})", R"({"code":"print 1"})"},
      {R"({"input":5})", R"({"input":5})"},
      {"print 1", "print 1"},
      {"5", "5"},
  };
  for (const auto& [arguments, input] : cases) {
    EXPECT_EQ(custom_input(arguments), input) << arguments;
    for (std::size_t cut = 0; cut <= std::string_view(arguments).size(); ++cut) {
      EXPECT_EQ(in_pieces(arguments, cut), input) << arguments << " at " << cut;
    }
  }
}

TEST(CustomInput, IsGivenAsSoonAsItIsThere) {
  CustomInput input;
  EXPECT_EQ(input.take(R"({"input":"pri)"), "pri");
  EXPECT_FALSE(input.whole());
  EXPECT_EQ(input.take(R"(nt 1")"), "nt 1");
  EXPECT_EQ(input.take("}"), "");
  EXPECT_TRUE(input.whole());
  EXPECT_EQ(input.rest(), "");
}

TEST(CustomInput, WhatIsNotJsonIsNotLost) {
  const std::string_view arguments = "{\"input\":\"ab\nc\"}";
  EXPECT_EQ(custom_input(arguments), arguments);
  EXPECT_EQ(in_pieces(arguments, 11), "ab\nc\"}");
}

TEST(CustomInput, GoesBackAsTheArgumentsThatItCameFrom) {
  const std::string text = "a\n\"b\"\\";
  EXPECT_EQ(custom_input(custom_arguments(text)), text);
}

}  // namespace
}  // namespace lazuli::openai
