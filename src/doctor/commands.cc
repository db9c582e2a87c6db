#include "doctor/commands.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor::commands {

namespace {

std::string top_kind(const Scene& scene) {
  if (scene.pod_name.empty()) return "deployment";  // whichever uses the service account or the secret
  return scene.owners.empty() ? "pod" : to_lower(scene.owners.back().kind);
}

std::string in_name_space(const Scene& scene) {
  return " -n " + scene.name_space;
}

// A pod cannot be changed, so a bare one is taken away and made again with the change.
std::string replace_pod(const Scene& scene, const std::string& change) {
  return "kubectl get pod " + scene.pod_name + in_name_space(scene) + " -o json | " +
         (change.empty() ? "" : change + " | ") + "kubectl replace --force -f -";
}

std::string template_patch(const std::string& kind, const std::string& inner) {
  const std::string pod_template = R"({"spec":{"template":)" + inner + "}}";
  return kind == "cronjob" ? R"({"spec":{"jobTemplate":)" + pod_template + "}}" : pod_template;
}

constexpr std::size_t kCredentialNameLimit = 120;

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
  if (scene.pod_name.empty()) return "deployment/<name>";
  if (scene.owners.empty()) return "pod/" + scene.pod_name;
  return top_kind(scene) + "/" + string_at(scene.owners.back().object, "metadata", "name");
}

std::string restart(const Scene& scene) {
  const auto kind = top_kind(scene);
  if (kind == "pod") return replace_pod(scene, "");
  if (kind == "job") return "kubectl delete " + workload(scene) + in_name_space(scene) + "  # and apply it again";
  if (kind == "cronjob") {
    const auto name = string_at(scene.owners.back().object, "metadata", "name");
    return "kubectl create job " + name + "-again --from=" + workload(scene) + in_name_space(scene);
  }
  return "kubectl rollout restart " + workload(scene) + in_name_space(scene);
}

std::string label(const Scene& scene, std::string_view name, std::string_view value) {
  const auto kind = top_kind(scene);
  const std::string pair = std::string(name) + "=" + std::string(value);
  if (kind == "pod") return replace_pod(scene, "kubectl label --local -f - --overwrite " + pair + " -o json");
  if (kind == "job") {
    return restart(scene) + " with '" + std::string(name) + ": \"" + std::string(value) +
           "\"' under spec.template.metadata.labels";
  }
  const std::string inner =
      R"({"metadata":{"labels":{")" + std::string(name) + R"(":")" + std::string(value) + R"("}}})";
  return "kubectl patch " + workload(scene) + in_name_space(scene) + " --type merge -p '" +
         template_patch(kind, inner) + "'";
}

std::string set_variable(const Scene& scene, const Variable& variable, std::string_view value) {
  const std::string pair = variable.name + "=" + quoted(value);
  if (variable.source.starts_with("secret/")) {
    const JsonObject patch{{"stringData", JsonObject{{variable.name, value}}}};
    return "kubectl patch " + variable.source + in_name_space(scene) + " -p " + quoted(to_text(patch)) + " && " +
           restart(scene);
  }
  if (variable.source.starts_with("configmap/")) {
    const JsonObject patch{{"data", JsonObject{{variable.name, value}}}};
    return "kubectl patch " + variable.source + in_name_space(scene) + " --type merge -p " + quoted(to_text(patch)) +
           " && " + restart(scene);
  }
  const auto kind = top_kind(scene);
  if (kind == "pod") return replace_pod(scene, "kubectl set env --local -f - " + pair + " -o json");
  if (kind == "job") return restart(scene) + " with " + pair;
  return "kubectl set env " + workload(scene) + in_name_space(scene) + " " + pair;
}

std::string make_connection(const Scene& scene, const Connection& connection, std::string_view name_space) {
  std::string text = "az aks connection create cognitiveservices --source-id " + scene.cluster.text() +
                     " --connection " + connection.id.name() + " --target-id " + connection.target +
                     " --kube-namespace " + std::string(name_space);
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
