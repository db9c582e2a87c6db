#include "openai/stream.h"

#include <gtest/gtest.h>

#include <list>

#include "net/sse.h"

namespace lazuli::openai {
namespace {

const ContentFilter& no_terms() {
  static const ContentFilter filter;
  return filter;
}

Shape shape_of(const ContentFilter& filter) {
  Shape shape;
  shape.id = "chatcmpl-1";
  shape.model = "gpt-4-0613";
  shape.created = 7;
  // Shapes refer to them.
  static std::list<std::string> results;
  static std::list<ChoiceVerdicts> verdicts;
  shape.prompt_results = results.emplace_back(filter.prompt("").results);
  shape.verdicts = &verdicts.emplace_back(filter);
  return shape;
}

std::vector<Json> frames(std::string_view text) {
  net::EventReader reader;
  reader.feed(text);
  std::vector<Json> out;
  while (auto event = reader.next()) {
    EXPECT_EQ(event->name, "");
    out.push_back(event->data == "[DONE]" ? Json("[DONE]") : *parse_json(event->data));
  }
  return out;
}

Json chunk(std::string_view text) {
  return *parse_json(text);
}

std::string run(StreamShaper& shaper, std::initializer_list<std::string_view> chunks) {
  std::string out = shaper.head();
  for (const auto text : chunks) out += *shaper.take(chunk(text));
  return out + shaper.tail(3);
}

TEST(StreamShaper, SendsAzuresFramesInOrder) {
  StreamShaper shaper(shape_of(no_terms()), {.include_usage = true});
  const auto out = frames(run(shaper, {
                                          R"({"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]})",
                                          R"({"choices":[{"index":0,"delta":{"content":"Hi <b>"}}],"timings":{}})",
                                          R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})",
                                          R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})",
                                      }));
  ASSERT_EQ(out.size(), 6u);
  EXPECT_TRUE(find(out[0], "prompt_filter_results") != nullptr);
  EXPECT_TRUE(find(out[0], "choices")->as_array().empty());
  EXPECT_EQ(to_text(find(out[1], "choices")->as_array()[0]),
            R"({"content_filter_results":{},"delta":{"content":"","refusal":null,"role":"assistant"},)"
            R"("finish_reason":null,"index":0,"logprobs":null})");
  EXPECT_EQ(string_at(find(out[2], "choices")->as_array()[0], "delta", "content"), "Hi <b>");
  EXPECT_EQ(string_at(find(out[2], "choices")->as_array()[0], "content_filter_results", "hate", "severity"), "safe");
  EXPECT_TRUE(find(out[2], "usage")->is_null());
  EXPECT_EQ(find(out[2], "timings"), nullptr);
  EXPECT_EQ(string_at(find(out[3], "choices")->as_array()[0], "finish_reason"), "stop");
  EXPECT_EQ(integer(find(out[4], "usage", "total_tokens")), 7);
  EXPECT_TRUE(find(out[4], "choices")->as_array().empty());
  EXPECT_EQ(out[5], Json("[DONE]"));
}

TEST(StreamShaper, HasNoUsageUnlessAskedFor) {
  StreamShaper shaper(shape_of(no_terms()), {.obfuscate = false});
  const std::string out = run(shaper, {R"({"choices":[{"index":0,"delta":{"content":"a"}}]})",
                                       R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"});
  EXPECT_EQ(out.find("usage"), std::string::npos);
  EXPECT_EQ(out.find("obfuscation"), std::string::npos);
  EXPECT_EQ(shaper.usage(3).total(), 4);  // the prompt's estimate and one piece
}

TEST(StreamShaper, TheRoleFrameCarriesTheFirstToolCall) {
  StreamShaper shaper(shape_of(no_terms()), {});
  const auto out = frames(run(
      shaper,
      {R"({"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]})",
       R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]}}]})",
       R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]})",
       R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})"}));
  ASSERT_EQ(out.size(), 5u);
  EXPECT_EQ(
      to_text(*find(find(out[1], "choices")->as_array()[0], "delta")),
      R"({"content":null,"refusal":null,"role":"assistant","tool_calls":[{"function":{"arguments":"","name":"f"},)"
      R"("id":"call_1","index":0,"type":"function"}]})");
  EXPECT_EQ(to_text(*find(find(out[2], "choices")->as_array()[0], "delta")),
            R"({"tool_calls":[{"function":{"arguments":"{}"},"index":0}]})");
}

