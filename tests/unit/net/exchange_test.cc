// Client and server together, on loopback.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "loopback.h"
#include "net/exchange.h"

namespace lazuli::net {
namespace {

class Loopback : public testing::Test {
 protected:
  // One listener for each test, plain or with TLS, with this handler.
  void serve(StreamHandler handler, ServerSettings settings = {}) {
    server_ = std::make_unique<Server>(router_, log_, 2, settings);
    plain_ = *server_->listen_http({}, handler);
    tls_ = *server_->listen_tls({}, test_identity().server, std::move(handler));
  }
  std::string plain() const { return "http://127.0.0.1:" + std::to_string(plain_.port); }
  std::string tls() const { return "https://127.0.0.1:" + std::to_string(tls_.port); }

  Router router_;
  Log log_{2, Level::error};
  WorkerPool pool_{"test", 2};
  std::unique_ptr<Server> server_;
  Endpoint plain_, tls_;
  Client client_{trusting()};
};

TEST_F(Loopback, AnswersWithWhatTheHandlerSaw) {
  serve(on_pool(pool_, [](const Request& request) {
    return Response::json(201, {{"method", request.method},
                                {"path", request.path},
                                {"query", request.query.get("q")},
                                {"header", std::string(request.headers.get("x-test"))},
                                {"host", request.host},
                                {"scheme", request.scheme},
                                {"peer", request.peer},
                                {"body", request.body}});
  }));
  for (const auto& [origin, scheme] : {std::pair{plain(), "http"}, std::pair{tls(), "https"}}) {
    ClientRequest request = get(origin + "//a%20b/c?q=%41");
    request.method = "POST";
    request.headers.set("X-Test", "yes");
    request.body = std::string(100000, 'b');
    const auto response = client_.fetch(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->headers.get("content-type"), "application/json; charset=utf-8");
    const auto seen = parse_json(response->body);
    EXPECT_EQ(string_at(*seen, "path"), "/a b/c");
    EXPECT_EQ(string_at(*seen, "query"), "A");
    EXPECT_EQ(string_at(*seen, "header"), "yes");
    EXPECT_EQ(string_at(*seen, "host"), "127.0.0.1");
    EXPECT_EQ(string_at(*seen, "scheme"), scheme);
    EXPECT_EQ(string_at(*seen, "peer"), "127.0.0.1");
    EXPECT_EQ(string_at(*seen, "body"), request.body);
  }
}

TEST_F(Loopback, StreamsPiecesAsTheyAreWritten) {
  std::promise<void> seen;
  auto first_was_seen = seen.get_future().share();
  serve([this, first_was_seen](Exchange& exchange) -> Task<void> {
    Response head;
    head.headers.set("Content-Type", "text/event-stream");
    co_await exchange.start(std::move(head));
    co_await exchange.write("first");
    // The second piece is only written when the first has arrived.
    co_await run_on(pool_, [&first_was_seen] { first_was_seen.wait_for(std::chrono::seconds(10)); });
    const std::string large(200000, 'x');
    co_await exchange.write(large);
    co_await exchange.finish();
  });
  for (const std::string& origin : {plain(), tls()}) {
    std::string body;
    bool told = false;
    const auto response = client_.fetch_stream(get(origin), [&](std::string_view piece) {
      body += piece;
      if (!std::exchange(told, true) && origin == plain()) seen.set_value();
      return true;
    });
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->headers.get("transfer-encoding"), "chunked");
    EXPECT_EQ(body, "first" + std::string(200000, 'x'));
  }
}

TEST_F(Loopback, ReadsABodyInPieces) {
  serve([](Exchange& exchange) -> Task<void> {
    std::size_t total = 0;
    char piece[1000];
    for (;;) {
      const auto got = co_await exchange.read(piece);
      if (!got || *got == 0) break;
      total += *got;
    }
    co_await exchange.send(ok(std::to_string(total)));
  });
  RawClient raw(plain_.port);
  raw.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  raw.send("5\r\nhello\r\n");
  raw.send("3\r\nabc\r\n0\r\n\r\n");
  EXPECT_NE(raw.receive_until("\r\n\r\n8").find("200 OK"), std::string::npos);
}

TEST_F(Loopback, BodyOverTheLimitIs413AndTheAnswerArrives) {
  serve(on_pool(
      pool_, [](const Request&) { return ok(""); }, 1000));
  ClientRequest request = get(plain());
  request.method = "POST";
  request.body = std::string(5000000, 'b');
  const auto response = client_.fetch(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
  RawClient raw(plain_.port);
  raw.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') + "\r\n");
  EXPECT_NE(raw.receive_until("}}").find(" 413 "), std::string::npos);
}

TEST_F(Loopback, AsksForTheBodyOnlyWhenItIsRead) {
  serve(inline_handler([](const Request& request) { return ok(request.body); }, 100));
  RawClient raw(plain_.port);
  raw.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(raw.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  raw.send("hello");
  EXPECT_NE(raw.receive_until("hello").find("200 OK"), std::string::npos);
  raw.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(raw.receive_until("\r\n\r\n").starts_with("HTTP/1.1 413"));
}

TEST_F(Loopback, KeepsConnectionsForTheNextRequest) {
  serve(inline_handler([](const Request&) { return ok("x"); }));
  RawClient raw(plain_.port);
  for (int i = 0; i < 3; ++i) {
    raw.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(raw.receive_until("\r\n\r\nx").starts_with("HTTP/1.1 200 OK\r\n")) << i;
  }
  raw.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(raw.receive_all().find("Connection: close"), std::string::npos);
}

TEST_F(Loopback, HeadAnswersHaveNoBody) {
  serve(inline_handler([](const Request&) { return ok("four"); }));
  RawClient raw(plain_.port);
  raw.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = raw.receive_all();
  EXPECT_NE(answer.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(Loopback, OldClientsGetNoChunks) {
  serve([](Exchange& exchange) -> Task<void> {
    co_await exchange.start(Response{});
    co_await exchange.write("piece");
    co_await exchange.finish();
  });
  RawClient raw(plain_.port);
  raw.send("GET / HTTP/1.0\r\n\r\n");
  const std::string answer = raw.receive_all();
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\npiece"));
}

TEST_F(Loopback, SendsFilesAndRangesOfThem) {
  const auto path = std::filesystem::temp_directory_path() / ("net_test_" + std::to_string(::getpid()));
  std::string content;
  while (content.size() < 3000000) content += std::to_string(content.size()) + " ";
  std::ofstream(path) << content;
  serve(inline_handler([&](const Request& request) {
    Response response;
    response.file = path;
    if (request.path == "/range") {
      response.status = 206;
      response.file_offset = 1000;
      response.file_size = 2000000;
    }
    if (request.path == "/beyond") response.file_offset = content.size() + 1;
    if (request.path == "/absent") response.file += ".not";
    return response;
  }));
  for (const std::string& origin : {plain(), tls()}) {
    EXPECT_EQ(client_.fetch(get(origin + "/"))->body, content);
    EXPECT_EQ(client_.fetch(get(origin + "/range"))->body, content.substr(1000, 2000000));
    EXPECT_EQ(client_.fetch(get(origin + "/beyond"))->status, 500);
    EXPECT_EQ(client_.fetch(get(origin + "/absent"))->status, 500);
  }
  std::filesystem::remove(path);
}

TEST_F(Loopback, HandlersLearnThatTheClientHasGone) {
  std::promise<bool> finished;
  serve([&](Exchange& exchange) -> Task<void> {
    const auto work = [](Exchange& on) -> Task<void> { co_await on.gone(); };
    // gone() itself is the wait that is cancelled here: both see the client leave.
    co_await exchange.start(Response{});
    co_await exchange.write("x");
    co_await work(exchange);
    finished.set_value(co_await exchange.write("late"));
  });
  {
    RawClient raw(plain_.port);
    raw.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    raw.receive_until("\r\n\r\n1\r\nx");
  }
  auto result = finished.get_future();
  ASSERT_EQ(result.wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(Loopback, UnlessGoneCancelsTheWork) {
  std::promise<bool> ended;
  std::promise<void> never, arrived;
  serve([&](Exchange& exchange) -> Task<void> {
    const auto wait_for_engine = [](Client& client, std::string url) -> Task<void> {
      const auto answer = co_await client.send(get(url));
      EXPECT_EQ(answer ? "answered" : answer.error().code, "Cancelled");
    };
    if (exchange.request().path == "/engine") {
      arrived.set_value();
      co_await exchange.gone();
      never.set_value();
      co_return;
    }
    ended.set_value(co_await exchange.unless_gone(wait_for_engine(client_, plain() + "/engine")));
  });
  {
    RawClient raw(plain_.port);
    raw.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    arrived.get_future().wait_for(std::chrono::seconds(10));
  }
  auto result = ended.get_future();
  ASSERT_EQ(result.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_FALSE(result.get());
  // The engine's side sees that nobody wants its answer any more.
  EXPECT_EQ(never.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(Loopback, UnlessGonePassesResultsAndExceptionsOn) {
  serve([&](Exchange& exchange) -> Task<void> {
    const auto work = [](bool fail) -> Task<void> {
      if (fail) throw std::runtime_error("broken");
      co_return;
    };
    const bool done = co_await exchange.unless_gone(work(exchange.request().path == "/fail"));
    co_await exchange.send(ok(done ? "done" : "gone"));
  });
  EXPECT_EQ(client_.fetch(get(plain() + "/"))->body, "done");
  EXPECT_EQ(client_.fetch(get(plain() + "/fail"))->status, 500);
}

TEST_F(Loopback, ExceptionsOfHandlersAre500) {
  serve(on_pool(pool_, [](const Request&) -> Response { throw std::runtime_error("secret detail"); }));
  const auto response = client_.fetch(get(plain()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body.find("secret"), std::string::npos);
}

TEST_F(Loopback, AHandlerThatForgetsToAnswerIs500) {
  serve([](Exchange&) -> Task<void> { co_return; });
  EXPECT_EQ(client_.fetch(get(plain()))->status, 500);
}

TEST_F(Loopback, AnswersThatBreakOffAreSeenAsBroken) {
  serve([](Exchange& exchange) -> Task<void> {
    co_await exchange.start(Response{});
    co_await exchange.write("part");
    co_await exchange.finish(false);
  });
  for (const std::string& origin : {plain(), tls()}) {
    const auto response = client_.fetch(get(origin));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, "ProtocolError");
  }
}

TEST_F(Loopback, SlowHeadersAndBodiesEnd) {
  ServerSettings settings;
  settings.header_timeout = std::chrono::milliseconds(50);
  settings.body_timeout = std::chrono::milliseconds(50);
  settings.idle_timeout = std::chrono::milliseconds(50);
  serve(inline_handler([](const Request&) { return ok(""); }), settings);
  RawClient header(plain_.port);
  header.send("GET / HTTP/1.1\r\nHost");
  EXPECT_TRUE(header.receive_all().starts_with("HTTP/1.1 408 "));
  RawClient body(plain_.port);
  body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_TRUE(body.receive_all().starts_with("HTTP/1.1 408 "));
  RawClient idle(plain_.port);
  EXPECT_EQ(idle.receive_all(), "");
  RawClient handshake(tls_.port);
  EXPECT_EQ(handshake.receive_all(), "");
}

TEST_F(Loopback, GarbageIsAnError) {
  serve(inline_handler([](const Request&) { return ok(""); }));
  const struct {
    std::string text, status;
  } cases[] = {
      {"garbage\r\n\r\n", " 400 "},
      {"GET / HTTP/1.1\r\n\r\n", " 400 "},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", " 400 "},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", " 400 "},
      {"GET nonsense HTTP/1.1\r\nHost: a\r\n\r\n", " 400 "},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", " 501 "},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", " 405 "},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70000, 'x') + "\r\n\r\n", " 431 "},
      {std::string(70000, 'G'), " 4"},
  };
  for (const auto& each : cases) {
    RawClient raw(plain_.port);
    raw.send(each.text);
    EXPECT_NE(raw.receive_until("\r\n").find(each.status), std::string::npos) << each.text.substr(0, 60);
  }
  RawClient raw(tls_.port);
  raw.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  raw.receive_all();
  EXPECT_EQ(client_.fetch(get(tls()))->status, 200);  // still here
}

TEST_F(Loopback, UnixSocketsCarryTheControlInterface) {
  serve(inline_handler([](const Request&) { return ok(""); }));
  const std::string path =
      (std::filesystem::temp_directory_path() / ("net_test_" + std::to_string(::getpid()) + ".sock")).string();
  ASSERT_TRUE(server_->listen_unix(path, inline_handler([](const Request& request) { return ok(request.peer); })));
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto again = server_->listen_unix(path, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "AddressInUse");
  ClientOptions options;
  options.unix_socket = path;
  Client control(options);
  EXPECT_EQ(control.fetch(get("http://lazuli/status"))->body, "unix");
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Loopback, TakenAddressesAreReportedInWords) {
  serve(inline_handler([](const Request&) { return ok(""); }));
  const auto taken = server_->listen_http({"127.0.0.1", plain_.port});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, "AddressInUse");
  EXPECT_NE(taken.error().message.find("127.0.0.1:" + std::to_string(plain_.port)), std::string::npos);
  EXPECT_EQ(server_->listen_http({"not an address", 0}).error().code, "ListenFailed");
  const auto nowhere = server_->listen_http({"127.0.0.1", 0, "/run/netns/of-nobody"});
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("/run/netns/of-nobody"), std::string::npos) << nowhere.error().message;
}

TEST_F(Loopback, ListenersCanBeClosedOneByOne) {
  serve(inline_handler([](const Request&) { return ok("x"); }));
  server_->close(plain_);
  EXPECT_EQ(client_.fetch(get(plain())).error().code, "ConnectFailed");
  EXPECT_TRUE(client_.fetch(get(tls())));
}

TEST_F(Loopback, AnswersInProgressAreFinishedAtTheEnd) {
  std::promise<void> entered;
  std::promise<void> go_on;
  auto may_go_on = go_on.get_future().share();
  serve(on_pool(pool_, [&, may_go_on](const Request&) {
    entered.set_value();
    may_go_on.wait_for(std::chrono::seconds(10));
    return ok("finished");
  }));
  auto answer = std::async(std::launch::async, [this] { return client_.fetch(get(plain())); });
  entered.get_future().wait();
  auto ended = std::async(std::launch::async, [this] { server_.reset(); });
  go_on.set_value();
  ended.get();
  const auto response = answer.get();
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "finished");
}

TEST_F(Loopback, HandlersThatDoNotEndAreCutOffAtTheEnd) {
  ServerSettings settings;
  settings.grace = std::chrono::milliseconds(50);
  serve(
      [](Exchange& exchange) -> Task<void> {
        co_await exchange.start(Response{});
        co_await exchange.write("x");
        co_await exchange.gone();
      },
      settings);
  RawClient raw(plain_.port);
  raw.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  raw.receive_until("\r\n\r\n1\r\nx");
  server_.reset();
  EXPECT_EQ(raw.receive_all().find("0\r\n\r\n"), std::string::npos);
}

}  // namespace
}  // namespace lazuli::net
