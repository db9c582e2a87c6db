#include "cluster/issuer.h"

#include <gtest/gtest.h>

namespace lazuli::cluster {
namespace {

constexpr const char* kHost = "eastus.oic.prod-aks.azure.com";
constexpr const char* kIssuer = "https://eastus.oic.prod-aks.azure.com/tenant/guid/";

net::Response ask(const std::string& path, const std::string& method = "GET") {
  const auto handler = issuer_handler([](const std::string& issuer) -> std::optional<Json> {
    if (issuer != kIssuer) return {};
    return Json(JsonObject{{"keys", JsonArray{JsonObject{{"kid", "one"}}}}});
  });
  net::Request request;
  request.method = method;
  request.host = kHost;
  request.path = path;
  return handler(request);
}

TEST(Issuer, DiscoveryLeadsToTheKeys) {
  const auto document = parse_json(ask("/tenant/guid/.well-known/openid-configuration").body);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(string_at(*document, "issuer"), kIssuer);
  EXPECT_EQ(string_at(*document, "jwks_uri"), std::string(kIssuer) + "openid/v1/jwks");
  const auto keys = ask("/tenant/guid/openid/v1/jwks");
  EXPECT_EQ(keys.status, 200);
  EXPECT_NE(keys.body.find("\"one\""), std::string::npos);
}

TEST(Issuer, WhatIsNotPublishedIsNotThere) {
  for (const char* path : {"/", "/tenant/other/openid/v1/jwks", "/TENANT/guid/openid/v1/jwks", "/tenant/guid/",
                           "/tenant/guid/x/openid/v1/jwks", "/.well-known/openid-configuration"})
    EXPECT_EQ(ask(path).status, 404) << path;
}

TEST(Issuer, IsReadOnly) {
  EXPECT_EQ(ask("/tenant/guid/openid/v1/jwks", "POST").status, 405);
}

}  // namespace
}  // namespace lazuli::cluster
