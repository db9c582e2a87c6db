// Engines by URL that behave and that do not: each fault must give a clean answer and leave nothing behind.
#include "openai/url_engine.h"

#include <future>

#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

using UrlEngineTest = UpstreamTest;

std::string upstream_port_that_nobody_listens_on() {
  return "http://127.0.0.1:1/v1";
}

TEST_F(UrlEngineTest, SendsItsModelAndKeyAndShapesTheAnswer) {
  std::promise<net::Request> seen;
  const auto url = upstream(net::inline_handler([&](const net::Request& request) {
    seen.set_value(request);
    return net::Response::text(200, kWhole, "application/json");
  }));
  serve_with(JsonObject{{"url", url}, {"served_model", "Qwen"}, {"key", "upstream-key"}});
  const auto response = chat(R"({"model":"MyModel","messages":[{"role":"user","content":"x"}]})");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(string_at(json(response), "model"), "gpt-4-0613");
  EXPECT_EQ(response.headers.get("x-lazuli-model"), "Qwen");
  const auto request = seen.get_future().get();
  EXPECT_EQ(request.path, "/v1/chat/completions");
  EXPECT_EQ(request.bearer(), "upstream-key");
  EXPECT_EQ(string_at(*parse_json(request.body), "model"), "Qwen");
}

TEST_F(UrlEngineTest, GoesToTheNextServerBeforeTheFirstByte) {
  std::atomic<int> failed{0};
  const auto bad = answering(500, "{}", &failed);
  const auto good = answering(200, kWhole);
  serve_with(JsonObject{
      {"health", JsonObject{{"interval", 0}}},
      {"upstreams", JsonArray{JsonObject{{"url", upstream_port_that_nobody_listens_on()}},
                              JsonObject{{"url", bad}, {"priority", 1}}, JsonObject{{"url", good}, {"priority", 2}}}}});
  EXPECT_EQ(chat(kHello).status, 200);
  EXPECT_EQ(chat(kHello).status, 200);
  EXPECT_EQ(failed, 1);  // left alone for a while
}

TEST_F(UrlEngineTest, ALostEngineIs503WithAWait) {
  serve_with(JsonObject{{"url", upstream_port_that_nobody_listens_on()}});
  for (const auto* body : {kHello, kStreamed}) {
    const auto response = chat(body);
    EXPECT_EQ(response.status, 503);
    EXPECT_FALSE(response.headers.get("retry-after").empty());
    EXPECT_EQ(code(response), "ServiceUnavailable");
  }
}

TEST_F(UrlEngineTest, AnEngineAtItsLimitIs429WithItsWait) {
  const auto url = upstream(net::inline_handler([](const net::Request&) {
    auto response = net::Response::text(429, "{}", "application/json");
    response.headers.set("retry-after", "7");
    return response;
  }));
  serve_with(JsonObject{{"url", url}});
  const auto response = chat(kHello);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.get("retry-after"), "7");
}

TEST_F(UrlEngineTest, TheEnginesRefusalReachesTheCallerInAzuresForm) {
  struct Case {
    int status;
    const char* body;
    int expected;
    const char* code;
  };
  const Case cases[] = {
      {400, R"({"error":{"code":400,"message":"bad tool","type":"invalid_request_error"}})", 400, ""},
      {400,
       R"({"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_prompt_tokens":12031,"n_ctx":4096}})",
       400, "context_length_exceeded"},
      {422, R"({"detail":"nope"})", 400, ""},
      {401, R"({"error":{"message":"Invalid API key"}})", 503, "ServiceUnavailable"},
      {501, R"({"error":{"type":"not_supported_error"}})", 400, "OperationNotSupported"},
      {200, "garbage", 500, ""},
      {200, "{}", 500, ""},
      {200, "", 500, ""},
  };
  for (const auto& c : cases) {
    serve_with(JsonObject{{"url", answering(c.status, c.body)}});
    const auto response = chat(kHello);
    EXPECT_EQ(response.status, c.expected) << c.body;
    EXPECT_EQ(code(response), c.code) << c.body;
    EXPECT_EQ(response.body.find("Invalid API key"), std::string::npos);
  }
}

