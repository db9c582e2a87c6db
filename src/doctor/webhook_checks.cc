// The webhook, tried: a pod is made of the template and not kept (a dry run), and what comes back tells whether the
// webhook is asked, answers, and changes it.
#include <algorithm>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLink = "webhook";

Json trial_pod(const Scene& scene) {
  const Json* made_from = scene.pod_template();
  const Json& like = made_from ? *made_from : scene.pod;
  JsonObject metadata{{"generateName", "doctor-"}, {"namespace", scene.name_space}};
  for (const auto* name : {"labels", "annotations"}) {
    if (const Json* held = find(like, "metadata", name)) metadata[name] = *held;
  }
  const Json* spec = find(like, "spec");
  return JsonObject{
      {"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", std::move(metadata)}, {"spec", spec ? *spec : Json()}};
}

bool has_token_file(const Json& pod) {
  return contains(to_text(pod), "AZURE_FEDERATED_TOKEN_FILE");
}

void add_passed_over(Scene& scene) {
  auto& finding = scene.wrong(std::string(kLink), "webhook-passes-the-pod-over");
  finding.expected =
      "a pod that is made now in namespace '" + scene.name_space + "' gets its identity from the webhook";
  finding.found = "it does not";
  const Json* list = find(*scene.webhook, "webhooks");
  if (list && list->is_array() && !list->get_array().empty()) {
    const auto& webhook = list->get_array().front();
    const Json* selector = find(webhook, "namespaceSelector");
    finding.found += ": failurePolicy " + string_at(webhook, "failurePolicy") + " (Ignore hides a webhook that does " +
                     "not answer or is not trusted), namespaceSelector " + (selector ? to_text(*selector) : "none");
  }
  finding.mend = commands::restore_webhook(scene);
}

}  // namespace

void add_webhook_not_reached(Scene& scene, const std::string& message) {
  auto& finding = scene.wrong(std::string(kLink), "webhook-not-reached");
  finding.expected = "the API server reaches the webhook and trusts its certificate";
  finding.found = message;
  finding.mend = commands::restore_webhook(scene);
}

bool check_webhook(Scene& scene) {
  if (!scene.webhook) {
    auto& finding = scene.wrong(std::string(kLink), "webhook-missing");
    finding.expected = "the webhook azure-wi-webhook-mutating-webhook-configuration";
    finding.found = "there is none in the cluster";
    finding.mend = commands::restore_webhook(scene);
    return false;
  }
  const auto tried =
      scene.objects->create("/api/v1/namespaces/" + scene.name_space + "/pods?dryRun=All", trial_pod(scene));
  if (!tried) {
    if (!contains(tried.error().message, "failed calling webhook")) return true;
    add_webhook_not_reached(scene, tried.error().message);
    return false;
  }
  if (has_token_file(*tried)) return true;
  add_passed_over(scene);
  return false;
}

}  // namespace lazuli::doctor
