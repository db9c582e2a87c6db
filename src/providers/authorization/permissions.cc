#include "providers/authorization/permissions.h"

#include <algorithm>

namespace lazuli::providers {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view action) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return action_matches(pattern, action); });
}

JsonArray list_of(const std::vector<std::string>& texts) {
  JsonArray list;
  for (const auto& text : texts) list.emplace_back(text);
  return list;
}

std::vector<std::string> texts_of(const Json& value, std::string_view name) {
  std::vector<std::string> texts;
  const Json* list = find_member(value, name);
  if (!list || !list->is_array()) return texts;
  for (const auto& item : list->as_array()) texts.push_back(string_or(&item));
  return texts;
}

}  // namespace

// Greedy with one step back: linear but for the last "*", so no pattern can make it slow.
bool action_matches(std::string_view pattern, std::string_view action) {
  std::size_t p = 0, a = 0, star = std::string_view::npos, resume = 0;
  while (a < action.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = a;
    } else if (p < pattern.size() && lower(pattern[p]) == lower(action[a])) {
      ++p;
      ++a;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      a = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool Permissions::allow(std::string_view action, access::Plane plane) const {
  const bool control = plane == access::Plane::control;
  return any_matches(control ? actions : data_actions, action) &&
         !any_matches(control ? not_actions : not_data_actions, action);
}

JsonObject Permissions::to_json() const {
  return {{"actions", list_of(actions)},
          {"notActions", list_of(not_actions)},
          {"dataActions", list_of(data_actions)},
          {"notDataActions", list_of(not_data_actions)}};
}

Permissions Permissions::from_json(const Json& value) {
  return {texts_of(value, "actions"), texts_of(value, "notActions"), texts_of(value, "dataActions"),
          texts_of(value, "notDataActions")};
}

}  // namespace lazuli::providers
