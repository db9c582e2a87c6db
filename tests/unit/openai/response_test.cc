// The Responses API over an engine that the test plays.
#include <future>

#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

constexpr const char* kToken =
    R"({"id":7,"token":"fine","logprob":-1,"top_logprobs":[{"token":"fine"},{"token":"x"}]})";

class ResponseTest : public UpstreamTest {
 protected:
  ResponseTest() {
    server_of_answers_ = upstream([this](net::Exchange& exchange) { return answer(exchange); });
    serve_with(JsonObject{{"url", server_of_answers_}});
  }

  net::Response respond(const std::string& more) {
    return send(request("POST", "/openai/v1/responses", R"({"model":"MyModel","input":"x",)" + more + "}"));
  }

  net::Task<void> answer(net::Exchange& exchange) {
    co_await exchange.read_all(1 << 20);
    asked_ = *parse_json(exchange.request().body);
    const std::string logprobs = R"("logprobs":{"content":[)" + std::string(kToken) + "]}";
    const bool stream = bool_or(find(asked_, "stream"));
    const std::string text =
        stream ? net::event_text(R"({"choices":[{"index":0,"delta":{"content":"fine"},)" + logprobs + "}]}") + kStop
               : R"({"choices":[{"finish_reason":"stop","message":{"content":"fine"},)" + logprobs + "}]}";
    net::Response response = net::Response::text(200, text, stream ? "text/event-stream" : "application/json");
    co_await exchange.send(std::move(response));
  }

  Json asked_;
  std::string server_of_answers_;
};

constexpr const char* kAsked = R"("include":["message.output_text.logprobs"],"top_logprobs":1)";
constexpr const char* kTold = R"("logprobs":[{"token":"fine","logprob":-1,"top_logprobs":[{"token":"fine"}]}])";

TEST_F(ResponseTest, LogprobsAreTheTextsOwnWhereTheyAreIncluded) {
  const auto response = respond(kAsked);
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_TRUE(bool_or(find(asked_, "logprobs")));
  EXPECT_EQ(integer(find(asked_, "top_logprobs")), 1);
  EXPECT_NE(to_text(json(response)).find(kTold), std::string::npos) << response.body;
}

TEST_F(ResponseTest, LogprobsOfAStreamAreInItsPiecesAndInTheWhole) {
  const auto response = respond(std::string(kAsked) + R"(,"stream":true)");
  ASSERT_EQ(response.status, 200) << response.body;
  std::size_t told = 0;
  for (auto at = response.body.find(kTold); at != std::string::npos; at = response.body.find(kTold, at + 1)) ++told;
  EXPECT_EQ(told, 5U) << response.body;  // delta, text done, part done, item done, completed
}

TEST_F(ResponseTest, LogprobsAreNotAskedForOtherwise) {
  const auto response = respond(R"("top_logprobs":1)");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(find(asked_, "logprobs"), nullptr);
}

TEST_F(ResponseTest, ListsWhatAResponseWasMadeOf) {
  const auto first = json(respond(R"("instructions":"Be brief.")"));
  const std::string earlier = string_at(first, "id"), answer = string_at(find(first, "output")->at(0), "id");
  const auto second = json(send(request(
      "POST", "/openai/v1/responses",
      R"({"model":"MyModel","input":[{"role":"assistant","content":"a"},{"role":"user","content":[{"type":"input_text","text":"b"}]}],)"
      R"("previous_response_id":")" +
          earlier + R"("})")));
  const std::string path = "/openai/v1/responses/" + string_at(second, "id") + "/input_items";
  const auto list = [&](const std::string& query) { return json(send(request("GET", path + query, ""))); };
  const auto all = list("?order=asc");
  const auto& items = find(all, "data")->as_array();
  ASSERT_EQ(items.size(), 4U) << to_text(all);  // the first question, its answer, and the two of the second request
  std::string texts, ids;
  for (const auto& item : items) {
    EXPECT_EQ(string_at(item, "status"), "completed");
    EXPECT_TRUE(string_at(item, "id").starts_with("msg_"));
    texts += string_at(item, "role") + ":" + string_at(find(item, "content")->at(0), "type") + ":" +
             string_at(find(item, "content")->at(0), "text") + " ";
  }
  EXPECT_EQ(texts, "user:input_text:x assistant:output_text:fine assistant:output_text:a user:input_text:b ");
  EXPECT_EQ(string_at(items[1], "id"), answer);
  EXPECT_EQ(list("?order=asc"), all);  // ids stay
  const auto newest = list("?limit=3");
  EXPECT_EQ(find(newest, "data")->as_array().size(), 3U);
  EXPECT_EQ(string_at(newest, "first_id"), string_at(items[3], "id"));
  EXPECT_EQ(string_at(newest, "last_id"), answer);
  EXPECT_TRUE(bool_or(find(newest, "has_more")));
  const auto rest = list("?limit=3&after=" + answer);
  EXPECT_EQ(string_at(rest, "first_id"), string_at(items[0], "id"));
  EXPECT_FALSE(bool_or(find(rest, "has_more"), true));
  for (const auto* wrong : {"?limit=0", "?limit=101", "?limit=many", "?order=up", "?after=msg_none"}) {
    EXPECT_EQ(send(request("GET", path + wrong, "")).status, 400) << wrong;
  }
  EXPECT_EQ(send(request("GET", "/openai/v1/responses/resp_none/input_items", "")).status, 404);
}

