// What an account may be called, which SKU its kind has, and the errors of those that it may not. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "providers/cognitive_services/kinds.h"

namespace lazuli::providers {

Status check_account_name(std::string_view name);
bool is_valid_subdomain(std::string_view name);
Error subdomain_in_use(std::string_view name);

// az and the tutorial write "s0": answered as "S0".
Result<std::string> check_sku(const AccountKind& kind, const Json* sku);

}  // namespace lazuli::providers
