#include <set>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/connections.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLabelLink = "label";
constexpr std::string_view kAccountLink = "service account";
constexpr std::string_view kInjectionLink = "identity in the pod";

std::string metadata_of(const Json& object, std::string_view map, std::string_view name) {
  return string_at(object, "metadata", map, name);
}

// Where the label was put instead of on the pod's template; empty if nowhere.
std::string label_elsewhere(const Scene& scene) {
  if (!scene.annotation(kUseLabel).empty()) return "it is an annotation of the pod, not a label";
  for (const auto& owner : scene.owners) {
    if (!metadata_of(owner.object, "labels", kUseLabel).empty()) {
      return "it is on the " + owner.kind + " itself, not in its pod template";
    }
  }
  // Service Connector labels the accounts that it makes, which says nothing about the pod.
  const bool connectors = scene.service_account && metadata_of(*scene.service_account, "labels",
                                                               "app.kubernetes.io/managed-by") == "service-connector";
  if (scene.service_account && !connectors && !metadata_of(*scene.service_account, "labels", kUseLabel).empty()) {
    return "it is on the service account, where it does not count";
  }
  return {};
}

// A key that was meant to be the client id's: other case, underscore, or another prefix.
std::string misspelt_annotation(const Json& service_account) {
  const Json* annotations = find(service_account, "metadata", "annotations");
  if (!annotations || !annotations->is_object()) return {};
  for (const auto& member : annotations->get_object()) {
    std::string plain = to_lower(member.key());
    std::erase_if(plain, [](char c) { return c == '-' || c == '_' || c == '.'; });
    if (contains(plain, "clientid")) return member.key();
  }
  return {};
}

std::optional<arm::Resource> identity_where(const Scene& scene, std::string_view property, std::string_view value) {
  for (auto& identity : scene.parts.service.resources().of_type(kIdentityType)) {
    if (equals_ignoring_case(identity.property_text(property), value)) return identity;
  }
  return std::nullopt;
}

// The client id that should stand in the annotation, if the wrong value still tells which identity was meant.
std::string meant_client_id(const Scene& scene, const std::string& value) {
  if (const auto by_object = identity_where(scene, "principalId", value)) return by_object->property_text("clientId");
  if (const auto by_id = scene.parts.service.resources().get(value)) return by_id->property_text("clientId");
  const auto federated = federated_identity(scene);
  return federated ? federated->property_text("clientId") : "<client id of the identity>";
}

void check_client_id(Scene& scene, const std::string& value) {
  if (value.empty()) {
    const auto near = misspelt_annotation(*scene.service_account);
    auto& finding = scene.wrong(std::string(kAccountLink), near.empty() || near == kClientIdAnnotation
                                                               ? "client-id-annotation-missing"
                                                               : "client-id-annotation-misspelt");
    finding.expected =
        "annotation " + std::string(kClientIdAnnotation) + " on service account " + scene.service_account_name;
    finding.found = near.empty() ? "none" : near == kClientIdAnnotation ? "it is empty" : "'" + near + "'";
    const auto given = metadata_of(*scene.service_account, "annotations", near);
    finding.mend =
        commands::annotate_account(scene, kClientIdAnnotation, is_guid(given) ? given : meant_client_id(scene, given));
    return;
  }
  const auto by_object = identity_where(scene, "principalId", value);
  if (!is_guid(value) || by_object) {
    auto& finding = scene.wrong(std::string(kAccountLink), "client-id-annotation-is-another-id");
    finding.expected = "the identity's client id in annotation " + std::string(kClientIdAnnotation);
    finding.found = "'" + value + "'" + (by_object ? ", the object id of " + by_object->id() : "");
    finding.mend = commands::annotate_account(scene, kClientIdAnnotation, meant_client_id(scene, value));
  }
}

bool injected(const Container& container) {
  return container.environment.find("AZURE_FEDERATED_TOKEN_FILE") != nullptr;
}

std::set<std::string> skipped(const Scene& scene) {
  std::set<std::string> names;
  for (const auto& name : split(scene.annotation(kSkipAnnotation), ';')) names.emplace(trim(name));
  return names;
}

