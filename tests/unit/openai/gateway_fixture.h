// A gateway behind a real listener on loopback, with a verifier and an authorizer that the test owns, and a client.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "base/random.h"
#include "net/client.h"
#include "net/server.h"
#include "openai/gateway.h"

namespace lazuli::openai {

// Tokens are "NAME": good; "expired", "audience", "" as their names say.
class FakeTokens final : public access::TokenVerifier {
 public:
  Result<access::Principal> verify(std::string_view token, const std::vector<std::string>& audiences) const override {
    ++asked;
    EXPECT_FALSE(audiences.empty());
    if (token == "expired") return Error{"TokenExpired", "The token expired a minute ago.", 401};
    if (token == "audience") return Error{"TokenAudience", "The token is for https://vault.azure.net.", 401};
    if (token == "garbage") return Error{"TokenMalformed", "This is no token.", 401};
    access::Principal principal;
    principal.object_id = token;
    return principal;
  }
  mutable std::atomic<int> asked{0};
};

class FakeAuthorizer final : public access::Authorizer {
 public:
  access::Decision check(const access::Principal& who, std::string_view action, std::string_view,
                         access::Plane plane) const override {
    EXPECT_EQ(plane, access::Plane::data);
    EXPECT_TRUE(action.starts_with("Microsoft.CognitiveServices/accounts/OpenAI/"));
    return {allowed && who.object_id != "stranger", "Cognitive Services OpenAI User", ""};
  }
  std::atomic<bool> allowed{true};
};

inline constexpr std::string_view kAccountId =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/MyOpenAIService";

class GatewayTest : public testing::Test {
 protected:
  void start(std::vector<EngineRule> rules = {{"*", "echo", nullptr}}, Json filter = nullptr,
             std::string state_directory = {}, std::vector<IdentityLimit> limits = {}) {
    server_.reset();  // a call that has answered may still be at its end
    gateway_ = std::make_unique<Gateway>(Gateway::Parts{clock_,
                                                        random_,
                                                        log_,
                                                        tokens_,
                                                        authorizer_,
                                                        std::move(rules),
                                                        std::move(state_directory),
                                                        {},
                                                        std::move(filter),
                                                        std::move(limits),
                                                        nullptr,
                                                        nullptr,
                                                        traces_});
    Account account;
    account.resource_id = kAccountId;
    account.subdomain = "myopenaiservice";
    account.location = "eastus";
    account.kind = "OpenAI";
    account.keys = {"key-one", "key-two"};
    account_ = account;
    gateway_->put(account);
    deploy("MyModel", "gpt-4", "0613", 100);
    deploy("Embed", "text-embedding-3-small", "1", 100);
    deploy("Instruct", "gpt-35-turbo-instruct", "0914", 100);
    server_ = std::make_unique<net::Server>(router_, log_, 2, server_settings_);
    auto at = server_->listen_http(net::Endpoint{}, [this](net::Exchange& e) { return gateway_->serve(e); });
    ASSERT_TRUE(at.ok()) << at.error().message;
    port_ = at->port;
    base_ = "http://127.0.0.1:" + std::to_string(port_);
  }

  void deploy(std::string name, std::string model, std::string version, std::int64_t capacity) {
    Deployment deployment;
    deployment.resource_id = std::string(kAccountId) + "/deployments/" + name;
    deployment.account_id = kAccountId;
    deployment.name = std::move(name);
    deployment.model_name = std::move(model);
    deployment.model_version = std::move(version);
    deployment.model_format = "OpenAI";
    deployment.capacity = capacity;
    gateway_->put(deployment);
  }

  net::ClientRequest request(std::string method, std::string target, std::string body = {},
                             std::string token = "someone") {
    net::ClientRequest out;
    out.method = std::move(method);
    out.url = base_ + target;
    out.body = std::move(body);
    out.headers.set("Host", "myopenaiservice.openai.azure.com");
    if (!token.empty()) out.headers.set("Authorization", "Bearer " + token);
    return out;
  }

  net::Response send(net::ClientRequest out) {
    auto response = client_.fetch(std::move(out));
    EXPECT_TRUE(response.ok()) << response.error().message;
    return response ? *response : net::Response{};
  }

  net::Response chat(std::string body, std::string token = "someone") {
    return send(request("POST", "/openai/deployments/MyModel/chat/completions?api-version=2024-02-01", std::move(body),
                        std::move(token)));
  }

  bool at_rest() const { return gateway_->metrics().find("lazuli_openai_in_progress 0\n") != std::string::npos; }

  // What is given back is given back soon, not at once: the other side has to see its connection end.
  template <typename Condition>
  static bool soon(const Condition& condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }

  static Json json(const net::Response& response) {
    auto parsed = parse_json(response.body);
    EXPECT_TRUE(parsed.ok()) << response.body;
    return parsed ? *parsed : Json();
  }
  static std::string code(const net::Response& response) { return string_at(json(response), "error", "code"); }

  static constexpr const char* kHello = R"({"messages":[{"role":"user","content":"Hello"}]})";

  SystemClock clock_;
  SystemRandom random_;
  Log log_{2, Level::error};
  FakeTokens tokens_;
  FakeAuthorizer authorizer_;
  Account account_;
  net::Router router_;
  net::ServerSettings server_settings_;  // before start()
  unsigned short port_ = 0;
  std::string base_;
  TraceCollector traces_;  // before start()
  net::Client client_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<net::Server> server_;  // ends before the gateway
};

}  // namespace lazuli::openai
