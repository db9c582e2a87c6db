#include "providers/container_service/cluster_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/container_service/names.h"
#include "providers/container_service/pool.h"

namespace lazuli::providers::container_service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Version kVersion{"1.37", "1.37.2"};

Given given() {
  return {"/subscriptions/S/resourcegroups/G/providers/Microsoft.ContainerService/managedClusters/C",
          "G",
          "C",
          "eastus",
          "abcd1234",
          "https://eastus.oic.prod-aks.azure.com/T/I/",
          "69ead84f0bbca500010a2bdc",
          "12345678"};
}

// What `az aks create --node-count 1 --generate-ssh-keys` sends.
Json body() {
  return *parse_json(R"({"location":"eastus","identity":{"type":"SystemAssigned"},"sku":{"name":"Base","tier":"Free"},
    "properties":{"kubernetesVersion":"","dnsPrefix":"C-G-123456","enableRBAC":true,"disableLocalAccounts":false,
      "addonProfiles":{},"storageProfile":{},
      "linuxProfile":{"adminUsername":"azureuser","ssh":{"publicKeys":[{"keyData":"ssh-rsa AAAA"}]}},
      "networkProfile":{"loadBalancerSku":"standard","outboundType":"loadBalancer"},
      "agentPoolProfiles":[{"name":"nodepool1","count":1,"vmSize":"","osType":"Linux","mode":"System",
        "type":"VirtualMachineScaleSets","orchestratorVersion":"","nodeTaints":[],"scaleSetPriority":"Regular",
        "upgradeSettings":{},"enableAutoScaling":false}]}})");
}

arm::Resource cluster() {
  auto made = new_cluster(body(), given(), kVersion);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return made.ok() ? *made : arm::Resource{};
}

// The same body with one member of "properties" set.
Json with(std::string_view name, Json value) {
  Json changed = body();
  changed.as_object()["properties"].as_object()[name] = std::move(value);
  return changed;
}

std::vector<std::string> names_of(const JsonObject& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object) names.emplace_back(name);
  return names;
}

TEST(NewCluster, MembersStandInAzuresOrder) {
  const auto made = cluster();
  EXPECT_THAT(names_of(made.visible()), ElementsAre("id", "location", "name", "type", "kind", "properties", "sku"));
  auto copy = made;
  EXPECT_THAT(names_of(copy.properties()),
              ElementsAre("provisioningState", "powerState", "kubernetesVersion", "currentKubernetesVersion",
                          "dnsPrefix", "fqdn", "azurePortalFQDN", "agentPoolProfiles", "linuxProfile",
                          "servicePrincipalProfile", "nodeResourceGroup", "enableRBAC", "supportPlan", "networkProfile",
                          "maxAgentPools", "autoUpgradeProfile", "disableLocalAccounts", "securityProfile",
                          "storageProfile", "oidcIssuerProfile", "workloadAutoScalerProfile", "resourceUID",
                          "metricsProfile", "nodeProvisioningProfile", "bootstrapProfile"));
}

// One member more makes the document grow while it is being filled.
TEST(NewCluster, IsFilledInWithTagsToo) {
  Json tagged = body();
  tagged.as_object()["tags"] = JsonObject{{"key1", "value1"}};
  auto made = new_cluster(tagged, given(), kVersion);
  ASSERT_TRUE(made.ok()) << made.error().message;
  auto plain = cluster();
  EXPECT_THAT(names_of(made->visible()),
              ElementsAre("id", "location", "name", "tags", "type", "kind", "properties", "sku"));
  EXPECT_EQ(made->properties(), plain.properties());
  EXPECT_EQ(made->hidden(), plain.hidden());
}

TEST(NewCluster, FillsInWhatAzureComputes) {
  const auto made = cluster();
  EXPECT_EQ(made.property_text("provisioningState"), "Creating");
  EXPECT_EQ(made.property_text("fqdn"), "C-G-123456-abcd1234.hcp.eastus.azmk8s.io");
  EXPECT_EQ(made.property_text("nodeResourceGroup"), "MC_G_C_eastus");
  EXPECT_EQ(made.property_text("kubernetesVersion"), "1.37");
  EXPECT_EQ(made.property_text("currentKubernetesVersion"), "1.37.2");
}

TEST(NewCluster, TheIssuerIsHiddenUntilItIsTurnedOn) {
  auto made = cluster();
  EXPECT_FALSE(issuer_enabled(made));
  EXPECT_EQ(to_text(Json(made.visible())).find("oic.prod-aks"), std::string::npos);
  Json update = with("oidcIssuerProfile", JsonObject{{"enabled", true}});
  ASSERT_TRUE(change_cluster(made, update, kVersion).ok());
  EXPECT_TRUE(issuer_enabled(made));
  EXPECT_EQ(string_at(*made.property("oidcIssuerProfile"), "issuerURL"), "https://eastus.oic.prod-aks.azure.com/T/I/");
}

TEST(NewCluster, DropsWhatAzureNeverReturns) {
  auto made = cluster();
  const auto& pool = find_pool(made, "nodepool1")->get_object();
  EXPECT_FALSE(pool.contains("scaleSetPriority"));
  EXPECT_FALSE(pool.contains("nodeTaints"));
  EXPECT_EQ(made.property("addonProfiles"), nullptr);
}

struct Refused {
  const char* name;
  Json body;
  const char* target;
};

class RefusedCluster : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedCluster, NamesTheProperty) {
  const auto made = new_cluster(GetParam().body, given(), kVersion);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().status, 400);
  EXPECT_EQ(made.error().target, GetParam().target);
}

