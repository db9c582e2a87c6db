#include "cluster/command_pod.h"

#include <filesystem>

#include "base/text.h"
#include "cluster/settings.h"

namespace lazuli::cluster {
namespace {

const std::string kNamespace = "aks-command";
const std::string kCore = "/api/v1/namespaces/";
const std::string kBindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
constexpr const char* kContainer = "user-command";  // AKS's name for it
constexpr const char* kWorkingDirectory = "/command-files";
constexpr const char* kGivenFolder = "/run/command";  // the Secret
constexpr const char* kKubectl = "/opt/kubernetes/kubectl";
constexpr const char* kPath = "/opt/kubernetes:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// One stream: the node reads two of them in no order.
constexpr const char* kScript = "exec 2>&1; tar -xzf /run/command/files.tar.gz && exec bash /run/command/command";
constexpr int kNobody = 65535;
constexpr auto kGlance = std::chrono::seconds(1);
constexpr std::size_t kLogLimit = std::size_t{512} << 10;
// A command that never ends does not hold its place for ever. What AKS does with it is not known.
constexpr int kLongestSeconds = 3600;

std::string path_of(std::string_view kind, const std::string& name) {
  return kCore + kNamespace + "/" + std::string(kind) + "/" + name;
}

std::string binding_path(const std::string& name) {
  return kBindings + "/" + name;
}

JsonObject metadata(const std::string& name, bool namespaced = true) {
  JsonObject made{{"name", name}, {"labels", JsonObject{{"app.kubernetes.io/managed-by", "lazuli"}}}};
  if (namespaced) made["namespace"] = kNamespace;
  return made;
}

// Makes up a pod's volumes and the mounts of its one container.
struct Mounts {
  JsonArray volumes, mounts;

