#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/connections.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLink = "connection";

void check_extension(Scene& scene) {
  const auto id = scene.cluster.extension("Microsoft.KubernetesConfiguration", "extensions", "sc-extension");
  const auto extension = scene.parts.service.resources().get(id);
  if (!extension || extension->property_text("provisioningState") != "Failed") return;
  auto& finding = scene.wrong(std::string(kLink), "connector-extension-failed");
  finding.expected = "the extension sc-extension is installed";
  finding.found = "Failed";
  if (const auto* statuses = extension->property("statuses"); statuses && statuses->is_array()) {
    for (const auto& status : statuses->get_array()) finding.found += ": " + string_at(status, "message");
  }
  finding.mend = "az k8s-extension update --name sc-extension --cluster-type managedClusters -c " +
                 scene.cluster.name() + " -g " + scene.cluster.resource_group() + " --auto-upgrade true";
}

}  // namespace

void check_connections(Scene& scene) {
  check_extension(scene);
  const auto connections = connections_of(scene);
  std::string twin;
  for (const auto& one : connections) {
    if (!reads_secret(scene, one.secret)) continue;
    if (one.state == "Failed") {
      auto& finding = scene.wrong(std::string(kLink), "connection-failed");
      finding.expected = "the connection '" + one.id.name() + "' whose secret the pod reads has succeeded";
      finding.found = "it failed, so that what it was to make may be missing";
      finding.mend = commands::make_connection(scene, one, scene.name_space);
    }
    for (const auto& other : connections) {
      if (other.id.key() < one.id.key() && equals_ignoring_case(other.target, one.target)) twin = other.id.name();
    }
  }
  if (twin.empty()) return;
  auto& finding = scene.warning(std::string(kLink), "several-connections-to-one-target");
  finding.expected = "one connection to a target: name it with --connection";
  finding.found = "'" + twin + "' has the same target";
}

}  // namespace lazuli::doctor
