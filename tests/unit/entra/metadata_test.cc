#include "world.h"

namespace lazuli::entra {
namespace {

class InstanceMetadata : public World {
 protected:
  net::Response get(const std::string& path, const std::string& query, const char* header = "true",
                    const std::string& method = "GET") {
    net::Request request;
    request.method = method;
    request.host = "169.254.169.254";
    request.path = path;
    request.raw_query = query;
    request.query = net::Query(query);
    if (header) request.headers.set("Metadata", header);
    if (forwarded) request.headers.set("X-Forwarded-For", "10.0.0.1");
    return entra->metadata(request, node);
  }
  net::Response token(const std::string& more = "", const char* header = "true") {
    return get("/metadata/identity/oauth2/token",
               "api-version=2018-02-01&resource=https://cognitiveservices.azure.com" + more, header);
  }
  std::string said(const net::Response& response) const {
    return std::to_string(response.status) + " " + string_at(*parse_json(response.body), "error_description");
  }
  std::string owner_of(const net::Response& response) const {
    const auto token = crypto::parse_jws(string_at(*parse_json(response.body), "access_token"));
    return token ? token->shown_claim("oid") : "(no token: " + response.body + ")";
  }

  const std::string other_id =
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/"
      "userAssignedIdentities/other";
  ServicePrincipal other = *entra->ensure_managed_identity(other_id, "other");
  MetadataNode node{{identity.object_id}, JsonObject{{"compute", JsonObject{{"location", "eastus"}}}}};
  bool forwarded = false;
};

TEST_F(InstanceMetadata, GivesTheTokenOfTheOnlyIdentity) {
  const auto response = token();
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(owner_of(response), identity.object_id);
  const auto body = *parse_json(response.body);
  EXPECT_EQ(string_at(body, "client_id"), identity.client_id);
  EXPECT_EQ(string_at(body, "resource"), "https://cognitiveservices.azure.com");
  EXPECT_EQ(string_at(body, "expires_in"), "86399");
  EXPECT_EQ(string_at(body, "token_type"), "Bearer");
}

TEST_F(InstanceMetadata, TakesThePathWithAClosingSlash) {
  EXPECT_EQ(owner_of(get("/metadata/identity/oauth2/token/", "resource=https://management.azure.com/")),
            identity.object_id);
}

TEST_F(InstanceMetadata, RefusesWhoCannotSetTheHeader) {
  EXPECT_EQ(said(token("", nullptr)), "400 Required metadata header not specified");
  EXPECT_EQ(said(token("", "false")), "400 Required metadata header not specified");
  EXPECT_EQ(said(get("/metadata/instance", "api-version=2021-02-01", nullptr)),
            "400 Required metadata header not specified");
  forwarded = true;
  EXPECT_EQ(said(token()), "400 Required metadata header not specified");
}

TEST_F(InstanceMetadata, FindsTheIdentityThatIsNamed) {
  node.identities.push_back(other.object_id);
  EXPECT_EQ(said(token()).substr(0, 43), "400 Multiple user assigned identities exist");
  EXPECT_EQ(owner_of(token("&client_id=" + other.client_id)), other.object_id);
  EXPECT_EQ(owner_of(token("&object_id=" + identity.object_id)), identity.object_id);
  EXPECT_EQ(owner_of(token("&principal_id=" + other.object_id)), other.object_id);
  EXPECT_EQ(owner_of(token("&msi_res_id=" + percent_encode(to_upper(other_id)))), other.object_id);
  EXPECT_EQ(owner_of(token("&mi_res_id=" + percent_encode(kIdentity))), identity.object_id);
}

TEST_F(InstanceMetadata, GivesNobodyTheTokenOfAnIdentityThatTheNodeLacks) {
  EXPECT_EQ(said(token("&client_id=" + other.client_id)), "400 Identity not found");
  EXPECT_EQ(said(token("&client_id=" + identity.client_id + "&object_id=" + other.object_id)),
            "400 Identity not found");
  node.identities.clear();
  EXPECT_EQ(said(token()), "400 Identity not found");
  node.identities = {identity.object_id};
  ASSERT_TRUE(entra->remove_managed_identity(kIdentity).ok());
  EXPECT_EQ(said(token()), "400 Identity not found");
}

TEST_F(InstanceMetadata, SaysWhatARequestLacks) {
  EXPECT_EQ(said(get("/metadata/identity/oauth2/token", "api-version=2018-02-01")),
            "400 Required query variable 'resource' is missing");
  EXPECT_EQ(get("/metadata/identity/oauth2/token", "resource=r", "true", "POST").status, 405);
  EXPECT_EQ(get("/metadata/identity/oauth2/token", "resource=api://nothing").status, 400);
  EXPECT_EQ(get("/metadata/scheduledevents", "api-version=2020-07-01").status, 404);
}

TEST_F(InstanceMetadata, TellsOfTheInstanceByPath) {
  const std::string version = "api-version=2021-02-01";
  EXPECT_EQ(get("/metadata/instance", version).body, R"({"compute":{"location":"eastus"}})");
  EXPECT_EQ(get("/metadata/instance/compute/", version).body, R"({"location":"eastus"})");
  EXPECT_EQ(get("/Metadata/Instance/Compute/Location", version + "&format=text").body, "eastus");
  EXPECT_EQ(get("/metadata/instance/compute/location", version).status, 400);
  EXPECT_EQ(get("/metadata/instance/compute/location/x", version).status, 404);
  EXPECT_EQ(get("/metadata/instance/network", version).status, 404);
  const auto unversioned = get("/metadata/instance", "");
  EXPECT_EQ(unversioned.status, 400);
  EXPECT_NE(unversioned.body.find("newest-versions"), std::string::npos);
  EXPECT_NE(get("/metadata/versions", "").body.find("2021-02-01"), std::string::npos);
  EXPECT_EQ(get("/metadata/identity/info", version).body, R"({"tenantId":")" + kTenant + R"("})");
}

}  // namespace
}  // namespace lazuli::entra
