// What the webhook gave the pod, container by container: variables and the projected token. A container may set them
// itself; that is wrong only if it does not lead through.
#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

constexpr std::array<std::string_view, 4> kAuthorities = {"login.microsoftonline.com", "login.microsoft.com",
                                                          "login.windows.net", "sts.windows.net"};

bool injected(const Container& container) {
  return container.environment.find("AZURE_FEDERATED_TOKEN_FILE") != nullptr;
}

std::set<std::string> skipped(const Scene& scene) {
  std::set<std::string> names;
  for (const auto& name : split(scene.annotation(kSkipAnnotation), ';')) names.emplace(trim(name));
  return names;
}

void add_older(Scene& scene) {
  auto& finding = scene.wrong(std::string(kInjectionLink), "pod-older-than-its-set-up");
  finding.expected = "the variables AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE, AZURE_AUTHORITY_HOST";
  finding.found = "none: the webhook changes a pod only when it is made, and this one was made (" +
                  scene.pod_text("creationTimestamp") + ") before label or workload identity were in place";
  finding.mend = commands::restart(scene);
}

void add_not_injected(Scene& scene) {
  if (scene.name_space == "kube-system") {
    auto& finding = scene.wrong(std::string(kInjectionLink), "namespace-without-webhook");
    finding.expected = "a namespace in which the webhook looks at pods";
    finding.found = "kube-system, which it leaves alone";
    finding.mend = "kubectl create namespace <name>  # and run the workload there";
    return;
  }
  if (check_webhook(scene)) add_older(scene);
}

// A container that reads an endpoint calls it, as far as anybody can see; any other may have no need of an identity.
void add_without_identity(Scene& scene, const Container& container, bool skips) {
  auto& finding = names_endpoint(container) ? scene.wrong(std::string(kInjectionLink), "container-without-identity")
                                            : scene.warning(std::string(kInjectionLink), "container-without-identity");
  finding.expected = "every container that calls Azure has the variables";
  finding.found = "container " + container.name + " has none: " +
                  (skips ? "the annotation " + std::string(kSkipAnnotation) + " names it"
                         : "it was added after the webhook had looked");
  finding.mend = skips ? commands::drop_annotation(scene, kSkipAnnotation) : commands::restart(scene);
}

// Back to what the webhook sets.
std::string without_own(const Scene& scene, const Container& container, std::string_view name) {
  if (!scene.template_sets(container, name)) return commands::restart(scene);
  return commands::set_env(scene, container.name, std::string(name) + "-");
}

// The audience of a token that is projected to a path of the container; none: nothing is projected there.
std::optional<std::string> audience_at(const Scene& scene, const Container& container, std::string_view path) {
  const auto visit = [](const Json* list, const auto& look) {
    if (!list || !list->is_array()) return;
    for (const auto& one : list->get_array()) look(one);
  };
  std::optional<std::string> found;
  visit(find(container.spec, "volumeMounts"), [&](const Json& mount) {
    const auto folder = std::string(without_trailing_slashes(string_at(mount, "mountPath"))) + "/";
    if (!path.starts_with(folder)) return;
    visit(find(scene.pod, "spec", "volumes"), [&](const Json& volume) {
      if (string_at(volume, "name") != string_at(mount, "name")) return;
      visit(find(volume, "projected", "sources"), [&](const Json& source) {
        if (folder + string_at(source, "serviceAccountToken", "path") == path) {
          found = string_at(source, "serviceAccountToken", "audience");
        }
      });
    });
  });
  return found;
}

void check_token_file(Scene& scene, const Container& container) {
  const auto& path = container.environment.find("AZURE_FEDERATED_TOKEN_FILE")->value;
  const auto audience = audience_at(scene, container, path);
  if (audience == kAudience || (!audience && path.starts_with(std::string(kTokenMountPath) + "/"))) return;
  const bool api_server = audience ? audience->empty() : path.starts_with("/var/run/secrets/kubernetes.io/");
  auto& finding = scene.wrong(std::string(kTokenLink), api_server ? "token-of-the-api-server"
                                                       : audience ? "token-for-another-audience"
                                                                  : "token-file-elsewhere");
  finding.expected = "AZURE_FEDERATED_TOKEN_FILE names a token for the audience " + std::string(kAudience) +
                     ", as the webhook sets it";
  finding.found = "container " + container.name + " has " + path +
                  (api_server ? ", a token for the API server"
                   : audience ? ", a token for the audience " + *audience
                              : ", where no token is projected");
  finding.mend = without_own(scene, container, "AZURE_FEDERATED_TOKEN_FILE");
}

// An identity of the pod's own choice leads through if it has a credential for this pod.
bool may_be_meant(const Scene& scene, const std::string& client_id) {
  const auto identity = find_identity(scene.parts, client_id);
  return identity && std::ranges::any_of(identity->credentials, [&](const auto& credential) {
           return miss_of(credential, scene.presented()).distance == 0;
         });
}

