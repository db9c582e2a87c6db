#include "cluster/identity_access.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/doctor.h"
#include "doctor/words.h"
#include "providers/container_service/identity_bindings.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLink = "identity binding";
constexpr std::string_view kAnnotation = "azure.workload.identity/use-identity-binding";

}  // namespace

bool check_binding(Scene& scene) {
  if (scene.annotation(kAnnotation) != "true" || !scene.identity || !scene.objects) return false;
  const auto& client_id = scene.identity->client_id;
  const auto binding = providers::container_service::find_binding(scene.parts.service, scene.cluster.text(), client_id);
  if (!binding) return false;
  const std::string subject = scene.presented().subject;
  const auto allowed = cluster::check_identity_access(*scene.objects, client_id, subject);
  if (allowed.ok()) {
    scene.good(std::string(kLink), string_or(binding->document.if_contains("name")) +
                                       " names the identity, and the service account may use it");
  } else if (allowed.error().status == 503) {
    scene.unknown(std::string(kLink), allowed.error().message);
  } else {
    auto& finding = scene.wrong(std::string(kLink), "bound-identity-not-allowed");
    finding.expected = "the right to use-managed-identity on " + client_id + ".cid.wi.aks.azure.com";
    finding.found = subject + " does not have it";
    finding.mend = "echo " + commands::quoted(to_text(cluster::identity_access_roles(client_id, subject))) +
                   " | kubectl apply -f -";
  }
  return true;
}

}  // namespace lazuli::doctor