void add_not_injected(Scene& scene) {
  if (scene.name_space == "kube-system") {
    auto& finding = scene.wrong(std::string(kInjectionLink), "namespace-without-webhook");
    finding.expected = "a namespace in which the webhook looks at pods";
    finding.found = "kube-system, which it leaves alone";
    finding.mend = "kubectl create namespace <name>  # and run the workload there";
    return;
  }
  if (!scene.webhook) {
    auto& finding = scene.wrong(std::string(kInjectionLink), "webhook-missing");
    finding.expected = "the webhook azure-wi-webhook-mutating-webhook-configuration";
    finding.found = "there is none in the cluster";
    finding.mend = "az aks update " + commands::resource_options(scene.cluster) +
                   " --enable-oidc-issuer --enable-workload-identity";
    return;
  }
  auto& finding = scene.wrong(std::string(kInjectionLink), "pod-older-than-its-set-up");
  finding.expected = "the variables AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE, AZURE_AUTHORITY_HOST";
  finding.found = "none: the webhook changes a pod only when it is made, and this one was made (" +
                  scene.pod_text("creationTimestamp") + ") before label or workload identity were in place";
  finding.mend = commands::restart(scene);
}

// The token that the pod will present: the webhook's volume, or one that the pod brings itself.
void check_token_volume(Scene& scene) {
  const Json* volumes = find(scene.pod, "spec", "volumes");
  if (!volumes || !volumes->is_array()) return;
  for (const auto& volume : volumes->get_array()) {
    const Json* sources = find(volume, "projected", "sources");
    if (!string_at(volume, "name").starts_with(kTokenVolumePrefix) || !sources || !sources->is_array()) continue;
    for (const auto& source : sources->get_array()) {
      const auto audience = string_at(source, "serviceAccountToken", "audience");
      if (audience.empty() || audience == kAudience) continue;
      auto& finding = scene.wrong("projected token", "token-for-another-audience");
      finding.expected = "audience " + std::string(kAudience);
      finding.found = audience;
      finding.mend = commands::restart(scene);
    }
  }
}

bool check_token_file(Scene& scene, const Container& container) {
  const auto* file = container.environment.find("AZURE_FEDERATED_TOKEN_FILE");
  if (!file || file->value.starts_with(std::string(kTokenMountPath) + "/")) return true;
  const bool api_server = file->value.starts_with("/var/run/secrets/kubernetes.io/");
  auto& finding = scene.wrong("projected token", api_server ? "token-of-the-api-server" : "token-file-elsewhere");
  finding.expected = "AZURE_FEDERATED_TOKEN_FILE as the webhook sets it";
  finding.found =
      "container " + container.name + " sets it to " + file->value + (api_server ? ", a token for the API server" : "");
  finding.mend = "kubectl set env " + commands::workload(scene) + " -n " + scene.name_space + " -c " + container.name +
                 " AZURE_FEDERATED_TOKEN_FILE-";
  return false;
}

// The id that the pod signs in with, against what the service account says now.
void check_client_variable(Scene& scene, const Container& container, const std::string& annotated) {
  const auto* variable = container.environment.find("AZURE_CLIENT_ID");
  if (variable) scene.client_id = variable->value;
  if (variable && (annotated.empty() || equals_ignoring_case(variable->value, annotated))) return;
  if (!variable && annotated.empty()) return;  // told by the service account's check
  auto& finding = scene.wrong(std::string(kInjectionLink), "client-id-differs-from-annotation");
  finding.expected = "AZURE_CLIENT_ID " + annotated + ", as the service account says";
  finding.found = "container " + container.name + " has " + (variable ? variable->value : "none") +
                  ": its own value, or the annotation changed after the pod was made";
  finding.mend = commands::restart(scene);
}

}  // namespace

void check_cluster_identity(Scene& scene) {
  const auto* security = scene.cluster_document.property("securityProfile");
  const bool workload = security && bool_or(find(*security, "workloadIdentity", "enabled"));
  if (!scene.issuer().empty() && workload) {
    scene.good("cluster", "OIDC issuer " + scene.issuer() + ", workload identity on");
    return;
  }
  auto& finding = scene.wrong("cluster", scene.issuer().empty() ? "oidc-issuer-off" : "workload-identity-off");
  finding.expected = "OIDC issuer and workload identity are enabled on the cluster";
  finding.found = std::string("OIDC issuer ") + (scene.issuer().empty() ? "off" : "on") + ", workload identity " +
                  (workload ? "on" : "off");
  finding.mend = "az aks update " + commands::resource_options(scene.cluster) +
                 " --enable-oidc-issuer --enable-workload-identity && " + commands::restart(scene);
}