TEST_F(ResponseTest, AnItemMayBeNamedInsteadOfSentAgain) {
  const auto first = json(respond(R"("temperature":1)"));
  const std::string answer = string_at(find(first, "output")->at(0), "id");
  const auto with = [this](const std::string& id) {
    return send(request("POST", "/openai/v1/responses",
                        R"({"model":"MyModel","input":[{"type":"item_reference","id":")" + id +
                            R"("},{"role":"user","content":"and?"}]})"));
  };
  EXPECT_EQ(with(answer).status, 200);
  const auto& messages = find(asked_, "messages")->as_array();
  ASSERT_EQ(messages.size(), 2U) << to_text(asked_);
  EXPECT_EQ(string_at(messages[0], "role"), "assistant");
  EXPECT_NE(to_text(messages[0]).find("fine"), std::string::npos);
  EXPECT_EQ(with("msg_none").status, 404);
  EXPECT_EQ(with("").status, 400);
}

TEST_F(ResponseTest, AStreamWithoutAPieceOfTextIsAStream) {
  serve_with(JsonObject{{"url", streaming({kStop})}});
  const auto response = respond(R"("stream":true)");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_TRUE(response.body.starts_with("event: response.created\n")) << response.body;
  EXPECT_NE(response.body.find("event: response.completed\n"), std::string::npos) << response.body;
}

TEST_F(ResponseTest, AStreamThatBreaksOffSaysSoInItsLastEvent) {
  const auto some = net::event_text(R"({"choices":[{"index":0,"delta":{"content":"some"}}]})");
  serve_with(JsonObject{{"url", streaming({some}, false)}});
  const auto response = respond(R"("stream":true)");
  net::EventReader events;
  events.feed(response.body);
  std::optional<net::Event> last;
  while (auto event = events.next()) last = std::move(event);
  ASSERT_TRUE(last) << response.body;
  EXPECT_EQ(last->name, "response.failed");
  const auto failed = *parse_json(last->data);
  EXPECT_EQ(string_at(failed, "response", "status"), "failed");
  EXPECT_EQ(string_at(failed, "response", "error", "code"), "server_error");
  const auto kept = json(send(request("GET", "/openai/v1/responses/" + string_at(failed, "response", "id"))));
  EXPECT_EQ(string_at(kept, "status"), "failed");
}

TEST_F(ResponseTest, CallsThatAnEngineWritesByTurnsGoOutOneAfterTheOther) {
  const auto piece = [](const std::string& calls) {
    return net::event_text(R"({"choices":[{"index":0,"delta":{"tool_calls":[)" + calls + "]}}]}");
  };
  serve_with(JsonObject{{"url", streaming({piece(R"({"index":0,"id":"a","function":{"name":"f","arguments":"{"}})"),
                                           piece(R"({"index":1,"id":"b","function":{"name":"g","arguments":"{"}})"),
                                           piece(R"({"index":0,"function":{"arguments":"}"}})"),
                                           piece(R"({"index":1,"function":{"arguments":"}"}})"), kStop})}});
  net::EventReader events;
  events.feed(respond(R"("stream":true)").body);
  std::string order;
  while (const auto event = events.next()) {
    const auto data = *parse_json(event->data);
    if (const auto index = integer(find(data, "output_index"))) {
      order += event->name.substr(event->name.find_last_of("._") + 1) + std::to_string(*index) + " ";
    }
    if (event->name != "response.completed") continue;
    for (const auto& call : find(data, "response", "output")->as_array()) order += string_at(call, "arguments") + " ";
  }
  EXPECT_EQ(order, "added0 delta0 delta0 done0 done0 added1 delta1 delta1 done1 done1 {} {} ");
}

