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

void add_denied(Scene& scene, const std::string& image, const arm::Resource& registry, const std::string& message) {
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
  finding.expected = image + " is in the registry";
  finding.found = "the node may pull, so a refusal means that repository or tag are absent: " + message;
  finding.mend = "az acr repository show-tags -n " + id.name() + " --repository <repository>";
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
    return add("registry-does-not-exist", "a registry with the login server " + host,
               "az acr list --query '[].loginServer' -o tsv");
  }
  if (contains_any(lower, {"not found", "manifest unknown", "name unknown"})) {
    return add("image-not-found", image + " is in the registry",
               azure ? "az acr repository list -n " + split(host, '.').front() : "");
  }
  if (contains_any(lower, {"401", "403", "unauthorized", "denied", "forbidden", "anonymous token"})) {
    if (registry) return add_denied(scene, image, *registry, message);
    return add("pull-not-allowed", "the registry " + host + " lets the node pull", "");
  }
  add("registry-not-reached", "the node reaches " + host, "");
}

}  // namespace lazuli::doctor
