#include "workload_identity/pod.h"

#include "base/text.h"

namespace lazuli::workload_identity {

namespace {

// Null stands for an absent list, as Kubernetes writes it.
bool is_list_of_objects(const Json* value) {
  if (!value || value->is_null()) return true;
  if (!value->is_array()) return false;
  for (const auto& entry : value->get_array()) {
    if (!entry.is_object()) return false;
  }
  return true;
}

JsonArray& list_at(JsonObject& parent, std::string_view name) {
  auto& member = parent[name];
  if (!member.is_array()) member.emplace_array();
  return member.get_array();
}

void append_objects(JsonObject& parent, std::string_view name, std::vector<JsonObject*>& into) {
  auto* list = parent.if_contains(name);
  if (!list || !list->is_array()) return;
  for (auto& entry : list->get_array()) into.push_back(&entry.get_object());
}

std::string metadata(const JsonObject& document, std::string_view map, std::string_view name) {
  const auto* held = document.if_contains("metadata");
  return held ? string_at(*held, map, name) : std::string();
}

}  // namespace

Result<Pod> Pod::read(const Json& object) {
  const auto bad = [](std::string_view what) {
    return Error{"BadRequest", "the pod cannot be read: " + std::string(what), 400};
  };
  if (!object.is_object()) return bad("it is no object");
  const Json* held_spec = find(object, "spec");
  if (!held_spec || !held_spec->is_object()) return bad("it has no spec");
  for (const auto* list : {"volumes", "hostAliases"}) {
    if (!is_list_of_objects(find(*held_spec, list))) return bad("spec." + std::string(list) + " is no list of objects");
  }
  for (const auto* list : {"initContainers", "containers", "ephemeralContainers"}) {
    const Json* containers = find(*held_spec, list);
    if (!is_list_of_objects(containers)) return bad("spec." + std::string(list) + " is no list of objects");
    if (!containers || containers->is_null()) continue;
    for (const auto& container : containers->get_array()) {
      for (const auto* member : {"env", "volumeMounts"}) {
        if (!is_list_of_objects(find(container, member))) return bad(std::string(member) + " is no list of objects");
      }
    }
  }
  return Pod(object.get_object());
}

std::string Pod::name() const {
  const auto* held = document_.if_contains("metadata");
  if (!held) return {};
  if (auto given = string_at(*held, "name"); !given.empty()) return given;
  return string_at(*held, "generateName") + " (prefix)";
}

std::string Pod::service_account() const {
  const Json& held = document_.at("spec");
  if (auto given = string_at(held, "serviceAccountName"); !given.empty()) return given;
  if (auto older = string_at(held, "serviceAccount"); !older.empty()) return older;
  return "default";
}

std::string Pod::label(std::string_view name) const {
  return metadata(document_, "labels", name);
}
std::string Pod::annotation(std::string_view name) const {
  return metadata(document_, "annotations", name);
}

bool Pod::has_annotation(std::string_view name) const {
  const auto* held = document_.if_contains("metadata");
  return held && find(*held, "annotations", name) != nullptr;
}

bool Pod::host_network() const {
  return bool_or(find(document_.at("spec"), "hostNetwork"));
}

std::string Pod::dns_policy() const {
  const auto given = string_at(document_.at("spec"), "dnsPolicy");
  return given.empty() ? "ClusterFirst" : given;
}

std::vector<JsonObject*> Pod::containers() {
  std::vector<JsonObject*> all;
  append_objects(spec(), "initContainers", all);
  append_objects(spec(), "containers", all);
  return all;
}

std::vector<JsonObject*> Pod::ephemeral_containers() {
  std::vector<JsonObject*> all;
  append_objects(spec(), "ephemeralContainers", all);
  return all;
}

void Pod::put_volume(JsonObject volume) {
  const std::string name = string_or(volume.if_contains("name"));
  for (auto& held : list_at(spec(), "volumes")) {
    if (string_at(held, "name") == name) {
      held = std::move(volume);
      return;
    }
  }
  list_at(spec(), "volumes").push_back(std::move(volume));
}

std::string Pod::volume_with_prefix(std::string_view prefix) {
  std::vector<JsonObject*> volumes;
  append_objects(spec(), "volumes", volumes);
  for (const auto* volume : volumes) {
    std::string name = string_or(volume->if_contains("name"));
    if (name.starts_with(prefix)) return name;
  }
  return {};
}

std::string container_name(const JsonObject& container) {
  return string_or(container.if_contains("name"));
}

JsonObject* find_env(JsonObject& container, std::string_view name) {
  std::vector<JsonObject*> entries;
  append_objects(container, "env", entries);
  for (auto* entry : entries) {
    if (string_or(entry->if_contains("name")) == name) return entry;
  }
  return nullptr;
}

bool add_env(JsonObject& container, std::string_view name, std::string_view value) {
  if (find_env(container, name)) return false;
  list_at(container, "env").push_back(JsonObject{{"name", name}, {"value", value}});
  return true;
}

void add_mount(JsonObject& container, std::string_view volume, std::string_view path, std::string_view sub_path) {
  auto& mounts = list_at(container, "volumeMounts");
  for (const auto& mount : mounts) {
    if (string_at(mount, "mountPath") == path) return;
  }
  JsonObject mount{{"name", volume}, {"mountPath", path}, {"readOnly", true}};
  if (!sub_path.empty()) mount["subPath"] = sub_path;
  mounts.push_back(std::move(mount));
}

bool mounts_over(JsonObject& container, std::string_view folder) {
  for (const auto& mount : list_at(container, "volumeMounts")) {
    const std::string path(without_trailing_slashes(string_at(mount, "mountPath")));
    if (!path.empty() && (folder == path || folder.starts_with(path + "/"))) return true;
  }
  return false;
}

}  // namespace lazuli::workload_identity
