// What Azure tells of its regions: display names, coordinates, pairs.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace lazuli::providers {

// A region that is not in the table is displayed by its name.
std::string region_display_name(std::string_view name);
// An item of GET /subscriptions/S/locations, in the form that the api-version has.
JsonObject region_item(std::string_view name, const std::string& subscription, std::string_view api_version);
// "East US" → "eastus"
std::string region_name(std::string_view text);

}  // namespace lazuli::providers
