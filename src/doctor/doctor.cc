#include "doctor/doctor.h"

#include <array>

#include "doctor/checks.h"
#include "doctor/scene.h"

namespace lazuli::doctor {

Result<Report> Doctor::check(std::string_view cluster_id, std::string_view name_space, std::string_view subject) const {
  const auto id = arm::ResourceId::parse(cluster_id);
  if (!id) return arm::bad_request("BadRequest", "'" + std::string(cluster_id) + "' is no resource id of a cluster.");
  auto scene = read_scene(parts_, *id, name_space, subject);
  if (!scene) return scene.error();
  constexpr std::array<void (*)(Scene&), 20> kChain = {check_start,      check_cluster_identity,
                                                       check_label,      check_service_account,
                                                       check_injection,  check_identity,
                                                       check_credential, check_exchange,
                                                       check_endpoint,   check_role,
                                                       check_network,    check_keys,
                                                       check_deployment, check_api_version,
                                                       check_audience,   check_connections,
                                                       check_faults,     check_logs,
                                                       check_refusals,   check_ends};
  for (const auto check : kChain) check(*scene);
  return scene->report;
}

Result<Report> Doctor::check_pod(std::string_view cluster_id, std::string_view name_space, std::string_view pod) const {
  return check(cluster_id, name_space, "pod/" + std::string(pod));
}

}  // namespace lazuli::doctor
