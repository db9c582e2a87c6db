// What clients and engines say wrong: each gets an answer in Azure's form. What they do wrong with their connections is
// in slow_client_test.cc; that nothing stays behind, in leaks_test.cc.
#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

using BadInputTest = UpstreamTest;

TEST_F(BadInputTest, EachIsRefusedInAzuresForm) {
  start();
  struct Case {
    std::string body;
    int status;
    const char* code;
    const char* param;
  };
  const std::string user = R"({"role":"user","content":"x"})";
  const Case cases[] = {
      {"", 400, "", ""},
      {"{", 400, "", ""},
      {"[]", 400, "", ""},
      {"{\"messages\":[" + user + "],}", 400, "", ""},
      {"\xff\xfe{}", 400, "", ""},
      {std::string(100000, '['), 400, "", ""},
      {"{}", 400, "missing_required_parameter", "messages"},
      {R"({"messages":{}})", 400, "invalid_type", "messages"},
      {R"({"messages":[]})", 400, "empty_array", "messages"},
      {R"({"messages":[5]})", 400, "invalid_type", "messages[0]"},
      {R"({"messages":[{"role":"king","content":"x"}]})", 400, "invalid_value", "messages[0].role"},
      {"{\"messages\":[" + user + R"(],"temperature":"hot"})", 400, "invalid_type", "temperature"},
      {"{\"messages\":[" + user + R"(],"temperature":3})", 400, "decimal_above_max_value", "temperature"},
      {"{\"messages\":[" + user + R"(],"n":0})", 400, "integer_below_min_value", "n"},
      {"{\"messages\":[" + user + R"(],"temprature":1})", 400, "", ""},
      {"{\"messages\":[" + user + R"(],"stop":["a","b","c","d","e"]})", 400, "array_above_max_length", "stop"},
      {"{\"messages\":[" + user + R"(],"response_format":{"type":"xml"}})", 400, "invalid_value",
       "response_format.type"},
  };
  for (const auto& c : cases) {
    const auto response = chat(c.body);
    const std::string shown = c.body.substr(0, 80);
    EXPECT_EQ(response.status, c.status) << shown;
    const Json body = json(response);
    EXPECT_FALSE(string_at(body, "error", "message").empty()) << shown;
    EXPECT_EQ(string_at(body, "error", "code"), c.code) << shown;
    EXPECT_EQ(string_at(body, "error", "param"), c.param) << shown;
  }
  EXPECT_TRUE(soon([&] { return at_rest(); }));
}

TEST_F(BadInputTest, ABodyOverTheLimitIs413AndTheNextCallWorks) {
  start();
  const auto refused = chat(std::string((std::size_t{32} << 20) + 1, 'x'));
  EXPECT_EQ(refused.status, 413);
  EXPECT_FALSE(string_at(json(refused), "error", "message").empty());
  EXPECT_EQ(chat(kHello).status, 200);
}

TEST_F(BadInputTest, AnEngineThatStallsInAStreamEndsItWithAnErrorEvent) {
  auto stalls = [](net::Exchange& exchange) { return stall(exchange, kPiece); };
  serve_with(JsonObject{{"url", upstream(stalls)}, {"timeout", 1}});
  std::string got;
  const auto outcome = client_.fetch_stream(
      request("POST", "/openai/deployments/MyModel/chat/completions?api-version=2024-02-01", kStreamed),
      [&](std::string_view piece) {
        got += piece;
        return true;
      });
  EXPECT_FALSE(outcome.ok());
  EXPECT_NE(got.find("\"content\":\"some\""), std::string::npos);
  EXPECT_NE(got.find("data: {\"error\":{"), std::string::npos);
  EXPECT_EQ(got.find("[DONE]"), std::string::npos);
  EXPECT_TRUE(soon([&] { return at_rest(); }));
}

}  // namespace
}  // namespace lazuli::openai
