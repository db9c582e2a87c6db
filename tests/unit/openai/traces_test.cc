#include "openai/traces.h"

#include <future>

#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";

using TracesTest = UpstreamTest;

std::string attribute(const Json& span, std::string_view name) {
  for (const auto& one : find(span, "attributes")->as_array()) {
    if (string_at(one, "key") != name) continue;
    const auto text = string_at(one, "value", "stringValue");
    return text.empty() ? string_at(one, "value", "intValue") : text;
  }
  return {};
}

TEST(TraceParent, IsReadAsW3CHasIt) {
  const std::string good = std::string("00-") + kTrace + "-b7ad6b7169203331-01";
  const auto context = read_traceparent(good);
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->header(), good);
  EXPECT_FALSE(read_traceparent(std::string("00-") + kTrace + "-b7ad6b7169203331-00")->sampled);
  EXPECT_TRUE(read_traceparent(std::string("cc-") + kTrace + "-b7ad6b7169203331-01-more"));
  for (const std::string& bad :
       {std::string(), std::string("00"), good + "-more", "ff" + good.substr(2), std::string(55, '-'),
        std::string("00-") + std::string(32, '0') + "-b7ad6b7169203331-01",
        std::string("00-") + kTrace + "-0000000000000000-01", std::string("00-") + kTrace + "-B7AD6B7169203331-01"}) {
    EXPECT_FALSE(read_traceparent(bad)) << bad;
  }
}

TEST_F(TracesTest, ACallIsASpanOfTheCallersTraceAndTheEnginesPartIsOneBeneathIt) {
  std::promise<net::Request> sent, passed_on;
  traces_.url = upstream(net::inline_handler([&](const net::Request& request) {
    sent.set_value(request);
    return net::Response::text(200, "{}");
  }));
  traces_.headers = {{"x-team-key", "secret key"}};
  serve_with(JsonObject{{"url", upstream(net::inline_handler([&](const net::Request& request) {
                           passed_on.set_value(request);
                           return net::Response::text(200, kWhole, "application/json");
                         }))}});
  auto out = request("POST", "/openai/deployments/MyModel/chat/completions?api-version=2024-02-01",
                     R"({"messages":[{"role":"user","content":"very secret words"}],"max_tokens":9})");
  out.headers.set("traceparent", std::string("00-") + kTrace + "-b7ad6b7169203331-01");
  out.headers.set("tracestate", "vendor=opaque");
  EXPECT_EQ(send(std::move(out)).status, 200);
  server_.reset();
  gateway_.reset();  // sends what is there
  const net::Request request = sent.get_future().get();
  EXPECT_EQ(request.headers.get("x-team-key"), "secret key");
  EXPECT_EQ(request.body.find("secret"), std::string::npos);
  const auto said = parse_json(request.body);
  const auto& spans =
      find(find(find(*said, "resourceSpans")->as_array()[0], "scopeSpans")->as_array()[0], "spans")->as_array();
  ASSERT_EQ(spans.size(), 2U);
  const Json &engine = spans[0], &call = spans[1];
  for (const auto& span : spans) {
    EXPECT_EQ(string_at(span, "traceId"), kTrace);
    EXPECT_EQ(string_at(span, "traceState"), "vendor=opaque");
  }
  EXPECT_EQ(string_at(call, "name"), "POST /openai/deployments/{deployment}/chat/completions");
  EXPECT_EQ(integer(find(call, "kind")), 2);
  EXPECT_EQ(string_at(call, "parentSpanId"), "b7ad6b7169203331");
  EXPECT_EQ(attribute(call, "http.response.status_code"), "200");
  EXPECT_EQ(attribute(call, "enduser.id"), "someone");
  EXPECT_EQ(attribute(call, "gen_ai.usage.input_tokens"), "");  // counted once
  EXPECT_EQ(string_at(engine, "name"), "chat gpt-4");
  EXPECT_EQ(integer(find(engine, "kind")), 3);
  EXPECT_EQ(string_at(engine, "parentSpanId"), string_at(call, "spanId"));
  EXPECT_EQ(attribute(engine, "gen_ai.operation.name"), "chat");
  EXPECT_EQ(attribute(engine, "gen_ai.provider.name"), "openai");
  EXPECT_EQ(attribute(engine, "gen_ai.request.max_tokens"), "9");
  EXPECT_EQ(attribute(engine, "gen_ai.usage.input_tokens"), "3");
  EXPECT_EQ(attribute(engine, "gen_ai.usage.output_tokens"), "1");
  const net::Request onward = passed_on.get_future().get();
  EXPECT_EQ(onward.headers.get("traceparent"), std::string("00-") + kTrace + "-" + string_at(engine, "spanId") + "-01");
  EXPECT_EQ(onward.headers.get("tracestate"), "vendor=opaque");
}

TEST_F(TracesTest, ACallThatReachesNoEngineHasNoSpanForOne) {
  std::promise<std::string> sent;
  traces_.url = upstream(net::inline_handler([&](const net::Request& request) {
    sent.set_value(request.body);
    return net::Response::text(200, "{}");
  }));
  start();
  EXPECT_EQ(chat(R"({"messages":[{"role":"user","content":"x"}],"max_tokens":100000})").status, 400);
  server_.reset();
  gateway_.reset();
  const auto said = parse_json(sent.get_future().get());
  const auto& spans =
      find(find(find(*said, "resourceSpans")->as_array()[0], "scopeSpans")->as_array()[0], "spans")->as_array();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(integer(find(spans[0], "status", "code")), 2);
  EXPECT_EQ(attribute(spans[0], "error.type"), "context_length_exceeded");
}

TEST_F(TracesTest, WhatTheCallerDoesNotSampleIsNotSent) {
  std::atomic<int> sent{0};
  traces_.url = answering(200, "{}", &sent);
  serve_with(JsonObject{{"url", answering(200, kWhole)}});
  auto out = request("POST", "/openai/deployments/MyModel/chat/completions?api-version=2024-02-01", kHello);
  out.headers.set("traceparent", std::string("00-") + kTrace + "-b7ad6b7169203331-00");
  EXPECT_EQ(send(std::move(out)).status, 200);
  server_.reset();
  gateway_.reset();
  EXPECT_EQ(sent, 0);
}

TEST_F(TracesTest, ACollectorThatHangsHoldsNobodyUpAndItsSpansAreCounted) {
  std::promise<void> asked, release;
  auto released = release.get_future().share();
  auto collector = [&, first = true](const net::Request&) mutable {
    if (std::exchange(first, false)) asked.set_value();
    released.wait();
    return net::Response::text(500, "");
  };
  Traces traces(TraceCollector{upstream(net::inline_handler(collector))}, log_);
  for (int i = 0; i < 512; ++i) traces.add(JsonObject{{"n", i}});
  asked.get_future().get();
  for (int i = 0; i < 3000; ++i) traces.add(JsonObject{{"n", i}});
  EXPECT_EQ(traces.dropped(), 3000u - 2048u);
  release.set_value();
}

}  // namespace
}  // namespace lazuli::openai
