#include "providers/resources/regions.h"

#include <array>

#include "base/text.h"

namespace lazuli::providers {

namespace {

struct Region {
  std::string_view name, display, group, geography, longitude, latitude, place, pair;
};

// As GET /subscriptions/S/locations answers on Azure.
constexpr std::array kRegions = std::to_array<Region>({
    {"eastus", "East US", "US", "United States", "-79.8164", "37.3719", "Virginia", "westus"},
    {"eastus2", "East US 2", "US", "United States", "-78.3889", "36.6681", "Virginia", "centralus"},
    {"centralus", "Central US", "US", "United States", "-93.6208", "41.5908", "Iowa", "eastus2"},
    {"northcentralus", "North Central US", "US", "United States", "-87.6278", "41.8819", "Illinois", "southcentralus"},
    {"southcentralus", "South Central US", "US", "United States", "-98.5", "29.4167", "Texas", "northcentralus"},
    {"westus", "West US", "US", "United States", "-122.417", "37.783", "California", "eastus"},
    {"westus2", "West US 2", "US", "United States", "-119.852", "47.233", "Washington", "westcentralus"},
    {"westus3", "West US 3", "US", "United States", "-112.074036", "33.448376", "Phoenix", "eastus"},
    {"westcentralus", "West Central US", "US", "United States", "-110.234", "40.89", "Wyoming", "westus2"},
    {"canadacentral", "Canada Central", "Canada", "Canada", "-79.383", "43.653", "Toronto", "canadaeast"},
    {"canadaeast", "Canada East", "Canada", "Canada", "-71.217", "46.817", "Quebec", "canadacentral"},
    {"brazilsouth", "Brazil South", "South America", "Brazil", "-46.633", "-23.55", "Sao Paulo State",
     "southcentralus"},
    {"northeurope", "North Europe", "Europe", "Europe", "-6.2597", "53.3478", "Ireland", "westeurope"},
    {"westeurope", "West Europe", "Europe", "Europe", "4.9", "52.3667", "Netherlands", "northeurope"},
    {"uksouth", "UK South", "UK", "United Kingdom", "-0.799", "50.941", "London", "ukwest"},
    {"ukwest", "UK West", "UK", "United Kingdom", "-3.084", "53.427", "Cardiff", "uksouth"},
    {"francecentral", "France Central", "Europe", "France", "2.3730", "46.3772", "Paris", "francesouth"},
    {"germanywestcentral", "Germany West Central", "Europe", "Germany", "8.682127", "50.110924", "Frankfurt",
     "germanynorth"},
    {"swedencentral", "Sweden Central", "Europe", "Sweden", "17.14127", "60.67488", "Gävle", "swedensouth"},
    {"switzerlandnorth", "Switzerland North", "Europe", "Switzerland", "8.564572", "47.451542", "Zurich",
     "switzerlandwest"},
    {"norwayeast", "Norway East", "Europe", "Norway", "10.752245", "59.913868", "Norway", "norwaywest"},
    {"italynorth", "Italy North", "Europe", "Italy", "9.18109", "45.46888", "Milan", ""},
    {"polandcentral", "Poland Central", "Europe", "Poland", "21.01666", "52.23334", "Warsaw", ""},
    {"spaincentral", "Spain Central", "Europe", "Spain", "3.4209", "40.4259", "Madrid", ""},
    {"uaenorth", "UAE North", "Middle East", "United Arab Emirates", "55.316666", "25.266666", "Dubai", "uaecentral"},
    {"israelcentral", "Israel Central", "Middle East", "Israel", "33.4506633", "31.2655698", "Israel", ""},
    {"qatarcentral", "Qatar Central", "Middle East", "Qatar", "51.439327", "25.551462", "Doha", ""},
    {"eastus2euap", "East US 2 EUAP", "US", "United States", "-78.3889", "36.6681", "", "centraluseuap"},
    {"centraluseuap", "Central US EUAP", "US", "United States", "-93.6208", "41.5908", "", "eastus2euap"},
    {"southafricanorth", "South Africa North", "Africa", "South Africa", "28.218370", "-25.731340", "Johannesburg",
     "southafricawest"},
    {"australiaeast", "Australia East", "Asia Pacific", "Australia", "151.2094", "-33.86", "New South Wales",
     "australiasoutheast"},
    {"australiasoutheast", "Australia Southeast", "Asia Pacific", "Australia", "144.9631", "-37.8136", "Victoria",
     "australiaeast"},
    {"eastasia", "East Asia", "Asia Pacific", "Asia Pacific", "114.188", "22.267", "Hong Kong", "southeastasia"},
    {"southeastasia", "Southeast Asia", "Asia Pacific", "Asia Pacific", "103.833", "1.283", "Singapore", "eastasia"},
    {"japaneast", "Japan East", "Asia Pacific", "Japan", "139.77", "35.68", "Tokyo, Saitama", "japanwest"},
    {"japanwest", "Japan West", "Asia Pacific", "Japan", "135.5022", "34.6939", "Osaka", "japaneast"},
    {"koreacentral", "Korea Central", "Asia Pacific", "Korea", "126.9780", "37.5665", "Seoul", "koreasouth"},
    {"koreasouth", "Korea South", "Asia Pacific", "Korea", "129.0756", "35.1796", "Busan", "koreacentral"},
    {"centralindia", "Central India", "Asia Pacific", "India", "73.9197", "18.5822", "Pune", "southindia"},
    {"southindia", "South India", "Asia Pacific", "India", "80.1636", "12.9822", "Chennai", "centralindia"},
});

const Region* find_region(std::string_view name) {
  for (const auto& region : kRegions) {
    if (equals_ignoring_case(region.name, name)) return &region;
  }
  return nullptr;
}

JsonObject metadata_of(const Region& region, const std::string& base, std::string_view api_version) {
  JsonObject metadata{{"regionType", "Physical"}, {"regionCategory", "Recommended"}, {"geographyGroup", region.group}};
  if (api_version >= "2022-12-01") metadata["geography"] = region.geography;
  metadata["longitude"] = region.longitude;
  metadata["latitude"] = region.latitude;
  metadata["physicalLocation"] = region.place;
  JsonArray pairs;
  if (!region.pair.empty()) {
    pairs.push_back(JsonObject{{"name", region.pair}, {"id", base + std::string(region.pair)}});
  }
  metadata["pairedRegion"] = std::move(pairs);
  return metadata;
}

}  // namespace

std::string region_name(std::string_view text) {
  std::string name = to_lower(text);
  std::erase(name, ' ');
  return name;
}

std::string region_display_name(std::string_view name) {
  const Region* region = find_region(name);
  return std::string(region ? region->display : name);
}

JsonObject region_item(std::string_view name, const std::string& subscription, std::string_view api_version) {
  const std::string base = "/subscriptions/" + subscription + "/locations/";
  const std::string display = region_display_name(name);
  const Region* region = find_region(name);
  JsonObject item{{"id", base + std::string(name)}, {"name", name}};
  // The first forms of this answer had the coordinates beside the name (2016-06-01 as recorded).
  if (api_version < "2019-11-01") {
    item["displayName"] = display;
    item["longitude"] = region ? region->longitude : "0";
    item["latitude"] = region ? region->latitude : "0";
    return item;
  }
  if (api_version >= "2022-12-01") item["type"] = "Region";
  item["displayName"] = display;
  item["regionalDisplayName"] = region ? "(" + std::string(region->group) + ") " + display : display;
  item["metadata"] = region ? Json(metadata_of(*region, base, api_version))
                            : Json(JsonObject{{"regionType", "Logical"}, {"regionCategory", "Other"}});
  return item;
}

}  // namespace lazuli::providers
