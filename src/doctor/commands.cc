#include "doctor/commands.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "cluster/webhook_settings.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor::commands {

namespace {

std::string top_kind(const Scene& scene) {
  if (!scene.owners.empty()) return to_lower(scene.owners.back().kind);
  return scene.pod_name.empty() ? "deployment" : "pod";  // none: whichever uses the service account or the secret
}

std::string in_name_space(const Scene& scene) {
  return " -n " + scene.name_space;
}

// What is given to a command so that it works on a manifest instead of on the cluster's object.
constexpr std::string_view kLocally = " --local -f - -o yaml";

// A pod and a Job cannot be changed, so they are taken away and made again with the change. What admission and the Job
// controller had added would stay as it was, so it is left out.
std::string replace(const Scene& scene, const std::string& change) {
  std::string text = "kubectl get " + workload(scene) + in_name_space(scene) + " -o yaml | ";
  if (top_kind(scene) == "job") {
    text += "sed /controller-uid:/d | ";
  } else if (scene.identity_injected) {
    text += "kubectl set env" + std::string(kLocally) +
            " AZURE_CLIENT_ID- AZURE_TENANT_ID- AZURE_FEDERATED_TOKEN_FILE- AZURE_AUTHORITY_HOST- | ";
  }
  return text + (change.empty() ? "" : change + " | ") + "kubectl replace --force -f -";
}

bool is_replaced(const std::string& kind) {
  return kind == "pod" || kind == "job";
}

// Makes the pods anew where a change of the template alone does not: a CronJob waits for its time, a ReplicaSet keeps
// what it has, and a StatefulSet does not go on while a pod is not ready.
std::string followed(const Scene& scene) {
  const auto kind = top_kind(scene);
  if (kind == "cronjob") {
    const auto name = string_at(scene.owners.back().object, "metadata", "name");
    return "kubectl create job " + name + "-$(date +%s) --from=" + workload(scene) + in_name_space(scene);
  }
  if (scene.pod_name.empty() || (kind != "statefulset" && kind != "replicaset")) return {};
  return "kubectl delete pod " + scene.pod_name + in_name_space(scene) + " --ignore-not-found";
}

std::string with_following(const Scene& scene, const std::string& command) {
  const auto more = followed(scene);
  return more.empty() ? command : command + " && " + more;
}

// A command of kubectl upon what holds the template, or upon the manifest that takes its place.
std::string change(const Scene& scene, const std::string& verb, const std::string& arguments, bool replaced) {
  if (replaced) return replace(scene, "kubectl " + verb + std::string(kLocally) + arguments);
  return with_following(scene, "kubectl " + verb + " " + workload(scene) + in_name_space(scene) + arguments);
}

// A merge patch of the Secret or ConfigMap that a variable is from, and pods that read it.
std::string patch_source(const Scene& scene, const Variable& variable, const JsonObject& patch) {
  return "kubectl patch " + variable.source + in_name_space(scene) + " --type merge -p " + quoted(to_text(patch)) +
         " && " + restart(scene);
}

// The merge patch of the object that holds the template.
JsonObject around_template(const std::string& kind, JsonObject patch) {
  if (kind == "pod") return patch;
  JsonObject spec{{"spec", JsonObject{{"template", std::move(patch)}}}};
  return kind == "cronjob" ? JsonObject{{"spec", JsonObject{{"jobTemplate", std::move(spec)}}}} : spec;
}

constexpr std::size_t kCredentialNameLimit = 118;  // 120, and room for a number

std::string claims(const Presented& presented) {
  return " --issuer " + quoted(presented.issuer) + " --subject " + quoted(presented.subject) + " --audiences " +
         quoted(presented.audience);
}

std::string parameters(std::string_view name, const Presented& presented) {
  return quoted(to_text(JsonObject{{"name", name},
                                   {"issuer", presented.issuer},
                                   {"subject", presented.subject},
                                   {"audiences", JsonArray{Json(boost::json::string(presented.audience))}}}));
}

}  // namespace

