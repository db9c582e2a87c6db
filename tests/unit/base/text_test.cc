#include "base/text.h"

#include <gtest/gtest.h>

namespace lazuli {
namespace {

TEST(Text, CaseIsAsciiOnly) {
  EXPECT_EQ(to_lower("ResourceGroups/ÄB"), "resourcegroups/Äb");
  EXPECT_TRUE(equals_ignoring_case("MyRegistry", "myregistry"));
  EXPECT_FALSE(equals_ignoring_case("MyRegistry", "myregistr"));
}

TEST(Text, DecimalsOfEverySize) {
  std::string out = "n=";
  append_decimal(out, INT64_MIN);
  append_decimal(out, 0);
  append_decimal(out, INT64_MAX);
  EXPECT_EQ(out, "n=-922337203685477580809223372036854775807");
}

TEST(Text, SplitDropsOrKeepsEmptyParts) {
  EXPECT_EQ(split("/a//b/", '/'), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(split("a,,b", ',', true), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_TRUE(split("", '/').empty());
}

TEST(Text, PercentCodingIsReversible) {
  const std::string text("a b/+%\0\xff?", 9);
  EXPECT_EQ(percent_decode(percent_encode(text)), text);
  EXPECT_EQ(percent_encode("a-b_c.d~e f"), "a-b_c.d~e%20f");
}

TEST(Text, BadEscapesStayAsTheyAre) {
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz"), "%zz");
  EXPECT_EQ(percent_decode("%41%"), "A%");
}

TEST(Text, PlusIsABlankOnlyInForms) {
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
}

TEST(Text, Base64FollowsTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(base64_decode(text), std::string(bytes));
  }
}

TEST(Text, Base64RefusesWhatIsNotPadded) {
  for (const auto* text : {"Zg", "Zg=", "Z", "Zg===", "Zm9v\n", "Zm-v"}) EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(Text, Base64UrlIsCanonical) {
  EXPECT_EQ(base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(base64url_decode("-_8"), std::string("\xfb\xff"));
  // The last two bits of "-_9" are not zero: another spelling of the same bytes, which a signature must not accept.
  for (const auto* text : {"-_9", "-_8=", "+/8", "A"}) EXPECT_FALSE(base64url_decode(text)) << text;
}

TEST(Text, HexRefusesOddAndForeignDigits) {
  EXPECT_EQ(hex_decode(hex("\x01\xfe")), std::string("\x01\xfe"));
  EXPECT_FALSE(hex_decode("0"));
  EXPECT_FALSE(hex_decode("0g"));
}

TEST(Text, TakesAllSlashesFromTheEndAndNoneFromElsewhere) {
  EXPECT_EQ(without_trailing_slashes("https://a//"), "https://a");
  EXPECT_EQ(without_trailing_slashes("/a/b"), "/a/b");
  EXPECT_EQ(without_trailing_slashes("//"), "");
  EXPECT_EQ(without_trailing_slashes(""), "");
}

TEST(Text, OnlyUtf8IsLeftOfWhatIsNot) {
  const struct {
    std::string_view given, valid;
  } cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"eight…ÄB", "eight…ÄB"},
      {"\xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf", "\xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"},
      {"a\xff"
       "b",
       "a\xef\xbf\xbd"
       "b"},
      {"cut \xe2\x80", "cut \xef\xbf\xbd\xef\xbf\xbd"},
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                                  // '/', made longer
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                  // a surrogate
      {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // above U+10FFFF
  };
  for (const auto& [given, valid] : cases) EXPECT_EQ(valid_utf8(std::string(given)), valid) << given;
}

TEST(Text, AppendsAllParts) {
  std::string out = "a";
  append_all(out, std::string_view("b"), "", std::string("cd"), "e", std::string_view());
  EXPECT_EQ(out, "abcde");
}

// At every place of texts of every length that is looked through in another way.
void expect_ends_at(std::size_t (*length)(std::string_view), char plain, std::initializer_list<char> specials) {
  EXPECT_EQ(length({}), 0U);
  for (const std::size_t size : {1U, 7U, 8U, 9U, 15U, 16U, 40U, 63U, 64U, 65U, 150U}) {
    const std::string whole(size, plain);
    EXPECT_EQ(length(whole), size);
    for (const char special : specials) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text = whole;
        text[at] = special;
        EXPECT_EQ(length(text), at);
      }
    }
  }
}

TEST(Text, FieldLengthEndsBeforeControlCharacters) {
  expect_ends_at(field_length, '\xc3', {'\r', '\n', '\0', '\x1f', '\x7f'});
  expect_ends_at(field_length, '\t', {'\r', '\x0b'});
  EXPECT_EQ(field_length("a\tb \"\\~\x80"), 8U);
}

TEST(Text, PlainLengthEndsBeforeWhatJsonEscapes) {
  expect_ends_at(plain_length, '\xc3', {'"', '\\', '\n', '\0', '\x1f'});
  EXPECT_EQ(plain_length("a !#[]\x7f~ /'"), 11U);
}

}  // namespace
}  // namespace lazuli
