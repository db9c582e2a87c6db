#include "net/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <thread>

#include "loopback.h"
#include "net/pool.h"

namespace lazuli::net {
namespace {

using std::chrono::milliseconds;

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    tls_ = *server_.listen_tls({}, test_identity().server, inline_handler([](const Request& request) {
                                 return ok(std::string(request.headers.get("host")));
                               }));
  }
  std::string port() const { return std::to_string(tls_.port); }

  Router router_;
  Log log_{2, Level::error};
  Server server_{router_, log_, 1};
  Endpoint tls_;
};

TEST_F(ClientTest, ChecksTheNameOfTheServer) {
  Client client(trusting());
  EXPECT_TRUE(client.fetch(get("https://127.0.0.1:" + port())));
  ClientRequest named = get("https://a.example.test/");
  named.connect_to = "127.0.0.1:" + port();
  const auto answer = client.fetch(named);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "a.example.test");
  ClientRequest other = get("https://other.test/");
  other.connect_to = "127.0.0.1:" + port();
  const auto refused = client.fetch(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "TlsFailed");
  EXPECT_NE(refused.error().message.find("https://other.test"), std::string::npos);
}

TEST_F(ClientTest, DoesNotTrustAnUnknownAuthority) {
  Client client;
  const auto refused = client.fetch(get("https://127.0.0.1:" + port()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "TlsFailed");
}

TEST_F(ClientTest, SaysThatATrustBundleIsUnusable) {
  ClientOptions options;
  options.trust = "not a certificate";
  Client client(options);
  EXPECT_EQ(client.fetch(get("https://127.0.0.1:" + port())).error().code, "TlsFailed");
}

TEST_F(ClientTest, AsksWhetherAnAddressIsAllowedBeforeAProxyIsAsked) {
  ClientOptions options = trusting();
  options.proxy = "http://127.0.0.1:1";  // nobody answers there
  options.allow_address = [](std::string_view) { return false; };
  EXPECT_NE(Client(options).fetch(get("https://localhost:" + port())).error().message.find("not allowed"),
            std::string::npos);
  // The name becomes an address that was allowed, so that the proxy cannot look up another.
  options.proxy = "http://127.0.0.1:" + std::to_string(server_.listen_proxy({}, {})->port);
  options.allow_address = [](std::string_view address) { return address == "127.0.0.1"; };
  ClientRequest named = get("https://a.example.test/");
  named.connect_to = "localhost:" + port();
  const auto answer = Client(options).fetch(named);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "a.example.test");
}

TEST_F(ClientTest, AsksWhetherAnAddressIsAllowed) {
  ClientOptions options = trusting();
  std::string asked;
  options.allow_address = [&](std::string_view address) {
    asked = address;
    return false;
  };
  Client client(options);
  const auto refused = client.fetch(get("https://localhost:" + port()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "ConnectFailed");
  EXPECT_TRUE(asked == "127.0.0.1" || asked == "::1") << asked;
}

TEST_F(ClientTest, SharesConnectionsBetweenThreads) {
  Client client(trusting());
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        if (client.fetch(get("https://127.0.0.1:" + port()))) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
}

TEST(Client, TriesAgainWhenAKeptConnectionWasClosed) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
  RawServer server({answer, answer});
  Client client;
  EXPECT_EQ(client.fetch(get(server.url()))->body, "x");
  const auto again = client.fetch(get(server.url()));
  ASSERT_TRUE(again) << again.error().message;
}

TEST(Client, ReadsEveryKindOfBody) {
  const struct {
    std::string answer;
    std::string body;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", "abc"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc"},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", ""},
      {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "x"},
      {"HTTP/1.0 200 OK\r\n\r\nold", "old"},
  };
  for (const auto& each : cases) {
    RawServer server({each.answer});
    const auto response = Client().fetch(get(server.url()));
    ASSERT_TRUE(response) << each.answer << response.error().message;
    EXPECT_EQ(response->body, each.body);
  }
}

