#include "providers/container_service/names.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace lazuli::providers::container_service {
namespace {

constexpr std::size_t kLongestGroup = 80, kLongestCluster = 63;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

Status check_cluster_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kLongestCluster && is_letter_or_digit(name.front()) &&
                    is_letter_or_digit(name.back()) &&
                    std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
  if (good) return {};
  return Error{"InvalidParameter",
               "The managed cluster name '" + std::string(name.substr(0, kLongestCluster)) +
                   "' is not valid: 1 to 63 letters, digits, '_' and '-', a letter or digit first and last.",
               400, "name"};
}

std::string cluster_id(const arm::ResourceId& id) {
  return "/subscriptions/" + id.subscription() + "/resourcegroups/" + id.resource_group() +
         "/providers/Microsoft.ContainerService/managedClusters/" + id.name();
}

std::string node_group(std::string_view group, std::string_view cluster, std::string_view location) {
  const std::string name = "MC_" + std::string(group) + "_" + std::string(cluster) + "_" + std::string(location);
  return name.substr(0, kLongestGroup);
}

std::string random_label(Random& random) {
  return random.text(8, "abcdefghijklmnopqrstuvwxyz0123456789");
}

std::string random_digits(Random& random) {
  return random.text(8, "0123456789");
}

std::string resource_uid(Random& random, TimePoint now) {
  const auto seconds = static_cast<std::uint32_t>(unix_seconds(now));
  std::string time;
  for (int shift = 24; shift >= 0; shift -= 8) time += static_cast<char>(seconds >> shift & 0xff);
  return hex(time) + hex(random.bytes(8));
}

std::string node_name(std::string_view pool, std::string_view digits) {
  return "aks-" + std::string(pool) + "-" + std::string(digits) + "-vmss000000";
}

std::string issuer_url(std::string_view location, std::string_view tenant, std::string_view guid) {
  return "https://" + std::string(location) + ".oic.prod-aks.azure.com/" + std::string(tenant) + "/" +
         std::string(guid) + "/";
}

JsonArray outbound_dependencies(const std::string& api_server) {
  const auto category = [](std::string_view name, const std::vector<std::string>& domains) {
    JsonArray endpoints;
    for (const auto& domain : domains) {
      JsonArray details;
      details.push_back(JsonObject{{"port", 443}, {"protocol", "Https"}});
      endpoints.push_back(JsonObject{{"domainName", domain}, {"endpointDetails", std::move(details)}});
    }
    return JsonObject{{"category", name}, {"endpoints", std::move(endpoints)}};
  };
  JsonArray items;
  items.push_back(category("azure-resource-management", {"management.azure.com", "login.microsoftonline.com"}));
  items.push_back(category("images", {"mcr.microsoft.com"}));
  items.push_back(category("apiserver", {api_server}));
  return items;
}

}  // namespace lazuli::providers::container_service
