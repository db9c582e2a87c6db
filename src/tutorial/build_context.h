// The build context that `az acr build` uploads: a gzipped tar of a folder, without what .dockerignore names, and with
// the Dockerfile a second time under the name that the run is told (az's way, since the ignore file may leave it out).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace lazuli::tutorial {

Result<std::string> build_context(const std::filesystem::path& folder, std::string_view dockerfile_entry);

// Whether .dockerignore's lines leave a path (relative, with '/') out. Later lines win; '!' takes back in; '*', '?' and
// "**" as Docker has them; a pattern also covers what is below it.
bool ignored(const std::vector<std::string>& patterns, std::string_view path);

}  // namespace lazuli::tutorial
