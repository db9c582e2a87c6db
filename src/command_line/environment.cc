#include "command_line/environment.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/json.h"
#include "base/text.h"
#include "command_line/java_options.h"

namespace lazuli::command_line {

namespace {

// The clusters' addresses: `cluster` gives each a piece of this block.
constexpr std::string_view kClusterAddresses = "10.89.0.0/16";

// Each names a bundle that *replaces* a runtime's own roots (NODE_EXTRA_CA_CERTS adds to them, which does no harm).
constexpr std::array<std::string_view, 6> kTrustVariables{"REQUESTS_CA_BUNDLE",  "SSL_CERT_FILE",  "CURL_CA_BUNDLE",
                                                          "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "PIP_CERT"};

constexpr std::string_view kJavaVariable = "JAVA_TOOL_OPTIONS";
constexpr std::string_view kBundleInContainer = "/etc/lazuli/ca-bundle.pem";

// Whether a NO_PROXY entry takes one of our names past the proxy. Clients agree on suffixes, with or without the dot.
bool covers_own_name(std::string_view entry, const std::vector<std::string>& own_names) {
  if (entry == "*") return true;
  std::string suffix = to_lower(entry.substr(0, entry.find(':')));
  while (suffix.starts_with('*')) suffix.erase(0, 1);
  if (!suffix.starts_with('.')) suffix.insert(0, ".");
  return std::ranges::any_of(own_names, [&](const std::string& name) {
    const std::string dotted = name.starts_with('.') ? name : "." + name;
    return dotted.ends_with(suffix) || (name.starts_with('.') && suffix.ends_with(dotted));
  });
}

std::string quoted(std::string_view text, std::string_view quote_inside) {
  return "'" + replace_all(std::string(text), "'", quote_inside) + "'";
}

}  // namespace

std::string variable_of_process(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value ? value : "";
}

std::string merge_no_proxy(std::string_view before, const std::vector<std::string>& own_names) {
  std::vector<std::string> entries;
  auto add = [&](std::string_view entry) {
    if (!entry.empty() && std::ranges::find(entries, entry) == entries.end()) entries.emplace_back(entry);
  };
  for (const auto& entry : split(replace_all(std::string(before), " ", ","), ','))
    if (!covers_own_name(trim(entry), own_names)) add(trim(entry));
  for (const std::string_view own :
       {std::string_view("localhost"), std::string_view("127.0.0.1"), std::string_view("::1"), kClusterAddresses})
    add(own);
  return join(entries, ",");
}

Variables environment(const EnvironmentInput& input, const Lookup& before) {
  Variables variables;
  for (const auto name : {"HTTPS_PROXY", "https_proxy"}) variables[name] = input.proxy;
  const std::string no_proxy = merge_no_proxy(before("no_proxy") + "," + before("NO_PROXY"), input.own_names);
  for (const auto name : {"NO_PROXY", "no_proxy"}) variables[name] = no_proxy;
  for (const auto name : kTrustVariables) variables[std::string(name)] = input.trust_bundle;
  variables["NODE_USE_ENV_PROXY"] = "1";  // Node reads the proxy's variables from 22.21 and 24.5 on, if it is told to
  variables[std::string(kJavaVariable)] =
      java_options(input.proxy, no_proxy, input.java_trust_store, before(kJavaVariable));
  variables["AZURE_CONFIG_DIR"] = input.azure_config;
  variables["AZURE_CORE_COLLECT_TELEMETRY"] = "no";  // az would call a telemetry host
  variables["KUBECONFIG"] = input.kubeconfig;
  variables["LAZULI_STATE"] = input.state_directory;
  return variables;
}

std::string render(const Variables& variables, std::string_view shell) {
  if (shell == "json") {
    JsonObject object;
    for (const auto& [name, value] : variables) object[name] = value;
    return to_pretty(object) + "\n";
  }
  std::string text;
  for (const auto& [name, value] : variables)
    text += shell == "fish" ? "set -gx " + name + " " + quoted(replace_all(value, "\\", "\\\\"), "\\'") + ";\n"
                            : "export " + name + "=" + quoted(value, "'\\''") + "\n";
  return text;
}

std::string docker_flags(const Variables& variables, std::string_view trust_bundle) {
  std::string flags = "--network host -v " + std::string(trust_bundle) + ":" + std::string(kBundleInContainer) + ":ro";
  for (const auto& [name, value] : variables) {
    if (name == "AZURE_CONFIG_DIR" || name == "KUBECONFIG" || name == "LAZULI_STATE" || name == kJavaVariable) continue;
    flags += " -e " + name + "=" + (value == trust_bundle ? std::string(kBundleInContainer) : value);
  }
  return flags + "\n";
}

}  // namespace lazuli::command_line