// The id that the pod signs in with, against what the service account says now.
void check_client_variable(Scene& scene, const Container& container, const std::string& annotated) {
  const auto* variable = container.environment.find("AZURE_CLIENT_ID");
  if (variable && annotated.empty()) scene.client_id = variable->value;
  if (variable && (annotated.empty() || equals_ignoring_case(variable->value, annotated))) return;
  if (!variable && annotated.empty()) return;  // told by the service account's check
  const bool own = scene.template_sets(container, "AZURE_CLIENT_ID");
  const bool meant = variable && own && may_be_meant(scene, variable->value);
  if (meant) scene.client_id = variable->value;  // else what the pod will have once it is mended
  auto& finding = meant ? scene.warning(std::string(kInjectionLink), "client-id-differs-from-annotation")
                        : scene.wrong(std::string(kInjectionLink), "client-id-differs-from-annotation");
  finding.expected = "AZURE_CLIENT_ID " + annotated + ", as the service account says";
  finding.found = "container " + container.name + " has " + (variable ? variable->value : "none") +
                  (own                    ? ": the workload sets it itself"
                   : scene.owners.empty() ? ": its own value, or the annotation changed after the pod was made"
                                          : ": the annotation changed after the pod was made");
  finding.mend = without_own(scene, container, "AZURE_CLIENT_ID");
}

// A tenant may go by a domain's name, which only the token service knows.
void check_tenant_variable(Scene& scene, const Container& container) {
  const auto* variable = container.environment.find("AZURE_TENANT_ID");
  const auto& home = scene.parts.service.parts().tenant_id;
  if (!variable || equals_ignoring_case(variable->value, home) || contains(variable->value, ".")) return;
  auto& finding = scene.wrong(std::string(kInjectionLink), "tenant-id-wrong");
  finding.expected = "AZURE_TENANT_ID " + home;
  finding.found = "container " + container.name + " has '" + variable->value + "'";
  finding.mend = without_own(scene, container, "AZURE_TENANT_ID");
}

void check_authority_variable(Scene& scene, const Container& container) {
  const auto* variable = container.environment.find("AZURE_AUTHORITY_HOST");
  if (!variable) return;
  const std::string_view host = without_trailing_slashes(variable->value);
  if (std::ranges::any_of(kAuthorities, [&](const auto& one) { return host == "https://" + std::string(one); })) return;
  auto& finding = scene.wrong(std::string(kInjectionLink), "authority-of-another-cloud");
  finding.expected = "AZURE_AUTHORITY_HOST https://login.microsoftonline.com/";
  finding.found = "container " + container.name + " has '" + variable->value + "'";
  finding.mend = without_own(scene, container, "AZURE_AUTHORITY_HOST");
}

void check_container(Scene& scene, const Container& container, const std::string& annotated) {
  check_token_file(scene, container);
  check_authority_variable(scene, container);
  if (scene.report.is_wrong(kAccountLink)) return;
  check_client_variable(scene, container, annotated);
  check_tenant_variable(scene, container);
}

}  // namespace

void check_injection(Scene& scene) {
  const auto annotated = scene.account_annotation(kClientIdAnnotation);
  scene.client_id = annotated;
  const bool any = scene.identity_injected;
  if (scene.planned) return static_cast<void>(scene.unknown(std::string(kInjectionLink), "there is no pod yet"));
  if (!any && (scene.report.is_wrong(kLabelLink) || scene.report.is_wrong("cluster"))) {
    scene.unknown(std::string(kInjectionLink), "not given, since the pod did not ask or the cluster does not give it");
    return;
  }
  const auto skips = skipped(scene);
  const auto left_out = [&](const Container& one) { return skips.contains(one.name); };
  if (!any && !std::ranges::any_of(scene.containers, left_out)) return add_not_injected(scene);
  for (const auto& container : scene.containers) {
    if (injected(container)) {
      check_container(scene, container, annotated);
    } else {
      add_without_identity(scene, container, left_out(container));
    }
  }
  if (!any && !scene.report.is_wrong(kInjectionLink)) {
    auto& finding = scene.wrong(std::string(kInjectionLink), "container-without-identity");
    finding.expected = "a container with the variables";
    finding.found = "none: the annotation " + std::string(kSkipAnnotation) + " names them all";
    finding.mend = commands::drop_annotation(scene, kSkipAnnotation);
  }
  if (!scene.report.is_wrong(kInjectionLink) && !scene.report.is_wrong(kTokenLink)) {
    scene.good(std::string(kInjectionLink), "variables and projected token are there");
  }
}

}  // namespace lazuli::doctor
