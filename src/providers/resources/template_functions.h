// The functions of template expressions that look at nothing but their arguments.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace lazuli::providers {

// Nothing if there is no such function; error code InvalidTemplate if the arguments do not suit it.
std::optional<Result<Json>> call_template_function(const std::string& name, const JsonArray& arguments);

std::string deterministic_guid(const std::string& text);  // guid()

}  // namespace lazuli::providers
