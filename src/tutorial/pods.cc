// The tutorial's steps in the cluster: credentials, the pod, its log.
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "base/yaml.h"
#include "tutorial/kubeconfig_file.h"
#include "tutorial/tutorial.h"

namespace lazuli::tutorial {

namespace {

constexpr std::string_view kClusters = "2026-06-01";
constexpr auto kClusterReturns = std::chrono::minutes(2);  // a cluster that is being brought back after `up`
constexpr auto kBetweenTries = std::chrono::milliseconds(200);
constexpr auto kPodLimit = std::chrono::minutes(5);

const std::string kPods = "/api/v1/namespaces/default/pods";
const std::string kPodPath = kPods + "/" + names::kPod;
const std::string kOnlyThePod = kPods + "?fieldSelector=metadata.name%3D" + names::kPod;

const Json* first_container(const Json& pod) {
  const Json* statuses = find(pod, "status", "containerStatuses");
  return statuses && statuses->is_array() && !statuses->get_array().empty() ? &statuses->get_array()[0] : nullptr;
}

std::string waiting_reason(const Json& pod) {
  const Json* container = first_container(pod);
  return container ? string_at(*container, "state", "waiting", "reason") : std::string();
}

bool ended(const Json& pod) {
  const std::string phase = string_at(pod, "status", "phase");
  return phase == "Succeeded" || phase == "Failed";
}

// States that a pod does not leave by itself, in Kubernetes' own words.
bool stuck(std::string_view reason) {
  return reason == "ErrImagePull" || reason == "ImagePullBackOff" || reason == "InvalidImageName" ||
         reason == "CreateContainerConfigError" || reason == "CreateContainerError";
}

std::string shown(const Json& pod) {
  if (std::string reason = waiting_reason(pod); !reason.empty()) return reason;
  const Json* container = first_container(pod);
  if (container)
    if (std::string reason = string_at(*container, "state", "terminated", "reason"); !reason.empty()) return reason;
  return string_at(pod, "status", "phase");
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

}  // namespace

Result<std::string> Tutorial::get_credentials() {
  const std::string action = azure_.group(names::kGroup) + "/providers/Microsoft.ContainerService/managedClusters/" +
                             names::kCluster + "/listClusterUserCredential";
  const auto deadline = std::chrono::steady_clock::now() + kClusterReturns;
  for (;;) {
    auto problem = [&]() -> Status {
      const auto answer = azure_.call("POST", action, kClusters);
      if (!answer) return answer.error();
      const Json* list = find(*answer, "kubeconfigs");
      const Json* first = list && list->is_array() && !list->get_array().empty() ? &list->get_array()[0] : nullptr;
      const auto yaml = base64_decode(first ? string_at(*first, "value") : "");
      if (!yaml || yaml->empty()) return Error{"NoCredentials", "The answer holds no kubeconfig.", 502};
      if (auto merged = merge_kubeconfig(settings_.kubeconfig, *yaml); !merged) return merged;
      const auto access = cluster::access_from_kubeconfig(settings_.kubeconfig.string());
      if (!access) return access.error();
      kube_ = std::make_unique<cluster::KubeClient>(*access);
      const auto ready = kube_->text("/readyz");
      if (!ready) return ready.error();
      if (!settings_.cluster_runs(names::kCluster))
        return Error{"ClusterNotRunning", "The cluster's node is not back."};
      return {};
    }();
    if (problem) break;
    const bool comes_back =
        problem.error().code == "ClusterNotRunning" || problem.error().status >= 500;  // /readyz: 500
    if (!comes_back || std::chrono::steady_clock::now() > deadline) return problem.error();
    display_.progress("the cluster is being brought back");
    std::this_thread::sleep_for(kBetweenTries);
  }
  return "Merged \"MyAKSCluster\" as current context in " + settings_.kubeconfig.string();
}

Result<Json> Tutorial::pod_manifest() const {
  auto text = read_file(settings_.sample / "pod.yaml");
  if (!text) return text.error();
  std::string yaml =
      replace_all(std::move(*text), "<YourContainerImage>", std::string("myregistry.azurecr.io/") + names::kImage);
  yaml = replace_all(std::move(yaml), "<ServiceAccountCreatedByServiceConnector>", service_account_name(client_id_));
  return parse_yaml(replace_all(std::move(yaml), "<SecretCreatedByServiceConnector>", secret_name(connection_)));
}

// From the version that was seen: whatever has happened since comes as an event, so that nothing can be missed.
Status Tutorial::wait_until_gone(const Json& pod) {
  bool gone = false;
  const std::string path = kOnlyThePod + "&resourceVersion=" + string_at(pod, "metadata", "resourceVersion");
  auto watched = kube_->watch(path, kPodLimit, [&](const Json& event) {
    gone = string_at(event, "type") == "DELETED";
    return !gone;
  });
  if (!watched || gone) return watched;
  return Error{"Timeout", "The pod of the last run does not go away.", 504};
}

Result<std::string> Tutorial::apply_pod() {
  const auto manifest = pod_manifest();
  if (!manifest) return manifest.error();
  // A pod runs once: that of an earlier run makes room.
  const auto before = kube_->get(kPodPath);
  if (before) {
    display_.progress("removing the pod of the last run");
    if (auto removed = kube_->remove(kPodPath + "?gracePeriodSeconds=0"); !removed) return removed.error();
    if (auto gone = wait_until_gone(*before); !gone) return gone.error();
  }
  const auto created = kube_->create(kPods, *manifest);
  if (!created) return created.error();
  return std::string("pod/") + names::kPod + " created";
}

Status Tutorial::wait_for_pod() {
  Status outcome;
  bool over = false;
  auto watched = kube_->watch(kOnlyThePod, kPodLimit, [&](const Json& event) {
    const Json* pod = find(event, "object");
    if (!pod) return true;
    display_.progress(shown(*pod));
    if (stuck(waiting_reason(*pod))) {
      outcome = Error{waiting_reason(*pod), string_at(*first_container(*pod), "state", "waiting", "message"), 409};
      over = true;
    } else if (string_at(event, "type") == "DELETED") {
      outcome = Error{"PodDeleted", "The pod was deleted while the tutorial waited for it.", 409};
      over = true;
    } else {
      over = ended(*pod);
    }
    return !over;
  });
  if (!watched) return watched;
  if (!over)
    return Error{"Timeout", "The pod has not ended. `kubectl describe pod/" + std::string(names::kPod) + "` says more.",
                 504};
  return outcome;
}

Result<std::string> Tutorial::get_pod() {
  if (auto waited = wait_for_pod(); !waited) return waited.error();
  const auto pod = kube_->get(kPodPath);
  if (!pod) return pod.error();
  const Json* container = first_container(*pod);
  const auto restarts = container ? integer(find(*container, "restartCount")).value_or(0) : 0;
  display_.output(padded("NAME", 27) + padded("READY", 8) + padded("STATUS", 12) + "RESTARTS\n" +
                  padded(names::kPod, 27) + padded("0/1", 8) + padded(shown(*pod), 12) + std::to_string(restarts) +
                  "\n");
  return std::string();
}

Result<std::string> Tutorial::pod_log() {
  const auto log = kube_->text(kPodPath + "/log");
  if (!log) return log.error();
  display_.output(*log);
  const std::string_view text = trim(*log);
  if (text.substr(text.rfind('\n') + 1) != names::kLastLine)
    return Error{"PodFailed",
                 "The pod did not reach the model. Its log above says why; `lazuli logs` has lazuli's side.", 409};
  return std::string();
}

}  // namespace lazuli::tutorial
