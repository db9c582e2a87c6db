#include <algorithm>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/connections.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

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
  if (const auto identity = find_identity(scene.parts, trim(value))) return identity->client_id;
  if (const auto by_id = scene.parts.service.resources().get(value)) return by_id->property_text("clientId");
  return likely_client_id(scene);
}

// The service account that the pod was to run as: of the connection whose secret it reads, or the only one of the
// namespace that names an identity.
std::string meant_account(const Scene& scene) {
  const auto list = scene.objects->get("/api/v1/namespaces/" + scene.name_space + "/serviceaccounts");
  const Json* items = list ? find(*list, "items") : nullptr;
  if (!items || !items->is_array()) return {};
  std::vector<std::string> with_identity;
  for (const auto& one : items->get_array()) {
    std::string name = string_at(one, "metadata", "name");
    if (name == scene.service_account_name || !is_guid(metadata_of(one, "annotations", kClientIdAnnotation))) continue;
    for (const auto& connection : connections_of(scene)) {
      if (connection.service_account == name && reads_secret(scene, connection.secret)) return name;
    }
    with_identity.push_back(name);
  }
  return with_identity.size() == 1 ? with_identity.front() : std::string();
}

// Each container that has a token says itself whose it is, and will again in a new pod.
bool pod_names_client_id(const Scene& scene) {
  bool any = false;
  for (const auto& container : scene.containers) {
    const auto* variable = container.environment.find("AZURE_CLIENT_ID");
    if (variable && !is_guid(variable->value)) return false;
    if (!variable && container.environment.find("AZURE_FEDERATED_TOKEN_FILE")) return false;
    any = any || (variable && (scene.owners.empty() || scene.template_sets(container, "AZURE_CLIENT_ID")));
  }
  return any;
}

bool add_other_account(Scene& scene) {
  const auto meant = meant_account(scene);
  if (meant.empty()) return false;
  auto& finding = scene.wrong(std::string(kAccountLink), "service-account-without-identity");
  finding.expected = "the pod runs as a service account with annotation " + std::string(kClientIdAnnotation);
  finding.found = "it runs as '" + scene.service_account_name + "', which has none; '" + meant + "' has one";
  finding.mend = commands::use_account(scene, meant);
  return true;
}

void check_client_id(Scene& scene, const std::string& value) {
  if (value.empty()) {
    if (pod_names_client_id(scene)) return;
    const auto near = misspelt_annotation(*scene.service_account);
    if (near.empty() && add_other_account(scene)) return;
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
    const bool stray = !by_object && is_guid(std::string(trim(value)));
    auto& finding = scene.wrong(std::string(kAccountLink), stray ? "client-id-annotation-with-stray-characters"
                                                                 : "client-id-annotation-is-another-id");
    finding.expected =
        stray ? "no blanks or line ends around the client id in annotation " + std::string(kClientIdAnnotation)
              : "the identity's client id in annotation " + std::string(kClientIdAnnotation);
    finding.found = "'" + value + "'" + (by_object ? ", the object id of " + by_object->id() : "");
    finding.mend = commands::annotate_account(scene, kClientIdAnnotation, meant_client_id(scene, value));
  }
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
    finding.mend = "kubectl create serviceaccount " + scene.service_account_name + " -n " + scene.name_space + " && " +
                   commands::restart(scene);
    if (const auto meant = meant_account(scene); !meant.empty()) {
      finding.found += "; the namespace has '" + meant + "', which names an identity";
      finding.mend = commands::use_account(scene, meant);
      return;
    }
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
    scene.good(std::string(kAccountLink),
               scene.service_account_name +
                   (client.empty() ? " names no client id: the pod does so itself" : " names the client id " + client));
  }
}

}  // namespace lazuli::doctor
