#include <gtest/gtest.h>

#include <mutex>

#include "loopback.h"
#include "net/client.h"

namespace lazuli::net {
namespace {

// "www.example.test" is a name of ours; an origin with TLS on 127.0.0.1 stands for the rest of the world.
class Proxy : public testing::Test {
 protected:
  Proxy() {
    router_.host("www.example.test", inline_handler([](const Request& request) {
                   return ok("ours " + request.scheme + " " + request.path);
                 }));
    server_.set_tls(test_identity().server);
    const StreamHandler world = inline_handler([this](const Request& request) {
      const std::lock_guard lock(mutex_);
      seen_ = request.target;
      for (const auto& [name, value] : request.headers) seen_.append("\n").append(name).append(": ").append(value);
      return ok("world " + request.body);
    });
    secure_world_ = *server_.listen_tls({}, test_identity().server, world);
    plain_world_ = *server_.listen_http({}, world);
  }

  Endpoint proxy(const ProxySettings& settings = {}) { return *server_.listen_proxy({}, settings); }
  Client through(const Endpoint& at) {
    ClientOptions options = trusting();
    options.proxy = "http://127.0.0.1:" + std::to_string(at.port);
    return Client(options);
  }
  std::string secure_world() const { return "https://127.0.0.1:" + std::to_string(secure_world_.port); }
  std::string plain_world() const { return "127.0.0.1:" + std::to_string(plain_world_.port); }
  std::string seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  Router router_;
  Log log_{2, Level::error};
  std::mutex mutex_;
  std::string seen_;
  Server server_{router_, log_, 2};
  Endpoint secure_world_, plain_world_;
};

TEST_F(Proxy, AnswersForOurNamesItself) {
  Client client = through(proxy({.offline = true}));
  for (int i = 0; i < 2; ++i) {
    const auto response = client.fetch(get("https://www.example.test/path"));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "ours https /path");
  }
}

TEST_F(Proxy, TunnelsToOtherNames) {
  Client client = through(proxy());
  ClientRequest request = get(secure_world() + "/x");
  request.method = "POST";
  request.body = std::string(300000, 'b');
  const auto response = client.fetch(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "world " + request.body);
}

TEST_F(Proxy, RefusesOtherNamesOffline) {
  const auto at = proxy({.offline = true});
  const auto response = through(at).fetch(get(secure_world()));
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().message.find("403"), std::string::npos);
  RawClient raw(at.port);
  raw.send("CONNECT pypi.org:443 HTTP/1.0\r\n\r\n");
  const std::string answer = raw.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 "));
  EXPECT_NE(answer.find("pypi.org"), std::string::npos);
  RawClient plain(at.port);
  plain.send("GET http://pypi.org/ HTTP/1.1\r\nHost: pypi.org\r\n\r\n");
  EXPECT_TRUE(plain.receive_all().starts_with("HTTP/1.1 403 "));
}

TEST_F(Proxy, GoesThroughTheProxyThatWasThereBefore) {
  const auto before = proxy();
  Client client = through(proxy({.upstream_proxy = "http://127.0.0.1:" + std::to_string(before.port) + "/"}));
  const auto response = client.fetch(get(secure_world()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "world ");
  // The upstream proxy refuses: the reason comes through.
  const auto closed = proxy({.offline = true});
  const auto refusing = proxy({.upstream_proxy = "http://user:pass@127.0.0.1:" + std::to_string(closed.port)});
  RawClient raw(refusing.port);
  raw.send("CONNECT pypi.org:443 HTTP/1.1\r\nHost: pypi.org:443\r\n\r\n");
  const std::string answer = raw.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 "));
  EXPECT_NE(answer.find("403"), std::string::npos);
  EXPECT_EQ(answer.find("pass"), std::string::npos);
  // What is to be reached directly does not ask it.
  const std::string upstream = "http://127.0.0.1:" + std::to_string(closed.port);
  EXPECT_TRUE(through(proxy({.upstream_proxy = upstream, .no_proxy = {"127.0.0.1"}})).fetch(get(secure_world())));
  EXPECT_TRUE(through(proxy({.upstream_proxy = upstream, .no_proxy = {"*"}})).fetch(get(secure_world())));
  EXPECT_FALSE(through(proxy({.upstream_proxy = upstream, .no_proxy = {"7.0.0.1"}})).fetch(get(secure_world())));
}

TEST_F(Proxy, SendsItsPasswordUpstream) {
  RawServer upstream({"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"});
  const auto at = proxy({.upstream_proxy = "http://us%40er:pa%3Ass@127.0.0.1:" + std::to_string(upstream.port())});
  RawClient raw(at.port);
  raw.send("CONNECT pypi.org:443 HTTP/1.1\r\nHost: pypi.org:443\r\n\r\n");
  EXPECT_NE(raw.receive_all().find("407"), std::string::npos);
  EXPECT_NE(upstream.request().find("Proxy-Authorization: Basic dXNAZXI6cGE6c3M=\r\n"), std::string::npos);
}

TEST_F(Proxy, ForwardsPlainRequests) {
  const auto at = proxy();
  RawClient raw(at.port);
  raw.send("POST http://" + plain_world() + "/a?b=c HTTP/1.1\r\nHost: " + plain_world() +
           "\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic secret\r\nX-Kept: 1\r\n"
           "Content-Length: 4\r\n\r\nbody");
  const std::string answer = raw.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("world body"));
  EXPECT_TRUE(seen().starts_with("/a?b=c\n")) << seen();
  EXPECT_NE(seen().find("X-Kept: 1"), std::string::npos);
  EXPECT_EQ(seen().find("secret"), std::string::npos);
  RawClient ours(at.port);
  ours.send("GET http://www.example.test/p HTTP/1.1\r\nHost: www.example.test\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(ours.receive_all().ends_with("ours http /p"));
}

TEST_F(Proxy, SaysWhyATunnelCannotBeMade) {
  const auto at = proxy();
  const struct {
    std::string request, status;
  } cases[] = {
      {"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n", " 502 "},
      {"CONNECT no-such-name.invalid:443 HTTP/1.1\r\nHost: x\r\n\r\n", " 502 "},
      {"CONNECT nonsense HTTP/1.1\r\nHost: x\r\n\r\n", " 400 "},
      {"GET /origin-form HTTP/1.1\r\nHost: pypi.org\r\n\r\n", " 400 "},
      {"GET https://pypi.org/ HTTP/1.1\r\nHost: pypi.org\r\n\r\n", " 400 "},
  };
  for (const auto& each : cases) {
    RawClient raw(at.port);
    raw.send(each.request);
    EXPECT_NE(raw.receive_until("\r\n").find(each.status), std::string::npos) << each.request;
  }
}

TEST_F(Proxy, UnknownNamesOnOurDoorAre404) {
  const auto at = *server_.listen_tls({});
  Client client(trusting());
  const auto response = client.fetch(get("https://127.0.0.1:" + std::to_string(at.port)));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 404);
  EXPECT_NE(response->body.find("127.0.0.1"), std::string::npos);
}

TEST_F(Proxy, AnUnusableUpstreamIsRefusedAtTheStart) {
  const auto refused = server_.listen_proxy({}, {.upstream_proxy = "https://user:hidden@host"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("hidden"), std::string::npos);
}

}  // namespace
}  // namespace lazuli::net
