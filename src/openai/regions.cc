#include "openai/regions.h"

#include <utility>

#include "base/text.h"

namespace lazuli::openai {

namespace {

constexpr std::pair<std::string_view, std::string_view> kRegions[] = {
    {"australiaeast", "Australia East"},
    {"brazilsouth", "Brazil South"},
    {"canadacentral", "Canada Central"},
    {"canadaeast", "Canada East"},
    {"centralindia", "Central India"},
    {"centralus", "Central US"},
    {"eastasia", "East Asia"},
    {"eastus", "East US"},
    {"eastus2", "East US 2"},
    {"francecentral", "France Central"},
    {"germanywestcentral", "Germany West Central"},
    {"italynorth", "Italy North"},
    {"japaneast", "Japan East"},
    {"japanwest", "Japan West"},
    {"koreacentral", "Korea Central"},
    {"northcentralus", "North Central US"},
    {"northeurope", "North Europe"},
    {"norwayeast", "Norway East"},
    {"polandcentral", "Poland Central"},
    {"southafricanorth", "South Africa North"},
    {"southcentralus", "South Central US"},
    {"southeastasia", "Southeast Asia"},
    {"southindia", "South India"},
    {"spaincentral", "Spain Central"},
    {"swedencentral", "Sweden Central"},
    {"switzerlandnorth", "Switzerland North"},
    {"uaenorth", "UAE North"},
    {"uksouth", "UK South"},
    {"ukwest", "UK West"},
    {"westcentralus", "West Central US"},
    {"westeurope", "West Europe"},
    {"westus", "West US"},
    {"westus2", "West US 2"},
    {"westus3", "West US 3"},
};

}  // namespace

std::string region_display_name(std::string_view location) {
  const std::string plain = to_lower(replace_all(std::string(location), " ", ""));
  for (const auto& [name, shown] : kRegions) {
    if (name == plain) return std::string(shown);
  }
  return std::string(location);
}

}  // namespace lazuli::openai
