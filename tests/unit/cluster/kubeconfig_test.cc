#include "cluster/kubeconfig.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "base/yaml.h"

namespace lazuli::cluster {
namespace {

Json yaml(const std::string& text) {
  auto parsed = parse_yaml(text);
  EXPECT_TRUE(parsed.ok());
  return parsed.ok() ? *parsed : Json(nullptr);
}

std::string with_user(const std::string& user, const std::string& cluster = "{server: 'https://10.0.0.1:443'}") {
  return "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: [{name: k, cluster: " +
         cluster + "}]\nusers: [{name: u, user: " + user + "}]\n";
}

TEST(Kubeconfig, WhatIsHandedOutReadsBackTheSame) {
  const KubeAccess access{"https://10.89.1.2:443", "AUTHORITY", "", "", ""};
  const auto text = kubeconfig_text("MyAKSCluster", access, {"clusterUser_G_MyAKSCluster", "CERT", "KEY", "token"});
  const auto config = yaml(text);
  EXPECT_EQ(string_at(config, "current-context"), "MyAKSCluster");
  const auto read = parse_kubeconfig(config, "/");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->server, access.server);
  EXPECT_EQ(read->authority, "AUTHORITY");
  EXPECT_EQ(read->client_certificate, "CERT");
  EXPECT_EQ(read->client_key, "KEY");
  EXPECT_EQ(read->bearer_token, "token");
}

TEST(Kubeconfig, TakesTheCurrentContextAmongSeveral) {
  const auto config = yaml(
      "current-context: b\n"
      "contexts: [{name: a, context: {cluster: ka, user: ua}}, {name: b, context: {cluster: kb, user: ub}}]\n"
      "clusters: [{name: ka, cluster: {server: 'https://a'}}, {name: kb, cluster: {server: 'https://b'}}]\n"
      "users: [{name: ua, user: {token: ta}}, {name: ub, user: {token: tb}}]\n");
  const auto read = parse_kubeconfig(config, "/");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->server, "https://b");
  EXPECT_EQ(read->bearer_token, "tb");
}

struct Refused {
  const char* name;
  std::string text;
  const char* says;
};

class RefusedKubeconfig : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedKubeconfig, SaysWhatIsMissing) {
  const auto read = parse_kubeconfig(yaml(GetParam().text), "/nowhere");
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message.find(GetParam().says), std::string::npos) << read.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedKubeconfig,
    ::testing::Values(Refused{"NoContext", "clusters: []\n", "current-context"},
                      Refused{"NoSuchContext", "current-context: x\n", "\"x\""},
                      Refused{"HelperProgram", with_user("{exec: {command: kubelogin}}"), "exec"},
                      Refused{"NoCredentials", with_user("{}"), "no credentials"},
                      Refused{"CertificateWithoutKey", with_user("{client-certificate-data: QQ==}"), "without a key"},
                      Refused{"BadBase64", with_user("{client-certificate-data: '%%'}"), "base64"},
                      Refused{"PlainHttp", with_user("{token: t}", "{server: 'http://10.0.0.1'}"), "https"},
                      Refused{"SkipsVerification",
                              with_user("{token: t}", "{server: 'https://a', insecure-skip-tls-verify: true}"),
                              "insecure-skip-tls-verify"},
                      Refused{"MissingFile", with_user("{client-certificate: no.crt}"), "no.crt"}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace lazuli::cluster
