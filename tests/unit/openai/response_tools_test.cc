// Name spaces of tools, and tools that engines are not offered, over an engine that the test plays.
#include "openai/response_tools.h"

#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

const std::string kTools =
    R"("tools":[{"type":"namespace","name":"crm","description":"Customers.","tools":[)"
    R"({"type":"function","name":"find","description":"Finds.","parameters":{"type":"object","properties":{}}},)"
    R"({"type":"custom","name":"note"}]},{"type":"function","name":"find"},{"type":"web_search"}])";

std::string call_of(const std::string& name, const std::string& arguments) {
  return R"({"id":"call_1","function":{"name":")" + name + R"(","arguments":")" + arguments + R"("}})";
}

class ResponseToolsTest : public UpstreamTest {
 protected:
  ResponseToolsTest() { answer_with(kWhole); }

  void answer_with(std::string body) {
    serve_with(
        JsonObject{{"url", upstream(net::inline_handler([this, body = std::move(body)](const net::Request& request) {
                      asked_ = *parse_json(request.body);
                      return net::Response::text(200, body, "application/json");
                    }))}});
  }
  void answer_with_call(const std::string& name, const std::string& arguments) {
    answer_with(R"({"choices":[{"message":{"tool_calls":[)" + call_of(name, arguments) + "]}}]}");
  }
  net::Response respond(const std::string& more, const std::string& input = R"("x")") {
    return send(request("POST", "/openai/v1/responses", R"({"model":"MyModel","input":)" + input + "," + more + "}"));
  }
  std::string refusal(const std::string& more) { return string_at(json(respond(more)), "error", "param"); }

  Json asked_;
};

TEST_F(ResponseToolsTest, MembersOfANamespaceAreFunctionsOfTheirOwn) {
  const auto response = respond(kTools);
  ASSERT_EQ(response.status, 200) << response.body;
  std::string names;
  for (const auto& tool : find(asked_, "tools")->as_array()) names += string_at(tool, "function", "name") + " ";
  EXPECT_EQ(names, "crm__find crm__note find ");
  EXPECT_EQ(string_at(find(asked_, "tools")->at(0), "function", "description"), "Finds.");
  const Json shown = json(response);
  EXPECT_EQ(to_text(find(shown, "tools")->at(0)).find(R"({"type":"namespace","name":"crm")"), 0U);
  EXPECT_EQ(to_text(find(shown, "tools")->at(2)), R"({"type":"web_search"})");
}

TEST_F(ResponseToolsTest, CallsSayTheirNamespaceAndGoBackWithIt) {
  answer_with_call("crm__find", "{}");
  const Json item = find(json(respond(kTools)), "output")->at(0);
  EXPECT_EQ(string_at(item, "namespace"), "crm");
  EXPECT_EQ(string_at(item, "name"), "find");
  const std::string output = R"({"type":"function_call_output","call_id":"call_1","output":"done"})";
  ASSERT_EQ(respond(kTools, "[" + to_text(item) + "," + output + "]").status, 200);
  const auto& call = find(find(asked_, "messages")->at(0), "tool_calls")->at(0);
  EXPECT_EQ(string_at(call, "function", "name"), "crm__find");

  answer_with_call("crm__note", R"({\"input\":\"a\"})");
  const Json custom = find(json(respond(kTools)), "output")->at(0);
  EXPECT_EQ(string_at(custom, "type"), "custom_tool_call");
  EXPECT_EQ(string_at(custom, "namespace"), "crm");
  EXPECT_EQ(string_at(custom, "input"), "a");

  answer_with_call("find", "{}");
  EXPECT_EQ(find(find(json(respond(kTools)), "output")->at(0), "namespace"), nullptr);
}

