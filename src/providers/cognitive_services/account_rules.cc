#include "providers/cognitive_services/account_rules.h"

#include <algorithm>

#include "arm/service.h"
#include "base/text.h"

namespace lazuli::providers {

namespace {

bool letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

Status check_account_name(std::string_view name) {
  const bool valid = name.size() >= 2 && name.size() <= 64 && letter_or_digit(name.front()) &&
                     std::ranges::all_of(name, [](char c) { return letter_or_digit(c) || c == '-' || c == '_'; });
  if (valid) return {};
  return arm::bad_request("InvalidAccountName",
                          "The account name is invalid. Account name can only include alphanumeric characters, "
                          "underscores and hyphens; Account name only allows 2 to 64 characters.");
}

bool is_valid_subdomain(std::string_view name) {
  return name.size() >= 2 && name.size() <= 64 && letter_or_digit(name.front()) && letter_or_digit(name.back()) &&
         std::ranges::all_of(name, [](char c) { return letter_or_digit(c) || c == '-'; });
}

Error subdomain_in_use(std::string_view name) {
  return Error{"CustomDomainInUse",
               "Please pick a different name. The subdomain name '" + std::string(name) +
                   "' is not available as it's already used by a resource. If the resource using the name was deleted "
                   "in the last 48 hours, you may need to purge the deleted resource. Learn more at "
                   "\"https://go.microsoft.com/fwlink/?linkid=2215493\"",
               409};
}

Result<std::string> check_sku(const AccountKind& kind, const Json* sku) {
  const std::string asked = sku ? string_at(*sku, "name") : std::string();
  std::string name = to_upper(asked);
  if (kind.has_sku(name)) return name;
  return arm::bad_request("InvalidSkuId",
                          "The SKU name '" + asked + "' in account type '" + std::string(kind.name) + "' is invalid.");
}

}  // namespace lazuli::providers