TEST_F(UrlEngineTest, ARefusalKeepsWhatItSaysOfTheParameter) {
  const std::string details = R"("message":"m","type":"BadRequestError","param":"top_k")";
  for (const auto& body : {"{\"object\":\"error\"," + details + R"(,"code":400})", R"({"error":{)" + details + "}}"}) {
    serve_with(JsonObject{{"url", answering(400, body)}});
    const auto response = chat(kHello);
    EXPECT_EQ(string_at(json(response), "error", "message"), "m") << body;
    EXPECT_EQ(string_at(json(response), "error", "param"), "top_k") << body;
  }
  serve_with(JsonObject{{"url", answering(422, R"({"detail":[{"loc":["body"],"msg":"field required"}]})")}});
  EXPECT_EQ(string_at(json(chat(kHello)), "error", "message"), "field required");
}

TEST_F(UrlEngineTest, APromptThatAnotherAzureBlockedIsBlockedHere) {
  serve_with(
      JsonObject{{"url", answering(400, R"({"error":{"message":"m","type":null,"param":"prompt","code":"content_filter",
      "status":400,"innererror":{"code":"x","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}})")}});
  const auto response = chat(kHello);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(code(response), "content_filter");
  EXPECT_EQ(string_at(json(response), "error", "innererror", "content_filter_result", "hate", "severity"), "high");
}

TEST_F(UrlEngineTest, AnAnswersPartsAreBroughtIntoAzuresForm) {
  const auto choice_of = [&](const std::string& choice) {
    serve_with(JsonObject{{"url", answering(200, R"({"choices":[)" + choice + "]}")}});
    const auto response = chat(kHello);
    return response.status == 200 ? find(json(response), "choices")->as_array()[0] : Json(response.status);
  };
  const auto parts = choice_of(
      R"({"finish_reason":"eos","message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}})");
  EXPECT_EQ(string_at(parts, "message", "content"), "ab");
  EXPECT_EQ(string_at(parts, "finish_reason"), "stop");
  const auto called =
      choice_of(R"({"finish_reason":null,"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}})");
  EXPECT_EQ(string_at(called, "finish_reason"), "tool_calls");
  const auto& call = find(called, "message", "tool_calls")->as_array()[0];
  EXPECT_TRUE(string_at(call, "id").starts_with("call_"));
  EXPECT_EQ(string_at(call, "function", "arguments"), R"({"a":1})");
  EXPECT_EQ(choice_of(R"({"message":{"content":5}})"), Json(500));
}

TEST_F(UrlEngineTest, AStreamThatEndsEarlyEndsInAnErrorEventAndABrokenConnection) {
  for (const bool complete : {true, false}) {
    serve_with(JsonObject{{"url", streaming({kPiece}, complete)}});
    std::string got;
    const auto outcome = client_.fetch_stream(
        request("POST", "/openai/deployments/MyModel/chat/completions?api-version=2024-02-01", kStreamed),
        [&](std::string_view piece) {
          got += piece;
          return true;
        });
    EXPECT_FALSE(outcome.ok()) << got;
    EXPECT_NE(got.find("\"content\":\"some\""), std::string::npos);
    EXPECT_NE(got.find("data: {\"error\":{"), std::string::npos);
    EXPECT_EQ(got.find("[DONE]"), std::string::npos);
  }
}

TEST_F(UrlEngineTest, AStreamThatBeginsWithGarbageIsACleanError) {
  for (const auto& first : {std::string("data: {oops\n\n"), std::string(), net::event_text(R"({"choices":5})")}) {
    serve_with(JsonObject{{"url", streaming({first})}});
    EXPECT_EQ(chat(kStreamed).status, 500) << first;
  }
}

