// What a role allows: patterns of actions with "*" for any text, and the exceptions from them. Actions compare without
// regard to case, as in Azure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/json.h"

namespace lazuli::providers {

bool action_matches(std::string_view pattern, std::string_view action);

struct Permissions {
  std::vector<std::string> actions, not_actions, data_actions, not_data_actions;

  bool allow(std::string_view action, access::Plane plane) const;
  JsonObject to_json() const;  // {"actions","notActions","dataActions","notDataActions"}
  static Permissions from_json(const Json& value);
};

}  // namespace lazuli::providers
