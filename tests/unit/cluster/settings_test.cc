#include "cluster/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace lazuli::cluster {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const Folders kFolders{"/state/clusters/abc"};
const AddressPlan kPlan{3};

ClusterSpec spec() {
  ClusterSpec made;
  made.id = "/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerService/managedClusters/C";
  made.name = "C";
  made.node_group = "MC_G_C_eastus";
  made.issuer = "https://eastus.oic.prod-aks.azure.com/T/I/";
  made.node_name = "aks-nodepool1-12345678-vmss000000";
  made.location = "eastus";
  return made;
}

TEST(Settings, EveryRegistryIsTheNodeDoor) {
  const auto text = registry_hosts(kPlan, 5001);
  EXPECT_THAT(text, HasSubstr("server = \"http://10.89.3.1:5001\""));
  EXPECT_THAT(containerd_settings(kFolders, kPlan, {"/usr/lib/cni"}),
              HasSubstr("config_path = \"/state/clusters/abc/settings/registries\""));
}

TEST(Settings, ContainerdKeepsOutOfOthersWay) {
  const auto text = containerd_settings(kFolders, kPlan, {"/usr/lib/cni", "native"});
  EXPECT_THAT(text, HasSubstr("root = \"/state/clusters/abc/containerd\""));
  EXPECT_THAT(text, HasSubstr("address = \"/run/lazuli/3/containerd.sock\""));
  EXPECT_THAT(text, HasSubstr("restrict_oom_score_adj = true"));
  EXPECT_THAT(text, HasSubstr("snapshotter = \"native\""));
}

TEST(Settings, AzuresNamesAreAnsweredWithTheHostsEndOfTheLink) {
  const auto text = dns_settings(kFolders, kPlan, {"login.microsoftonline.com", ".openai.azure.com"}, true);
  EXPECT_THAT(text, HasSubstr("login.microsoftonline.com:53 openai.azure.com:53 {"));
  EXPECT_THAT(text, HasSubstr("IN A 10.89.3.1\""));
  EXPECT_THAT(text, HasSubstr("forward . 10.91.3.3"));
}

TEST(Settings, ANameAndWhatIsBelowItAreOneZone) {
  const auto text = dns_settings(kFolders, kPlan, {"management.azure.com", ".management.azure.com"}, true);
  EXPECT_EQ(text.find("management.azure.com"), text.rfind("management.azure.com"));
}

TEST(Settings, WithoutAWayOutNothingIsForwarded) {
  EXPECT_THAT(dns_settings(kFolders, kPlan, {}, false), Not(HasSubstr("forward")));
}

TEST(Settings, TokensCarryTheIssuerFromTheStart) {
  const auto words = control_plane_command("/k", kFolders, kPlan, spec());
  EXPECT_THAT(words, Contains("--service-account-issuer=https://eastus.oic.prod-aks.azure.com/T/I/"));
  EXPECT_THAT(words, Contains("--service-account-jwks-uri=https://eastus.oic.prod-aks.azure.com/T/I/openid/v1/jwks"));
  EXPECT_THAT(words, Contains("--authorization-mode=Node,RBAC"));
}

TEST(Settings, TheControlPlaneStartsInTheOrderOfItsNeeds) {
  const auto words = control_plane_command("/k", kFolders, kPlan, spec());
  const auto at = [&](const char* word) { return std::ranges::find(words, word) - words.begin(); };
  EXPECT_LT(at("etcd"), at("kube-apiserver"));
  EXPECT_LT(at("kube-apiserver"), at("kube-controller-manager"));
  EXPECT_LT(at("kube-controller-manager"), at("kube-scheduler"));
}

TEST(Settings, NodesCarryTheLabelsOfAks) {
  const auto labels = node_labels(spec());
  for (const char* label :
       {"kubernetes.azure.com/agentpool=nodepool1", "agentpool=nodepool1", "kubernetes.azure.com/cluster=MC_G_C_eastus",
        "topology.kubernetes.io/region=eastus", "node.kubernetes.io/instance-type=Standard_DS2_v2"})
    EXPECT_THAT(labels, HasSubstr(label));
}

TEST(Settings, TheKubeletRefusesStrangers) {
  const auto settings = kubelet_settings(kFolders, kPlan, spec());
  EXPECT_EQ(bool_or(find(settings, "authentication", "anonymous", "enabled"), true), false);
  EXPECT_EQ(string_at(settings, "authorization", "mode"), "Webhook");
  EXPECT_EQ(*integer(find(settings, "readOnlyPort")), 0);
}

}  // namespace
}  // namespace lazuli::cluster