  void add(const std::string& name, const char* kind, JsonObject source, const std::string& at, bool read_only) {
    volumes.push_back(JsonObject{{"name", name}, {kind, std::move(source)}});
    JsonObject mount{{"name", name}, {"mountPath", at}};
    if (read_only) mount["readOnly"] = true;
    mounts.push_back(std::move(mount));
  }
};

// The machine's programs, with the links that lead to them (/bin is one on most machines, awk is one to alternatives).
void add_programs(Mounts& mounts) {
  for (const std::string folder : {"/usr", "/bin", "/lib", "/lib64", "/etc/alternatives"}) {
    std::error_code absent;
    const auto real = std::filesystem::canonical(folder, absent);
    if (absent) continue;
    mounts.add("node" + replace_all(folder, "/", "-"), "hostPath", JsonObject{{"path", real.string()}}, folder, true);
  }
}

JsonObject pod_of(const PodCommand& command) {
  const std::string name = command_name(command.id);
  Mounts mounts;
  add_programs(mounts);
  mounts.add("kubectl", "hostPath", JsonObject{{"path", command.kubectl}}, kKubectl, true);
  mounts.add("command", "secret", JsonObject{{"secretName", name}}, kGivenFolder, true);
  mounts.add("files", "emptyDir", JsonObject{}, kWorkingDirectory, false);
  mounts.add("home", "emptyDir", JsonObject{}, "/tmp", false);
  // Requests and limits are those that AKS documents.
  JsonObject container{{"name", kContainer},
                       {"image", kPauseImage},
                       {"imagePullPolicy", "Never"},
                       {"command", JsonArray{"/bin/bash", "-c", kScript}},
                       {"workingDir", kWorkingDirectory},
                       {"env", JsonArray{JsonObject{{"name", "PATH"}, {"value", kPath}},
                                         JsonObject{{"name", "HOME"}, {"value", "/tmp"}}}},
                       {"resources", JsonObject{{"requests", JsonObject{{"cpu", "200m"}, {"memory", "500Mi"}}},
                                                {"limits", JsonObject{{"cpu", "500m"}, {"memory", "1Gi"}}}}},
                       {"securityContext", JsonObject{{"allowPrivilegeEscalation", false},
                                                      {"capabilities", JsonObject{{"drop", JsonArray{"ALL"}}}}}},
                       {"volumeMounts", std::move(mounts.mounts)}};
  return {
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata", metadata(name)},
      {"spec",
       JsonObject{
           {"serviceAccountName", name},
           {"restartPolicy", "Never"},
           {"enableServiceLinks", false},
           {"terminationGracePeriodSeconds", 0},
           {"activeDeadlineSeconds", kLongestSeconds},
           {"securityContext",
            JsonObject{{"runAsNonRoot", true}, {"runAsUser", kNobody}, {"runAsGroup", kNobody}, {"fsGroup", kNobody}}},
           {"containers", JsonArray{std::move(container)}},
           {"volumes", std::move(mounts.volumes)}}}};
}

JsonObject binding_of(const std::string& name) {
  return {{"apiVersion", "rbac.authorization.k8s.io/v1"},
          {"kind", "ClusterRoleBinding"},
          {"metadata", metadata(name, false)},
          {"roleRef",
           JsonObject{{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", "cluster-admin"}}},
          {"subjects", JsonArray{JsonObject{{"kind", "ServiceAccount"}, {"name", name}, {"namespace", kNamespace}}}}};
}

const Json* container_state(const Json& pod) {
  const Json* statuses = find(pod, "status", "containerStatuses");
  if (!statuses || !statuses->is_array()) return nullptr;
  for (const auto& each : statuses->get_array())
    if (string_at(each, "name") == kContainer) return find(each, "state");
  return nullptr;
}

// Why no node takes the pod.
std::string unscheduled(const Json& pod) {
  const Json* conditions = find(pod, "status", "conditions");
  if (!conditions || !conditions->is_array()) return {};
  for (const auto& each : conditions->get_array())
    if (string_at(each, "type") == "PodScheduled" && string_at(each, "status") == "False")
      return string_at(each, "message");
  return {};
}

std::string reason_and_message(const Json& from) {
  const auto reason = string_at(from, "reason"), message = string_at(from, "message");
  return reason.empty() || message.empty() ? reason + message : reason + ": " + message;
}

CommandProgress progress_of(const Json& pod) {
  CommandProgress progress;
  progress.version = string_at(pod, "metadata", "resourceVersion");
  const Json* state = container_state(pod);
  const Json* ended = state ? find(*state, "terminated") : nullptr;
  if (const Json* running = state ? find(*state, "running") : nullptr)
    progress.started = string_at(*running, "startedAt");
  if (ended) {
    progress.started = string_at(*ended, "startedAt");
    progress.finished = string_at(*ended, "finishedAt");
  }
  const Json* waiting = state ? find(*state, "waiting") : nullptr;
  progress.waiting = waiting ? reason_and_message(*waiting) : unscheduled(pod);
  // The pod's own reason is there if it was not the command that ended it: a deadline, an eviction.
  if (string_at(pod, "status", "phase") == "Failed") {
    progress.failure = reason_and_message(*find(pod, "status"));
    if (!ended && progress.failure.empty()) progress.failure = "PodFailed";
  }
  if (!ended || !progress.failure.empty()) return progress;
  const auto reason = string_at(*ended, "reason");
  if (reason == "Unknown" || reason == "ContainerStatusUnknown") {  // containerd's and the kubelet's words for it
    progress.failure = "The node was interrupted while the command ran.";
  } else if (reason == "StartError" || reason == "ContainerCannotRun") {
    progress.failure = reason_and_message(*ended);
  } else {
    progress.exit_code = static_cast<int>(integer(find(*ended, "exitCode")).value_or(0));
  }
  return progress;
}

}  // namespace

std::string command_name(const std::string& id) {
  return "command-" + id;
}

Status make_command(Objects& objects, const PodCommand& command) {
  const std::string name = command_name(command.id);
  const JsonObject space{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", metadata(kNamespace, false)}};
  const JsonObject account{{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", metadata(name)}};
  const JsonObject secret{
      {"apiVersion", "v1"},
      {"kind", "Secret"},
      {"metadata", metadata(name)},
      {"data", JsonObject{{"command", base64(command.command)}, {"files.tar.gz", base64(command.files)}}}};
  const std::vector<std::pair<std::string, JsonObject>> made{{kCore + kNamespace, space},
                                                             {path_of("serviceaccounts", name), account},
                                                             {binding_path(name), binding_of(name)},
                                                             {path_of("secrets", name), secret},
                                                             {path_of("pods", name), pod_of(command)}};
  for (const auto& [path, object] : made)
    if (const auto applied = objects.apply(path, object); !applied) return applied.error();
  return {};
}

Status remove_command(Objects& objects, const std::string& id) {
  const std::string name = command_name(id);
  for (const auto& path :
       {path_of("pods", name), path_of("secrets", name), binding_path(name), path_of("serviceaccounts", name)})
    if (auto removed = objects.remove(path); !removed) return removed;
  return {};
}

Result<CommandProgress> command_progress(Objects& objects, const std::string& id) {
  const std::string path = path_of("pods", command_name(id));
  const auto pod = objects.get(path);
  if (!pod) return pod.error();
  auto progress = progress_of(*pod);
  if (!progress.exit_code) return progress;
  auto log = objects.text(path + "/log?container=" + kContainer + "&limitBytes=" + std::to_string(kLogLimit));
  if (!log) return log.error();
  progress.log = valid_utf8(*std::move(log));
  return progress;
}

void await_change(Objects& objects, const std::string& id, const CommandProgress& seen) {
  objects.await_change(kCore + kNamespace + "/pods", command_name(id), seen.version, kGlance);
}

}  // namespace lazuli::cluster
