#include "cluster/records.h"

#include <gtest/gtest.h>

namespace lazuli::cluster {
namespace {

TEST(Records, AClusterIsFoundAgainAsItWas) {
  Record record;
  record.wanted = true;
  record.spec.id = "/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerService/managedClusters/C";
  record.spec.name = "C";
  record.spec.node_name = "aks-n";
  record.spec.issuer = "https://issuer/";
  record.spec.vm_size = "Standard_D4s_v5";
  const auto read = record_from(to_text(to_json(record)));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->wanted);
  EXPECT_EQ(read->spec.id, record.spec.id);
  EXPECT_EQ(read->spec.issuer, record.spec.issuer);
  EXPECT_EQ(read->spec.vm_size, record.spec.vm_size);
}

TEST(Records, AnAttachedClusterStaysTheOneOfItsKubeconfig) {
  Record record;
  record.spec.id = "/subscriptions/S";
  record.spec.node_name = "n";
  EXPECT_TRUE(record_from(to_text(to_json(record)))->kubeconfig.empty());
  record.kubeconfig = "/home/me/.kube/config";
  EXPECT_EQ(record_from(to_text(to_json(record)))->kubeconfig, record.kubeconfig);
}

TEST(Records, ABrokenRecordIsAnErrorAndNoCluster) {
  for (const char* text : {"", "{", "[]", "{}", R"({"id":"/x"})", R"({"id":1,"nodeName":"n"})"})
    EXPECT_FALSE(record_from(text).ok()) << text;
}

}  // namespace
}  // namespace lazuli::cluster
