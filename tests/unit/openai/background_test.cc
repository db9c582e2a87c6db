// Responses in the background, over an engine that answers when the test lets it.
#include "net/pause.h"
#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

constexpr const char* kPath = "/openai/v1/responses";

// One piece at once, the rest when it may.
struct HeldEngine {
  std::atomic<bool> asked{false}, go_on{false}, gone{false};
};

net::Task<void> held(const HeldEngine& engine) {
  while (!engine.go_on) co_await net::pause(std::chrono::milliseconds(2));
}

class BackgroundTest : public UpstreamTest {
 protected:
  BackgroundTest() {
    serve_with(JsonObject{
        {"url", upstream([engine = engine_](net::Exchange& exchange) { return answer(exchange, engine); })}});
  }

  static net::Task<void> answer(net::Exchange& exchange, std::shared_ptr<HeldEngine> engine) {
    co_await begin_stream(exchange);
    co_await exchange.write(kPiece);
    engine->asked = true;
    const bool there = co_await exchange.unless_gone(held(*engine));
    engine->gone = !there;
    if (!there) co_return;
    co_await exchange.write(kStop);
    co_await exchange.finish();
  }

  net::Response make(const std::string& more) {
    return send(request("POST", kPath, R"({"model":"MyModel","input":"x","background":true)" + more + "}"));
  }
  net::Response ask(const std::string& method, const std::string& more) { return send(request(method, kPath + more)); }
  std::string status(const std::string& id) { return string_at(json(ask("GET", "/" + id)), "status"); }
  static std::string message(const net::Response& response) { return string_at(json(response), "error", "message"); }
  static std::string names(const std::string& body) {
    net::EventReader events;
    events.feed(body);
    std::string out;
    while (const auto event = events.next()) out += event->name.substr(event->name.find('.') + 1) + " ";
    return out;
  }
  // Reads a stream up to its first piece of text, and leaves.
  std::string left_early(net::ClientRequest asked) {
    std::string got;
    EXPECT_TRUE(client_
                    .fetch_stream(std::move(asked),
                                  [&](std::string_view piece) {
                                    got += piece;
                                    return got.find("output_text.delta") == std::string::npos || !got.ends_with("\n\n");
                                  })
                    .ok());
    return got;
  }

  std::shared_ptr<HeldEngine> engine_ = std::make_shared<HeldEngine>();
  bool cancelled_ = false;
};

constexpr const char* kAll =
    "created queued in_progress output_item.added content_part.added output_text.delta output_text.done "
    "content_part.done output_item.done completed ";

TEST_F(BackgroundTest, TheClientHasItsAnswerBeforeTheEngineAndAsksForTheOutcome) {
  const auto queued = make("");
  ASSERT_EQ(queued.status, 200) << queued.body;
  EXPECT_EQ(string_at(json(queued), "status"), "queued");
  EXPECT_TRUE(bool_or(find(json(queued), "background")));
  const std::string id = string_at(json(queued), "id");
  EXPECT_EQ(status(id), "in_progress");
  EXPECT_EQ(message(ask("DELETE", "/" + id)), "Cannot delete an in-flight response.");
  EXPECT_EQ(
      send(request("POST", kPath, R"({"model":"MyModel","input":"x","previous_response_id":")" + id + "\"}")).status,
      400);
  engine_->go_on = true;
  ASSERT_TRUE(soon([&] { return status(id) == "completed"; })) << ask("GET", "/" + id).body;
  EXPECT_EQ(string_at(find(find(json(ask("GET", "/" + id)), "output")->at(0), "content")->at(0), "text"), "some");
  EXPECT_EQ(message(ask("POST", "/" + id + "/cancel")), "Cannot cancel a completed response.");
  EXPECT_EQ(message(ask("GET", "/" + id + "?stream=true")),
            "This response cannot be streamed because it was not created with stream=true.");
  EXPECT_EQ(ask("DELETE", "/" + id).status, 200);
}