std::string quoted(std::string_view word) {
  const bool plain = !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-_./:=@,+").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return plain ? std::string(word) : "'" + replace_all(std::string(word), "'", R"('\'')") + "'";
}

std::string resource_options(const arm::ResourceId& id, std::string_view name_option) {
  return std::string(name_option) + " " + id.name() + " -g " + id.resource_group();
}

std::string workload(const Scene& scene) {
  if (!scene.owners.empty()) {
    return top_kind(scene) + "/" + string_at(scene.owners.back().object, "metadata", "name");
  }
  return scene.pod_name.empty() ? "deployment" : "pod/" + scene.pod_name;  // by its kind alone: all of them
}

std::string restart(const Scene& scene) {
  const auto kind = top_kind(scene);
  if (is_replaced(kind)) return replace(scene, "");
  if (kind == "cronjob" || kind == "replicaset") return followed(scene);
  return with_following(scene, "kubectl rollout restart " + workload(scene) + in_name_space(scene));
}

std::string change_template(const Scene& scene, JsonObject patch) {
  const auto kind = top_kind(scene);
  return change(scene, "patch", " --type merge -p " + quoted(to_text(around_template(kind, std::move(patch)))),
                is_replaced(kind));
}

std::string label(const Scene& scene, std::string_view name, std::string_view value) {
  return change_template(scene, {{"metadata", JsonObject{{"labels", JsonObject{{name, value}}}}}});
}

std::string drop_annotation(const Scene& scene, std::string_view name) {
  return change_template(scene, {{"metadata", JsonObject{{"annotations", JsonObject{{name, nullptr}}}}}});
}

std::string use_account(const Scene& scene, std::string_view name) {
  return change_template(scene, {{"spec", JsonObject{{"serviceAccountName", name}}}});
}

std::string set_env(const Scene& scene, std::string_view container, std::string_view pair) {
  const std::string only = container.empty() ? "" : " -c " + std::string(container);
  return change(scene, "set env", only + " " + std::string(pair), is_replaced(top_kind(scene)));
}

// The image is the one thing of a pod that can be changed.
std::string set_image(const Scene& scene, std::string_view container, std::string_view image) {
  return change(scene, "set image", " " + std::string(container) + "=" + quoted(image), top_kind(scene) == "job");
}

std::string set_variable(const Scene& scene, const Variable& variable, std::string_view value) {
  const bool secret = variable.source.starts_with("secret/");
  if (!secret && !variable.source.starts_with("configmap/")) {
    return set_env(scene, "", variable.name + "=" + quoted(value));
  }
  return patch_source(scene, variable, {{secret ? "stringData" : "data", JsonObject{{variable.key, value}}}});
}

std::string unset_variable(const Scene& scene, const Variable& variable) {
  if (variable.source == "env") return set_env(scene, "", variable.name + "-");
  return patch_source(scene, variable, {{"data", JsonObject{{variable.key, nullptr}}}});
}

std::string restore_webhook(const Scene& scene) {
  return "kubectl delete mutatingwebhookconfiguration " + std::string(cluster::kWebhookConfiguration) +
         " --ignore-not-found && az aks update " + resource_options(scene.cluster) +
         " --enable-oidc-issuer --enable-workload-identity -o none && " + restart(scene);
}

std::string recover_account(const Scene& scene, std::string_view name) {
  const auto deleted = scene.parts.service.call(
      "GET", scene.subscription() + "/providers/Microsoft.CognitiveServices/deletedAccounts?api-version=2023-05-01");
  const Json* list = deleted ? find(deleted->body, "value") : nullptr;
  if (!list || !list->is_array()) return {};
  for (const auto& one : list->get_array()) {
    const bool meant = equals_ignoring_case(string_at(one, "name"), name) ||
                       equals_ignoring_case(string_at(one, "properties", "customSubDomainName"), name);
    // …/locations/L/resourceGroups/G/deletedAccounts/NAME
    const auto id = arm::ResourceId::parse(string_at(one, "id"));
    const auto group = id ? id->parent() : std::nullopt;
    if (!meant || !group) continue;
    return "az cognitiveservices account recover -n " + id->name() + " -g " + group->name() + " -l " +
           string_at(one, "location");
  }
  return {};
}

