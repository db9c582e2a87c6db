// New directory objects as documents: what Microsoft Graph shows of a fresh application, service principal, user or
// group, with the members that Graph always has.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace lazuli::entra {

struct NewObject {
  std::string object_id;
  std::string client_id;  // of applications and service principals
  std::string display_name;
  std::string created;  // "2026-11-24T08:28:14Z"
  std::string tenant_id, tenant_domain;
};

JsonObject new_application(const NewObject& object);
JsonObject new_service_principal(const NewObject& object, bool managed_identity);
JsonObject new_user(const NewObject& object, std::string_view name);
JsonObject new_group(const NewObject& object);

}  // namespace lazuli::entra
