#include "tutorial/kubeconfig_file.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "base/yaml.h"
#include "tutorial/names.h"

namespace lazuli::tutorial {
namespace {

std::string config(const std::string& name, const std::string& server) {
  return "clusters: [{name: " + name + ", cluster: {server: '" + server + "'}}]\ncontexts: [{name: " + name +
         ", context: {cluster: " + name + "}}]\nusers: [{name: u-" + name + ", user: {}}]\ncurrent-context: " + name +
         "\n";
}

TEST(KubeconfigFile, MergesByNameAndMakesTheNewContextCurrent) {
  std::string name = (std::filesystem::temp_directory_path() / "lazuli-kube-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  const auto file = folder / "config";
  for (const auto& yaml : {config("a", "https://1"), config("b", "https://2"), config("a", "https://3")})
    ASSERT_TRUE(merge_kubeconfig(file, yaml).ok());
  const auto merged = parse_yaml(*read_file(file));
  ASSERT_TRUE(merged.ok());
  const auto& clusters = find(*merged, "clusters")->get_array();
  ASSERT_EQ(clusters.size(), 2U);
  EXPECT_EQ(string_at(clusters[0], "cluster", "server"), "https://3");
  EXPECT_EQ(string_at(clusters[1], "name"), "b");
  EXPECT_EQ(string_at(*merged, "current-context"), "a");
  EXPECT_FALSE(merge_kubeconfig(file, "just text").ok());
  EXPECT_TRUE(remove_tree(folder).ok());
}

// As az prints them in `kubernetesResourceName`.
TEST(KubernetesNames, AreThoseThatAzPrints) {
  EXPECT_EQ(secret_name("cognitiveservices_um03a"), "sc-cognitiveservicesum03a-secret");
  EXPECT_EQ(secret_name("openai_conn"), "sc-openaiconn-secret");
  EXPECT_EQ(service_account_name("1-2"), "sc-account-1-2");
}

}  // namespace
}  // namespace lazuli::tutorial
