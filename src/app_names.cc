#include "app_names.h"

namespace lazuli::names {

std::vector<std::string> sign_in() {
  return {"login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net"};
}

std::vector<std::string> graph() {
  return {"graph.microsoft.com", "graph.windows.net"};
}

std::vector<std::string> openai() {
  return {".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"};
}

std::vector<std::string> registry() {
  return {".azurecr.io"};
}

std::vector<std::string> blobs() {
  return {".blob.core.windows.net"};
}

std::vector<std::string> downloads() {
  return {"dl.k8s.io", "api.github.com", "github.com"};
}

std::vector<std::string> all() {
  std::vector<std::string> names = sign_in();
  auto add = [&](const std::vector<std::string>& more) { names.insert(names.end(), more.begin(), more.end()); };
  add(graph());
  add({kManagement, kIssuers});
  add(openai());
  add(registry());
  add(blobs());
  return names;
}

std::vector<std::string> permitted_domains() {
  std::vector<std::string> domains = downloads();
  for (const auto& name : all()) domains.push_back(name.starts_with('.') ? name.substr(1) : name);
  return domains;
}

std::vector<std::string> certificate_names() {
  std::vector<std::string> names = downloads();
  for (const auto& name : all()) names.push_back(name.starts_with('.') ? "*" + name : name);
  names.push_back("*.data.azurecr.io");
  for (const auto& location : locations()) names.push_back("*." + location + ".data.azurecr.io");
  return names;
}

std::vector<std::string> locations() {
  return {"eastus",        "eastus2",       "centralus",     "northcentralus",     "southcentralus",   "westcentralus",
          "westus",        "westus2",       "westus3",       "canadacentral",      "canadaeast",       "brazilsouth",
          "northeurope",   "westeurope",    "francecentral", "germanywestcentral", "italynorth",       "norwayeast",
          "polandcentral", "spaincentral",  "swedencentral", "switzerlandnorth",   "uksouth",          "ukwest",
          "eastasia",      "southeastasia", "australiaeast", "australiasoutheast", "centralindia",     "southindia",
          "japaneast",     "japanwest",     "koreacentral",  "koreasouth",         "southafricanorth", "uaenorth",
          "israelcentral", "qatarcentral",  "eastus2euap",   "centraluseuap"};
}

std::string_view service_of(std::string_view host) {
  for (const auto& name : sign_in())
    if (host == name) return "token";
  if (host == kManagement) return "arm";
  for (const auto& suffix : openai())
    if (host.ends_with(suffix)) return "openai";
  return {};
}

}  // namespace lazuli::names
