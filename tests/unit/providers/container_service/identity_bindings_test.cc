#include "providers/container_service/identity_bindings.h"

#include "../../fakes.h"
#include "providers/container_service/vocabulary.h"

namespace lazuli::providers::container_service {
namespace {

const std::string kIdentity = lazuli::testing::ArmTest::in_group("Microsoft.ManagedIdentity/userAssignedIdentities/me");
const std::string kOther = lazuli::testing::ArmTest::in_group("Microsoft.ManagedIdentity/userAssignedIdentities/you");

class IdentityBindingsTest : public lazuli::testing::ArmTest {
 protected:
  IdentityBindingsTest() {
    put(std::string(kSubscription), R"({"properties":{}})");
    put(std::string(kGroup), R"({"location":"eastus","properties":{}})");
    put(cluster, R"({"location":"eastus","properties":{}})");
    put(in_group("Microsoft.ContainerService/managedClusters/Another"), R"({"location":"eastus","properties":{}})");
    auto opened = entra::Entra::open({store_of_entra(), clock_of_entra, random_of_entra, log_of_entra, nobody, "tenant",
                                      "lazuli.onmicrosoft.com", "", nullptr, nullptr});
    EXPECT_TRUE(opened.ok());
    entra = std::move(*opened);
    client_id = entra->ensure_managed_identity(kIdentity, "me")->client_id;
    EXPECT_TRUE(entra->ensure_managed_identity(kOther, "you").ok());
    bindings.emplace(service, *entra);
    arm::TypeSpec clusters;
    clusters.type = kClusterType;
    service.add(std::move(clusters));
    arm::TypeSpec spec;
    spec.type = kBindingType;
    spec.get = [this](const arm::Call& call) { return bindings->get(call); };
    spec.list = [this](const arm::Call& call) { return bindings->list(call); };
    spec.put = [this](const arm::Call& call) { return bindings->put(call); };
    spec.del = [this](const arm::Call& call) { return bindings->remove(call); };
    service.add(std::move(spec));
  }

  net::Response bind(const std::string& identity, const std::string& name = "ib") {
    return send("PUT", cluster + "/identityBindings/" + name,
                json(R"({"properties":{"managedIdentity":{"resourceId":")" + identity + R"("}}})"));
  }
  static std::string code(const net::Response& answer) {
    const Json body = json(answer.body);
    const std::string flat = string_at(body, "code");
    return flat.empty() ? string_at(body, "error", "code") : flat;
  }
  store::Store& store_of_entra() { return *store_held; }
  static Json json(std::string_view text) { return lazuli::testing::json(text); }

  const std::string cluster = in_group("Microsoft.ContainerService/managedClusters/MyCluster");
  SystemClock clock_of_entra;
  SystemRandom random_of_entra;
  Log log_of_entra{-1};
  std::unique_ptr<store::Store> store_held = store::Store::in_memory();
  net::Client nobody{{.proxy = "http://127.0.0.1:1"}};
  std::unique_ptr<entra::Entra> entra;
  std::optional<IdentityBindings> bindings;
  std::string client_id;
};

TEST_F(IdentityBindingsTest, ABindingNamesAnIdentityAndItsIssuer) {
  const auto made = bind(kIdentity);
  ASSERT_EQ(made.status, 201) << made.body;
  const Json body = json(made.body);
  EXPECT_EQ(string_at(body, "type"), "Microsoft.ContainerService/managedClusters/identityBindings");
  EXPECT_EQ(string_at(body, "properties", "managedIdentity", "resourceId"), kIdentity);
  EXPECT_EQ(string_at(body, "properties", "managedIdentity", "clientId"), client_id);
  EXPECT_EQ(string_at(body, "properties", "provisioningState"), "Succeeded");
  EXPECT_TRUE(string_at(body, "properties", "oidcIssuer", "oidcIssuerUrl").ends_with("/" + client_id));
  EXPECT_EQ(bind(kIdentity).status, 200);
  EXPECT_EQ(json(send("GET", cluster + "/identityBindings").body).at("value").as_array().size(), 1U);
  EXPECT_EQ(send("GET", cluster + "/identityBindings/ib").status, 200);
}

TEST_F(IdentityBindingsTest, BindsInItsOwnClusterForAsLongAsItIsThere) {
  EXPECT_FALSE(find_binding(service, cluster, client_id));
  ASSERT_EQ(bind(kIdentity).status, 201);
  EXPECT_TRUE(find_binding(service, cluster, client_id));
  EXPECT_FALSE(find_binding(service, cluster, "11111111-2222-3333-4444-555555555555"));
  EXPECT_FALSE(find_binding(service, in_group("Microsoft.ContainerService/managedClusters/Another"), client_id));
  EXPECT_EQ(send("DELETE", cluster + "/identityBindings/ib").status, 204);
  EXPECT_EQ(send("DELETE", cluster + "/identityBindings/ib").status, 204);
  EXPECT_FALSE(find_binding(service, cluster, client_id));
  EXPECT_EQ(send("GET", cluster + "/identityBindings/ib").status, 404);
}

TEST_F(IdentityBindingsTest, RefusesWhatCannotBeBound) {
  EXPECT_EQ(code(bind(kIdentity, "-ib")), "InvalidParameter");
  EXPECT_EQ(code(bind("")), "BadRequest");
  EXPECT_EQ(code(bind(cluster)), "BadRequest");
  EXPECT_EQ(code(bind(kIdentity + "-gone")), "BadRequest");
  ASSERT_EQ(bind(kIdentity).status, 201);
  EXPECT_EQ(code(bind(kOther)), "BadRequest");  // what it names stays
  const auto selected = send("PUT", cluster + "/identityBindings/ib2",
                             json(R"({"properties":{"managedIdentity":{"resourceId":")" + kOther +
                                  R"("},"allowedSubjects":[{"namespaceSelector":{}}]}})"));
  EXPECT_EQ(code(selected), "OperationNotAllowed");
}

TEST_F(IdentityBindingsTest, NeedsTheRightToGiveTheIdentityCredentials) {
  authorizer.denied = {"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"};
  const auto refused = bind(kIdentity);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(code(refused), "LinkedAuthorizationFailed");
  EXPECT_FALSE(find_binding(service, cluster, client_id));
}

}  // namespace
}  // namespace lazuli::providers::container_service
