#include "providers/resources/template_values.h"

namespace lazuli::providers {

std::string text_of(const Json& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "True" : "False";
  if (value.is_null()) return "";
  return to_text(value);
}

std::int64_t number_of(const Json& value) {
  return integer(&value).value_or(0);
}

Json part_of(const Json& value, std::size_t from, std::size_t count) {
  if (value.is_array()) {
    JsonArray out;
    const auto& all = value.as_array();
    for (std::size_t i = from; i < all.size() && i - from < count; ++i) out.push_back(all[i]);
    return out;
  }
  const std::string text = text_of(value);
  return Json(from < text.size() ? text.substr(from, count) : std::string());
}

}  // namespace lazuli::providers
