// Clients that are slow, break off or close one half of their connection, over real sockets: each is let go after its
// time, and keeps no call and no engine busy.
#include <future>

#include "../raw_client.h"
#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

using net::RawClient;
using std::chrono::milliseconds;

std::string head(std::string_view more) {
  return "POST /openai/deployments/MyModel/chat/completions?api-version=2024-02-01 HTTP/1.1\r\n"
         "Host: myopenaiservice.openai.azure.com\r\nAuthorization: Bearer someone\r\n" +
         std::string(more) + "\r\n";
}

std::string head_for(std::size_t length) {
  return head("Content-Length: " + std::to_string(length) + "\r\n");
}

class SlowClientTest : public UpstreamTest {
 protected:
  SlowClientTest() {
    server_settings_.header_timeout = milliseconds(300);
    server_settings_.body_timeout = milliseconds(300);
  }
};

// A byte now and then does not move the end: the time is for the whole head.
TEST_F(SlowClientTest, AHeadThatComesByteByByteIs408) {
  start();
  {
    RawClient client(port_);
    const std::string whole = head_for(0);
    for (std::size_t at = 0; at < 30; ++at) {
      client.send(whole.substr(at, 1));
      std::this_thread::sleep_for(milliseconds(20));
    }
    EXPECT_NE(client.receive_all().find("HTTP/1.1 408 "), std::string::npos);
  }
  EXPECT_TRUE(soon([&] { return at_rest(); }));
  EXPECT_EQ(chat(kHello).status, 200);
}

TEST_F(SlowClientTest, AHeadThatStopsEndsTheConnection) {
  start();
  {
    RawClient client(port_);
    client.send(head_for(0).substr(0, 60));
    EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 408 "));  // to the end of the connection
  }
  EXPECT_TRUE(soon([&] { return at_rest(); }));
}

TEST_F(SlowClientTest, ABodyThatStopsEndsTheCallAndCountsAs408) {
  start();
  for (const std::string& sent : {head_for(1000) + kHello, head("Transfer-Encoding: chunked\r\n") + "5\r\n{\"mes"}) {
    RawClient client(port_);
    client.send(sent);
    const std::string answer = client.receive_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
  }
  EXPECT_TRUE(soon([&] { return at_rest(); }));
  EXPECT_NE(gateway_->metrics().find("status=\"408\"} 2\n"), std::string::npos) << gateway_->metrics();
}

TEST_F(SlowClientTest, ABodyThatIsNoChunkedCodingIsRefused) {
  start();
  RawClient client(port_);
  client.send(head("Transfer-Encoding: chunked\r\n") + "five\r\nhello\r\n");
  const std::string answer = client.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_NE(answer.find("\"type\":\"invalid_request_error\""), std::string::npos) << answer;
  EXPECT_TRUE(soon([&] { return at_rest(); }));
}

TEST_F(SlowClientTest, ABodyThatIsCutOffReachesNoEngine) {
  std::atomic<int> asked{0};
  serve_with(JsonObject{{"url", answering(200, kWhole, &asked)}});
  for (const bool half : {true, false}) {
    RawClient client(port_);
    client.send(head_for(1000) + kHello);
    half ? client.half_close() : client.close();
    if (half) client.receive_all();
  }
  EXPECT_TRUE(soon([&] { return at_rest(); }));
  EXPECT_EQ(asked, 0);
}

// Who has closed its sending half does not wait for an answer, as far as anybody can tell: proxies in front of Azure
// see it the same way.
TEST_F(SlowClientTest, AClientThatClosesItsHalfInAStreamEndsTheEnginesWork) {
  std::promise<void> ended;
  auto endless = [&](net::Exchange& exchange) -> net::Task<void> {
    co_await stall(exchange, kPiece);
    ended.set_value();
  };
  serve_with(JsonObject{{"url", upstream(endless)}});
  RawClient client(port_);
  client.send(head_for(std::string_view(kStreamed).size()) + kStreamed);
  EXPECT_NE(client.receive_until("\"some\"").find("200 OK"), std::string::npos);
  client.half_close();
  EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_TRUE(soon([&] { return at_rest(); }));
}

// It has asked, and takes nothing of what comes: when the buffers between are full, its time begins.
TEST_F(SlowClientTest, AClientThatDoesNotReadItsStreamIsLetGoAndItsEngineToo) {
  std::promise<void> ended;
  auto endless = [&](net::Exchange& exchange) -> net::Task<void> {
    co_await begin_stream(exchange);
    const std::string piece =
        net::event_text(R"({"choices":[{"index":0,"delta":{"content":")" + std::string(16 << 10, 'x') + "\"}}]}");
    for (bool taken = true; taken;) taken = co_await exchange.write(piece);
    ended.set_value();
  };
  serve_with(JsonObject{{"url", upstream(endless)}});
  RawClient client(port_);
  client.send(head_for(std::string_view(kStreamed).size()) + kStreamed);
  EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(soon([&] { return at_rest(); }));
}

}  // namespace
}  // namespace lazuli::openai