Json pool_with(const char* member, Json value) {
  Json changed = body();
  auto& pool = changed.as_object()["properties"].as_object()["agentPoolProfiles"].as_array()[0].as_object();
  pool[member] = std::move(value);
  return changed;
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedCluster,
    ::testing::Values(Refused{"NoDnsPrefix", with("dnsPrefix", nullptr), "dnsPrefix"},
                      Refused{"NoPools", with("agentPoolProfiles", JsonArray{}), "agentPoolProfiles"},
                      Refused{"NoSystemPool", pool_with("mode", "User"), "agentPoolProfiles"},
                      Refused{"NoNodes", pool_with("count", 0), "agentPoolProfile.count"},
                      Refused{"TooManyNodes", pool_with("count", 1001), "agentPoolProfile.count"},
                      Refused{"PoolName", pool_with("name", "Node-Pool"), "agentPoolProfile.name"},
                      Refused{"Windows", pool_with("osType", "Windows"), "agentPoolProfile.osType"},
                      Refused{"Private", with("apiServerAccessProfile", JsonObject{{"enablePrivateCluster", true}}),
                              "apiServerAccessProfile.enablePrivateCluster"},
                      Refused{"Entra", with("aadProfile", JsonObject{{"managed", true}}), "aadProfile"},
                      Refused{"OtherPods", with("networkProfile", JsonObject{{"podCidr", "10.1.0.0/16"}}),
                              "networkProfile.podCidr"}),
    [](const auto& each) { return each.param.name; });

TEST(ChangedCluster, ABodyThatWasReadBeforeChangesNothing) {
  auto before = cluster();
  settle(before, {"/kubelet", "client", "object", "/ip", "etag"});
  auto after = before;
  ASSERT_TRUE(change_cluster(after, Json(before.visible()), kVersion).ok());
  EXPECT_EQ(after.property_text("provisioningState"), "Updating");
  settle(after, {"", "", "", "", "etag"});
  EXPECT_EQ(to_text(Json(after.visible())), to_text(Json(before.visible())));
}

TEST(ChangedCluster, RefusesWhatCannotChange) {
  auto made = cluster();
  EXPECT_EQ(change_cluster(made, with("dnsPrefix", "other"), kVersion).error().code, "PropertyChangeNotAllowed");
  made = cluster();
  Json on = with("oidcIssuerProfile", JsonObject{{"enabled", true}});
  ASSERT_TRUE(change_cluster(made, on, kVersion).ok());
  EXPECT_FALSE(change_cluster(made, with("oidcIssuerProfile", JsonObject{{"enabled", false}}), kVersion).ok());
  made = cluster();
  EXPECT_EQ(change_cluster(made, pool_with("name", "another"), kVersion).error().code, "BadRequest");
}

TEST(SettledCluster, ShowsWhatAppearsAtTheEnd) {
  auto made = cluster();
  EXPECT_EQ(made.property("identityProfile"), nullptr);
  settle(made, {"/kubelet", "client", "object", "/ip", "etag"});
  EXPECT_EQ(made.property_text("provisioningState"), "Succeeded");
  EXPECT_EQ(string_at(*made.property("identityProfile"), "kubeletidentity", "clientId"), "client");
  EXPECT_EQ(string_at(*find_pool(made, "nodepool1"), "eTag"), "etag");
  EXPECT_FALSE(put_answer(made).contains("eTag"));
}

TEST(OnlyRecorded, OneNodeIsReal) {
  auto made = cluster();
  EXPECT_THAT(only_recorded(made), IsEmpty());
  auto more = new_cluster(pool_with("count", 3), given(), kVersion);
  ASSERT_TRUE(more.ok());
  ASSERT_EQ(only_recorded(*more).size(), 1u);
  EXPECT_THAT(only_recorded(*more).front(), HasSubstr("3 nodes"));
}

TEST(Versions, OnlyWhatRunsHere) {
  for (const char* good : {"", "1.37", "1.37.2"}) EXPECT_TRUE(choose_version(good, "1.37.2", "C").ok()) << good;
  for (const char* bad : {"1.36", "1.37.1", "1", "banana"})
    EXPECT_EQ(choose_version(bad, "1.37.2", "C").error().code, "K8sVersionNotSupported") << bad;
}

TEST(Names, ClusterNamesFollowAzuresRule) {
  for (const char* good : {"a", "MyAKSCluster", "a-b_c9"}) EXPECT_TRUE(check_cluster_name(good).ok()) << good;
  for (const char* bad : {"", "-a", "a-", "a.b", "ä", "a/b"}) EXPECT_FALSE(check_cluster_name(bad).ok()) << bad;
  EXPECT_FALSE(check_cluster_name(std::string(64, 'a')).ok());
}

TEST(Names, OutboundDependenciesNameTheClustersOwnApiServer) {
  const Json all(outbound_dependencies("c.hcp.eastus.azmk8s.io"));
  std::vector<std::string> categories;
  for (const auto& one : all.as_array()) categories.push_back(string_at(one, "category"));
  EXPECT_THAT(categories, ElementsAre("azure-resource-management", "images", "apiserver"));
  EXPECT_EQ(to_text(*find(all.as_array().back(), "endpoints")),
            R"([{"domainName":"c.hcp.eastus.azmk8s.io","endpointDetails":[{"port":443,"protocol":"Https"}]}])");
}

TEST(Names, TheNodeGroupIsCutAtEightyCharacters) {
  EXPECT_EQ(node_group("G", "C", "eastus"), "MC_G_C_eastus");
  EXPECT_EQ(node_group(std::string(60, 'g'), std::string(60, 'c'), "eastus").size(), 80u);
}

}  // namespace
}  // namespace lazuli::providers::container_service
