#include "tutorial/tutorial.h"

namespace lazuli::tutorial {

namespace {

constexpr std::size_t kSteps = 14;
constexpr std::string_view kGroupVersion = "2024-11-01";

const std::string kInGroup = std::string(" --resource-group ") + names::kGroup;

}  // namespace

Tutorial::Tutorial(Azure& azure, Display& display, Settings settings)
    : azure_(azure), display_(display), settings_(std::move(settings)) {}

Status Tutorial::step(const std::string& title, const std::string& command, const Work& work) {
  display_.begin(title, command);
  const auto done = work();
  if (done) {
    display_.end(*done);
    return {};
  }
  const Error& error = done.error();
  display_.fail((error.code.empty() ? "" : "(" + error.code + ") ") + error.message);
  return error;
}

Status Tutorial::run() {
  const auto self = [this](auto method) { return [this, method] { return (this->*method)(); }; };
  const std::vector<std::pair<std::string, Work>> steps{
      {"az group create --name MyResourceGroup --location eastus", self(&Tutorial::create_group)},
      {"az aks create" + kInGroup + " --name MyAKSCluster --enable-managed-identity --node-count 1 --generate-ssh-keys",
       self(&Tutorial::create_cluster)},
      {"az aks get-credentials" + kInGroup + " --name MyAKSCluster", self(&Tutorial::get_credentials)},
      {"az cognitiveservices account create" + kInGroup +
           " --name MyOpenAIService --location eastus --kind OpenAI --sku s0 --custom-domain myopenaiservice"
           " --subscription " +
           azure_.credentials().subscription,
       self(&Tutorial::create_account)},
      {"az cognitiveservices account deployment create" + kInGroup +
           " --name MyOpenAIService --deployment-name MyModel --model-name gpt-4 --model-version 0613"
           " --model-format OpenAI --sku-name \"Standard\" --capacity 1",
       self(&Tutorial::create_deployment)},
      {"az acr create" + kInGroup + " --name myregistry --sku Standard", self(&Tutorial::create_registry)},
      {"az acr update" + kInGroup + " --name MyRegistry --anonymous-pull-enabled",
       self(&Tutorial::enable_anonymous_pull)},
      {"az identity create" + kInGroup + " --name MyIdentity", self(&Tutorial::create_identity)},
      {"az aks connection create cognitiveservices --workload-identity " + azure_.group(names::kGroup) +
           "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/MyIdentity" + kInGroup +
           " --name MyAKSCluster --target-resource-group MyResourceGroup --account MyOpenAIService",
       self(&Tutorial::create_connection)},
      {std::string("az acr build --registry MyRegistry --image ") + names::kImage + " ./",
       self(&Tutorial::build_image)},
      {"az acr repository list --name MyRegistry --output table", self(&Tutorial::list_repositories)},
      {"kubectl apply -f pod.yaml", self(&Tutorial::apply_pod)},
      {std::string("kubectl get pod/") + names::kPod, self(&Tutorial::get_pod)},
      {std::string("kubectl logs pod/") + names::kPod, self(&Tutorial::pod_log)},
  };
  std::size_t number = 0;
  for (const auto& [command, work] : steps) {
    const std::string title = "step " + std::to_string(++number) + " of " + std::to_string(kSteps);
    if (auto done = step(title, command, work); !done) return done;
  }
  return {};
}

Status Tutorial::clean() {
  if (auto done = step("clean up", "az group delete" + kInGroup + " --yes", [this] { return delete_group(); }); !done)
    return done;
  return step("clean up", "az cognitiveservices account purge" + kInGroup + " --name MyOpenAIService --location eastus",
              [this] { return purge_account(); });
}

Result<std::string> Tutorial::delete_group() {
  const std::string id = azure_.group(names::kGroup);
  const auto there = azure_.find(id, kGroupVersion);
  if (!there) return there.error();
  if (!there->has_value()) return std::string("there was nothing to delete");
  if (const auto done = azure_.call("DELETE", id, kGroupVersion); !done) return done.error();
  return std::string("deleted, with the cluster and everything else in it");
}

}  // namespace lazuli::tutorial
