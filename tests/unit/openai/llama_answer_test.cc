#include "openai/llama_answer.h"

#include <gtest/gtest.h>

#include "net/client.h"
#include "net/server.h"
#include "openai/engine.h"

namespace lazuli::openai {
namespace {

constexpr const char* kTools =
    R"("tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"$ref":)"
    R"("#/$defs/x"}},"$defs":{"x":{"type":"integer"}}}}},{"type":"function","function":{"name":"g"}}])";

Json chat(const std::string& members) {
  const auto parsed = parse_json("{\"messages\":[]," + members + "}");
  EXPECT_TRUE(parsed.ok()) << members;
  return *parsed;
}

// The answer's whole text, read in small pieces by a coroutine of a server.
std::string repaired(const Json& request, const std::string& engine, bool stream, int status = 200) {
  SystemRandom random;
  Log log{2, Level::error};
  net::Router router;
  net::Server server(router, log, 1);
  const auto at = server.listen_http(net::Endpoint{}, [&](net::Exchange& exchange) -> net::Task<void> {
    LlamaAnswer answer(stored_answer(net::Response::text(status, engine)), stream, LlamaAnswer::repair_of(request),
                       random);
    net::Response read;
    std::string buffer(7, '\0');
    for (;;) {
      const auto got = co_await answer.read(std::span(buffer.data(), buffer.size()));
      if (!got || *got == 0) break;
      read.body.append(buffer, 0, *got);
    }
    co_await exchange.send(std::move(read));
  });
  net::Client client;
  net::ClientRequest out;
  out.url = "http://127.0.0.1:" + std::to_string(at->port);
  const auto response = client.fetch(std::move(out));
  return response ? response->body : response.error().message;
}

std::string event(const std::string& delta, const std::string& reason = "null") {
  return net::event_text("{\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + reason + "}]}");
}

std::vector<Json> choices_of(const std::string& events) {
  net::EventReader reader;
  reader.feed(events);
  std::vector<Json> out;
  while (auto one = reader.next()) {
    if (one->data != "[DONE]") out.push_back(find(*parse_json(one->data), "choices")->as_array()[0]);
  }
  return out;
}

TEST(ForcedCalls, AskForTheSchemaOfOneFunctionOrAListOfAny) {
  const auto one = ForcedCalls::of(chat(std::string(kTools) + R"(,"tool_choice":{"function":{"name":"f"}})"));
  ASSERT_TRUE(one);
  const auto edits = one->edits();
  EXPECT_EQ(edits[0].name, "response_format");
  EXPECT_EQ(string_at(*parse_json(*edits[0].value), "json_schema", "schema", "type"), "object");
  EXPECT_EQ(edits[1].name, "tool_choice");
  EXPECT_FALSE(edits[1].value);

  const auto any = ForcedCalls::of(chat(std::string(kTools) + R"(,"tool_choice":"required")"));
  ASSERT_TRUE(any);
  const auto format = *parse_json(*any->edits()[0].value);
  const auto* schema = find(format, "json_schema", "schema");
  EXPECT_EQ(integer(find(*schema, "maxItems")), 2);
  const Json& first = find(*schema, "items", "anyOf")->as_array()[0];
  const auto* arguments = find(first, "properties", "arguments");
  EXPECT_EQ(string_at(*find(*arguments, "properties"), "a", "$ref"), "#/items/anyOf/0/properties/arguments/$defs/x");
  const auto single =
      ForcedCalls::of(chat(std::string(kTools) + R"(,"tool_choice":"required","parallel_tool_calls":false)"));
  EXPECT_EQ(integer(find(*find(*parse_json(*single->edits()[0].value), "json_schema", "schema"), "maxItems")), 1);

  for (const std::string& members : {std::string(R"("tool_choice":"required")"), std::string(kTools),
                                     std::string(kTools) + R"(,"tool_choice":"auto")",
                                     std::string(kTools) + R"(,"tool_choice":{"function":{"name":"h"}})"}) {
    EXPECT_FALSE(ForcedCalls::of(chat(members))) << members;
  }
}

