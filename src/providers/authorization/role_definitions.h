// Microsoft.Authorization/roleDefinitions: the built-in ones, and custom ones that are stored at the subscription.
#pragma once

#include "arm/service.h"
#include "providers/authorization/access_table.h"

namespace lazuli::providers {

void add_role_definitions(arm::Service& service, const AccessTable& table);

// 404, or 400 where an assignment names it: the id is written without dashes, as Azure does.
Error role_definition_missing(std::string_view id, int status);
std::string without_dashes(std::string_view guid);

}  // namespace lazuli::providers
