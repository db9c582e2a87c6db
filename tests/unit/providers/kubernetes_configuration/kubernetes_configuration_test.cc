#include "providers/kubernetes_configuration/kubernetes_configuration.h"

#include <gtest/gtest.h>

#include "../../fakes.h"

namespace lazuli::providers {
namespace {

using lazuli::testing::json;

class KubernetesConfiguration : public lazuli::testing::ArmTest {
 public:
  KubernetesConfiguration() {
    put(std::string(kSubscription), R"({"properties":{}})");
    put(std::string(kGroup), R"({"location":"eastus","properties":{"provisioningState":"Succeeded"}})");
    put(cluster, R"({"location":"eastus","properties":{}})");
    add_kubernetes_configuration(service, objects_of());
    service.operations().resume();
  }

  net::Response put_extension(std::string_view type = "microsoft.servicelinker.connection") {
    return send("PUT", extension, JsonObject{{"properties", JsonObject{{"extensionType", type}}}}, "2025-03-01");
  }
  Json shown() { return json(send("GET", extension, nullptr, "2025-03-01").body); }

  const std::string cluster = in_group("Microsoft.ContainerService/managedClusters/aks");
  const std::string extension = cluster + "/providers/Microsoft.KubernetesConfiguration/extensions/sc-extension";
};

TEST_F(KubernetesConfiguration, InstallsTheConnectorsExtension) {
  const auto begun = put_extension();
  ASSERT_EQ(begun.status, 201) << begun.body;
  const auto answer = json(begun.body);
  EXPECT_EQ(string_at(answer, "properties", "provisioningState"), "Creating");
  EXPECT_EQ(string_at(answer, "properties", "scope", "cluster", "releaseNamespace"), "sc-system");
  EXPECT_TRUE(string_at(answer, "systemData", "createdAt").ends_with("+00:00"));
  const std::string poll(begun.headers.get("Azure-AsyncOperation"));
  EXPECT_TRUE(poll.starts_with("https://management.azure.com" + extension + "/operations/")) << poll;
  ASSERT_EQ(ended(begun)->status, "Succeeded");
  EXPECT_EQ(string_at(shown(), "properties", "provisioningState"), "Succeeded");
  EXPECT_TRUE(objects->held.contains("/api/v1/namespaces/sc-system"));
  const auto path = poll.substr(28, poll.find('?') - 28);
  EXPECT_EQ(string_at(json(send("GET", path, nullptr, "2025-03-01").body), "status"), "Succeeded");
}

TEST_F(KubernetesConfiguration, FailedInstallIsAResourceThatSaysWhy) {
  cluster_runs = false;
  EXPECT_EQ(ended(put_extension())->status, "Failed");
  const auto answer = shown();
  EXPECT_EQ(string_at(answer, "properties", "provisioningState"), "Failed");
  EXPECT_EQ(string_at(find(answer, "properties", "statuses")->at(0), "code"), "InstallationFailed");
  cluster_runs = true;
  const auto again = put_extension();
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(ended(again)->status, "Succeeded");
}

TEST_F(KubernetesConfiguration, RefusesExtensionsThatDoNotExistHere) {
  const auto answer = put_extension("microsoft.flux");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(string_at(json(answer.body), "error", "code"), "ExtensionTypeRegistrationGetFailed");
  EXPECT_EQ(send("GET", extension, nullptr, "2025-03-01").status, 404);
}

TEST_F(KubernetesConfiguration, DeletesWithAndWithoutForce) {
  ASSERT_EQ(ended(put_extension())->status, "Succeeded");
  const auto begun = send("DELETE", extension, nullptr, "2025-03-01");
  EXPECT_EQ(begun.status, 202);
  ASSERT_EQ(ended(begun)->status, "Succeeded");
  EXPECT_TRUE(objects->held.empty());
  EXPECT_EQ(send("DELETE", extension, nullptr, "2025-03-01").status, 204);
  EXPECT_EQ(to_text(json(
                send("GET", cluster + "/providers/Microsoft.KubernetesConfiguration/extensions", nullptr, "2025-03-01")
                    .body)),
            R"({"value":[],"nextLink":null})");
}

TEST_F(KubernetesConfiguration, KeepsNoProtectedSettings) {
  const auto asked = json(R"({"properties":{"extensionType":"microsoft.servicelinker.connection",
      "configurationProtectedSettings":{"password":"hush"}}})");
  EXPECT_EQ(send("PUT", extension, asked, "2025-03-01").body.find("hush"), std::string::npos);
  EXPECT_EQ(to_text(shown()).find("hush"), std::string::npos);
}

}  // namespace
}  // namespace lazuli::providers
