// `az aks get-credentials`: a kubeconfig merged into a person's own. Entries of the same name are replaced, everything
// else stays, and the new context becomes the current one. Written as JSON, which is YAML too.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace lazuli::tutorial {

Status merge_kubeconfig(const std::filesystem::path& file, std::string_view yaml);

}  // namespace lazuli::tutorial
