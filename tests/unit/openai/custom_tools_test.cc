// Chats with custom tools, over an engine that the test plays and that knows functions alone.
#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

const std::string kTools =
    R"("tools":[{"type":"custom","custom":{"name":"run","description":"Runs it.","format":{"type":"grammar",)"
    R"("grammar":{"syntax":"regex","definition":"^[a-z]+$"}}}},{"type":"function","function":{"name":"f"}}])";
const std::string kUser = R"({"role":"user","content":"x"})";
const std::string kCalls =
    R"({"role":"assistant","tool_calls":[{"id":"c1","type":"custom","custom":{"name":"run","input":"a\nb"}},)"
    R"({"id":"c2","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
    R"({"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":"2"})";

class CustomToolsTest : public UpstreamTest {
 protected:
  CustomToolsTest() { answer_with(kWhole); }

  void answer_with(std::string body) {
    serve_by(upstream(net::inline_handler([this, body = std::move(body)](const net::Request& request) {
      asked_ = *parse_json(request.body);
      return net::Response::text(200, body, "application/json");
    })));
  }
  void serve_by(std::string url) {
    serve_with(JsonObject{{"url", std::move(url)}});
    deploy("Five", "gpt-5", "2025-08-07", 100);
  }
  net::Response ask(const std::string& more, const std::string& messages = kUser, const std::string& model = "Five") {
    return send(request("POST", "/openai/v1/chat/completions",
                        R"({"model":")" + model + R"(","messages":[)" + messages + "]," + more + "}"));
  }
  std::string refusal(const std::string& more, const std::string& messages = kUser) {
    return string_at(json(ask(more, messages)), "error", "param");
  }

  Json asked_;
};

TEST_F(CustomToolsTest, AreFunctionsOfOneTextForTheEngine) {
  ASSERT_EQ(ask(kTools + R"(,"tool_choice":{"type":"custom","custom":{"name":"run"}})").status, 200);
  const auto& function = *find(find(asked_, "tools")->at(0), "function");
  EXPECT_EQ(string_at(function, "name"), "run");
  EXPECT_EQ(string_at(function, "description"), "Runs it.");
  EXPECT_NE(string_at(function, "parameters", "properties", "input", "description").find("regex:\n^[a-z]+$"),
            std::string::npos);
  EXPECT_EQ(to_text(find(asked_, "tools")->at(1)), R"({"type":"function","function":{"name":"f"}})");
  EXPECT_EQ(to_text(*find(asked_, "tool_choice")), R"({"type":"function","function":{"name":"run"}})");
}

TEST_F(CustomToolsTest, CanBeChosenAmong) {
  const std::string some =
      R"(,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"custom",)"
      R"("custom":{"name":"run"}}]}})";
  ASSERT_EQ(ask(kTools + some).status, 200);
  EXPECT_EQ(find(asked_, "tools")->as_array().size(), 1U);
  EXPECT_EQ(string_at(find(asked_, "tools")->at(0), "function", "name"), "run");
  EXPECT_EQ(string_at(asked_, "tool_choice"), "required");
}

TEST_F(CustomToolsTest, CallsOfThemGoBackAsCallsOfFunctions) {
  for (const auto* role : {"system", "developer"}) {
    const std::string told = R"({"role":")" + std::string(role) + R"(","content":"s"},)" + kUser + "," + kCalls;
    ASSERT_EQ(ask(kTools, told).status, 200);
    EXPECT_EQ(string_at(find(asked_, "messages")->at(0), "role"), "system");
    const auto& calls = *find(find(asked_, "messages")->at(2), "tool_calls");
    EXPECT_EQ(string_at(calls.at(0), "id"), "c1");
    EXPECT_EQ(string_at(calls.at(0), "type"), "function");
    EXPECT_EQ(string_at(calls.at(0), "function", "name"), "run");
    EXPECT_EQ(string_at(calls.at(0), "function", "arguments"), R"({"input":"a\nb"})");
    EXPECT_EQ(string_at(calls.at(1), "function", "arguments"), "{}");
  }
}

TEST_F(CustomToolsTest, ACallHasATextAndIsKeptAsItWasSent) {
  answer_with(
      R"({"choices":[{"finish_reason":"tool_calls","message":{"tool_calls":[{"id":"c1","function":{"name":"run",)"
      R"("arguments":"{\"input\":\"a b\"}"}},{"id":"c2","function":{"name":"f","arguments":"{}"}}]}}]})");
  const Json answer = json(ask(kTools + R"(,"store":true)"));
  const Json& choice = find(answer, "choices")->at(0);
  EXPECT_EQ(to_text(*find(choice, "message", "tool_calls")),
            R"([{"custom":{"input":"a b","name":"run"},"id":"c1","type":"custom"},)"
            R"({"function":{"arguments":"{}","name":"f"},"id":"c2","type":"function"}])");
  EXPECT_EQ(string_at(choice, "finish_reason"), "tool_calls");
  const Json kept = json(send(request("GET", "/openai/v1/chat/completions/" + string_at(answer, "id"))));
  EXPECT_EQ("\"tools\":" + to_text(*find(kept, "tools")), kTools);
}

