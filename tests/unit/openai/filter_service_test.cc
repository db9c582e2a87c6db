// A filter that is a service: what it is asked, and what becomes of its verdicts and of its failures.
#include "openai/filter_service.h"

#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

constexpr const char* kSafe = R"({"content_filter_results":{}})";
constexpr const char* kViolent =
    R"({"content_filter_results":{"violence":{"filtered":true,"severity":"high"},"hate":{"filtered":false,"severity":"low"}}})";

class FilterServiceTest : public UpstreamTest {
 protected:
  // Blocks texts with "knife" in them; remembers what it was asked.
  std::string judge() {
    return upstream(net::inline_handler([this](const net::Request& request) {
      const auto asked = parse_json(request.body);
      const std::string text = string_at(*asked, "text");
      const std::lock_guard lock(mutex_);
      asked_.push_back(string_at(*asked, "source") + ": " + text);
      return net::Response::text(200, text.find("knife") == std::string::npos ? kSafe : kViolent, "application/json");
    }));
  }
  void serve(const std::string& engine, const std::string& filter, std::string_view on_failure = "pass") {
    start({{"*", "url", JsonObject{{"url", engine}}}},
          JsonObject{{"mode", "service"}, {"url", filter}, {"timeout", 1}, {"on_failure", on_failure}});
  }
  static std::string say(std::string_view content) {
    return R"({"messages":[{"role":"user","content":")" + std::string(content) + R"("}]})";
  }
  static std::string piece(std::string_view text) {
    return net::event_text(R"({"choices":[{"index":0,"delta":{"content":")" + std::string(text) + R"("}}]})");
  }

  std::mutex mutex_;
  std::vector<std::string> asked_;
};

TEST_F(FilterServiceTest, ABlockedPromptIsAzures400AndNeverReachesTheEngine) {
  std::atomic<int> reached{0};
  serve(answering(200, kWhole, &reached), judge());
  const auto response = chat(say("Where is my knife"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(code(response), "content_filter");
  const Json body = json(response);
  EXPECT_EQ(string_at(body, "error", "param"), "prompt");
  EXPECT_EQ(string_at(body, "error", "innererror", "code"), "ResponsibleAIPolicyViolation");
  EXPECT_EQ(string_at(body, "error", "innererror", "content_filter_result", "violence", "severity"), "high");
  EXPECT_EQ(string_at(body, "error", "innererror", "content_filter_result", "hate", "severity"), "low");
  EXPECT_EQ(reached, 0);
}

TEST_F(FilterServiceTest, JudgesPromptAndAnswerAndFillsTheAnnotations) {
  serve(answering(200, kWhole), judge());
  const auto response = chat(say("Hello"));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(asked_, (std::vector<std::string>{"prompt: Hello\n", "completion: fine"}));
  const Json body = json(response);
  const Json& prompt = find(body, "prompt_filter_results")->as_array()[0];
  EXPECT_EQ(string_at(prompt, "content_filter_results", "violence", "severity"), "safe");
  EXPECT_FALSE(bool_or(find(prompt, "content_filter_results", "jailbreak", "detected"), true));
}

TEST_F(FilterServiceTest, ABlockedAnswerHasNoMessage) {
  serve(
      answering(
          200, R"({"choices":[{"index":0,"message":{"content":"a knife"}},{"index":1,"message":{"content":"fine"}}]})"),
      judge());
  const Json body = json(chat(say("Hello")));
  const auto& choices = find(body, "choices")->as_array();
  EXPECT_EQ(string_at(choices[0], "finish_reason"), "content_filter");
  EXPECT_EQ(find(choices[0], "message"), nullptr);
  EXPECT_EQ(string_at(choices[0], "content_filter_results", "violence", "severity"), "high");
  EXPECT_EQ(string_at(choices[1], "message", "content"), "fine");
}

TEST_F(FilterServiceTest, NothingOfAStreamIsSentBeforeItWasJudged) {
  serve(streaming({piece(std::string(300, 'a')), piece("a kn"), piece("ife"), kStop, net::event_text("[DONE]")}),
        judge());
  const auto response = chat(kStreamed);
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_NE(response.body.find("aaa"), std::string::npos);
  EXPECT_EQ(response.body.find("a kn"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("\"finish_reason\":\"content_filter\""), std::string::npos);
  EXPECT_TRUE(response.body.ends_with("data: [DONE]\n\n"));
}

TEST_F(FilterServiceTest, AStreamIsJudgedInPiecesWithWhatCameBefore) {
  serve(streaming({piece(std::string(300, 'a')), piece("bc"), kStop, net::event_text("[DONE]")}), judge());
  const auto response = chat(kStreamed);
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(asked_, (std::vector<std::string>{"prompt: x\n", "completion: " + std::string(300, 'a'),
                                              "completion: " + std::string(300, 'a') + "bc"}));
  EXPECT_NE(response.body.find("\"content\":\"bc\""), std::string::npos);
  EXPECT_NE(response.body.find("\"finish_reason\":\"stop\""), std::string::npos);
}

TEST_F(FilterServiceTest, AStreamOfResponsesIsJudgedToo) {
  serve(streaming({piece("a knife"), kStop, net::event_text("[DONE]")}), judge());
  const auto response =
      send(request("POST", "/openai/v1/responses", R"({"model":"MyModel","input":"Hi","stream":true})"));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body.find("knife"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("response.incomplete"), std::string::npos);
}

TEST_F(FilterServiceTest, WithoutAVerdictItGoesOnAndSaysSoOrRefuses) {
  struct Case {
    const char* what;
    int status;
    const char* body;
  };
  const Case cases[] = {
      {"fails", 500, kSafe},
      {"garbage", 200, "no json"},
      {"no results", 200, "{}"},
      {"unknown category", 200, R"({"content_filter_results":{"voilence":{"filtered":true}}})"},
      {"no decision", 200, R"({"content_filter_results":{"violence":{"severity":"high"}}})"},
      {"unknown severity", 200, R"({"content_filter_results":{"violence":{"filtered":true,"severity":"grim"}}})"},
  };
  for (const auto& c : cases) {
    serve(answering(200, kWhole), answering(c.status, c.body));
    const auto passed = chat(say("Hello"));
    EXPECT_EQ(passed.status, 200) << c.what;
    EXPECT_NE(passed.body.find("content_filter_error"), std::string::npos) << c.what;
    serve(answering(200, kWhole), answering(c.status, c.body), "refuse");
    const auto refused = chat(say("Hello"));
    EXPECT_EQ(refused.status, 503) << c.what;
    EXPECT_FALSE(refused.headers.get("retry-after").empty()) << c.what;
  }
}

TEST(ContentFilter, ATermThatComesInPiecesIsSeenAndOnlyTheEndIsLookedAt) {
  const ContentFilter filter(JsonObject{{"terms", JsonObject{{"violence", JsonArray{"knife", "gun"}}}}});
  EXPECT_EQ(filter.unseen("a long text with a kn", 2), "th a kn");
  ChoiceVerdicts verdicts(filter);
  EXPECT_FALSE(verdicts.block(0, "a kni", 5));
  EXPECT_TRUE(verdicts.block(0, "a knife", 2));
  EXPECT_FALSE(verdicts.block(0, "a knife " + std::string(50, 'x'), 3));
}

}  // namespace
}  // namespace lazuli::openai
