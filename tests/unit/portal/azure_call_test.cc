#include "portal/azure_call.h"

#include <gtest/gtest.h>

#include <string>

namespace lazuli::portal {
namespace {

// As net makes a request of a target: the path decoded, the target as received.
net::Request asking(const std::string& target, std::string path = {}) {
  net::Request request;
  request.method = "GET";
  request.scheme = "http";
  request.host = "127.0.0.1";
  request.headers.set("Host", "127.0.0.1:8911");
  request.headers.set("Authorization", "Bearer t");
  request.target = target;
  request.path = path.empty() ? target.substr(0, target.find('?')) : std::move(path);
  return request;
}

TEST(AzureCall, BecomesWhatTheHostsOwnDoorGets) {
  auto request = asking("/azure/management.azure.com/subscriptions/a%20b?api-version=2022-12-01",
                        "/azure/management.azure.com/subscriptions/a b");
  ASSERT_TRUE(readdress(request).ok());
  EXPECT_EQ(request.host, "management.azure.com");
  EXPECT_EQ(request.headers.get("Host"), "management.azure.com");
  EXPECT_EQ(request.scheme, "https");
  EXPECT_EQ(request.path, "/subscriptions/a b");
  EXPECT_EQ(request.target, "/subscriptions/a%20b?api-version=2022-12-01");
  EXPECT_EQ(request.headers.get("Authorization"), "Bearer t");
}

TEST(AzureCall, ReachesWhatThePagesUseAndNothingElse) {
  const std::pair<const char*, bool> rows[] = {
      {"/azure/management.azure.com", true},
      {"/azure/management.azure.com/", true},
      {"/azure/MANAGEMENT.azure.com/subscriptions", true},
      {"/azure/login.microsoftonline.com/organizations/oauth2/v2.0/token", true},
      {"/azure/myregistry.azurecr.io/acr/v1/_catalog", true},
      {"/azure/myregistry.azurecr.io/oauth2/exchange", true},
      {"/azure/login.microsoftonline.com/organizations/oauth2/v2.0/devicecode", false},
      {"/azure/login.microsoftonline.com/", false},
      {"/azure/myregistry.azurecr.io/v2/x/blobs/sha256:00", false},
      {"/azure/.azurecr.io.attacker.example/acr/v1/_catalog", false},
      {"/azure/graph.microsoft.com/v1.0/users", false},
      {"/azure/account.openai.azure.com/openai/models", false},
      {"/azure/management.azure.com:443/subscriptions", false},
      {"/azure/management.azure.com.attacker.example/subscriptions", false},
      {"/azure/", false},
      {"/azure//subscriptions", false},
      {"/other/management.azure.com/", false},
  };
  for (const auto& [target, reached] : rows) {
    auto request = asking(target);
    EXPECT_EQ(readdress(request).ok(), reached) << target;
    if (!reached) {
      EXPECT_EQ(request.headers.get("Host"), "127.0.0.1:8911") << target;
    }
  }
}

TEST(AzureCall, HostsAreNotWrittenInCipher) {
  auto escaped = asking("/azure/management%2eazure.com/subscriptions", "/azure/management.azure.com/subscriptions");
  EXPECT_FALSE(readdress(escaped).ok());
  auto slashed = asking("/azure/management.azure.com%2fx/y", "/azure/management.azure.com/x/y");
  EXPECT_FALSE(readdress(slashed).ok());
  auto prefix = asking("/%61zure/management.azure.com/x", "/azure/management.azure.com/x");
  EXPECT_FALSE(readdress(prefix).ok());
}

TEST(AzureCall, IsAFetchOfThePortalsOwnPage) {
  struct Row {
    const char *site, *destination;
    bool allowed;
  };
  const Row rows[] = {{"", "", true},
                      {"same-origin", "empty", true},
                      {"same-site", "empty", false},
                      {"cross-site", "empty", false},
                      {"none", "document", false},
                      {"same-origin", "document", false},
                      {"same-origin", "iframe", false},
                      {"same-origin", "script", false}};
  for (const auto& row : rows) {
    auto request = asking("/azure/management.azure.com/");
    if (*row.site) request.headers.set("Sec-Fetch-Site", row.site);
    if (*row.destination) request.headers.set("Sec-Fetch-Dest", row.destination);
    const auto checked = check_fetch(request);
    EXPECT_EQ(checked.ok(), row.allowed) << row.site << " " << row.destination;
    if (!checked) {
      EXPECT_EQ(checked.error().status, 403);
    }
  }
}

}  // namespace
}  // namespace lazuli::portal
