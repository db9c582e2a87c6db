#include "tutorial/kubeconfig_file.h"

#include "base/files.h"
#include "base/json.h"
#include "base/yaml.h"

namespace lazuli::tutorial {

namespace {

void merge_entries(JsonObject& target, const JsonObject& source, std::string_view list) {
  const Json* added = source.if_contains(list);
  if (!added || !added->is_array()) return;
  Json& into = target[list];
  if (!into.is_array()) into = JsonArray();
  for (const auto& entry : added->get_array()) {
    const std::string name = string_at(entry, "name");
    bool replaced = false;
    for (auto& known : into.get_array()) {
      if (string_at(known, "name") != name) continue;
      known = entry;
      replaced = true;
    }
    if (!replaced) into.get_array().push_back(entry);
  }
}

}  // namespace

Status merge_kubeconfig(const std::filesystem::path& file, std::string_view yaml) {
  const auto source = parse_yaml(yaml);
  if (!source) return source.error();
  if (!source->is_object()) return Error{"InvalidYaml", "The cluster's kubeconfig is no mapping.", 502};
  JsonObject merged{{"apiVersion", "v1"}, {"kind", "Config"}};
  if (const auto text = read_file(file)) {
    auto before = parse_yaml(*text);
    if (!before) return Error{before.error().code, file.string() + ": " + before.error().message, 400};
    if (before->is_object()) merged = std::move(before->get_object());
  }
  for (const auto list : {"clusters", "contexts", "users"}) merge_entries(merged, source->get_object(), list);
  if (const Json* current = find(*source, "current-context")) merged["current-context"] = *current;
  return write_file(file, to_pretty(merged) + "\n");
}

}  // namespace lazuli::tutorial
