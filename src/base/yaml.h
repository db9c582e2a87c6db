// YAML files that people write (lazuli.yaml, a kubeconfig) as JSON values: read by yaml-cpp, bounded, with anchors but
// no tags of one's own; a key that stands in a mapping twice is an error. Plain scalars become null, booleans and
// numbers as in YAML's core schema.
#pragma once

#include <optional>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace lazuli {

// Error code "InvalidYaml" with line and column.
Result<Json> parse_yaml(std::string_view text);

// The line, from 1, on which the value at a path stands ("engines[1].kind"); a path's last name may be one that is
// missing, which gives the line of what should hold it. Nothing if the text cannot be read or has no such place.
std::optional<int> yaml_line(std::string_view text, std::string_view path);

}  // namespace lazuli
