// Functions of arrays and objects.
#include <algorithm>

#include "base/text.h"
#include "providers/resources/template_expression.h"
#include "providers/resources/template_values.h"

namespace lazuli::providers {

namespace {

constexpr std::size_t kLongestRange = 10000;

bool is_empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.as_string().empty()) ||
         (value.is_array() && value.as_array().empty()) || (value.is_object() && value.as_object().empty());
}

Json length(const Arguments& arguments) {
  const Json& value = arguments.front();
  if (value.is_array()) return value.as_array().size();
  if (value.is_object()) return value.as_object().size();
  return text_of(value).size();
}

Json contains(const Arguments& arguments) {
  const Json& whole = arguments[0];
  if (whole.is_array()) return std::ranges::find(whole.as_array(), arguments[1]) != whole.as_array().end();
  if (whole.is_object()) {
    return std::ranges::any_of(whole.as_object(), [&](const auto& member) {
      return equals_ignoring_case(member.key(), text_of(arguments[1]));
    });
  }
  return to_lower(text_of(whole)).find(to_lower(text_of(arguments[1]))) != std::string::npos;
}

// Of arrays the elements, of objects the members of all (the later one's value wins).
Json merged(const Arguments& arguments) {
  if (arguments.front().is_object()) {
    JsonObject all;
    for (const auto& each : arguments) {
      if (!each.is_object()) continue;
      for (const auto& member : each.as_object()) all[member.key()] = member.value();
    }
    return all;
  }
  JsonArray all;
  for (const auto& each : arguments) {
    if (!each.is_array()) continue;
    for (const auto& item : each.as_array()) {
      if (std::ranges::find(all, item) == all.end()) all.push_back(item);
    }
  }
  return all;
}

Json first_of(const Json& value, bool last) {
  if (value.is_array()) {
    const auto& all = value.as_array();
    return all.empty() ? Json(nullptr) : last ? all.back() : all.front();
  }
  const std::string text = text_of(value);
  return Json(text.empty() ? text : std::string(1, last ? text.back() : text.front()));
}

Json items(const Arguments& arguments) {
  JsonArray all;
  if (!arguments[0].is_object()) return all;
  std::map<std::string, Json> sorted;
  for (const auto& member : arguments[0].as_object()) sorted[std::string(member.key())] = member.value();
  for (const auto& [key, value] : sorted) all.push_back(JsonObject{{"key", key}, {"value", value}});
  return all;
}

Result<Json> range(const Arguments& arguments) {
  const std::int64_t count = number_of(arguments[1]);
  if (count < 0 || count > static_cast<std::int64_t>(kLongestRange)) return invalid_template("The range is too long");
  JsonArray all;
  const auto first = static_cast<std::uint64_t>(number_of(arguments[0]));
  for (std::int64_t i = 0; i < count; ++i)
    all.emplace_back(static_cast<std::int64_t>(first + static_cast<std::uint64_t>(i)));
  return Json(all);
}

Result<Json> read_json(const Arguments& arguments) {
  auto value = parse_json(text_of(arguments[0]));
  if (!value) return invalid_template("The argument of the function json is not JSON");
  return value;
}

Json create_object(const Arguments& arguments) {
  JsonObject object;
  for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) object[text_of(arguments[i])] = arguments[i + 1];
  return object;
}

}  // namespace

void add_collection_functions(FunctionTable& table) {
  table["length"] = {1, 1, length};
  table["empty"] = {1, 1, [](const Arguments& a) { return Json(is_empty(a[0])); }};
  table["contains"] = {2, 2, contains};
  table["union"] = {1, kAnyNumber, merged};
  table["first"] = {1, 1, [](const Arguments& a) { return first_of(a[0], false); }};
  table["last"] = {1, 1, [](const Arguments& a) { return first_of(a[0], true); }};
  table["take"] = {2, 2, [](const Arguments& a) {
                     return part_of(a[0], 0, static_cast<std::size_t>(std::max<std::int64_t>(0, number_of(a[1]))));
                   }};
  table["skip"] = {2, 2, [](const Arguments& a) {
                     return part_of(a[0], static_cast<std::size_t>(std::max<std::int64_t>(0, number_of(a[1]))),
                                    std::string::npos);
                   }};
  table["createarray"] = {0, kAnyNumber, [](const Arguments& a) { return Json(a); }};
  table["createobject"] = {0, kAnyNumber, create_object};
  table["array"] = {1, 1, [](const Arguments& a) { return a[0].is_array() ? a[0] : Json(JsonArray{a[0]}); }};
  table["items"] = {1, 1, items};
  table["range"] = {2, 2, range};
  table["coalesce"] = {1, kAnyNumber, [](const Arguments& a) {
                         const auto found = std::ranges::find_if(a, [](const Json& each) { return !each.is_null(); });
                         return found == a.end() ? Json(nullptr) : *found;
                       }};
  table["json"] = {1, 1, read_json};
}

}  // namespace lazuli::providers
