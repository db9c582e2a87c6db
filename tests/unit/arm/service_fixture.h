// A Service over a store in memory, with a caller whose rights a test decides.
#pragma once

#include <gtest/gtest.h>

#include <set>

#include "arm/service.h"

namespace lazuli::arm {

class FakeTokens final : public access::TokenVerifier {
 public:
  Result<access::Principal> verify(std::string_view token, const std::vector<std::string>&) const override {
    if (token.empty()) return Error{"TokenMissing", "", 401};
    if (token == "expired") return Error{"TokenExpired", "", 401};
    if (token != "good") return Error{"TokenSignature", "", 401};
    return access::Principal{access::PrincipalType::service_principal, "oid", "tid", "appid", "", {}, nullptr};
  }
};

class FakeAccess final : public access::Authorizer {
 public:
  access::Decision check(const access::Principal&, std::string_view action, std::string_view scope,
                         access::Plane) const override {
    asked = std::string(action) + " " + std::string(scope);
    return {!denied.contains(std::string(action)), "", ""};
  }
  mutable std::string asked;
  std::set<std::string> denied;
};

class ServiceFixture : public testing::Test {
 protected:
  static constexpr const char* kSubscription = "11111111-1111-1111-1111-111111111111";
  const std::string scope_ = "/subscriptions/" + std::string(kSubscription);

  net::Response send(const std::string& method, const std::string& path, const std::string& body = {},
                     const std::string& token = "good", net::Headers headers = {}) {
    net::Request request;
    request.headers = std::move(headers);
    request.method = method;
    request.host = "management.azure.com";
    request.target = path;
    const auto mark = path.find('?');
    request.path = path.substr(0, mark);
    if (mark != std::string::npos) {
      request.raw_query = path.substr(mark + 1);
      request.query = net::Query(request.raw_query);
    }
    request.body = body;
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    return service_.handle(request);
  }

  static Json body(const net::Response& response) {
    auto parsed = parse_json(response.body);
    return parsed ? *parsed : Json(nullptr);
  }
  static std::string code(const net::Response& response) { return string_at(body(response), "error", "code"); }
  // Path and query of a URL in a header.
  static std::string path_of(std::string_view url) {
    return std::string(url.substr(std::string_view("https://management.azure.com").size()));
  }

  void save(const std::string& id, const std::string& type, const std::string& name) {
    Resource resource;
    resource.document = JsonObject{{"id", id}, {"name", name}, {"type", type}};
    ASSERT_TRUE(service_.resources().save(resource));
  }

  std::unique_ptr<store::Store> store_ = store::Store::in_memory();
  ManualClock clock_{from_unix(1'700'000'000)};
  SystemRandom random_;
  Log log_{-1, Level::error};
  FakeTokens tokens_;
  FakeAccess access_;
  Service service_{{*store_, clock_, random_, log_, tokens_, access_, "tid", {"eastus", "westus"}}};
};

}  // namespace lazuli::arm
