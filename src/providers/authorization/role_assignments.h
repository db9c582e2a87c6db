// Microsoft.Authorization/roleAssignments at every scope. Conditions are refused: nothing here would evaluate them, and
// a grant that ignores its condition would give too much.
#pragma once

#include "arm/service.h"
#include "entra/entra.h"
#include "providers/authorization/access_table.h"

namespace lazuli::providers {

void add_role_assignments(arm::Service& service, const AccessTable& table, const entra::Entra& entra);

// The stored form of an assignment; `id` and `scope` keep the spelling of the request.
JsonObject role_assignment(std::string_view id, std::string_view scope, std::string_view definition_id,
                           std::string_view principal_id, std::string_view principal_type, const std::string& now,
                           std::string_view author);

}  // namespace lazuli::providers
