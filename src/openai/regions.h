// Names of regions as answers show them: "eastus" is "East US".
#pragma once

#include <string>
#include <string_view>

namespace lazuli::openai {

// A name that is not known stays as it is.
std::string region_display_name(std::string_view location);

}  // namespace lazuli::openai
