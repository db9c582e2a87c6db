#include "command_line/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace lazuli::command_line {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kNames{"management.azure.com", "dl.k8s.io", ".openai.azure.com", ".azurecr.io"};
constexpr const char* kOwn = "localhost,127.0.0.1,::1,10.89.0.0/16";

TEST(Environment, NoProxyKeepsWhatWasThereAndAddsClusters) {
  const std::pair<const char*, std::string> rows[] = {
      {"", kOwn},
      {"corp.example, .intra", std::string("corp.example,.intra,") + kOwn},
      {"localhost,127.0.0.1", kOwn},
      {"10.0.0.0/8 a.b", std::string("10.0.0.0/8,a.b,") + kOwn},
  };
  for (const auto& [before, after] : rows) EXPECT_EQ(merge_no_proxy(before, kNames), after);
}

TEST(Environment, NoProxyDropsEntriesThatLeadPastLazuli) {
  for (const auto* entry : {"*", ".azure.com", "azure.com", "*.azure.com", "management.azure.com", "x.azurecr.io",
                            "AzureCR.io", "management.azure.com:443"})
    EXPECT_EQ(merge_no_proxy(entry, kNames), kOwn) << entry;
  for (const auto* entry : {"notazure.com", "ure.com", "azurecr.io.example"})
    EXPECT_THAT(merge_no_proxy(entry, kNames), HasSubstr(entry));
}

TEST(Environment, SetsProxyTrustAndPlacesOfTheClients) {
  const auto variables =
      environment({"http://127.0.0.1:1", "/s/b.pem", "/s/java.p12", "/s/azure", "/s/kubeconfig", "/s", kNames},
                  [](std::string_view name) { return std::string(name == "NO_PROXY" ? "old.example" : ""); });
  EXPECT_EQ(variables.at("HTTPS_PROXY"), "http://127.0.0.1:1");
  EXPECT_EQ(variables.at("https_proxy"), "http://127.0.0.1:1");
  EXPECT_FALSE(variables.contains("HTTP_PROXY"));
  EXPECT_THAT(variables.at("no_proxy"), HasSubstr("old.example"));
  for (const auto* name : {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"})
    EXPECT_EQ(variables.at(name), "/s/b.pem");
  EXPECT_EQ(variables.at("NODE_USE_ENV_PROXY"), "1");
  EXPECT_THAT(variables.at("JAVA_TOOL_OPTIONS"), HasSubstr("trustStore=/s/java.p12"));
  EXPECT_EQ(variables.at("AZURE_CONFIG_DIR"), "/s/azure");
  EXPECT_EQ(variables.at("KUBECONFIG"), "/s/kubeconfig");
  EXPECT_EQ(variables.at("LAZULI_STATE"), "/s");
}

TEST(Environment, QuotesForEachShell) {
  const Variables variables{{"A", "it's \\ $x"}};
  EXPECT_EQ(render(variables, "sh"), "export A='it'\\''s \\ $x'\n");
  EXPECT_EQ(render(variables, "fish"), "set -gx A 'it\\'s \\\\ $x';\n");
  EXPECT_EQ(string_at(*parse_json(render(variables, "json")), "A"), "it's \\ $x");
}

TEST(Environment, DockerMountsTheBundleAndKeepsTheHostsPlacesOut) {
  const std::string flags = docker_flags({{"SSL_CERT_FILE", "/s/b.pem"},
                                          {"KUBECONFIG", "/s/k"},
                                          {"JAVA_TOOL_OPTIONS", "-Da -Db"},
                                          {"HTTPS_PROXY", "http://127.0.0.1:1"}},
                                         "/s/b.pem");
  EXPECT_THAT(flags, HasSubstr("-v /s/b.pem:/etc/lazuli/ca-bundle.pem:ro"));
  EXPECT_THAT(flags, HasSubstr("-e SSL_CERT_FILE=/etc/lazuli/ca-bundle.pem"));
  EXPECT_THAT(flags, HasSubstr("-e HTTPS_PROXY=http://127.0.0.1:1"));
  EXPECT_THAT(flags, Not(HasSubstr("KUBECONFIG")));
  EXPECT_THAT(flags, Not(HasSubstr("JAVA_TOOL_OPTIONS")));
}

}  // namespace
}  // namespace lazuli::command_line
