#include "providers/container_service/versions.h"

namespace lazuli::providers::container_service {

std::string minor_of(std::string_view version) {
  const auto first = version.find('.');
  const auto second = first == std::string_view::npos ? first : version.find('.', first + 1);
  return std::string(version.substr(0, second));
}

Result<Version> choose_version(std::string_view asked, std::string_view runs, std::string_view cluster) {
  const std::string minor = minor_of(runs);
  if (asked.empty() || asked == minor) return Version{minor, std::string(runs)};
  if (asked == runs) return Version{std::string(runs), std::string(runs)};
  return Error{"K8sVersionNotSupported",
               "Managed cluster " + std::string(cluster) + " has invalid version " + std::string(asked) + ": " +
                   std::string(runs) +
                   " is what runs here. Please use [az aks get-versions] command to get the supported version list in "
                   "this region.",
               400};
}

Json version_list(std::string_view runs) {
  const JsonObject version{{"version", minor_of(runs)},
                           {"isDefault", true},
                           {"capabilities", JsonObject{{"supportPlan", JsonArray{"KubernetesOfficial"}}}},
                           {"patchVersions", JsonObject{{runs, JsonObject{{"upgrades", JsonArray{}}}}}}};
  return JsonObject{{"values", JsonArray{version}}};
}

JsonObject orchestrators(std::string_view runs) {
  return {
      {"orchestrators",
       JsonArray{JsonObject{{"orchestratorType", "Kubernetes"}, {"orchestratorVersion", runs}, {"default", true}}}}};
}

}  // namespace lazuli::providers::container_service
