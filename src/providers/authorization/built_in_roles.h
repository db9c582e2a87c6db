// Azure's built-in roles that matter to what lazuli serves, with their real ids, so that scripts and templates which
// name them work unchanged. Actions as Azure's public reference of built-in roles lists them.
#pragma once

#include <string>
#include <vector>

#include "providers/authorization/permissions.h"

namespace lazuli::providers {

struct BuiltInRole {
  std::string id;  // GUID
  std::string name;
  std::string description;
  Permissions permissions;
};

const std::vector<BuiltInRole>& built_in_roles();

inline constexpr std::string_view kOwnerRole = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

}  // namespace lazuli::providers
