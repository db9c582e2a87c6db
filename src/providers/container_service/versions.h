// Which Kubernetes a cluster can have: the one that runs here. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::providers::container_service {

struct Version {
  std::string asked;    // "1.37" or "1.37.2": what kubernetesVersion answers
  std::string current;  // "1.37.2"
};

std::string minor_of(std::string_view version);  // "1.37.2" → "1.37"

// asked: empty for the default; a minor or the full version. Error K8sVersionNotSupported (400).
Result<Version> choose_version(std::string_view asked, std::string_view runs, std::string_view cluster);

Json version_list(std::string_view runs);         // locations/L/kubernetesVersions
JsonObject orchestrators(std::string_view runs);  // "properties" of locations/L/orchestrators

}  // namespace lazuli::providers::container_service
