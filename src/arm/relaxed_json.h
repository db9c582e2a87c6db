// JSON as people write it in templates: with comments, names without quotes and strings in single quotes. Resource
// Manager takes all three (azure-cli itself sends `template:` without quotes); the strict parser here does not.
#pragma once

#include <string>
#include <string_view>

namespace lazuli::arm {

// The same text in strict form, as far as the three liberties go; other faults stay for the parser to name.
std::string strict_json(std::string_view text);

}  // namespace lazuli::arm
