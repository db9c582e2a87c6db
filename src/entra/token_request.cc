#include "entra/token_request.h"

#include <set>

namespace lazuli::entra {

std::string Form::get(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (key == name) return value;
  }
  return {};
}

bool Form::has(std::string_view name) const {
  for (const auto& field : fields_) {
    if (field.first == name) return true;
  }
  return false;
}

std::optional<std::string> Form::repeated() const {
  std::set<std::string_view> seen;
  for (const auto& field : fields_) {
    if (!seen.insert(field.first).second) return field.first;
  }
  return std::nullopt;
}

Result<std::string> Form::require(std::string_view name) const {
  std::string value = get(name);
  if (!value.empty()) return value;
  return sts_error(900144, "The request body must contain the following parameter: '" + std::string(name) + "'.");
}

std::vector<std::string> TokenRequest::client_capabilities() const {
  const auto claims = parse_json(form.get("claims"), {.depth = 8});
  if (!claims) return {};
  const Json* values = find(*claims, "access_token", "xms_cc", "values");
  if (!values || !values->is_array() || values->get_array().size() > 8) return {};
  std::vector<std::string> out;
  for (const auto& value : values->get_array()) {
    if (value.is_string() && value.get_string().size() <= 16) out.emplace_back(value.get_string());
  }
  return out;
}

}  // namespace lazuli::entra
