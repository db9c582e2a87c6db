// The catalogue in Resource Manager's forms: models of an account and of a location, usages, and the parts of them that
// deployments show. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/json.h"
#include "openai/catalogue.h"

namespace lazuli::providers {

JsonObject model_capabilities(const openai::Model& model);  // strings: "true", "16385"
JsonArray rate_limits(const openai::Model& model, std::int64_t capacity);
std::string usage_display_name(const openai::Model& model, const openai::SkuFacts& sku);

JsonObject account_model(const openai::Model& model);  // GET accounts/A/models
// GET locations/L/models: one item for each kind of account.
JsonArray location_models(std::string_view subscription, std::string_view location);
// GET accounts/A/deployments/D/skus: those that its model has; the deployment's own says what it has of it.
JsonArray deployment_skus(const openai::Model& model, std::string_view own_sku, std::int64_t own_capacity);
// One location's part of GET modelCapacities: what is left of each SKU's quota. Tuned models do not exist here.
JsonArray model_capacities(std::string_view subscription, std::string_view location, const openai::Model& model,
                           const std::map<std::string, std::int64_t>& used);
// GET accounts/A/usages: allowances of a kind (recorded of TextAnalytics; what models use is counted by location).
JsonArray account_usages(std::string_view kind);
JsonArray location_usages(const std::map<std::string, std::int64_t>& used, std::int64_t openai_accounts,
                          std::int64_t accounts);

}  // namespace lazuli::providers