std::string copy_secret(std::string_view name, std::string_view from, std::string_view to) {
  return "kubectl get secret " + std::string(name) + " -n " + std::string(from) +
         " -o yaml | sed '/^  resourceVersion:/d; /^  uid:/d; s/^  namespace: .*/  namespace: " + std::string(to) +
         "/' | kubectl create -f -";
}

std::string make_connection(const Scene& scene, const Connection& connection, std::string_view name_space) {
  auto name = connection.id.name();
  if (!equals_ignoring_case(connection.name_space, name_space))
    name += "_" + replace_all(std::string(name_space), "-", "_");
  std::string text = "az aks connection create cognitiveservices --source-id " + scene.cluster.text() +
                     " --connection " + name + " --target-id " + connection.target + " --kube-namespace " +
                     std::string(name_space);
  if (connection.client_id.empty()) return text + " --secret";
  for (const auto& identity : scene.parts.service.resources().of_type(kIdentityType)) {
    if (equals_ignoring_case(identity.property_text("clientId"), connection.client_id)) {
      return text + " --workload-identity " + identity.id();
    }
  }
  return text + " --workload-identity <identity id>";
}

std::string annotate_account(const Scene& scene, std::string_view annotation, std::string_view value) {
  // A substitution stays one for the shell.
  const auto word = value.starts_with("$(") ? "\"" + std::string(value) + "\"" : quoted(value);
  return "kubectl annotate serviceaccount " + scene.service_account_name + in_name_space(scene) + " " +
         std::string(annotation) + "=" + word + " --overwrite && " + restart(scene);
}

std::string create_credential(const Scene& scene, const Identity& identity, const Presented& presented) {
  auto name = scene.service_account_name.empty()
                  ? presented.subject
                  : scene.cluster.name() + "-" + scene.name_space + "-" + scene.service_account_name;
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; }, '-');
  name.resize(std::min(name.size(), kCredentialNameLimit));
  // Creating one of a name that is there would take its place.
  if (std::ranges::any_of(identity.credentials, [&](const auto& one) { return equals_ignoring_case(one.name, name); }))
    name += "-2";
  if (!identity.resource) {
    return "az ad app federated-credential create --id " + identity.client_id + " --parameters " +
           parameters(name, presented);
  }
  return "az identity federated-credential create --name " + name + " " +
         resource_options(*identity.resource, "--identity-name") + claims(presented);
}

std::string update_credential(const Identity& identity, std::string_view name, const Presented& presented) {
  if (!identity.resource) {
    return "az ad app federated-credential update --id " + identity.client_id + " --federated-credential-id " +
           quoted(name) + " --parameters " + parameters(name, presented);
  }
  return "az identity federated-credential update --name " + std::string(name) + " " +
         resource_options(*identity.resource, "--identity-name") + claims(presented);
}

std::string list_credentials(const Identity& identity) {
  return identity.resource
             ? "az identity federated-credential list " + resource_options(*identity.resource, "--identity-name")
             : "az ad app federated-credential list --id " + identity.client_id;
}

std::string assign_role(std::string_view principal, bool user, std::string_view role, std::string_view scope) {
  return "az role assignment create --assignee-object-id " + std::string(principal) + " --assignee-principal-type " +
         (user ? "User" : "ServicePrincipal") + " --role " + quoted(role) + " --scope " + std::string(scope);
}

}  // namespace lazuli::doctor::commands
