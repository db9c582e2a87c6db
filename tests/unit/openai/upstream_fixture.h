// A gateway with servers behind it that the test plays: engines, filters, collectors.
#pragma once

#include "gateway_fixture.h"
#include "net/sse.h"

namespace lazuli::openai {

inline constexpr const char* kWhole =
    R"({"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"fine"}}],)"
    R"("usage":{"prompt_tokens":3,"completion_tokens":1},"model":"real"})";
inline const std::string kPiece = net::event_text(R"({"choices":[{"index":0,"delta":{"content":"some"}}]})");
inline const std::string kStop = net::event_text(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})");
inline constexpr const char* kStreamed = R"({"messages":[{"role":"user","content":"x"}],"stream":true})";

class UpstreamTest : public GatewayTest {
 protected:
  // A server that answers as the handler says; gives its base URL.
  std::string upstream(net::StreamHandler handler) {
    auto at = upstreams_.listen_http(net::Endpoint{}, std::move(handler));
    EXPECT_TRUE(at.ok());
    return "http://127.0.0.1:" + std::to_string(at->port) + "/v1";
  }
  std::string answering(int status, std::string body, std::atomic<int>* count = nullptr) {
    return upstream(net::inline_handler([=](const net::Request&) {
      if (count) ++*count;
      return net::Response::text(status, body, "application/json");
    }));
  }
  std::string streaming(std::vector<std::string> pieces, bool complete = true) {
    return upstream([pieces = std::move(pieces), complete](net::Exchange& exchange) {
      return stream_pieces(exchange, pieces, complete);
    });
  }
  void serve_with(Json settings) { start({{"*", "url", std::move(settings)}}); }

  // Takes the request and begins to answer it with a stream.
  static net::Task<void> begin_stream(net::Exchange& exchange) {
    co_await exchange.read_all(1 << 20);
    net::Response head;
    head.headers.set("Content-Type", "text/event-stream");
    co_await exchange.start(std::move(head));
  }
  static net::Task<void> stream_pieces(net::Exchange& exchange, std::vector<std::string> pieces, bool complete) {
    co_await begin_stream(exchange);
    for (const auto& piece : pieces) co_await exchange.write(piece);
    co_await exchange.finish(complete);
  }
  // Sends one piece, and then nothing until the gateway goes.
  static net::Task<void> stall(net::Exchange& exchange, std::string piece) {
    co_await begin_stream(exchange);
    co_await exchange.write(piece);
    co_await exchange.gone();
  }

  net::Server upstreams_{router_, log_, 1};
};

}  // namespace lazuli::openai
