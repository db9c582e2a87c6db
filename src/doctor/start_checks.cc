#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLink = "pod starts";

bool is_pull_problem(std::string_view reason) {
  return reason == "ErrImagePull" || reason == "ImagePullBackOff" || reason == "InvalidImageName" ||
         reason == "ErrImageNeverPull" || reason == "RegistryUnavailable";
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// In a back-off the container's own message is short; the event of the pull has the whole one, and the first error of
// several that are joined is the one that counts.
std::string pull_message(const Scene& scene, const std::string& image, const std::string& own) {
  for (const auto& event : scene.events) {
    if (contains(event, "Failed to pull image") && contains(event, image)) return event;
  }
  return own;
}

std::string other_name_space_with_secret(Scene& scene, const std::string& name) {
  const auto all = scene.objects->get("/api/v1/secrets?fieldSelector=metadata.name%3D" + name);
  const Json* items = all ? find(*all, "items") : nullptr;
  if (!items || !items->is_array()) return {};
  for (const auto& secret : items->get_array()) {
    if (string_at(secret, "metadata", "name") == name) return string_at(secret, "metadata", "namespace");
  }
  return {};
}

// A connection writes into the namespace that it was given, "default" unless told otherwise.
void add_missing_secret(Scene& scene, const Container& container, const MissingReference& missing) {
  const std::string named = missing.kind + " '" + missing.name + "' in namespace '" + scene.name_space + "'";
  if (!missing.key.empty()) {
    auto& finding = scene.wrong(std::string(kLink), missing.kind + "-key-missing");
    finding.expected = named + " with the key '" + missing.key + "'";
    finding.found = "no such key; container " + container.name + " cannot be made";
    return;
  }
  const auto elsewhere = missing.kind == "secret" ? other_name_space_with_secret(scene, missing.name) : std::string();
  auto& finding =
      scene.wrong(std::string(kLink), elsewhere.empty() ? missing.kind + "-missing" : "secret-in-another-namespace");
  finding.expected = named + ", which container " + container.name + " reads";
  finding.found = elsewhere.empty() ? "there is none" : "it is in namespace '" + elsewhere + "'";
  if (!elsewhere.empty()) {
    finding.mend = commands::copy_secret(missing.name, elsewhere, scene.name_space);
    return;
  }
  for (const auto& connection : connections_of(scene)) {
    if (connection.secret == missing.name) {
      finding.mend = commands::make_connection(scene, connection, scene.name_space);
      return;
    }
  }
  if (missing.kind == "secret") finding.mend = "az aks connection list " + commands::resource_options(scene.cluster);
}

// Secrets and ConfigMaps that the pod mounts and that are not there.
std::vector<MissingReference> missing_volumes(Scene& scene) {
  std::vector<MissingReference> missing;
  const Json* volumes = find(scene.pod, "spec", "volumes");
  if (!volumes || !volumes->is_array()) return missing;
  for (const auto& volume : volumes->get_array()) {
    for (const auto& [member, name, kind] :
         {std::array{"secret", "secretName", "secret"}, std::array{"configMap", "name", "configmap"}}) {
      const Json* held = find(volume, member);
      if (!held || bool_or(find(*held, "optional"))) continue;
      const auto called = string_at(*held, name);
      const auto there =
          scene.objects->get("/api/v1/namespaces/" + scene.name_space + "/" + std::string(kind) + "s/" + called);
      if (!there && there.error().status == 404) missing.push_back({kind, called, {}});
    }
  }
  return missing;
}

// Neither volumes nor network of the pod are there yet; what fails at that is told by events alone.
bool check_preparation(Scene& scene, const Container& container) {
  if (const auto missing = missing_volumes(scene); !missing.empty()) {
    add_missing_secret(scene, container, missing.front());
    return true;
  }
  for (const auto& event : scene.events) {
    const bool volume = contains(event, "MountVolume.SetUp failed");
    if (!volume && !contains(event, "Failed to create pod sandbox")) continue;
    auto& finding = scene.wrong(std::string(kLink), volume ? "volume-not-mounted" : "pod-not-prepared");
    finding.expected = volume ? "the pod's volumes can be mounted" : "the node prepares the pod";
    finding.found = event;
    return true;
  }
  return false;
}

bool check_waiting(Scene& scene, const Container& container) {
  const Json* waiting = container.state("waiting");
  const auto reason = waiting ? string_at(*waiting, "reason") : std::string();
  const auto message = waiting ? string_at(*waiting, "message") : std::string();
  if (is_pull_problem(reason)) {
    check_image(scene, container, pull_message(scene, string_at(container.spec, "image"), message));
    return true;
  }
  if (reason == "ContainerCreating") return check_preparation(scene, container);
  if (reason == "CreateContainerConfigError" && !container.environment.missing.empty()) {
    add_missing_secret(scene, container, container.environment.missing.front());
    return true;
  }
  if (reason == "CreateContainerConfigError" || reason == "CreateContainerError" || reason == "RunContainerError") {
    auto& finding = scene.wrong(std::string(kLink), "container-not-made");
    finding.expected = "container " + container.name + " is made";
    finding.found = message;
    return true;
  }
  return false;
}

bool check_ended(Scene& scene, const Container& container) {
  const Json* ended = container.state("terminated");
  if (!ended) return false;
  if (string_at(*ended, "reason") == "OOMKilled") {
    auto& finding = scene.wrong(std::string(kLink), "out-of-memory");
    finding.expected = "container " + container.name + " stays within its memory limit of " +
                       string_at(container.spec, "resources", "limits", "memory");
    finding.found = "the kernel killed it for its memory";
    finding.mend = "kubectl set resources " + commands::workload(scene) + " -n " + scene.name_space + " -c " +
                   container.name + " --limits=memory=512Mi";
    return true;
  }
  const auto message = string_at(*ended, "message");
  if (contains(container.log, "exec format error") || contains(message, "exec format error")) {
    auto& finding = scene.wrong("image", "image-for-another-architecture");
    finding.expected = "an image for " + (scene.architecture.empty() ? "the node's processor" : scene.architecture);
    finding.found = "container " + container.name + ": exec format error";
    finding.mend = "az acr build -r <registry> -t <image> --platform linux/" +
                   (scene.architecture.empty() ? std::string("amd64") : scene.architecture) + " .";
    return true;
  }
  return false;
}

bool check_scheduled(Scene& scene) {
  const Json* conditions = find(scene.pod, "status", "conditions");
  if (!conditions || !conditions->is_array()) return true;
  for (const auto& condition : conditions->get_array()) {
    if (string_at(condition, "type") != "PodScheduled" || string_at(condition, "status") != "False") continue;
    auto& finding = scene.wrong(std::string(kLink), "not-scheduled");
    finding.expected = "a node takes the pod";
    finding.found = string_at(condition, "message");
    return false;
  }
  return true;
}

std::string state_text(const Scene& scene) {
  std::string phase = string_at(scene.pod, "status", "phase");
  for (const auto& container : scene.containers) {
    const Json* ended = container.state("terminated");
    const auto code = ended ? integer(find(*ended, "exitCode")).value_or(0) : 0;
    if (code != 0) return phase + "; container " + container.name + " ended with code " + std::to_string(code);
  }
  return phase;
}

// What waits for nothing that could be named is under way.
void add_started(Scene& scene) {
  if (string_at(scene.pod, "status", "phase") == "Pending") {
    scene.unknown(std::string(kLink), "it is still being started: ask again in a moment");
  } else {
    scene.good(std::string(kLink), state_text(scene));
  }
}

// An end that no link explains is the application's own; its log says why.
void add_ended(Scene& scene, const Container& container, std::int64_t code) {
  auto& finding = scene.warning(std::string(kLink), "container-ends-with-an-error");
  finding.expected = "container " + container.name + " runs, or ends with code 0";
  finding.found = "it ended with code " + std::to_string(code);
  const bool again = integer(find(container.status, "restartCount")).value_or(0) > 0;
  finding.mend = "kubectl logs " + scene.pod_name + " -n " + scene.name_space + " -c " + container.name +
                 (again ? " --previous" : "") + "  # to see why";
}

}  // namespace

void check_ends(Scene& scene) {
  if (!scene.report.well()) return;
  for (const auto& container : scene.containers) {
    const Json* ended = container.state("terminated");
    const auto code = ended ? integer(find(*ended, "exitCode")).value_or(0) : 0;
    if (code != 0) add_ended(scene, container, code);
  }
}

void check_start(Scene& scene) {
  if (scene.planned) return check_creation(scene);
  scene.good("pod", "exists");
  if (!check_scheduled(scene)) return;
  const bool broken = std::ranges::any_of(scene.containers, [&](const Container& container) {
    return check_waiting(scene, container) || check_ended(scene, container);
  });
  if (!broken) add_started(scene);
}

}  // namespace lazuli::doctor