TEST(LlamaAnswer, AWholeAnswersJsonBecomesCalls) {
  const std::string engine =
      R"({"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"%"}}]})";
  const auto with = [&](const std::string& content) {
    return std::string(engine).replace(engine.find('%'), 1, content);
  };
  const Json one = chat(std::string(kTools) + R"(,"tool_choice":{"function":{"name":"f"}})");
  auto choice = find(*parse_json(repaired(one, with(R"({\"a\": 1})"), false)), "choices")->as_array()[0];
  EXPECT_EQ(string_at(choice, "finish_reason"), "stop");
  EXPECT_TRUE(find(choice, "message", "content")->is_null());
  Json call = find(choice, "message", "tool_calls")->as_array()[0];
  EXPECT_EQ(string_at(call, "function", "arguments"), R"({"a": 1})");
  EXPECT_TRUE(string_at(call, "id").starts_with("call_"));

  const Json any = chat(std::string(kTools) + R"(,"tool_choice":"required")");
  choice =
      find(*parse_json(repaired(
               any, with(R"([{\"name\":\"g\",\"arguments\":{}},{\"name\":\"f\",\"arguments\":{\"a\":2}}])"), false)),
           "choices")
          ->as_array()[0];
  EXPECT_EQ(string_at(choice, "finish_reason"), "tool_calls");
  const auto& calls = find(choice, "message", "tool_calls")->as_array();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(string_at(calls[1], "function", "arguments"), R"({"a":2})");
  // What was cut off, what is no JSON and what is an error goes on as it is.
  EXPECT_NE(repaired(any, with(R"([{\"name\":\"g\")"), false).find(R"(\"name\")"), std::string::npos);
  EXPECT_EQ(repaired(any, "garbage", false), "garbage");
  EXPECT_EQ(repaired(any, R"({"error":{}})", true, 500), R"({"error":{}})");
}

TEST(LlamaAnswer, AStreamsJsonBecomesCalls) {
  const Json one = chat(std::string(kTools) + R"(,"tool_choice":{"function":{"name":"f"}},"stream":true)");
  auto choices =
      choices_of(repaired(one,
                          event(R"({"role":"assistant","content":null})") + event(R"({"content":"{\"a\""})") +
                              event(R"({"content":":1}"})") + event("{}", "\"stop\"") + net::event_text("[DONE]"),
                          true));
  ASSERT_EQ(choices.size(), 4U);
  const Json begun = find(choices[1], "delta", "tool_calls")->as_array()[0];
  EXPECT_EQ(string_at(begun, "function", "name"), "f");
  EXPECT_EQ(string_at(begun, "function", "arguments"), R"({"a")");
  const Json next = find(choices[2], "delta", "tool_calls")->as_array()[0];
  EXPECT_EQ(to_text(next), R"({"function":{"arguments":":1}"},"index":0})");
  EXPECT_EQ(string_at(choices[3], "finish_reason"), "stop");

  const Json any = chat(std::string(kTools) + R"(,"tool_choice":"required","stream":true)");
  choices = choices_of(repaired(any,
                                event(R"({"content":"[{\"name\":\"g\","})") +
                                    event(R"({"content":"\"arguments\":{}}]"})") + event("{}", "\"stop\""),
                                true));
  EXPECT_EQ(find(choices[0], "delta", "tool_calls"), nullptr);
  EXPECT_EQ(string_at(find(choices[2], "delta", "tool_calls")->as_array()[0], "function", "name"), "g");
  EXPECT_EQ(string_at(choices[2], "finish_reason"), "tool_calls");
}

// llama.cpp says the usage of its first choice alone.
TEST(LlamaAnswer, UsageIsThatOfAllChoices) {
  const std::string two =
      R"({"choices":[{"logprobs":{"content":[{},{},{}]}},{"logprobs":{"content":[{},{}]}}],"usage":{"completion_tokens":3}})";
  auto answer = *parse_json(repaired(chat(R"("n":2)"), two, false));
  EXPECT_EQ(integer(find(answer, "usage", "completion_tokens")), 5);
  EXPECT_TRUE(find(find(answer, "choices")->as_array()[0], "logprobs")->is_null());
  answer = *parse_json(repaired(chat(R"("n":2,"logprobs":true)"), two, false));
  EXPECT_TRUE(find(find(answer, "choices")->as_array()[0], "logprobs")->is_object());
  EXPECT_FALSE(LlamaAnswer::repair_of(chat(R"("n":1)")));
  EXPECT_TRUE(LlamaAnswer::repair_of(chat(R"("n":2)")));
}

}  // namespace
}  // namespace lazuli::openai
