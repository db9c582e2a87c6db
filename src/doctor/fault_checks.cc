// Faults that somebody asked for (`lazuli fault`): what they do looks like a broken link, so they are told beside it.
#include <algorithm>
#include <set>

#include "doctor/checks.h"
#include "doctor/doctor.h"

namespace lazuli::doctor {

std::optional<fault::Rule> fault_of(const Scene& scene, std::string_view service, std::string_view resource,
                                    std::initializer_list<fault::Kind> kinds) {
  if (!scene.parts.faults || !scene.identity) return std::nullopt;
  const auto& identity = *scene.identity;
  for (auto& rule : scene.parts.faults->concerning({service, identity.client_id, identity.principal_id, resource})) {
    if (std::ranges::find(kinds, rule.kind) != kinds.end()) return std::move(rule);
  }
  return std::nullopt;
}

void check_faults(Scene& scene) {
  if (!scene.parts.faults) return;
  const std::string client = scene.identity ? scene.identity->client_id : scene.client_id;
  const std::string object = scene.identity ? scene.identity->principal_id : std::string();
  const std::string issuer = scene.presented().issuer;
  const std::string account = scene.account ? scene.account->id() : std::string();
  std::set<std::uint64_t> told;
  for (const auto& [service, resource] :
       {std::pair<std::string_view, const std::string&>{"token", issuer}, {"openai", account}}) {
    for (const auto& rule : scene.parts.faults->concerning({service, client, object, resource})) {
      if (!told.insert(rule.id).second) continue;
      auto& finding = scene.warning("fault on request", "fault-" + std::string(fault::word(rule.kind)));
      finding.expected = "no fault that was asked for strikes the pod's calls";
      finding.found = fault::text(rule);
      finding.mend = "lazuli fault clear " + std::to_string(rule.id);
    }
  }
}

}  // namespace lazuli::doctor