TEST_F(CustomToolsTest, ACallIsStreamedAsItsText) {
  const auto piece = [](const std::string& call) {
    return net::event_text(R"({"choices":[{"index":0,"delta":{"tool_calls":[{)" + call + "}]}}]}");
  };
  serve_by(streaming({piece(R"("index":0,"id":"c1","function":{"name":"run","arguments":""})"),
                      piece(R"("index":0,"function":{"arguments":"{\"input\":\"a"})"),
                      piece(R"("index":0,"function":{"arguments":" b\"}"})"),
                      piece(R"("index":1,"id":"c2","function":{"name":"f","arguments":"{}"})"),
                      piece(R"("index":2,"id":"c3","function":{"name":"run","arguments":"{\"other"})"), kStop}));
  net::EventReader events;
  const auto whole = ask(kTools + R"(,"store":true,"stream":true)");
  events.feed(whole.body);
  std::string calls, id;
  while (const auto event = events.next()) {
    const auto data = parse_json(event->data);
    if (!data || find(*data, "choices")->as_array().empty()) continue;
    id = string_at(*data, "id");
    if (const auto* delta = find(find(*data, "choices")->at(0), "delta", "tool_calls")) calls += to_text(*delta) + "\n";
  }
  EXPECT_EQ(calls, R"([{"custom":{"input":"","name":"run"},"id":"c1","index":0,"type":"custom"}]
[{"custom":{"input":"a"},"index":0}]
[{"custom":{"input":" b"},"index":0}]
[{"function":{"arguments":"{}","name":"f"},"id":"c2","index":1,"type":"function"}]
[{"custom":{"input":"","name":"run"},"id":"c3","index":2,"type":"custom"}]
[{"custom":{"input":"{\"other"},"index":2}]
)");
  const Json kept = json(send(request("GET", "/openai/v1/chat/completions/" + id)));
  EXPECT_EQ(to_text(*find(find(kept, "choices")->at(0), "message", "tool_calls")),
            R"([{"custom":{"input":"a b","name":"run"},"type":"custom","id":"c1"},)"
            R"({"function":{"arguments":"{}","name":"f"},"type":"function","id":"c2"},)"
            R"({"custom":{"input":"{\"other","name":"run"},"type":"custom","id":"c3"}])");
}

TEST_F(CustomToolsTest, BadOnesAreRefused) {
  const auto tool = [](const std::string& custom) { return R"("tools":[{"type":"custom","custom":)" + custom + "}]"; };
  EXPECT_EQ(refusal(R"("tools":[{"type":"custom"}])"), "tools[0].custom");
  EXPECT_EQ(refusal(tool("{}")), "tools[0].custom.name");
  EXPECT_EQ(refusal(tool(R"({"name":"a b"})")), "tools[0].custom.name");
  EXPECT_EQ(refusal(tool(R"({"name":"f","format":{"type":"grammar"}})")), "tools[0].custom.format.grammar");
  EXPECT_EQ(refusal(tool(R"({"name":"f","format":{"type":"grammar","grammar":5}})")), "tools[0].custom.format.grammar");
  EXPECT_EQ(refusal(tool(R"({"name":"f","format":{"type":"grammar","grammar":{"syntax":"lark"}}})")),
            "tools[0].custom.format.grammar.definition");
  EXPECT_EQ(refusal(kTools + R"(,"tool_choice":{"type":"custom"})"), "tool_choice.custom.name");
  EXPECT_EQ(refusal(kTools + R"(,"tool_choice":{"type":"custom","custom":{"name":"f"}})"), "tool_choice");
  const auto call = [&](const std::string& custom) {
    return kUser + R"(,{"role":"assistant","tool_calls":[{"id":"c","type":"custom")" + custom + "}]}";
  };
  EXPECT_EQ(refusal(kTools, call("")), "messages[1].tool_calls[0].custom");
  EXPECT_EQ(refusal(kTools, call(R"(,"custom":{"name":"run"})")), "messages[1].tool_calls[0].custom.input");
}

TEST_F(CustomToolsTest, OnlyModelsFromGpt5OnHaveThem) {
  const auto refused = ask(kTools, kUser, "MyModel");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(string_at(json(refused), "error", "param"), "tools[0].type");
  EXPECT_EQ(string_at(json(refused), "error", "code"), "unsupported_value");
}

}  // namespace
}  // namespace lazuli::openai