std::string delta_of(const Json& frame) {
  return to_text(*find(find(frame, "choices")->as_array()[0], "delta"));
}

TEST(StreamShaper, PassesARefusalAndAFunctionOf2023On) {
  StreamShaper refusing(shape_of(no_terms()), {});
  const auto refused = frames(run(refusing, {R"({"choices":[{"index":0,"delta":{"refusal":"I cannot."}}]})",
                                             R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"}));
  ASSERT_EQ(refused.size(), 5u);
  EXPECT_EQ(delta_of(refused[1]), R"({"content":null,"refusal":null,"role":"assistant"})");
  EXPECT_EQ(delta_of(refused[2]), R"({"refusal":"I cannot."})");
  StreamShaper calling(shape_of(no_terms()), {});
  const auto called =
      frames(run(calling, {R"({"choices":[{"index":0,"delta":{"function_call":{"name":"f","arguments":""}}}]})",
                           R"({"choices":[{"index":0,"delta":{"function_call":{"arguments":"{}"}}}]})",
                           R"({"choices":[{"index":0,"delta":{},"finish_reason":"function_call"}]})"}));
  ASSERT_EQ(called.size(), 5u);
  EXPECT_EQ(delta_of(called[1]), R"({"content":null,"refusal":null,"role":"assistant",)"
                                 R"("function_call":{"name":"f","arguments":""}})");
  EXPECT_EQ(delta_of(called[2]), R"({"function_call":{"arguments":"{}"}})");
}

TEST(StreamShaper, SaysWhyItEndedInAzuresWords) {
  for (const auto& [said, expected] : std::vector<std::pair<std::string, std::string>>{
           {"eos_token", "stop"}, {"length", "length"}, {"content_filter", "content_filter"}}) {
    StreamShaper shaper(shape_of(no_terms()), {});
    const std::string last = R"({"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":")" + said + R"("}]})";
    const auto out = frames(run(shaper, {R"({"choices":null,"usage":null})", last}));
    ASSERT_EQ(out.size(), 5u);
    EXPECT_EQ(string_at(find(out[3], "choices")->as_array()[0], "finish_reason"), expected);
  }
}

TEST(StreamShaper, IsNotFinishedBeforeEveryChoiceHasSaidWhy) {
  StreamShaper shaper(shape_of(no_terms()), {});
  EXPECT_FALSE(shaper.finished());
  ASSERT_TRUE(shaper.take(chunk(R"({"choices":[{"index":1,"delta":{"content":"a"}}]})")).ok());
  ASSERT_TRUE(shaper.take(chunk(R"({"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]})")).ok());
  EXPECT_FALSE(shaper.finished());
  ASSERT_TRUE(shaper.take(chunk(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})")).ok());
  EXPECT_TRUE(shaper.finished());
}

TEST(StreamShaper, RefusesWhatIsNoChunk) {
  StreamShaper shaper(shape_of(no_terms()), {});
  for (const auto* text : {"[]", "{}", "5", R"({"choices":5})", R"({"choices":[5]})", R"({"choices":[{"index":-1}]})",
                           R"({"choices":[{"index":100000}]})"}) {
    const auto taken = shaper.take(chunk(text));
    EXPECT_FALSE(taken.ok() && !taken->empty()) << text;
  }
}

TEST(StreamShaper, StopsWhereTheFilterBlocks) {
  const ContentFilter filter(JsonObject{{"terms", JsonObject{{"violence", JsonArray{"explode"}}}}});
  StreamShaper shaper(shape_of(filter), {.include_usage = true});
  const auto out = frames(run(shaper, {R"({"choices":[{"index":0,"delta":{"content":"It will exp"}}]})",
                                       R"({"choices":[{"index":0,"delta":{"content":"lode"}}]})",
                                       R"({"choices":[{"index":0,"delta":{"content":" now"}}]})"}));
  EXPECT_TRUE(shaper.blocked());
  ASSERT_EQ(out.size(), 5u);  // head, role, content, the block, [DONE]; no usage
  EXPECT_EQ(string_at(find(out[3], "choices")->as_array()[0], "finish_reason"), "content_filter");
}

}  // namespace
}  // namespace lazuli::openai
