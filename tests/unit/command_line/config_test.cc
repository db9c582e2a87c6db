#include "command_line/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "base/files.h"

namespace lazuli::command_line {
namespace {

using testing::StartsWith;

TEST(Config, EmptyFileMeansDefaults) {
  const auto config = parse_config("");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_TRUE(config->engines.empty());
  EXPECT_EQ(config->cluster_engine, "bundle");
}

TEST(Config, ReadsEverySetting) {
  const auto config = parse_config(
      "engines:\n"
      "  - {model: 'gpt-4*', kind: url, url: 'http://127.0.0.1:8000/v1'}\n"
      "  - {kind: echo}\n"
      "limits:\n"
      "  - {identity: key1, requests_per_minute: 60}\n"
      "  - {deployment: 'gpt-4*', tokens_per_minute: 2000}\n"
      "content_filter: {terms: {violence: [stab, shoot]}}\n"
      "proxy: {port: 9000}\n"
      "portal: {port: 0}\n"
      "offline: true\n"
      "cluster: {engine: attached, kubeconfig: /k}\n");
  ASSERT_TRUE(config.ok()) << config.error().message;
  ASSERT_EQ(config->engines.size(), 2U);
  EXPECT_EQ(config->engines[0].model, "gpt-4*");
  EXPECT_EQ(string_at(config->engines[0].settings, "url"), "http://127.0.0.1:8000/v1");
  EXPECT_EQ(config->engines[1].model, "*");
  EXPECT_EQ(string_at(config->content_filter, "mode"), "list");
  EXPECT_EQ(find(config->content_filter, "terms", "violence")->as_array().size(), 2U);
  ASSERT_EQ(config->limits.size(), 2U);
  EXPECT_EQ(config->limits[0].identity, "key1");
  EXPECT_EQ(config->limits[0].requests, 60);
  EXPECT_EQ(config->limits[1].deployment, "gpt-4*");
  EXPECT_EQ(config->limits[1].tokens, 2000);
  EXPECT_EQ(config->proxy_port, 9000);
  EXPECT_EQ(config->portal_port, 0);
  EXPECT_TRUE(config->offline);
  EXPECT_EQ(config->cluster_engine, "attached");
  EXPECT_EQ(config->kubeconfig, "/k");
}

TEST(Config, NamesTheKeyAtFault) {
  const std::pair<const char*, const char*> rows[] = {
      {"engine: []", "engine: is not known here. Did you mean 'engines'?"},
      {"engines: {}", "engines: has to be a list"},
      {"engines: [{model: x}]", "engines[0].kind: is missing"},
      {"engines: [{kind: echo}, {kind: vllm}]", "engines[1].kind: is one of llama, url, echo"},
      {"limits: [{identity: '*'}]", "limits[0]: limits nothing"},
      {"limits: [{tokens_per_minute: lots}]", "limits[0].tokens_per_minute: has to be a whole number"},
      {"limits: [{tokens: 5}]", "limits[0].tokens: is not known here"},
      {"content_filter: {mode: strict}", "content_filter.mode: is one of off, list, service"},
      {"content_filter: {mode: service}", "content_filter.url: is needed"},
      {"content_filter: {mode: service, url: 'http://x', terms: {hate: [x]}}", "content_filter.terms: are for"},
      {"content_filter: {terms: {voilence: [x]}}", "content_filter.terms.voilence: is not known here. Did you mean"},
      {"content_filter: {terms: {violence: x}}", "content_filter.terms.violence: has to be a list of texts"},
      {"content_filter: {mode: off, url: 'http://x'}", "content_filter.url: is for mode: service alone"},
      {"engines: [{kind: url, url: 'http://x', tiemout: 5}]",
       "engines[0].tiemout: is not known here. Did you mean 'timeout'?"},
      {"engines: [{kind: url}]", "engines[0].url: is missing"},
      {"engines: [{kind: url, url: 'ftp://x'}]", "engines[0].url: has to be an http(s) URL"},
      {"engines: [{kind: url, url: 'http://x', timeout: '5s'}]", "engines[0].timeout: has to be a whole number"},
      {"engines: [{kind: url, url: 'http://x', hedge: -1}]", "engines[0].hedge: has to be a whole number"},
      {"engines: [{kind: url, url: 'http://x', health: {interval: 0, retries: 1}}]",
       "engines[0].health.retries: is not known here"},
      {"engines: [{kind: url, url: 'http://x', health: {path: models}}]", "engines[0].health.path: has to begin"},
      {"engines: [{kind: url, upstreams: []}]", "engines[0].upstreams: has to be a list of servers"},
      {"engines: [{kind: url, upstreams: [{url: 'http://x', wieght: 1}]}]",
       "engines[0].upstreams[0].wieght: is not known here. Did you mean 'weight'?"},
      {"engines: [{kind: url, upstreams: [{weight: 1}]}]", "engines[0].upstreams[0].url: is missing"},
      {"engines: [{kind: url, url: 'http://x', images: some}]", "engines[0].images: has to be true or false"},
      {"engines: [{kind: llama, url: 'http://x'}]", "engines[0].url: is not known here"},
      {"engines: [{kind: llama, threads: many}]", "engines[0].threads: has to be a whole number from 0 to 1024"},
      {"engines: [{kind: echo, model: 5}]", "engines[0].model: has to be text"},
      {"telemetry: {headers: {a: b}}", "telemetry.headers: are for telemetry.endpoint"},
      {"telemetry: {endpoint: 'http://x', headers: {a: 5}}", "telemetry.headers.a: has to be text"},
      {"metrics: {listen: here}", "metrics.listen: has to be an address and a port"},
      {"metrics: {listen: '127.0.0.1:99999'}", "metrics.listen: has to be an address and a port"},
      {"metrics: {port: 1}", "metrics.port: is not known here. Known: listen."},
      {"telemetry: {endpoint: 'localhost:4318'}", "telemetry.endpoint: has to be an http(s) URL"},
      {"proxy: {port: 70000}", "proxy.port: has to be a port"},
      {"proxy: {prot: 1}", "proxy.prot: is not known here. Did you mean 'port'?"},
      {"offline: maybe", "offline: has to be true or false"},
      {"cluster: {engine: kind}", "cluster.engine: is one of bundle, attached"},
      {"faults: [{kind: flood}]", "faults[0]: kind: is one of throttle"},
      {"keys: {rotate_every_days: 0}", "keys.rotate_every_days: has to be"},
      {"issuers: {private_networks: [here]}", "issuers.private_networks: 'here' is no network"},
      {"cluster: 5", "cluster: has to be a mapping"},
  };
  for (const auto& [yaml, message] : rows) {
    const auto config = parse_config(yaml);
    ASSERT_FALSE(config.ok()) << yaml;
    EXPECT_THAT(config.error().message, StartsWith(message));
  }
}

TEST(Config, TakesEverySettingOfEachKindOfEngine) {
  const auto config = parse_config(
      "engines:\n"
      "  - {kind: url, url: 'http://x', served_model: m, key: k, key_file: f, key_env: E, weight: 1, priority: 0,\n"
      "     timeout: 5, images: true, trust: t, health: {path: /h, interval: 1, timeout: 1}, hedge: 5}\n"
      "  - {kind: url, upstreams: [{url: 'http://x', served_model: m, key: k, weight: 2, priority: 1}]}\n"
      "  - {kind: llama, directory: d, program: p, file: f, embeddings: e, context: 512, parallel: 1, threads: 1,\n"
      "     default_max_tokens: 0, idle: 0, timeout: 1}\n");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->engines.size(), 3U);
  EXPECT_EQ(find(config->engines[0].settings, "kind"), nullptr);
}

TEST(Config, MetricsListenWhereTheyAreTold) {
  const std::tuple<const char*, const char*, int> rows[] = {
      {"9464", "127.0.0.1", 9464}, {"'10.0.0.5:0'", "10.0.0.5", 0}, {"'[::1]:9464'", "::1", 9464}};
  for (const auto& [listen, address, port] : rows) {
    const auto config = parse_config("metrics: {listen: " + std::string(listen) + "}");
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(config->metrics->address, address);
    EXPECT_EQ(config->metrics->port, port);
  }
  EXPECT_FALSE(parse_config("")->metrics);
}

TEST(Config, TheErrorOfAFileNamesItAndTheLine) {
  const auto path = std::filesystem::path(testing::TempDir()) / "lazuli.yaml";
  const std::pair<const char*, const char*> rows[] = {
      {"offline: true\nengines:\n  - kind: echo\n  - kind: url\n    url: http://x\n    timout: 5\n",
       ", line 6: engines[1].timout: is not known"},
      {"engines:\n  - kind: url\n", ", line 2: engines[0].url: is missing"},
      {"proxy:\n  port: no\n", ", line 2: proxy.port: has to be a port"},
      {"proxy: {port: 1}\nproxy: {port: 2}\n", ": the key 'proxy' stands here twice (line 2, column 1)"},
  };
  for (const auto& [yaml, message] : rows) {
    ASSERT_TRUE(write_file(path, yaml).ok());
    const auto config = load_config(path);
    ASSERT_FALSE(config.ok()) << yaml;
    EXPECT_THAT(config.error().message, StartsWith(path.string() + message));
  }
  std::filesystem::remove(path);
}

TEST(Config, AnAttachedClusterNeedsAnAddressThatItsPodsReach) {
  const std::pair<const char*, const char*> rows[] = {
      {"cluster: {engine: bundle}", ""},
      {"cluster: {engine: attached}", "--cluster-engine attached needs --kubeconfig"},
      {"cluster: {engine: attached, kubeconfig: /k}", "--cluster-engine attached needs --doors-address"},
      {"cluster: {engine: attached, kubeconfig: /k, doorsAddress: lazuli.example}", "--doors-address has to be an IP"},
      {"cluster: {engine: attached, kubeconfig: /k, doorsAddress: 127.0.1.1}", "--doors-address 127.0.1.1 would lead"},
      {"cluster: {engine: attached, kubeconfig: /k, doorsAddress: 0.0.0.0}", "--doors-address 0.0.0.0 would lead"},
      {"cluster: {engine: attached, kubeconfig: /k, doorsAddress: '::1'}", "--doors-address ::1 would lead"},
      {"cluster: {engine: attached, kubeconfig: /k, doorsAddress: 192.0.2.7}", ""},
      {"cluster: {engine: attached, kubeconfig: /k, doorsAddress: '2001:db8::7'}", ""},
  };
  for (const auto& [yaml, message] : rows) {
    const auto config = parse_config(yaml);
    ASSERT_TRUE(config.ok()) << yaml;
    const auto checked = check_cluster(*config);
    EXPECT_EQ(checked.ok(), std::string_view(message).empty()) << yaml;
    const std::string said = checked ? "" : checked.error().message;
    EXPECT_THAT(said, StartsWith(message)) << yaml;
  }
}

}  // namespace
}  // namespace lazuli::command_line
