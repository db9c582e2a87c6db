#include "command_line/java_options.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "crypto/java_trust.h"

namespace lazuli::command_line {

namespace {

constexpr std::array<std::string_view, 4> kOwnOptions{
    "-Dhttps.proxyHost=", "-Dhttps.proxyPort=", "-Dhttp.nonProxyHosts=", "-Djavax.net.ssl.trustStore"};

// "10.89.0.0/16" is "10.89.*": Java knows names with a star at one end. Empty: it cannot be said.
std::string host_pattern(const std::string& entry) {
  const std::size_t slash = entry.find('/');
  if (slash != std::string::npos) {
    const auto octets = split(entry.substr(0, slash), '.');
    const std::string bits = entry.substr(slash + 1);
    const std::size_t whole = bits == "8" ? 1 : bits == "16" ? 2 : bits == "24" ? 3 : 0;
    if (octets.size() != 4 || whole == 0) return {};
    return join({octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(whole)}, ".") + ".*";
  }
  if (entry.starts_with('.')) return "*" + entry;
  return entry.find("::") == std::string::npos ? entry : "[" + entry + "]";
}

}  // namespace

std::string java_options(std::string_view proxy, std::string_view no_proxy, std::string_view trust_store,
                         std::string_view before) {
  std::vector<std::string> options;
  for (auto& option : split(before, ' ')) {
    const bool own =
        std::ranges::any_of(kOwnOptions, [&](std::string_view start) { return option.starts_with(start); });
    if (!own && !option.empty()) options.push_back(std::move(option));
  }
  std::vector<std::string> hosts;
  for (const auto& entry : split(no_proxy, ',')) {
    if (auto pattern = host_pattern(entry); !pattern.empty()) hosts.push_back(std::move(pattern));
  }
  const std::string_view address = proxy.substr(proxy.rfind('/') + 1);
  const std::size_t colon = address.rfind(':');
  options.push_back("-Dhttps.proxyHost=" + std::string(address.substr(0, colon)));
  options.push_back("-Dhttps.proxyPort=" + std::string(address.substr(colon + 1)));
  options.push_back("-Dhttp.nonProxyHosts=" + join(hosts, "|"));
  options.push_back(crypto::java_trust_options(trust_store));
  return join(options, " ");
}

}  // namespace lazuli::command_line
