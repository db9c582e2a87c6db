// The portal behind a real door on loopback.
#include "portal/portal.h"

#include <gtest/gtest.h>

#include "net/client.h"

namespace lazuli::portal {
namespace {

class PortalTest : public testing::Test {
 protected:
  PortalTest() {
    azure_.host("management.azure.com", net::inline_handler([](const net::Request& request) {
                  return net::Response::json(200, {{"host", std::string(request.headers.get("Host"))},
                                                   {"scheme", request.scheme},
                                                   {"path", request.path},
                                                   {"body", request.body}});
                }));
    server_ = std::make_unique<net::Server>(azure_, log_, 1);
    door_ = *server_->listen_http({}, [this](net::Exchange& exchange) { return portal_->serve(exchange); });
    const auto sign_in = net::inline_handler([](const net::Request&) { return net::Response::text(200, "sign in"); });
    portal_ =
        std::make_unique<Portal>(Portal::Parts{origin(), azure_, {{"/authorize", sign_in}, {"/devicecode", sign_in}}});
  }

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(door_.port); }

  net::Response ask(const std::string& method, const std::string& path, const net::Headers& headers = {},
                    std::string body = {}) {
    net::ClientRequest request;
    request.method = method;
    request.url = origin() + path;
    request.headers = headers;
    request.body = std::move(body);
    auto response = client_.fetch(request);
    EXPECT_TRUE(response.ok()) << response.error().message;
    return *response;
  }

  net::Headers from(std::string origin) const {
    net::Headers headers;
    headers.set("Origin", std::move(origin));
    return headers;
  }

  net::Router azure_;
  Log log_{2, Level::error};
  net::Client client_;
  std::unique_ptr<Portal> portal_;
  net::Endpoint door_;
  std::unique_ptr<net::Server> server_;
};

TEST_F(PortalTest, HandsEachPathToItsPart) {
  EXPECT_NE(ask("GET", "/").body.find("<!doctype html>"), std::string::npos);
  EXPECT_EQ(ask("GET", "/authorize?client_id=x").body, "sign in");
  EXPECT_EQ(ask("GET", "/devicecode").body, "sign in");
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  EXPECT_EQ(ask("GET", "/azure/graph.microsoft.com/v1.0/me").status, 404);
  EXPECT_EQ(ask("GET", "/azure/nobody.azurecr.io/acr/v1/_catalog").status, 404);  // reachable, and not served here
}

TEST_F(PortalTest, PassesCallsOnWithTheirBody) {
  const std::string body(100000, 'b');
  const auto answer =
      parse_json(ask("PUT", "/azure/management.azure.com/subscriptions?x=1", from(origin()), body).body);
  EXPECT_EQ(string_at(*answer, "host"), "management.azure.com");
  EXPECT_EQ(string_at(*answer, "scheme"), "https");
  EXPECT_EQ(string_at(*answer, "path"), "/subscriptions");
  EXPECT_EQ(string_at(*answer, "body"), body);
}

TEST_F(PortalTest, RefusesOtherSitesAndOtherNames) {
  net::Headers rebound;
  rebound.set("Host", "rebound.example:" + std::to_string(door_.port));
  net::Headers linked;
  linked.set("Sec-Fetch-Site", "cross-site");
  linked.set("Sec-Fetch-Dest", "document");
  EXPECT_EQ(ask("GET", "/", rebound).status, 403);
  EXPECT_EQ(ask("GET", "/azure/management.azure.com/subscriptions", rebound).status, 403);
  EXPECT_EQ(ask("GET", "/azure/management.azure.com/subscriptions", linked).status, 403);
  EXPECT_EQ(ask("GET", "/azure/management.azure.com/subscriptions", from("https://attacker.example")).status, 403);
  EXPECT_EQ(ask("POST", "/azure/management.azure.com/subscriptions", from("null"), "{}").status, 403);
  EXPECT_EQ(ask("POST", "/azure/management.azure.com/subscriptions", {}, "{}").status, 403);
  EXPECT_EQ(ask("GET", "/", linked).status, 200);  // anyone may link to the portal itself
}

}  // namespace
}  // namespace lazuli::portal
