#include "json_patch.h"

#include <charconv>

#include "base/text.h"

namespace lazuli::fuzz {

namespace {

std::vector<std::string> steps_of(std::string_view path) {
  std::vector<std::string> steps = split(path, '/', true);
  if (!steps.empty()) steps.erase(steps.begin());  // before the first slash
  for (auto& step : steps) step = replace_all(replace_all(std::move(step), "~1", "/"), "~0", "~");
  return steps;
}

// `end` counts as well: where something may be added.
std::optional<std::size_t> index_of(const JsonArray& array, const std::string& step, bool end) {
  if (end && step == "-") return array.size();
  std::size_t index = 0;
  const auto [rest, problem] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (problem != std::errc{} || rest != step.data() + step.size()) return std::nullopt;
  return index < array.size() + (end ? 1 : 0) ? std::optional(index) : std::nullopt;
}

Json* below(Json& at, const std::string& step) {
  if (auto* object = at.if_object()) return object->if_contains(step);
  auto* array = at.if_array();
  const auto index = array ? index_of(*array, step, false) : std::nullopt;
  return index ? &(*array)[*index] : nullptr;
}

bool add(Json& parent, const std::string& step, const Json& value) {
  if (auto* object = parent.if_object()) {
    (*object)[step] = value;
    return true;
  }
  auto* array = parent.if_array();
  const auto index = array ? index_of(*array, step, true) : std::nullopt;
  if (index) array->insert(array->begin() + static_cast<std::ptrdiff_t>(*index), value);
  return index.has_value();
}

bool apply(Json& document, const Json& operation) {
  const std::string kind = string_at(operation, "op");
  const Json* value = find(operation, "value");
  auto steps = steps_of(string_at(operation, "path"));
  if (steps.empty() || (kind != "remove" && !value)) return false;
  const std::string last = std::move(steps.back());
  steps.pop_back();
  Json* parent = &document;
  for (const auto& step : steps) {
    parent = below(*parent, step);
    if (!parent) return false;
  }
  if (kind == "add") return add(*parent, last, *value);
  Json* target = below(*parent, last);
  if (!target) return false;
  if (kind == "replace") {
    *target = *value;
  } else if (kind == "remove" && parent->is_object()) {
    parent->get_object().erase(last);
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool apply_patch(Json& document, const JsonArray& patch) {
  for (const auto& operation : patch) {
    if (!apply(document, operation)) return false;
  }
  return true;
}

}  // namespace lazuli::fuzz