TEST_F(ResponseTest, ARefusalIsAPartOfItsOwn) {
  const std::string part = R"({"type":"refusal","refusal":"No."})";
  serve_with(JsonObject{{"url", answering(200, R"({"choices":[{"message":{"content":null,"refusal":"No."}}]})")}});
  EXPECT_NE(to_text(json(respond(R"("store":false)"))).find(part), std::string::npos);
  const auto chunk = net::event_text(R"({"choices":[{"index":0,"delta":{"refusal":"No."}}]})");
  serve_with(JsonObject{{"url", streaming({chunk, kStop})}});
  const auto streamed = respond(R"("stream":true)").body;
  EXPECT_NE(streamed.find("event: response.refusal.delta\n"), std::string::npos) << streamed;
  EXPECT_NE(streamed.find("event: response.refusal.done\n"), std::string::npos) << streamed;
  EXPECT_NE(streamed.find(part), std::string::npos) << streamed;
}

TEST_F(ResponseTest, AnAnswerOfAToolStandsBehindItsCallWhateverStoodBetween) {
  const auto response = send(request("POST", "/openai/v1/responses", R"({"model":"MyModel","input":[
      {"role":"user","content":"x"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
      {"role":"assistant","content":"I looked."},
      {"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"sun"}]}]})"));
  ASSERT_EQ(response.status, 200) << response.body;
  std::string roles;
  for (const auto& message : find(asked_, "messages")->as_array()) roles += string_at(message, "role") + " ";
  EXPECT_EQ(roles, "user assistant tool assistant ");
  EXPECT_EQ(string_at(find(asked_, "messages")->at(2), "content"), "sun");
}

constexpr const char* kCustom =
    R"("tools":[{"type":"custom","name":"run","description":"Runs it.","format":{"type":"grammar","syntax":"regex",)"
    R"("definition":"^[a-z]+$"}}],"tool_choice":{"type":"custom","name":"run"})";

TEST_F(ResponseTest, ACustomToolIsAFunctionOfOneTextForTheEngine) {
  const auto response = json(respond(kCustom));
  const auto& function = *find(find(asked_, "tools")->at(0), "function");
  EXPECT_EQ(string_at(function, "name"), "run");
  EXPECT_EQ(string_at(function, "description"), "Runs it.");
  EXPECT_EQ(string_at(function, "parameters", "properties", "input", "type"), "string");
  EXPECT_NE(to_text(function).find("^[a-z]+$"), std::string::npos);
  EXPECT_EQ(string_at(asked_, "tool_choice", "function", "name"), "run");
  EXPECT_EQ(to_text(*find(response, "tools")),
            R"([{"type":"custom","description":"Runs it.","format":{"type":"grammar","syntax":"regex",)"
            R"("definition":"^[a-z]+$"},"name":"run"}])");
}

TEST_F(ResponseTest, ACallOfACustomToolHasATextAndGoesBackWithItsOutput) {
  serve_with(JsonObject{
      {"url",
       answering(
           200,
           R"({"choices":[{"message":{"tool_calls":[{"id":"call_1","function":{"name":"run","arguments":"{\"input\":\"a b\"}"}}]}}]})")}});
  const auto response = json(respond(kCustom));
  const Json& item = find(response, "output")->at(0);
  const std::string id = string_at(item, "id");
  EXPECT_TRUE(id.starts_with("ctc_"));
  EXPECT_EQ(to_text(item), R"({"id":")" + id +
                               R"(","type":"custom_tool_call","status":"completed","call_id":"call_1","input":"a b",)"
                               R"("name":"run"})");
  serve_with(JsonObject{{"url", server_of_answers_}});
  const auto back = [&](const std::string& items) {
    return send(request("POST", "/openai/v1/responses", R"({"model":"MyModel","input":[)" + items + "]}"));
  };
  const std::string output = R"({"type":"custom_tool_call_output","call_id":"call_1","output":"done"})";
  ASSERT_EQ(back(to_text(item) + "," + output).status, 200);
  const auto& call = *find(find(find(asked_, "messages")->at(0), "tool_calls")->at(0), "function");
  EXPECT_EQ(string_at(call, "arguments"), R"({"input":"a b"})");
  EXPECT_EQ(string_at(find(asked_, "messages")->at(1), "content"), "done");
  EXPECT_EQ(string_at(json(back(to_text(item))), "error", "message"),
            "No tool output found for custom tool call call_1.");
  EXPECT_EQ(string_at(json(back(output)), "error", "message"),
            "No tool call found for custom tool call output with call_id call_1.");
}

