#include "net/sse.h"

#include <gtest/gtest.h>

#include <vector>

namespace lazuli::net {
namespace {

std::vector<std::pair<std::string, std::string>> read(std::string_view text, std::size_t piece) {
  EventReader reader;
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    reader.feed(text.substr(at, piece));
    while (auto event = reader.next()) out.emplace_back(event->name, event->data);
  }
  return out;
}

TEST(EventReader, ReadsTheSameInEverySplit) {
  constexpr std::string_view text =
      "\xef\xbb\xbf"
      "data: one\n\n"
      ": a comment\n"
      "event: delta\ndata:two\ndata:  lines\nid: 7\nretry: 10\n\n"
      "data: three\r\n\r\n"
      "data: four\r\r"
      "event: nothing\n\n"
      "data\n\n"
      "data: [DONE]\n\n"
      "data: cut off";
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"", "one"}, {"delta", "two\n lines"}, {"", "three"}, {"", "four"}, {"", ""}, {"", "[DONE]"}};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) EXPECT_EQ(read(text, piece), expected) << piece;
}

TEST(EventReader, TellsHowMuchIsUnfinished) {
  EventReader reader;
  reader.feed("data: x\n\ndata: unfinished");
  ASSERT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.pending(), std::string_view("data: unfinished").size());
}

TEST(EventText, IsReadBackAsItWas) {
  for (const std::string_view data : {"", "plain", "two\nlines", "ends with a line\n", " leading blank"}) {
    EventReader reader;
    reader.feed(event_text(data, "name"));
    const auto event = reader.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->name, "name");
    EXPECT_EQ(event->data, data.substr(0, data.ends_with('\n') ? data.size() - 1 : data.size()));
  }
}

}  // namespace
}  // namespace lazuli::net
