// The deployment that the pod or a call names, as it is in the account, and the api-version beside it.
#include <algorithm>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/doctor.h"
#include "doctor/words.h"
#include "openai/routes.h"

namespace lazuli::doctor {

namespace {

std::vector<arm::Resource> deployments_of(const Scene& scene) {
  const auto collection = arm::ResourceId::parse(scene.account->id() + "/deployments");
  return collection ? scene.parts.service.resources().children(*collection) : std::vector<arm::Resource>();
}

std::string model_of(const arm::Resource& deployment, std::string_view field) {
  const auto* model = deployment.property("model");
  return model ? string_at(*model, field) : std::string();
}

std::string name_of(const arm::Resource& deployment) {
  return string_or(deployment.document.if_contains("name"));
}

std::string suggested(const std::vector<arm::Resource>& deployments, std::string_view value) {
  for (const auto& deployment : deployments) {
    if (equals_ignoring_case(model_of(deployment, "name"), value)) return name_of(deployment);
  }
  return deployments.empty() ? "<deployment>" : name_of(deployments.front());
}

void add_paused(Scene& scene, const arm::Resource& deployment) {
  auto& finding = scene.wrong("deployment", "deployment-is-paused");
  finding.expected = "a deployment that runs";
  finding.found = name_of(deployment) + " is paused";
  finding.mend = "az rest --method post --url " +
                 commands::quoted("https://management.azure.com" + deployment.id() + "/resume?api-version=2026-05-01");
}

// Null: the deployment is there, or what is wrong with it has been said.
Finding* find_deployment(Scene& scene, std::string_view where, std::string_view value,
                         const std::vector<arm::Resource>& deployments) {
  const auto named = [&](const arm::Resource& one) { return equals_ignoring_case(name_of(one), value); };
  if (const auto found = std::ranges::find_if(deployments, named); found != deployments.end()) {
    if (found->property_text("deploymentState") == "Paused") {
      add_paused(scene, *found);
    } else {
      scene.good("deployment", std::string(value));
    }
    return nullptr;
  }
  const bool model = std::ranges::any_of(
      deployments, [&](const auto& one) { return equals_ignoring_case(model_of(one, "name"), value); });
  std::string there;
  for (const auto& one : deployments) {
    there += (there.empty() ? "" : ", ") + name_of(one) + " (model " + model_of(one, "name") + ")";
  }
  auto& finding = scene.wrong("deployment", model ? "model-name-instead-of-deployment" : "deployment-does-not-exist");
  finding.expected = "a deployment of the account: " + (there.empty() ? "there are none" : there);
  finding.found = std::string(where) + "=" + std::string(value) + (model ? ", which is a model's name" : "");
  return &finding;
}

void check_deployment_name(Scene& scene, const Variable& variable, const std::vector<arm::Resource>& deployments) {
  if (auto* finding = find_deployment(scene, variable.name, variable.value, deployments)) {
    finding->mend = commands::set_variable(scene, variable, suggested(deployments, variable.value));
  }
}

// "AZURE_OPENAI_DEPLOYMENT", "CHAT_DEPLOYMENT_NAME"; not "DEPLOYMENT_ENVIRONMENT", nor the name of the pod's own
// workload.
bool names_deployment(const Scene& scene, const Variable& variable) {
  const auto name = to_upper(variable.name);
  const bool last =
      name.ends_with("DEPLOYMENT") || name.ends_with("DEPLOYMENT_NAME") || name.ends_with("DEPLOYMENT_ID");
  const bool own = std::ranges::any_of(
      scene.owners, [&](const Owner& owner) { return string_at(owner.object, "metadata", "name") == variable.value; });
  return last && !own && !variable.value.empty();
}

// Where none is called a deployment's, one that is called a model's must hold it; else that is the model's own name.
std::vector<const Variable*> deployment_variables(const Scene& scene) {
  std::vector<const Variable*> found, of_models;
  for (const auto& container : scene.containers) {
    for (const auto* variable : container.environment.with_word({"DEPLOYMENT", "MODEL"})) {
      const auto name = to_upper(variable->name);
      if (contains(name, "DEPLOYMENT")) {
        if (names_deployment(scene, *variable)) found.push_back(variable);
      } else if ((name.ends_with("MODEL") || name.ends_with("MODEL_NAME")) && !variable->value.empty() &&
                 !contains(variable->value, "/")) {
        of_models.push_back(variable);
      }
    }
  }
  return found.empty() ? of_models : found;
}

std::string create_deployment(const arm::ResourceId& account, std::string_view name) {
  return "az cognitiveservices account deployment create " + commands::resource_options(account) +
         " --deployment-name " + commands::quoted(name) +
         " --model-name gpt-4 --model-version 0613 --model-format OpenAI --sku-name Standard --capacity 1";
}

}  // namespace

void check_named_deployment(Scene& scene, std::string_view name) {
  if (auto* finding = find_deployment(scene, "deployment", name, deployments_of(scene))) {
    finding->mend = create_deployment(arm::ResourceId::parse(scene.account->id()).value_or(arm::ResourceId()), name);
  }
}

void check_deployment(Scene& scene) {
  if (!scene.account) return;
  const auto deployments = deployments_of(scene);
  const auto variables = deployment_variables(scene);
  if (deployments.empty()) {
    const auto id = arm::ResourceId::parse(scene.account->id()).value_or(arm::ResourceId());
    auto& finding = scene.wrong("deployment", "account-without-deployments");
    finding.expected = "a deployment in the account " + id.name();
    finding.found = "none";
    finding.mend = create_deployment(id, variables.empty() ? "MyModel" : variables.front()->value);
    return;
  }
  for (const auto* variable : variables) check_deployment_name(scene, *variable, deployments);
  if (variables.empty()) scene.unknown("deployment", "no variable of the pod names one");
}

void check_api_version(Scene& scene) {
  if (!scene.account) return;
  const auto deployments = deployments_of(scene);
  for (const auto& container : scene.containers) {
    for (const auto* variable : container.environment.with_word({"VERSION"})) {
      if (!contains(to_upper(variable->name), "API_VERSION") || variable->value.empty()) continue;
      const bool of_model = std::ranges::any_of(
          deployments, [&](const auto& one) { return model_of(one, "version") == variable->value; });
      if (!of_model && openai::known_api_version(variable->value)) continue;
      auto& finding = scene.wrong("api-version", of_model ? "model-version-as-api-version" : "api-version-malformed");
      finding.expected = "a version of the API, such as 2024-10-21";
      finding.found = variable->name + "=" + variable->value + (of_model ? ", which is the model's version" : "");
      finding.mend = commands::set_variable(scene, *variable, "2024-10-21");
    }
  }
}

}  // namespace lazuli::doctor
