// YAML files that people write (lazuli.yaml, a kubeconfig) as JSON values: read by yaml-cpp, bounded, with anchors but
// no tags of one's own. Plain scalars become null, booleans and numbers as in YAML's core schema.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace lazuli {

// Error code "InvalidYaml" with line and column.
Result<Json> parse_yaml(std::string_view text);

}  // namespace lazuli
