// Conversations made short, over an engine that the test plays.
#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

class CompactionTest : public UpstreamTest {
 protected:
  CompactionTest() {
    serve_with(JsonObject{{"url", upstream(net::inline_handler([this](const net::Request& request) {
                             asked_ = *parse_json(request.body);
                             return net::Response::text(200, kWhole, "application/json");
                           }))}});
  }
  net::Response respond(const std::string& path, const std::string& more) {
    return send(request("POST", "/openai/v1/responses" + path, R"({"model":"MyModel",)" + more + "}"));
  }

  Json asked_;
};

TEST_F(CompactionTest, LeavesTheUsersMessagesAndTheModelsSummaryOfTheRest) {
  const auto first = json(respond("", R"("input":"a")"));
  const auto compacted =
      json(respond("/compact", R"("input":[{"role":"user","content":"b"}],"previous_response_id":")" +
                                   string_at(first, "id") + "\""));
  EXPECT_EQ(string_at(compacted, "object"), "response.compaction");
  EXPECT_TRUE(string_at(compacted, "id").starts_with("resp_"));
  EXPECT_EQ(integer(find(compacted, "usage", "input_tokens")), 3);
  const auto& output = find(compacted, "output")->as_array();
  ASSERT_EQ(output.size(), 3U) << to_text(compacted);
  EXPECT_EQ(string_at(find(output[0], "content")->at(0), "text"), "a");
  EXPECT_EQ(string_at(find(output[1], "content")->at(0), "text"), "b");
  EXPECT_EQ(string_at(output[2], "type"), "compaction");
  const auto& messages = find(asked_, "messages")->as_array();
  ASSERT_EQ(messages.size(), 4U) << to_text(asked_);  // a, its answer, b, and what is asked of the model
  EXPECT_NE(string_at(messages[3], "content").find("Summarize"), std::string::npos);
  ASSERT_EQ(respond("", R"("input":)" + to_text(Json(output))).status, 200);
  EXPECT_EQ(string_at(find(asked_, "messages")->at(2), "role"), "assistant");
  EXPECT_EQ(string_at(find(asked_, "messages")->at(2), "content"), "fine");
}

TEST_F(CompactionTest, WhatCannotBeReadIsRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("input":[{"type":"compaction"}])", "input[0].encrypted_content"},
      {R"("input":[{"type":"compaction","encrypted_content":5}])", "input[0].encrypted_content"},
      {R"("input":[{"type":"compaction","encrypted_content":"?"}])", "input[0].encrypted_content"},
      {R"("input":[{"type":"compaction","encrypted_content":"/w=="}])", "input[0].encrypted_content"},
      {R"("input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}])", "input"},
  };
  for (const auto& [more, param] : cases) {
    const auto refused = respond("/compact", more);
    EXPECT_EQ(refused.status, 400) << more;
    EXPECT_EQ(string_at(json(refused), "error", "param"), param) << refused.body;
  }
  EXPECT_EQ(respond("/compact", R"("input":"x","stream":true)").status, 400);  // it takes no such parameter
}

TEST_F(CompactionTest, AModelThatSaysNothingHasMadeNoSummary) {
  serve_with(JsonObject{{"url", answering(200, R"({"choices":[{"message":{"content":""}}]})")}});
  EXPECT_EQ(respond("/compact", R"("input":"x")").status, 500);
}

}  // namespace
}  // namespace lazuli::openai
