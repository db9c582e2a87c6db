#include "openai/tool_pieces.h"

#include <gtest/gtest.h>

#include <map>

namespace lazuli::openai {
namespace {

// What a client puts together of the pieces: "id name arguments", call by call.
std::string put_together(std::initializer_list<std::string_view> deltas) {
  ToolPieces calls;
  std::map<std::size_t, std::array<std::string, 3>> made;
  for (const auto delta : deltas) {
    for (const auto& piece : calls.take(parse_json(delta)->as_array(), "chatcmpl-abcdefghijklmnopqrstuvwxyz123", 0)) {
      auto& call = made[piece.index];
      call[0] += piece.id;
      call[1] += piece.name;
      call[2] += piece.arguments;
      EXPECT_EQ(piece.first, !piece.id.empty());
    }
  }
  std::string out;
  for (const auto& [index, call] : made) out += call[0] + " " + call[1] + " " + call[2] + "; ";
  return out;
}

TEST(ToolPieces, ACallIsOneCallHoweverItsPiecesAreLabelled) {
  const std::string whole = R"(a f {"x":1}; )";
  EXPECT_EQ(put_together({R"([{"index":0,"id":"a","function":{"name":"f","arguments":""}}])",
                          R"([{"index":0,"function":{"arguments":"{\"x\":1}"}}])"}),
            whole);
  // id and name again in each piece
  EXPECT_EQ(put_together({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}])",
                          R"([{"index":0,"id":"a","function":{"name":"f","arguments":":1}"}}])"}),
            whole);
  // another id for each piece, but no name
  EXPECT_EQ(put_together({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}])",
                          R"([{"index":0,"id":"b","function":{"arguments":":1}"}}])"}),
            whole);
  // neither index nor id in what follows, and arguments as an object
  EXPECT_EQ(put_together({R"([{"id":"a","function":{"name":"f","arguments":"{\"x\""}}])",
                          R"([{"function":{"arguments":":1}"}}])"}),
            whole);
  EXPECT_EQ(put_together({R"([{"index":0,"id":"a","function":{"name":"f","arguments":{"x":1}}}])"}), whole);
}

TEST(ToolPieces, TwoCallsAreTwo) {
  const std::string both = "a f {}; b g {}; ";
  EXPECT_EQ(put_together({R"([{"id":"a","function":{"name":"f","arguments":"{}"}},
                              {"id":"b","function":{"name":"g","arguments":"{}"}}])"}),
            both);
  // all numbered 0
  EXPECT_EQ(put_together({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}])",
                          R"([{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}])"}),
            both);
  // by turns
  EXPECT_EQ(
      put_together({R"([{"index":0,"id":"a","function":{"name":"f","arguments":""}}])",
                    R"([{"index":1,"id":"b","function":{"name":"g","arguments":""}}])",
                    R"([{"index":0,"function":{"arguments":"{"}}])", R"([{"index":1,"function":{"arguments":"{"}}])",
                    R"([{"index":0,"function":{"arguments":"}"}}])", R"([{"index":1,"function":{"arguments":"}"}}])"}),
      both);
}

TEST(ToolPieces, ACallWithoutAnIdGetsOne) {
  EXPECT_EQ(put_together({R"([{"index":0,"function":{"name":"f","arguments":"{}"}}])"}),
            "call_abcdefghijklmnopqrstuvAA f {}; ");
  EXPECT_EQ(call_id("mine", "chatcmpl-1", 0, 0), "mine");
  EXPECT_NE(call_id("", "chatcmpl-1", 0, 0), call_id("", "chatcmpl-1", 1, 0));
}

}  // namespace
}  // namespace lazuli::openai