TEST_F(BackgroundTest, AStreamGoesOnWithoutItsClientAndIsReadAgainFromAnyEvent) {
  const auto got =
      left_early(request("POST", kPath, R"({"model":"MyModel","input":"x","background":true,"stream":true})"));
  EXPECT_EQ(names(got), "created queued in_progress output_item.added content_part.added output_text.delta ");
  net::EventReader events;
  events.feed(got);
  const auto id = string_at(*parse_json(events.next()->data), "response", "id");
  left_early(request("GET", std::string(kPath) + "/" + id + "?stream=true"));
  engine_->go_on = true;
  EXPECT_EQ(names(ask("GET", "/" + id + "?stream=true").body), kAll);
  const auto rest = ask("GET", "/" + id + "?stream=true&starting_after=7");
  EXPECT_EQ(rest.headers.get("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(names(rest.body), "output_item.done completed ");
  events = {};
  events.feed(rest.body);
  EXPECT_EQ(integer(find(*parse_json(events.next()->data), "sequence_number")), 8);
  EXPECT_EQ(ask("GET", "/" + id + "?stream=true&starting_after=99").body, "");
  EXPECT_EQ(ask("GET", "/" + id + "?stream=true&starting_after=x").status, 400);
  EXPECT_EQ(status(id), "completed");
}

TEST_F(BackgroundTest, WhatIsCancelledEndsAtTheEngineToo) {
  const std::string id = string_at(json(make(R"(,"stream":false)")), "id");
  EXPECT_TRUE(soon([&] { return engine_->asked.load(); }));
  const auto cancelled = json(ask("POST", "/" + id + "/cancel"));
  EXPECT_EQ(string_at(cancelled, "status"), "cancelled");
  EXPECT_TRUE(find(cancelled, "output")->as_array().empty());
  EXPECT_EQ(json(ask("POST", "/" + id + "/cancel")), cancelled);
  EXPECT_EQ(status(id), "cancelled");
  EXPECT_TRUE(soon([&] { return engine_->gone.load(); }));
  EXPECT_TRUE(soon([&] { return at_rest(); }));
  EXPECT_EQ(status(id), "cancelled");
}

TEST_F(BackgroundTest, AStreamThatIsCancelledEndsInAFailedResponse) {
  std::string got;
  const auto streamed = client_.fetch_stream(
      request("POST", kPath, R"({"model":"MyModel","input":"x","background":true,"stream":true})"),
      [&](std::string_view piece) {
        got += piece;
        if (got.ends_with("\n\n") && got.find("output_text.delta") != std::string::npos && !cancelled_) {
          cancelled_ = true;
          net::EventReader events;
          events.feed(got);
          const auto id = string_at(*parse_json(events.next()->data), "response", "id");
          EXPECT_EQ(net::Client().fetch(request("POST", std::string(kPath) + "/" + id + "/cancel"))->status, 200);
        }
        return true;
      });
  EXPECT_TRUE(streamed.ok());
  EXPECT_TRUE(names(got).ends_with("output_text.delta failed ")) << names(got);
  EXPECT_NE(got.find(R"("status":"cancelled")"), std::string::npos);
}

TEST_F(BackgroundTest, AnEngineThatIsLostIsAFailedResponse) {
  serve_with(JsonObject{{"url", "http://127.0.0.1:1/v1"}});
  const auto queued = json(make(""));
  EXPECT_EQ(string_at(queued, "status"), "queued");
  const std::string id = string_at(queued, "id");
  EXPECT_TRUE(soon([&] { return status(id) == "failed"; }));
  EXPECT_EQ(string_at(json(ask("GET", "/" + id)), "error", "code"), "server_error");
  EXPECT_EQ(message(ask("POST", "/" + id + "/cancel")), "Cannot cancel a failed response.");
}

TEST_F(BackgroundTest, WhatIsRefusedIsRefusedAtOnce) {
  EXPECT_EQ(string_at(json(make(R"(,"store":false)")), "error", "param"), "store");
  EXPECT_EQ(string_at(json(make(R"(,"tools":[{"type":"file_search"}])")), "error", "param"), "tools");
  EXPECT_EQ(make(R"(,"previous_response_id":"resp_none")").status, 400);
  EXPECT_TRUE(soon([&] { return at_rest(); }));
}

TEST_F(BackgroundTest, IsCountedOnce) {
  engine_->go_on = true;
  const std::string id = string_at(json(make("")), "id");
  EXPECT_TRUE(soon([&] { return status(id) == "completed" && at_rest(); }));
  EXPECT_NE(gateway_->metrics().find(R"(operation="Responses_Create",status="200"} 1)"), std::string::npos)
      << gateway_->metrics();
}

TEST_F(BackgroundTest, OldOnesMakeRoomAndOnlyThoseUnderWayAreInTheWay) {
  engine_->go_on = true;
  std::string oldest, id;
  for (int i = 0; i < 201; ++i) {
    const auto queued = make("");
    ASSERT_EQ(queued.status, 200) << i << queued.body;
    id = string_at(json(queued), "id");
    if (i == 0) oldest = id;
    if (i % 100 == 99) {
      ASSERT_TRUE(soon([&] { return at_rest(); }));
    }
  }
  EXPECT_TRUE(soon([&] { return at_rest(); }));
  EXPECT_TRUE(message(ask("GET", "/" + oldest + "?stream=true")).find("can no longer be streamed") !=
              std::string::npos);
  engine_->go_on = false;
  int taken = 0;
  while (taken < 250 && make("").status == 200) ++taken;
  EXPECT_EQ(taken, 200);
}

TEST_F(BackgroundTest, TheGatewayEndsWhatIsUnderWay) {
  make("");
  EXPECT_TRUE(soon([&] { return engine_->asked.load(); }));
  server_.reset();
  gateway_.reset();
  EXPECT_TRUE(soon([&] { return engine_->gone.load(); }));
}

}  // namespace
}  // namespace lazuli::openai