TEST_F(ResponseToolsTest, StreamedCallsSayTheirNamespace) {
  serve_with(JsonObject{{"url", streaming({net::event_text(R"({"choices":[{"index":0,"delta":{"tool_calls":[)" +
                                                           call_of("crm__find", "{}") + "]}}]}"),
                                           kStop})}});
  net::EventReader events;
  events.feed(respond(kTools + R"(,"stream":true)").body);
  int items = 0;
  while (const auto event = events.next()) {
    const auto data = *parse_json(event->data);
    if (!find(data, "item")) continue;
    ++items;
    EXPECT_EQ(string_at(data, "item", "namespace"), "crm");
    EXPECT_EQ(string_at(data, "item", "name"), "find");
  }
  EXPECT_EQ(items, 2);
}

TEST_F(ResponseToolsTest, OneOfANamespaceCanBeChosen) {
  ASSERT_EQ(respond(kTools + R"(,"tool_choice":{"type":"function","namespace":"crm","name":"find"})").status, 200);
  EXPECT_EQ(string_at(asked_, "tool_choice", "function", "name"), "crm__find");
  ASSERT_EQ(respond(kTools + R"(,"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"web_search"},)"
                             R"({"type":"custom","namespace":"crm","name":"note"}]})")
                .status,
            200);
  EXPECT_EQ(find(asked_, "tools")->as_array().size(), 1U);
}

TEST_F(ResponseToolsTest, SearchesAreLeftOutAndSaid) {
  const auto some = respond(kTools);
  EXPECT_EQ(some.headers.get("x-lazuli-left-out"), "web_search");
  const auto alone = respond(R"("tools":[{"type":"web_search_preview"},{"type":"tool_search"}],"tool_choice":"auto")");
  EXPECT_EQ(alone.status, 200);
  EXPECT_EQ(alone.headers.get("x-lazuli-left-out"), "web_search_preview, tool_search");
  EXPECT_EQ(find(asked_, "tools"), nullptr);
  EXPECT_EQ(find(asked_, "tool_choice"), nullptr);
  EXPECT_FALSE(respond(R"("store":true)").headers.has("x-lazuli-left-out"));
}

TEST_F(ResponseToolsTest, WhatCannotBeDoneIsRefused) {
  EXPECT_EQ(refusal(R"("tools":[{"type":"web_search"}],"tool_choice":"required")"), "tools");
  EXPECT_EQ(refusal(R"("tools":[{"type":"web_search"}],"tool_choice":{"type":"web_search"})"), "tools");
  EXPECT_EQ(refusal(kTools + R"(,"tool_choice":{"type":"web_search"})"), "tool_choice.type");
  EXPECT_EQ(refusal(R"("tools":[{"type":"file_search"}])"), "tools");
  EXPECT_EQ(refusal(R"("tools":[{"type":"namespace"}])"), "tools[0].name");
  EXPECT_EQ(refusal(R"("tools":[{"type":"namespace","name":"n"}])"), "tools[0].tools");
  EXPECT_EQ(refusal(R"("tools":[{"type":"namespace","name":"n","tools":[{"type":"function"}]}])"),
            "tools[0].tools[0].name");
  EXPECT_EQ(refusal(R"("tools":[{"type":"namespace","name":"n","tools":[{"type":"mcp"}]}])"), "tools");
}

TEST_F(ResponseToolsTest, UnknownParametersAreNamed) {
  const auto error = json(respond(R"("colour":"red")"));
  EXPECT_EQ(string_at(error, "error", "message"), "Unknown parameter: 'colour'.");
  EXPECT_EQ(string_at(error, "error", "param"), "colour");
  EXPECT_EQ(string_at(error, "error", "code"), "unknown_parameter");
  EXPECT_EQ(respond(R"("client_metadata":{"a":"b"})").status, 200);
}

TEST(ResponseTools, NamesForEnginesAreShortEnough) {
  EXPECT_EQ(chat_name("", "f"), "f");
  EXPECT_EQ(chat_name("mcp__files__", "read"), "mcp__files__read");
  const std::string whole = std::string(60, 'n'), one = chat_name(whole, "one"), two = chat_name(whole, "two");
  EXPECT_EQ(one.size(), 64U);
  EXPECT_NE(one, two);
}

}  // namespace
}  // namespace lazuli::openai
