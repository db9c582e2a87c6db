#include "workload_identity/webhook.h"

#include <set>

#include "base/text.h"
#include "workload_identity/identity.h"
#include "workload_identity/json_patch.h"
#include "workload_identity/pod.h"
#include "workload_identity/trust.h"
#include "workload_identity/vocabulary.h"

namespace lazuli::workload_identity {

namespace {

Json answer(JsonObject response) {
  return JsonObject{{"apiVersion", kAdmissionVersion}, {"kind", "AdmissionReview"}, {"response", std::move(response)}};
}

Json refuse(std::string_view uid, const Error& error) {
  JsonObject status{{"code", error.status}, {"message", error.message}};
  return answer({{"uid", uid}, {"allowed", false}, {"status", std::move(status)}});
}

Json allow(std::string_view uid, const JsonArray& patch = {}, const std::vector<std::string>& warnings = {}) {
  JsonObject response{{"uid", uid}, {"allowed", true}};
  if (!patch.empty()) {
    response["patchType"] = "JSONPatch";
    response["patch"] = base64(to_text(Json(patch)));
  }
  if (!warnings.empty()) {
    JsonArray lines;
    for (const auto& warning : warnings) lines.push_back(Json(warning));
    response["warnings"] = std::move(lines);
  }
  return answer(std::move(response));
}

// Reading the service account of a pod without the label serves only a warning, so its errors do not matter.
Status change(Pod& pod, const std::string& name_space, const Settings& settings, Cluster& cluster,
              std::vector<std::string>& warnings) {
  add_trust(pod, settings, warnings);
  const bool labelled = wants_identity(pod);
  if (!settings.identity) {
    if (labelled) {
      warnings.push_back(
          "workload identity is off on this cluster: no identity (az aks update --enable-oidc-issuer "
          "--enable-workload-identity)");
    }
    return {};
  }
  const auto account = cluster.service_account(name_space, pod.service_account());
  if (!labelled) {
    warn_of_missing_label(pod, account ? *account : Json(nullptr), warnings);
    return {};
  }
  if (!account) return Error{"BadRequest", account.error().message, 400};  // upstream's status for any such failure
  return add_identity(pod, *account, settings, warnings);
}

std::set<std::string> ephemeral_names(const Json* old_object) {
  std::set<std::string> names;
  const Json* list = old_object ? find(*old_object, "spec", "ephemeralContainers") : nullptr;
  if (!list || !list->is_array()) return names;
  for (const auto& container : list->get_array()) names.insert(string_at(container, "name"));
  return names;
}

}  // namespace

Json review(const Json& review, const Settings& settings, Cluster& cluster) {
  const Json* request = find(review, "request");
  const std::string uid = request ? string_at(*request, "uid") : std::string();
  if (string_at(review, "apiVersion") != kAdmissionVersion || string_at(review, "kind") != "AdmissionReview" ||
      uid.empty()) {
    return refuse(uid, {"BadRequest", "this is no AdmissionReview of " + std::string(kAdmissionVersion), 400});
  }
  const auto operation = string_at(*request, "operation");
  const auto sub_resource = string_at(*request, "subResource");
  const bool creates = operation == "CREATE" && sub_resource.empty();
  const bool debugs = operation == "UPDATE" && sub_resource == "ephemeralcontainers";
  if (string_at(*request, "kind", "kind") != "Pod" || !(creates || debugs)) return allow(uid);

  const Json* object = find(*request, "object");
  auto pod = Pod::read(object ? *object : Json(nullptr));
  if (!pod) return refuse(uid, pod.error());
  if (pod->has_annotation(kMirrorAnnotation)) return allow(uid);

  std::vector<std::string> warnings;
  if (debugs) {
    add_trust_to_ephemeral(*pod, ephemeral_names(find(*request, "oldObject")));
  } else {
    const auto name_space = string_at(*request, "namespace");
    if (auto changed = change(*pod, name_space, settings, cluster, warnings); !changed) {
      return refuse(uid, changed.error());
    }
    if (!bool_or(find(*request, "dryRun"))) {
      if (auto ensured = cluster.ensure_trust(name_space); !ensured) return refuse(uid, ensured.error());
    }
  }
  return allow(uid, difference(*object, Json(pod->document())), warnings);
}

}  // namespace lazuli::workload_identity
