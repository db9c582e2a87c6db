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

}  // namespace
}  // namespace lazuli::openai
