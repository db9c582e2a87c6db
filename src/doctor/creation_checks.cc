// Why a workload has no pod: nobody asked for one, or what would make it was refused.
#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLink = "pod";
constexpr std::string_view kExpirationAnnotation = "azure.workload.identity/service-account-token-expiration";
constexpr std::string_view kProxyAnnotation = "azure.workload.identity/inject-proxy-sidecar";

Finding& add(Scene& scene, std::string cause, std::string expected, std::string found) {
  auto& finding = scene.wrong(std::string(kLink), std::move(cause));
  finding.expected = std::move(expected);
  finding.found = std::move(found);
  return finding;
}

void add_expiration(Scene& scene) {
  auto& finding =
      add(scene, "token-expiration-invalid",
          "annotation " + std::string(kExpirationAnnotation) + " between 3600 and 86400, or none", scene.why_no_pod);
  finding.mend = !scene.annotation(kExpirationAnnotation).empty()
                     ? commands::drop_annotation(scene, kExpirationAnnotation)
                     : "kubectl annotate serviceaccount " + scene.service_account_name + " -n " + scene.name_space +
                           " " + std::string(kExpirationAnnotation) + "- && " + commands::restart(scene);
}

bool asks_for_none(const Scene& scene) {
  const Json* replicas = scene.owners.empty() ? nullptr : find(scene.owners.front().object, "spec", "replicas");
  return replicas && integer(replicas).value_or(1) == 0;
}

}  // namespace

void check_creation(Scene& scene) {
  const auto& why = scene.why_no_pod;
  if (asks_for_none(scene)) {
    auto& finding = add(scene, "scaled-to-zero", "a pod of " + commands::workload(scene), "it is scaled to zero");
    finding.mend = "kubectl scale " + commands::workload(scene) + " -n " + scene.name_space + " --replicas 1";
  } else if (contains(why, "failed calling webhook")) {
    add_webhook_not_reached(scene, why);
  } else if (contains(why, kExpirationAnnotation) || contains(why, "token expiration")) {
    add_expiration(scene);
  } else if (contains(why, kProxyAnnotation)) {
    add(scene, "proxy-sidecar-not-supported", "no annotation " + std::string(kProxyAnnotation), why).mend =
        commands::drop_annotation(scene, kProxyAnnotation);
  } else if (!why.empty() && !contains(why, "error looking up service account")) {
    add(scene, "pod-not-made", "a pod of " + commands::workload(scene), why);
  } else {
    // A missing service account is told of by its own check.
    scene.unknown(std::string(kLink), why.empty() ? std::string("there is none yet") : "none can be made: " + why);
  }
}

}  // namespace lazuli::doctor
