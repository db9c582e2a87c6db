#include "workload_identity/json_patch.h"

#include <string>

#include "base/text.h"

namespace lazuli::workload_identity {

namespace {

// A member's name as a step of a JSON Pointer (RFC 6901).
std::string step(std::string_view name) {
  return "/" + replace_all(replace_all(std::string(name), "~", "~0"), "/", "~1");
}

void add(JsonArray& patch, std::string_view operation, const std::string& path, const Json* value) {
  JsonObject entry{{"op", operation}, {"path", path}};
  if (value) entry["value"] = *value;
  patch.push_back(std::move(entry));
}

void compare(const Json& before, const Json& after, const std::string& path, JsonArray& patch);

void compare_objects(const JsonObject& before, const JsonObject& after, const std::string& path, JsonArray& patch) {
  for (const auto& member : before) {
    if (!after.contains(member.key())) add(patch, "remove", path + step(member.key()), nullptr);
  }
  for (const auto& member : after) {
    const std::string below = path + step(member.key());
    if (const Json* old = before.if_contains(member.key())) {
      compare(*old, member.value(), below, patch);
    } else {
      add(patch, "add", below, &member.value());
    }
  }
}

void compare(const Json& before, const Json& after, const std::string& path, JsonArray& patch) {
  if (before == after) return;
  if (before.is_object() && after.is_object()) {
    compare_objects(before.get_object(), after.get_object(), path, patch);
  } else if (before.is_array() && after.is_array() && before.get_array().size() <= after.get_array().size()) {
    const auto& old = before.get_array();
    const auto& now = after.get_array();
    for (std::size_t i = 0; i < old.size(); ++i) compare(old[i], now[i], path + "/" + std::to_string(i), patch);
    for (std::size_t i = old.size(); i < now.size(); ++i) add(patch, "add", path + "/-", &now[i]);
  } else {
    add(patch, "replace", path, &after);
  }
}

}  // namespace

JsonArray difference(const Json& before, const Json& after) {
  JsonArray patch;
  compare(before, after, "", patch);
  return patch;
}

}  // namespace lazuli::workload_identity