TEST_F(UrlEngineTest, AnAnswerInACodingThatWasNotAskedForIsThatOfALostEngine) {
  std::promise<std::string> asked;
  const auto coded = upstream(net::inline_handler([&](const net::Request& request) {
    asked.set_value(std::string(request.headers.get("Accept-Encoding")));
    auto response = net::Response::text(200, "\x1f\x8b\x08", "application/json");
    response.headers.set("Content-Encoding", "gzip");
    return response;
  }));
  const auto plain = upstream(net::inline_handler([](const net::Request&) {
    auto response = net::Response::text(200, kWhole, "application/json");
    response.headers.set("Content-Encoding", "Identity");
    return response;
  }));
  serve_with(JsonObject{{"url", coded}});
  const auto refused = chat(kHello);
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_EQ(code(refused), "ServiceUnavailable");
  EXPECT_FALSE(refused.headers.get("retry-after").empty());
  EXPECT_EQ(asked.get_future().get(), "identity");
  asked = {};
  serve_with(
      JsonObject{{"health", JsonObject{{"interval", 0}}},
                 {"upstreams", JsonArray{JsonObject{{"url", coded}}, JsonObject{{"url", plain}, {"priority", 1}}}}});
  EXPECT_EQ(chat(kHello).status, 200);
  EXPECT_EQ(asked.get_future().get(), "identity");  // the first was asked first
}

TEST_F(UrlEngineTest, HalfACharacterIsAReplacementCharacterAndNoEnd) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(a\ud83d)", "a\xef\xbf\xbd"},
      {R"(\ude00!)", "\xef\xbf\xbd!"},
      {R"(\ud83d\ud83d\ude00)", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
      {R"(\\ud83d\ud83d\n)", "\\ud83d\xef\xbf\xbd\n"},
      {"a\xf0\x9f", "a\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xed\xa0\xbd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
  };
  for (const auto& [written, read] : cases) {
    const std::string content = R"({"content":")" + std::string(written) + "\"}";
    serve_with(JsonObject{{"url", answering(200, R"({"choices":[{"message":)" + content + "}]}")}});
    const auto whole = chat(kHello);
    ASSERT_EQ(whole.status, 200) << whole.body;
    EXPECT_EQ(string_at(find(json(whole), "choices")->at(0), "message", "content"), read);
    const auto piece = "data: {\"choices\":[{\"index\":0,\"delta\":" + content + "}]}\n\n";
    serve_with(JsonObject{{"url", streaming({kPiece, piece, kStop})}});
    const auto streamed = chat(kStreamed);
    EXPECT_TRUE(streamed.body.ends_with("data: [DONE]\n\n")) << streamed.body;
    EXPECT_NE(streamed.body.find("{\"content\":" + to_text(Json(read)) + "}"), std::string::npos) << streamed.body;
  }
}

TEST_F(UrlEngineTest, AStreamInAnySplitArrivesWhole) {
  const std::string all = kPiece + kStop + net::event_text("[DONE]");
  std::vector<std::string> bytes;
  for (const char c : all) bytes.emplace_back(1, c);
  serve_with(JsonObject{{"url", streaming(bytes)}});
  const auto response = chat(kStreamed);
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.body.ends_with("data: [DONE]\n\n"));
}

TEST_F(UrlEngineTest, AStallingEngineTimesOut) {
  auto silent = [](net::Exchange& exchange) -> net::Task<void> {
    co_await exchange.read_all(1 << 20);
    co_await exchange.gone();
  };
  serve_with(JsonObject{{"url", upstream(silent)}, {"timeout", 1}});
  const auto response = chat(kHello);
  EXPECT_EQ(response.status, 408) << response.body;
  EXPECT_EQ(code(response), "Timeout");
}

