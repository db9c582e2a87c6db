// lazuli.yaml: what a person sets once instead of with every `up`. Every key is known or refused with its name; a flag
// of the command line goes before the file.
//
//   engines:                       # first match wins
//     - {model: "gpt-4*", kind: url, url: "http://127.0.0.1:8000/v1"}
//     - {model: "*", kind: echo}
//   limits:                        # for each identity, beside the deployments' own; first match wins
//     - {identity: "*", account: "*", deployment: "gpt-4*", tokens_per_minute: 2000, requests_per_minute: 60}
//   content_filter:                # off, list (with terms for Azure's categories), or service (url, timeout,
//   on_failure)
//     mode: list
//     terms: {violence: ["…"], jailbreak: ["ignore all previous instructions"]}
//   telemetry:                     # OTLP over HTTP; default: $OTEL_EXPORTER_OTLP_ENDPOINT and …_HEADERS
//     endpoint: "http://127.0.0.1:4318"
//     headers: {api-key: "…"}
//   metrics: {listen: "127.0.0.1:9464"}   # Prometheus's text at /metrics; default: nowhere
//   proxy: {port: 8910}
//   portal: {port: 8911}
//   offline: false
//   faults:                        # as `lazuli fault add` takes them
//     - {kind: throttle, service: openai, calls: 3, retryAfter: 2s}
//   issuers:                       # of federated credentials, other than the clusters'
//     private_networks: ["10.1.0.0/16"]
//     proxy_resolves: false        # true: an upstream proxy guards private addresses itself
//   keys: {rotate_every_days: 30}  # signing keys of the token service
//   cluster: {engine: attached, kubeconfig: /home/me/.kube/config, doorsAddress: 192.0.2.7}
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "net/server.h"

namespace lazuli::command_line {

struct Config {
  struct Engine {
    std::string model;  // pattern
    std::string kind;   // "llama", "url", "echo"
    Json settings = JsonObject{};
  };
  struct Limit {
    std::string identity = "*";  // patterns
    std::string account = "*";
    std::string deployment = "*";
    std::int64_t tokens = 0, requests = 0;  // per minute; 0: no limit
  };
  std::vector<Engine> engines;
  std::vector<Limit> limits;
  std::string telemetry_endpoint;
  std::vector<std::pair<std::string, std::string>> telemetry_headers;
  std::optional<net::Endpoint> metrics;
  Json content_filter = nullptr;  // checked; the gateway reads it
  std::optional<unsigned short> proxy_port, portal_port;
  bool offline = false;
  std::string cluster_engine = "bundle";
  std::string kubeconfig, doors_address;
  std::vector<Json> faults;                          // as fault::read_rule takes them
  std::vector<std::string> issuer_networks;          // private ones that issuers may be in
  bool proxy_resolves_issuers = false;               // an upstream proxy is trusted to guard private addresses
  Seconds key_period = std::chrono::hours(24 * 30);  // between new signing keys
};

// Error code "InvalidConfiguration"; the message begins with the key: "engines[1].kind: …", which is the target, too.
Result<Config> parse_config(std::string_view yaml);
// The message begins with the file and, where it is known, the line.
Result<Config> load_config(const std::filesystem::path& path);

// Of the whole, flags included: whether an attached cluster is given what it takes. Error code "UsageError".
Status check_cluster(const Config& config);

}  // namespace lazuli::command_line
