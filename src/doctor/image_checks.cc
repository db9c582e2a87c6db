// Why an image could not be pulled. Look-alikes: a registry that hides what is absent answers 401 for a missing tag as
// well as for a missing right, and a wrong architecture is followed by a failing anonymous token; so the first error of
// the message decides, and a missing right is only said when the registry's own settings show it.
#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/doctor.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLink = "image";
constexpr std::string_view kPullAction = "Microsoft.ContainerRegistry/registries/pull/read";

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  for (const auto part : parts) {
    if (text.find(part) != std::string_view::npos) return true;
  }
  return false;
}

std::string host_of(const std::string& image) {
  const auto slash = image.find('/');
  const auto first = image.substr(0, slash);
  const bool is_host = slash != std::string::npos && first.find_first_of(".:") != std::string::npos;
  return is_host ? first : "docker.io";
}

std::optional<arm::Resource> registry_of(Scene& scene, const std::string& host) {
  for (auto& registry : scene.parts.service.resources().of_type("Microsoft.ContainerRegistry/registries")) {
    if (equals_ignoring_case(registry.property_text("loginServer"), host)) return registry;
  }
  return std::nullopt;
}

// The part of an image's name between its registry and its tag or digest.
std::string repository_of(const std::string& image) {
  const auto name = image.substr(image.find('/') + 1);
  return name.substr(0, name.find_first_of(":@"));
}

// The same image as it is there: another tag of it, or in another registry; empty if nothing like it is.
std::string image_that_is_there(const Scene& scene, const std::string& image, const std::string& host) {
  if (!scene.parts.tags) return {};
  std::vector<std::string> hosts{host};
  for (const auto& registry : scene.parts.service.resources().of_type("Microsoft.ContainerRegistry/registries")) {
    hosts.push_back(registry.property_text("loginServer"));
  }
  for (const auto& one : hosts) {
    const auto tags = scene.parts.tags(one, repository_of(image));
    if (!tags.empty()) return one + "/" + repository_of(image) + ":" + tags.front();
  }
  return {};
}

std::string mend_of_absent(const Scene& scene, const Container& container, const std::string& host) {
  const auto there = image_that_is_there(scene, string_at(container.spec, "image"), host);
  return there.empty() ? "az acr repository list -n " + split(host, '.').front()
                       : commands::set_image(scene, container.name, there);
}

std::string kubelet_of(const Scene& scene) {
  const auto* profile = scene.cluster_document.property("identityProfile");
  return profile ? string_at(*profile, "kubeletidentity", "objectId") : std::string();
}

bool may_pull(const Scene& scene, const arm::Resource& registry) {
  if (bool_or(registry.property("anonymousPullEnabled"))) return true;
  access::Principal kubelet;
  kubelet.type = access::PrincipalType::managed_identity;
  kubelet.object_id = kubelet_of(scene);
  for (const auto plane : {access::Plane::control, access::Plane::data}) {
    if (scene.parts.authorizer.check(kubelet, kPullAction, registry.id(), plane).allowed) return true;
  }
  return false;
}

void add_denied(Scene& scene, const Container& container, const arm::Resource& registry, const std::string& message) {
  const auto id = arm::ResourceId::parse(registry.id()).value_or(arm::ResourceId());
  if (equals_ignoring_case(registry.property_text("publicNetworkAccess"), "Disabled")) {
    auto& finding = scene.wrong(std::string(kLink), "registry-network-closed");
    finding.expected = "the registry " + id.name() + " can be reached from the node";
    finding.found = "its public network access is disabled";
    finding.mend = "az acr update " + commands::resource_options(id) + " --public-network-enabled true";
    return;
  }
  if (equals_ignoring_case(registry.property_text("roleAssignmentMode"), "AbacRepositoryPermissions")) {
    auto& finding = scene.wrong(std::string(kLink), "registry-wants-repository-roles");
    finding.expected = "the cluster's kubelet identity has a repository role on " + id.name();
    finding.found = "the registry is in repository-permissions mode, in which AcrPull does not count";
    finding.mend =
        commands::assign_role(kubelet_of(scene), false, "Container Registry Repository Reader", registry.id());
    return;
  }
  if (!may_pull(scene, registry)) {
    auto& finding = scene.wrong(std::string(kLink), "pull-not-allowed");
    finding.expected = "the cluster's kubelet identity has AcrPull on " + id.name() + ", or anonymous pull is on";
    finding.found = "neither";
    finding.mend = "az aks update " + commands::resource_options(scene.cluster) + " --attach-acr " + id.name();
    return;
  }
  auto& finding = scene.wrong(std::string(kLink), "image-not-found");
  finding.expected = string_at(container.spec, "image") + " is in the registry";
  finding.found = "the node may pull, so a refusal means that repository or tag are absent: " + message;
  finding.mend = mend_of_absent(scene, container, registry.property_text("loginServer"));
}

}  // namespace

void check_image(Scene& scene, const Container& container, const std::string& message) {
  const auto image = string_at(container.spec, "image");
  const auto host = host_of(image);
  const auto lower = to_lower(message);
  const auto add = [&](std::string cause, std::string expected, std::string mend) {
    auto& finding = scene.wrong(std::string(kLink), std::move(cause));
    finding.expected = std::move(expected);
    finding.found = message;
    finding.mend = std::move(mend);
  };
  if (contains_any(lower, {"invalidimagename", "invalid reference format", "couldn't parse image"})) {
    return add("image-name-invalid", "container " + container.name + " names an image", "");
  }
  if (contains_any(lower, {"no match for platform", "does not provide the specified platform", "exec format"})) {
    const auto platform = scene.architecture.empty() ? std::string("amd64") : scene.architecture;
    return add("image-for-another-architecture", "an image for linux/" + platform,
               "az acr build -r " + split(host, '.').front() + " -t <image> --platform linux/" + platform + " .");
  }
  const auto registry = registry_of(scene, host);
  const bool azure = ends_with_ignoring_case(host, ".azurecr.io");
  if (azure && !registry) {
    const auto there = image_that_is_there(scene, image, host);
    return add("registry-does-not-exist", "a registry with the login server " + host,
               there.empty() ? "az acr list --query '[].loginServer' -o tsv"
                             : commands::set_image(scene, container.name, there));
  }
  if (contains_any(lower, {"not found", "manifest unknown", "name unknown"})) {
    return add("image-not-found", image + " is in the registry", azure ? mend_of_absent(scene, container, host) : "");
  }
  if (contains_any(lower, {"401", "403", "unauthorized", "denied", "forbidden", "anonymous token"})) {
    if (registry) return add_denied(scene, container, *registry, message);
    return add("pull-not-allowed", "the registry " + host + " lets the node pull", "");
  }
  add("registry-not-reached", "the node reaches " + host, "");
}

}  // namespace lazuli::doctor