TEST_F(UrlEngineTest, AClientThatGoesAwayCancelsTheEnginesWork) {
  std::promise<void> cancelled;
  auto waiting = [&](net::Exchange& exchange) -> net::Task<void> {
    co_await exchange.read_all(1 << 20);
    co_await exchange.gone();
    cancelled.set_value();
  };
  serve_with(JsonObject{{"url", upstream(waiting)}});
  auto out = request("POST", "/openai/deployments/MyModel/chat/completions?api-version=2024-02-01", kHello);
  out.timeout = std::chrono::milliseconds(200);
  EXPECT_FALSE(client_.fetch(std::move(out)).ok());
  EXPECT_EQ(cancelled.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST_F(UrlEngineTest, WithHedgingTheFasterOfTwoAnswersAndTheSlowerIsCancelled) {
  std::promise<void> cancelled;
  auto waiting = [&](net::Exchange& exchange) -> net::Task<void> {
    co_await exchange.read_all(1 << 20);
    co_await exchange.gone();
    cancelled.set_value();
  };
  const auto slow = upstream(waiting), good = answering(200, kWhole);
  serve_with(
      JsonObject{{"hedge", 20},
                 {"health", JsonObject{{"interval", 0}}},
                 {"upstreams", JsonArray{JsonObject{{"url", slow}, {"served_model", "slow"}},
                                         JsonObject{{"url", good}, {"served_model", "good"}, {"priority", 1}}}}});
  const auto response = chat(kHello);
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.get("x-lazuli-model"), "good");
  EXPECT_EQ(cancelled.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST_F(UrlEngineTest, WithHedgingAServerThatFailsIsNotWaitedFor) {
  std::atomic<int> failed{0};
  const auto bad = answering(500, "{}", &failed), good = answering(200, kWhole);
  const auto serve = [&](JsonArray upstreams) {
    serve_with(
        JsonObject{{"hedge", 3600000}, {"health", JsonObject{{"interval", 0}}}, {"upstreams", std::move(upstreams)}});
  };
  serve({JsonObject{{"url", bad}}, JsonObject{{"url", good}, {"priority", 1}}});
  EXPECT_EQ(chat(kHello).status, 200);
  serve({JsonObject{{"url", bad}}, JsonObject{{"url", bad}, {"priority", 1}},
         JsonObject{{"url", good}, {"priority", 2}}});
  EXPECT_EQ(chat(kHello).status, 200);
  EXPECT_EQ(failed, 3);
  serve({JsonObject{{"url", bad}}, JsonObject{{"url", bad}, {"priority", 1}}});
  const auto response = chat(kHello);
  EXPECT_EQ(response.status, 503);
  EXPECT_FALSE(response.headers.get("retry-after").empty());
}

TEST_F(UrlEngineTest, WithHedgingAClientThatGoesAwayCancelsBoth) {
  std::promise<void> cancelled[2];
  std::atomic<int> count{0};
  auto waiting = [&](net::Exchange& exchange) -> net::Task<void> {
    co_await exchange.read_all(1 << 20);
    co_await exchange.gone();
    cancelled[count++].set_value();
  };
  serve_with(JsonObject{
      {"hedge", 1},
      {"health", JsonObject{{"interval", 0}}},
      {"upstreams", JsonArray{JsonObject{{"url", upstream(waiting)}}, JsonObject{{"url", upstream(waiting)}}}}});
  auto out = request("POST", "/openai/deployments/MyModel/chat/completions?api-version=2024-02-01", kHello);
  out.timeout = std::chrono::milliseconds(1000);
  EXPECT_FALSE(client_.fetch(std::move(out)).ok());
  for (auto& one : cancelled) {
    EXPECT_EQ(one.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  }
}

// The first server hangs on every call: only its health check can tell without a caller having to wait.
TEST_F(UrlEngineTest, AServerThatFailsItsHealthChecksIsLeftOut) {
  std::promise<void> checked;
  std::atomic<int> checks{0};
  const auto sick = upstream(net::inline_handler([&](const net::Request& request) {
    EXPECT_EQ(request.path, "/v1/healthz");
    EXPECT_EQ(request.bearer(), "k");
    return net::Response::text(503, "{}");
  }));
  const auto good = upstream(net::inline_handler([&](const net::Request& request) {
    if (request.method == "GET" && checks++ == 1) checked.set_value();  // the second round: the first has been noted
    return net::Response::text(200, kWhole, "application/json");
  }));
  serve_with(
      JsonObject{{"key", "k"},
                 {"health", JsonObject{{"path", "/healthz"}, {"interval", 1}}},
                 {"upstreams", JsonArray{JsonObject{{"url", sick}}, JsonObject{{"url", good}, {"priority", 1}}}}});
  ASSERT_EQ(checked.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(chat(kHello).status, 200);
}

TEST_F(UrlEngineTest, WrongSettingsAnswer503WithTheReason) {
  serve_with(JsonObject{{"url", "ftp://nowhere"}});
  const auto response = chat(kHello);
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("ftp://nowhere"), std::string::npos);
}

}  // namespace
}  // namespace lazuli::openai
