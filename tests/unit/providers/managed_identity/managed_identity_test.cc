#include "providers/managed_identity/managed_identity.h"

#include <gmock/gmock.h>

#include "../../arm/service_fixture.h"
#include "providers/managed_identity/federated_credentials.h"
#include "providers/resources/resources.h"

namespace lazuli::providers {
namespace {

using testing::HasSubstr;

class ManagedIdentityTest : public arm::ServiceFixture {
 protected:
  ManagedIdentityTest() {
    save(scope_, "Microsoft.Resources/subscriptions", kSubscription);
    save(scope_ + "/resourceGroups/g", "Microsoft.Resources/resourceGroups", "g");
    add_managed_identity(service_, *entra_);
  }

  net::Response create(const std::string& name = "id1") {
    return send("PUT", identity(name) + v_, R"({"location":"eastus"})");
  }
  std::string identity(const std::string& name) const {
    return scope_ + "/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name;
  }
  std::string credential(const std::string& name) const {
    return identity("id1") + "/federatedIdentityCredentials/" + name + v_;
  }
  static std::string federated(const std::string& subject, const std::string& issuer = "https://issuer",
                               const std::string& audiences = R"(["api://AzureADTokenExchange"])") {
    return R"({"properties":{"issuer":")" + issuer + R"(","subject":")" + subject + R"(","audiences":)" + audiences +
           "}}";
  }

  const std::string v_ = "?api-version=2023-01-31";
  net::Client client_;
  std::unique_ptr<entra::Entra> entra_ =
      *entra::Entra::open({*store_, clock_, random_, log_, client_, "tid", "test.onmicrosoft.com", "http://127.0.0.1"});
};

TEST_F(ManagedIdentityTest, LivesAsAzuresDo) {
  const auto created = create();
  EXPECT_EQ(created.status, 201);
  const std::string id = string_at(body(created), "id");
  EXPECT_THAT(id, HasSubstr("/resourcegroups/g/"));
  EXPECT_EQ(created.headers.get("Location"), id);
  const auto principal = entra_->managed_identity(id);
  ASSERT_TRUE(principal);
  EXPECT_EQ(string_at(body(created), "properties", "principalId"), principal->object_id);
  EXPECT_EQ(string_at(body(created), "properties", "clientId"), principal->client_id);
  EXPECT_EQ(find(body(created), "properties", "isolationScope"), nullptr);
  const auto again = create();
  EXPECT_EQ(again.status, 200);
  EXPECT_FALSE(again.headers.has("Location"));
  EXPECT_EQ(string_at(body(again), "properties", "clientId"), principal->client_id);
  EXPECT_EQ(string_at(body(send("GET", identity("ID1") + "?api-version=2024-11-30")), "properties", "isolationScope"),
            "None");
  EXPECT_EQ(send("DELETE", identity("id1") + v_).status, 200);
  EXPECT_FALSE(entra_->managed_identity(id));
  EXPECT_EQ(send("DELETE", identity("id1") + v_).status, 204);
}

TEST_F(ManagedIdentityTest, NewOneOfTheSameNameHasNewIds) {
  const auto first = body(create());
  (void)send("DELETE", identity("id1") + v_);
  EXPECT_NE(string_at(body(create()), "properties", "clientId"), string_at(first, "properties", "clientId"));
}

TEST_F(ManagedIdentityTest, RefusesNames) {
  EXPECT_EQ(create("ab").status, 400);
  EXPECT_EQ(create("-abc").status, 400);
  EXPECT_EQ(create("a.b.c").status, 400);
}

TEST_F(ManagedIdentityTest, CredentialsReachTheTokenService) {
  (void)create();
  const std::string id = string_at(body(send("GET", identity("id1") + v_)), "id");
  const auto created = send("PUT", credential("fic"), federated("system:serviceaccount:a:B"));
  EXPECT_EQ(created.status, 201);
  EXPECT_THAT(std::string(created.headers.get("Location")), HasSubstr("/federatedIdentityCredentials/fic"));
  ASSERT_EQ(entra_->federated_credentials(id).size(), 1U);
  EXPECT_EQ(entra_->federated_credentials(id)[0].subject, "system:serviceaccount:a:B");
  EXPECT_EQ(send("PUT", credential("fic"), federated("other")).status, 200);
  EXPECT_EQ(entra_->federated_credentials(id)[0].subject, "other");
  EXPECT_EQ(send("DELETE", credential("fic")).status, 200);
  EXPECT_TRUE(entra_->federated_credentials(id).empty());
}

TEST_F(ManagedIdentityTest, RefusesCredentialsThatAzureRefuses) {
  (void)create();
  ASSERT_EQ(send("PUT", credential("first"), federated("s")).status, 201);
  struct Case {
    std::string name, body;
    int status;
  };
  const std::vector<Case> cases = {
      {"second", federated("s"), 409},                                    // same issuer and subject
      {"a!", federated("t"), 400},                                        // name
      {"second", federated("t", "http://issuer"), 400},                   // not https
      {"second", federated("t", "issuer"), 400},                          // no URL
      {"second", federated(""), 400},                                     // no subject
      {"second", federated(std::string(601, 's')), 400},                  // too long
      {"second", federated("t", "https://issuer", "[]"), 400},            // no audience
      {"second", federated("t", "https://issuer", R"(["a","b"])"), 400},  // two
      {"second", R"({"properties":{}})", 400},
  };
  for (const auto& c : cases) EXPECT_EQ(send("PUT", credential(c.name), c.body).status, c.status) << c.body;
  EXPECT_EQ(send("PUT", credential("second"), federated("S")).status, 201);  // case matters
  EXPECT_EQ(code(send("PUT", identity("none") + "/federatedIdentityCredentials/fic" + v_, federated("t"))),
            "ParentResourceNotFound");
}

TEST_F(ManagedIdentityTest, TwentyCredentialsAreTheMost) {
  (void)create();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(send("PUT", credential("fic" + std::to_string(i)), federated(std::to_string(i))).status, 201);
  }
  EXPECT_EQ(send("PUT", credential("fic20"), federated("20")).status, 400);
  EXPECT_EQ(send("PUT", credential("fic19"), federated("new")).status, 200);
}

TEST_F(ManagedIdentityTest, CrashBetweenResourceAndDirectoryIsMended) {
  (void)create();
  const std::string id = string_at(body(send("GET", identity("id1") + v_)), "id");
  ASSERT_EQ(send("PUT", credential("fic"), federated("s")).status, 201);
  ASSERT_TRUE(entra_->remove_federated_credential(id, "fic"));
  add_federated_credentials(service_, *entra_);  // as at the next start
  EXPECT_EQ(entra_->federated_credentials(id).size(), 1U);
}

TEST_F(ManagedIdentityTest, TellsWhoUsesTheIdentity) {
  (void)create();
  arm::Resource user;
  user.document = {{"id", scope_ + "/resourceGroups/g/providers/Test.Things/things/t"},
                   {"type", "Test.Things/things"},
                   {"identity", JsonObject{{"userAssignedIdentities", JsonObject{{identity("ID1"), JsonObject()}}}}}};
  ASSERT_TRUE(service_.resources().save(user));
  const auto used = body(send("POST", identity("id1") + "/listAssociatedResources" + v_));
  EXPECT_EQ(used.at("totalCount"), Json(1));
}

}  // namespace
}  // namespace lazuli::providers