TEST_F(ResponseTest, ACallOfACustomToolIsStreamedAsItsText) {
  const auto piece = [](const std::string& call) {
    return net::event_text(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,)" + call + "}]}}]}");
  };
  serve_with(JsonObject{{"url", streaming({piece(R"("id":"c","function":{"name":"run","arguments":""})"),
                                           piece(R"("function":{"arguments":"{\"input\":\"a"})"),
                                           piece(R"("function":{"arguments":" b\"}"})"), kStop})}});
  net::EventReader events;
  events.feed(respond(std::string(kCustom) + R"(,"stream":true)").body);
  std::string order;
  while (const auto event = events.next()) {
    const auto data = *parse_json(event->data);
    if (!find(data, "output_index")) continue;
    order += event->name + " " + string_at(data, "delta") + string_at(data, "input") + string_at(data, "item", "type") +
             string_at(data, "item", "input") + "\n";
  }
  EXPECT_EQ(order,
            "response.output_item.added custom_tool_call\n"
            "response.custom_tool_call_input.delta a\n"
            "response.custom_tool_call_input.delta  b\n"
            "response.custom_tool_call_input.done a b\n"
            "response.output_item.done custom_tool_calla b\n");
}

TEST_F(ResponseTest, ErrorsNameTheRequestsOwnMembers) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("conversation":"conv_1")", "conversation"},
      {R"("prompt":{"id":"p"})", "prompt"},
      {R"("reasoning":{"effort":"low"})", "reasoning.effort"},
      {R"("reasoning":{"effort":"huge"})", "reasoning.effort"},
      {R"("text":{"format":{"type":"xml"}})", "text.format.type"},
      {R"("text":{"format":{"type":"json_object"}})", "input"},
      {R"("tools":[{"type":"function","name":"a b"}])", "tools[0].name"},
      {R"("tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"file_search"})", "tool_choice.type"},
      {R"("tools":[{"type":"custom"}])", "tools[0].name"},
      {R"("tools":[{"type":"custom","name":"f","format":"text"}])", "tools[0].format"},
      {R"("tools":[{"type":"custom","name":"f","format":{"type":"xml"}}])", "tools[0].format.type"},
      {R"("tools":[{"type":"custom","name":"f","format":{"type":"grammar","syntax":"lark"}}])",
       "tools[0].format.definition"},
      {R"("tools":[{"type":"custom","name":"f","format":{"type":"grammar","syntax":"bnf","definition":"x"}}])",
       "tools[0].format.syntax"},
      {R"("input":[{"role":"robot","content":"x"}])", "input[0].role"},
      {R"("input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}])", "input"},
      {R"("input":[{"type":"function_call_output","call_id":"c","output":"x"}])", "input"},
      {R"("input":[5])", "input[0]"},
      {R"("input":[{"type":5}])", "input[0].type"},
      {R"("input":[{"role":5,"content":"x"}])", "input[0].role"},
      {R"("input":[{"role":"user"}])", "input[0].content"},
      {R"("input":[{"role":"user","content":5}])", "input[0].content"},
      {R"("input":[{"role":"user","content":true}])", "input[0].content"},
      {R"("input":[{"role":"user","content":null}])", "input[0].content"},
      {R"("input":[{"role":"user","content":{"text":"x"}}])", "input[0].content"},
      {R"("input":[{"role":"user","content":"x"},{"role":"user","content":[5]}])", "input[1].content[0]"},
      {R"("input":[{"role":"user","content":[{"text":"x"}]}])", "input[0].content[0].type"},
      {R"("input":[{"role":"user","content":[{"type":"input_text","text":5}]}])", "input[0].content[0].text"},
      {R"("input":[{"role":"user","content":[{"type":"input_image"}]}])", "input[0].content[0].image_url"},
      {R"("input":[{"type":"function_call","call_id":"c","name":"f","arguments":{}}])", "input[0].arguments"},
      {R"("input":[{"type":"function_call_output","output":"x"}])", "input[0].call_id"},
      {R"("instructions":[{"role":"user","content":5}])", "instructions[0].content"},
  };
  for (const auto& [members, param] : cases) {
    const bool own = std::string_view(members).starts_with("\"input");
    const auto response =
        send(request("POST", "/openai/v1/responses",
                     std::string(R"({"model":"MyModel",)") + (own ? "" : R"("input":"x",)") + members + "}"));
    EXPECT_EQ(response.status, 400) << members << response.body;
    EXPECT_EQ(string_at(json(response), "error", "param"), param) << members << response.body;
  }
}

