// Kinds of accounts: their SKUs, and what an account of a kind shows of itself (endpoints, capabilities, rate limits of
// calls). Data as recorded of the service in 2025; OpenAI's is whole, AIServices' without the rules of the services
// that are not here, of the others only what is common to all.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace lazuli::providers {

struct AccountKind {
  std::string_view name;
  std::string_view skus;  // separated by blanks
  bool models = false;    // has deployments

  bool has_sku(std::string_view sku) const;  // upper case
};

const AccountKind* find_kind(std::string_view name);  // in any case
JsonArray sku_list(std::string_view provider_location, std::string_view only_kind = {});
std::string_view tier_of(std::string_view sku);

struct AccountHosts {
  std::string endpoint;   // of the account, with closing slash
  std::string subdomain;  // empty: regional
  std::string account;    // name
  std::string location;   // lower case
};
AccountHosts hosts_of(const AccountKind& kind, std::string_view account, std::string_view location,
                      std::string_view subdomain);

JsonObject endpoints_of(const AccountKind& kind, const AccountHosts& hosts);
JsonArray capabilities_of(const AccountKind& kind);
JsonArray call_rules_of(const AccountKind& kind);

}  // namespace lazuli::providers
