#include "workload_identity/trust.h"

#include "workload_identity/vocabulary.h"

namespace lazuli::workload_identity {

namespace {

void add_java_options(JsonObject& container) {
  auto* options = find_env(container, kJavaVariable);
  if (!options) {
    add_env(container, kJavaVariable, kJavaOptions);
    return;
  }
  const Json* value = options->if_contains("value");
  if (!value || !value->is_string()) return;  // comes from elsewhere (valueFrom)
  const std::string given(value->get_string());
  if (given.find(kJavaTrustOption) != std::string::npos) return;
  (*options)["value"] = given.empty() ? std::string(kJavaOptions) : given + " " + std::string(kJavaOptions);
}

// Kubernetes lets no ephemeral container mount a single file. Not below a mount of the pod's own: it may be read-only,
// or a folder of the node.
void add_to_authorities(JsonObject& container, const std::string& root_folder_name) {
  if (root_folder_name.empty() || mounts_over(container, kAuthoritiesFolder)) return;
  add_mount(container, kTrustConfigMap, std::string(kAuthoritiesFolder) + "/" + root_folder_name, kTrustRootKey);
}

void trust_in(JsonObject& container, std::vector<std::string>* warnings) {
  add_mount(container, kTrustConfigMap, kTrustMountPath);
  for (const auto& [name, value] : kTrustVariables) {
    if (add_env(container, name, value) || !warnings) continue;
    const auto* given = find_env(container, name);
    if (string_or(given->if_contains("value")) == value) continue;
    warnings->push_back("container " + container_name(container) + " sets " + std::string(name) +
                        " itself: it trusts lazuli only if that bundle holds " + std::string(kTrustRootFile));
  }
  add_java_options(container);
}

// Kubernetes: hostNetwork pods use the node's resolver unless they ask for ClusterFirstWithHostNet.
bool uses_cluster_dns(const Pod& pod) {
  const auto policy = pod.dns_policy();
  if (policy == "Default" || policy == "None") return false;
  return !pod.host_network() || policy == "ClusterFirstWithHostNet";
}

void add_host_aliases(Pod& pod, const Settings& settings) {
  JsonArray names;
  for (const auto& name : settings.host_names) {
    if (!name.empty() && name.front() != '.') names.push_back(Json(name));  // a hosts file knows no suffixes
  }
  if (settings.host_address.empty() || names.empty()) return;
  auto& aliases = pod.spec()["hostAliases"];
  if (!aliases.is_array()) aliases.emplace_array();
  for (const auto& alias : aliases.get_array()) {
    if (string_at(alias, "ip") == settings.host_address) return;
  }
  aliases.get_array().push_back(JsonObject{{"ip", settings.host_address}, {"hostnames", std::move(names)}});
}

}  // namespace

void add_trust(Pod& pod, const Settings& settings, std::vector<std::string>& warnings) {
  pod.put_volume({{"name", kTrustConfigMap}, {"configMap", {{"name", kTrustConfigMap}, {"optional", false}}}});
  for (auto* container : pod.containers()) {
    trust_in(*container, &warnings);
    add_to_authorities(*container, settings.root_folder_name);
  }
  if (!settings.own_dns || !uses_cluster_dns(pod)) add_host_aliases(pod, settings);
}

void add_trust_to_ephemeral(Pod& pod, const std::set<std::string>& existing) {
  if (pod.volume_with_prefix(kTrustConfigMap) != kTrustConfigMap) return;
  for (auto* container : pod.ephemeral_containers()) {
    if (!existing.contains(container_name(*container))) trust_in(*container, nullptr);
  }
}

}  // namespace lazuli::workload_identity