TEST_F(ResponseTest, SaysTheSettingsThatItWasMadeWith) {
  deploy("Thinker", "o3", "2025-04-16", 100);
  const auto response = json(send(request("POST", "/openai/v1/responses", R"({"model":"Thinker","input":"x",
      "reasoning":{"effort":"low"},"text":{"verbosity":"low"},"tools":[{"type":"function","name":"f"}]})")));
  EXPECT_EQ(string_at(asked_, "reasoning_effort"), "low");
  EXPECT_EQ(string_at(asked_, "verbosity"), "low");
  EXPECT_EQ(string_at(response, "reasoning", "effort"), "low");
  EXPECT_EQ(to_text(*find(response, "tools")), R"([{"type":"function","description":null,"name":"f",)"
                                               R"("output_schema":null,"parameters":null,"strict":true}])");
}

TEST_F(ResponseTest, CountsTheTokensOfARequestAsTheQuotaDoes) {
  const auto count = [this](const std::string& body) {
    return send(request("POST", "/openai/v1/responses/input_tokens", body));
  };
  const std::string more = R"("store":true)";
  const auto first = string_at(json(respond(more)), "id");
  asked_ = nullptr;
  const auto counted = count(R"({"model":"MyModel","input":"twelve bytes"})");
  EXPECT_EQ(to_text(json(counted)), R"({"object":"response.input_tokens","input_tokens":4})");  // with its role
  const auto longer = json(count(R"({"model":"MyModel","input":"twelve bytes","previous_response_id":")" + first +
                                 R"(","instructions":"twelve bytes"})"));
  EXPECT_GT(integer(find(longer, "input_tokens")).value_or(0), 8);
  EXPECT_TRUE(asked_.is_null());  // no engine was asked to answer
  const std::pair<const char*, const char*> wrong[] = {{R"({"input":"x"})", "model"},
                                                       {R"({"model":"MyModel"})", "input"},
                                                       {R"({"model":"MyModel","input":5})", "input"}};
  for (const auto& [body, param] : wrong) {
    const auto refused = count(body);
    EXPECT_EQ(refused.status, 400) << body;
    EXPECT_EQ(string_at(json(refused), "error", "param"), param) << refused.body;
  }
  EXPECT_EQ(count(R"({"model":"Nobody","input":"x"})").status, 404);
}

TEST_F(ResponseTest, OnlyWhatRunsInTheBackgroundCouldBeCancelledOrStreamedAgain) {
  const auto id = string_at(json(respond(R"("store":true)")), "id");
  const auto again = send(request("GET", "/openai/v1/responses/" + id + "?stream=true&starting_after=3", ""));
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(string_at(json(again), "error", "param"), "stream");
  EXPECT_EQ(send(request("GET", "/openai/v1/responses/" + id + "?stream=false", "")).status, 200);
  const auto refused = send(request("POST", "/openai/v1/responses/" + id + "/cancel", ""));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(string_at(json(refused), "error", "message"), "Cannot cancel a synchronous response.");
  EXPECT_EQ(send(request("POST", "/openai/v1/responses/resp_none/cancel", "")).status, 404);
}

}  // namespace
}  // namespace lazuli::openai