void check_label(Scene& scene) {
  const auto label = scene.label(kUseLabel);
  if (label == "true") {
    scene.good(std::string(kLabelLink), std::string(kUseLabel) + "=true");
    return;
  }
  const auto elsewhere = label_elsewhere(scene);
  const bool meant = !label.empty() || !elsewhere.empty();
  auto& finding = scene.wrong(std::string(kLabelLink), !label.empty()      ? "label-has-another-value"
                                                       : elsewhere.empty() ? "label-missing"
                                                                           : "label-not-on-the-pod");
  finding.expected =
      std::string(kUseLabel) + ": \"true\" among the pod's labels (in a workload: " + "spec.template.metadata.labels)";
  finding.found = !label.empty() ? "'" + label + "'" : meant ? elsewhere : "none";
  finding.mend = commands::label(scene, kUseLabel, "true");
}

void check_service_account(Scene& scene) {
  if (!scene.service_account) {
    auto& finding = scene.wrong(std::string(kAccountLink), "service-account-missing");
    finding.expected = "service account '" + scene.service_account_name + "' in namespace '" + scene.name_space + "'";
    finding.found = "there is none";
    finding.mend = "kubectl create serviceaccount " + scene.service_account_name + " -n " + scene.name_space;
    for (const auto& connection : connections_of(scene)) {
      if (connection.service_account != scene.service_account_name) continue;
      finding.mend = commands::make_connection(scene, connection, scene.name_space) + " && " + commands::restart(scene);
    }
    return;
  }
  const auto client = scene.account_annotation(kClientIdAnnotation);
  check_client_id(scene, client);
  const auto tenant = scene.account_annotation(kTenantIdAnnotation);
  const auto& home = scene.parts.service.parts().tenant_id;
  if (!tenant.empty() && !equals_ignoring_case(tenant, home)) {
    auto& finding = scene.wrong(std::string(kAccountLink), "tenant-id-wrong");
    finding.expected = "annotation " + std::string(kTenantIdAnnotation) + " absent or " + home;
    finding.found = tenant;
    finding.mend = commands::annotate_account(scene, kTenantIdAnnotation, home);
  }
  if (!scene.report.is_wrong(kAccountLink)) {
    scene.good(std::string(kAccountLink), scene.service_account_name + " names the client id " + client);
  }
}

void check_injection(Scene& scene) {
  const auto annotated = scene.account_annotation(kClientIdAnnotation);
  scene.client_id = annotated;
  const bool any = std::ranges::any_of(scene.containers, injected);
  scene.identity_injected = any;
  if (!any && (scene.report.is_wrong(kLabelLink) || scene.report.is_wrong("cluster"))) {
    scene.unknown(std::string(kInjectionLink), "not given, since the pod did not ask or the cluster does not give it");
    return;
  }
  if (!any) return add_not_injected(scene);
  const auto skips = skipped(scene);
  for (const auto& container : scene.containers) {
    if (!injected(container)) {
      auto& finding = scene.warning(std::string(kInjectionLink), "container-without-identity");
      finding.expected = "every container that calls Azure has the variables";
      finding.found = "container " + container.name + " has none: " +
                      (skips.contains(container.name) ? "the annotation " + std::string(kSkipAnnotation) + " names it"
                                                      : "it was added after the webhook had looked");
      finding.mend = skips.contains(container.name) ? "kubectl annotate " + commands::workload(scene) + " -n " +
                                                          scene.name_space + " " + std::string(kSkipAnnotation) + "-"
                                                    : commands::restart(scene);
      continue;
    }
    check_token_file(scene, container);
    if (!scene.report.is_wrong(kAccountLink)) check_client_variable(scene, container, annotated);
  }
  check_token_volume(scene);
  if (!scene.report.is_wrong(kInjectionLink) && !scene.report.is_wrong("projected token")) {
    scene.good(std::string(kInjectionLink), "variables and projected token are there");
  }
}

}  // namespace lazuli::doctor