TEST(Client, FindsFaultWithBrokenAnswers) {
  for (const std::string answer :
       {"", "garbage", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "HTTP/2 200 OK\r\n\r\n"}) {
    RawServer server({answer});
    const auto response = Client().fetch(get(server.url()));
    ASSERT_FALSE(response) << answer;
    EXPECT_EQ(response.error().code, "ProtocolError") << answer;
  }
}

TEST(Client, GivesUpWaiting) {
  for (const std::string answer : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}) {
    RawServer server({answer}, true);
    ClientRequest request = get(server.url());
    request.timeout = milliseconds(40);
    const auto response = Client().fetch(request);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, "Timeout");
    EXPECT_NE(response.error().message.find(server.url()), std::string::npos);
  }
}

TEST(Client, BoundsBufferedBodies) {
  RawServer server({"HTTP/1.1 200 OK\r\n\r\n" + std::string(5000, 'x')});
  ClientRequest request = get(server.url());
  request.limit = 4999;
  EXPECT_EQ(Client().fetch(request).error().code, "ResponseTooLarge");
}

TEST(Client, EndsAStreamWhenItsReaderHasEnough) {
  RawServer server({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"}, true);
  std::string seen;
  const auto response = Client().fetch_stream(get(server.url()), [&](std::string_view piece) {
    seen += piece;
    return false;
  });
  ASSERT_TRUE(response);
  EXPECT_EQ(seen, "one");
}

// The end of an answer comes with its last piece, or later; or never.
TEST(Client, UsesAConnectionAgainWhenTheEndOfItsAnswerHasCome) {
  constexpr std::string_view kEnd = "0\r\n\r\n";
  struct Case {
    std::string_view at_once, later;
    bool again;
  };
  for (const auto& [at_once, later, again] : {Case{kEnd, "", true}, Case{"", kEnd, true}, Case{"", "", false},
                                              Case{"", "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false}}) {
    RawServer server({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n" + std::string(at_once)},
                     true);
    const auto read_twice = [&]() -> Task<void> {
      Client client;
      auto opened = co_await client.open(get(server.url() + "/first"));
      char one[3];
      const auto got = co_await (*opened)->read(one);
      EXPECT_EQ(*got, 3U);
      (*opened)->skip_rest();
      opened->reset();
      server.send_more(later);
      boost::asio::use_service<Reactor>(context_of(co_await boost::asio::this_coro::executor)).poll();
      ClientRequest second = get(server.url() + "/second");
      second.timeout = milliseconds(40);  // the server says no more
      co_await client.send(std::move(second));
    };
    boost::asio::io_context context;
    boost::asio::co_spawn(context, read_twice(), [&](const std::exception_ptr&) { context.stop(); });
    context.run();
    boost::asio::use_service<ConnectionPool>(context).clear();
    EXPECT_EQ(server.request().find("GET /second") != std::string::npos, again) << at_once << later;
  }
}

TEST(Client, SaysWhatItCouldNotReach) {
  Client client;
  EXPECT_EQ(client.fetch(get("http://127.0.0.1:1/")).error().code, "ConnectFailed");
  EXPECT_EQ(client.fetch(get("http://no-such-name.invalid/")).error().code, "ConnectFailed");
  EXPECT_EQ(client.fetch(get("ftp://x/")).error().code, "InvalidUrl");
  ClientOptions options;
  options.unix_socket = "/no/such/socket";
  EXPECT_EQ(Client(options).fetch(get("http://x/")).error().code, "ConnectFailed");
}

TEST(Client, LetsNoLineBreaksIntoTheHead) {
  RawServer server({"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
  Client client;
  ClientRequest request = get(server.url());
  request.method = "GET / HTTP/1.1\r\nX:";
  EXPECT_FALSE(client.fetch(request));
  request.method = "GET";
  request.headers.set("X\r\nY", "z");
  EXPECT_FALSE(client.fetch(request));
}

}  // namespace
}  // namespace lazuli::net
