#include "command_line/config.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "base/yaml.h"
#include "command_line/config_fields.h"
#include "command_line/engine_config.h"
#include "fault/rules.h"

namespace lazuli::command_line {

namespace {

constexpr std::int64_t kMostPerMinute = 1'000'000'000'000;

Result<Config::Limit> read_limit(const Json& value, const std::string& where) {
  Config::Limit limit;
  const auto read = read_object(
      value, where,
      {{"identity", text_into(limit.identity, where + ".identity")},
       {"account", text_into(limit.account, where + ".account")},
       {"deployment", text_into(limit.deployment, where + ".deployment")},
       {"tokens_per_minute", number_into(limit.tokens, where + ".tokens_per_minute", 1, kMostPerMinute)},
       {"requests_per_minute", number_into(limit.requests, where + ".requests_per_minute", 1, kMostPerMinute)}});
  if (!read) return read.error();
  if (limit.tokens == 0 && limit.requests == 0)
    return wrong(where, "limits nothing: give tokens_per_minute, requests_per_minute or both.");
  return limit;
}

auto terms_into(Json& target, const std::string& where) {
  return [&target, where](const Json& value) -> Status {
    const bool texts = value.is_array() && std::ranges::all_of(value.get_array(), [](const Json& term) {
                         return term.is_string() && !term.get_string().empty();
                       });
    if (!texts) return wrong(where, "has to be a list of texts.");
    target.get_object()[where.substr(where.rfind('.') + 1)] = value;
    return {};
  };
}

// Checked here, so that a word misspelt does not leave the filter open; read by the gateway.
Status read_content_filter(const Json& value, Json& target) {
  const std::string where = "content_filter";
  std::string mode = "list", url, on_failure = "pass";
  std::int64_t timeout = 5;
  Json terms = JsonObject{};
  auto read_terms = [&](const Json& lists) {
    std::vector<Field> fields;
    const std::string terms_at = where + ".terms.";
    for (const std::string category :
         {"hate", "jailbreak", "self_harm", "sexual", "violence", "protected_material_code", "protected_material_text"})
      fields.emplace_back(category, terms_into(terms, terms_at + category));
    return read_object(lists, where + ".terms", fields);
  };
  auto read = read_object(value, where,
                          {{"mode", text_into(mode, where + ".mode", {"off", "list", "service"})},
                           {"terms", read_terms},
                           {"url", text_into(url, where + ".url")},
                           {"timeout", number_into(timeout, where + ".timeout", 1, 300)},
                           {"on_failure", text_into(on_failure, where + ".on_failure", {"pass", "refuse"})}});
  if (!read) return read;
  if (mode == "service" && !url.starts_with("http://") && !url.starts_with("https://"))
    return wrong(where + ".url", "is needed with mode: service: an http or https URL.");
  if (mode != "service" && !url.empty()) return wrong(where + ".url", "is for mode: service alone.");
  if (mode != "list" && !terms.get_object().empty()) return wrong(where + ".terms", "are for mode: list alone.");
  target = JsonObject{
      {"mode", mode}, {"terms", std::move(terms)}, {"url", url}, {"timeout", timeout}, {"on_failure", on_failure}};
  return {};
}

Status read_telemetry(const Json& value, Config& config) {
  const std::string where = "telemetry.headers", endpoint = "telemetry.endpoint";
  auto headers = [&](const Json& members) -> Status {
    if (!members.is_object()) return wrong(where, "has to be a mapping of names to values.");
    for (const auto& [name, text] : members.get_object()) {
      std::string taken;
      if (auto read = text_into(taken, where + "." + std::string(name))(text); !read) return read;
      config.telemetry_headers.emplace_back(name, std::move(taken));
    }
    return {};
  };
  auto read = read_object(value, "telemetry",
                          {{"endpoint", url_into(config.telemetry_endpoint, endpoint)}, {"headers", headers}});
  if (!read) return read;
  if (config.telemetry_endpoint.empty() && !config.telemetry_headers.empty())
    return wrong(where, "are for telemetry.endpoint, which is missing.");
  return {};
}

}  // namespace

Result<Config> parse_config(std::string_view yaml) {
  const auto document = parse_yaml(yaml);
  if (!document) return document.error();
  Config config;
  auto engines = [&](const Json& value) { return read_engines(value, config.engines); };
  auto limits = [&](const Json& value) -> Status {
    if (!value.is_array()) return wrong("limits", "has to be a list.");
    for (std::size_t i = 0; i < value.get_array().size(); ++i) {
      auto limit = read_limit(value.get_array()[i], "limits[" + std::to_string(i) + "]");
      if (!limit) return limit.error();
      config.limits.push_back(std::move(*limit));
    }
    return {};
  };
  auto content_filter = [&](const Json& value) { return read_content_filter(value, config.content_filter); };
  auto faults = [&](const Json& value) -> Status {
    if (!value.is_array()) return wrong("faults", "has to be a list.");
    for (std::size_t i = 0; i < value.get_array().size(); ++i) {
      const auto rule = fault::read_rule(value.get_array()[i], TimePoint());
      if (!rule) return wrong("faults[" + std::to_string(i) + "]", rule.error().message);
      config.faults.push_back(value.get_array()[i]);
    }
    return {};
  };
  auto networks = [&](const Json& value) -> Status {
    if (!value.is_array()) return wrong("issuers.private_networks", "has to be a list.");
    for (const auto& network : value.get_array()) {
      config.issuer_networks.push_back(string_or(&network));
      const auto& text = config.issuer_networks.back();
      if (text.empty() || text.find_first_not_of("0123456789abcdefABCDEF.:/") != std::string::npos)
        return wrong("issuers.private_networks", "'" + text + "' is no network, such as 10.1.0.0/16.");
    }
    return {};
  };
  auto issuers = [&](const Json& value) {
    return read_object(value, "issuers",
                       {{"private_networks", networks},
                        {"proxy_resolves", flag_into(config.proxy_resolves_issuers, "issuers.proxy_resolves")}});
  };
  std::int64_t days = 0;
  auto keys = [&](const Json& value) {
    return read_object(value, "keys", {{"rotate_every_days", number_into(days, "keys.rotate_every_days", 1, 3650)}});
  };
  auto telemetry = [&](const Json& value) { return read_telemetry(value, config); };
  auto metrics = [&](const Json& value) {
    return read_object(value, "metrics", {{"listen", endpoint_into(config.metrics, "metrics.listen")}});
  };
  auto proxy = [&](const Json& value) {
    return read_object(value, "proxy", {{"port", port_into(config.proxy_port, "proxy")}});
  };
  auto portal = [&](const Json& value) {
    return read_object(value, "portal", {{"port", port_into(config.portal_port, "portal")}});
  };
  auto cluster = [&](const Json& value) {
    return read_object(value, "cluster",
                       {{"engine", text_into(config.cluster_engine, "cluster.engine", {"bundle", "attached"})},
                        {"kubeconfig", text_into(config.kubeconfig, "cluster.kubeconfig")},
                        {"doorsAddress", text_into(config.doors_address, "cluster.doorsAddress")}});
  };
  const auto read = read_object(*document, "",
                                {{"engines", engines},
                                 {"limits", limits},
                                 {"content_filter", content_filter},
                                 {"faults", faults},
                                 {"issuers", issuers},
                                 {"keys", keys},
                                 {"telemetry", telemetry},
                                 {"metrics", metrics},
                                 {"proxy", proxy},
                                 {"portal", portal},
                                 {"offline", flag_into(config.offline, "offline")},
                                 {"cluster", cluster}});
  if (!read) return read.error();
  if (days > 0) config.key_period = std::chrono::hours(24 * days);
  return config;
}

Status check_cluster(const Config& config) {
  if (config.cluster_engine != "attached") return {};
  const auto usage = [](std::string message) { return Error{"UsageError", std::move(message), 400}; };
  if (config.kubeconfig.empty()) return usage("--cluster-engine attached needs --kubeconfig FILE: the cluster to use.");
  const auto& address = config.doors_address;
  if (address.empty())
    return usage(
        "--cluster-engine attached needs --doors-address IP: the address of this machine at which the cluster's "
        "control "
        "plane and pods reach lazuli.");
  in_addr four{};
  in6_addr six{};
  const bool is_four = ::inet_pton(AF_INET, address.c_str(), &four) == 1;
  if (!is_four && ::inet_pton(AF_INET6, address.c_str(), &six) != 1)
    return usage("--doors-address has to be an IP address, as a pod's hosts file takes nothing else, and not '" +
                 address + "'.");
  const bool own = is_four ? ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET || four.s_addr == htonl(INADDR_ANY)
                           : IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_UNSPECIFIED(&six);
  if (own)
    return usage("--doors-address " + address +
                 " would lead each pod to itself; give an address of this machine that the cluster reaches.");
  return {};
}

Result<Config> load_config(const std::filesystem::path& path) {
  const auto text = read_file(path, std::size_t{1} << 20);
  if (!text) return text.error();
  auto config = parse_config(*text);
  if (config) return config;
  const auto line = yaml_line(*text, config.error().target);
  const std::string at = path.string() + (line ? ", line " + std::to_string(*line) : "");
  return Error{config.error().code, at + ": " + config.error().message, 400, config.error().target};
}

}  // namespace lazuli::command_line
