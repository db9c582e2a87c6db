#include "providers/cognitive_services/model_body.h"

#include <algorithm>

#include "base/text.h"
#include "openai/regions.h"
#include "providers/cognitive_services/deployments.h"

namespace lazuli::providers {

namespace {

using openai::Model;
using openai::SkuFacts;

std::string day(std::string_view date) {
  return std::string(date) + "T00:00:00Z";
}

JsonObject capacity_config(const SkuFacts& sku) {
  JsonObject capacity;
  if (sku.minimum > 0) capacity["minimum"] = sku.minimum;
  capacity["maximum"] = sku.maximum;
  if (sku.step > 0) capacity["step"] = sku.step;
  capacity["default"] = sku.standard;
  return capacity;
}

// How locations of models are written: "WestEurope".
std::string shown_location(std::string_view location) {
  return replace_all(openai::region_display_name(location), " ", "");
}

std::string dotted_name(const Model& model) {
  return std::string(model.format) + "." + std::string(model.name) + "." + std::string(model.version);
}

std::string model_id(std::string_view subscription, std::string_view shown_location, const Model& model) {
  return "/subscriptions/" + std::string(subscription) + "/providers/Microsoft.CognitiveServices/locations/" +
         std::string(shown_location) + "/models/" + dotted_name(model);
}

// `limits`: the member's name, "ratelimits" in accounts, "rateLimits" in locations (recorded).
JsonArray sku_entries(const Model& model, std::string_view limits) {
  JsonArray entries;
  for (const auto& sku : openai::skus()) {
    if (!(model.skus & sku.bit)) continue;
    JsonObject entry{{"name", sku.name}, {"usageName", usage_name(model, sku)}, {"capacity", capacity_config(sku)}};
    if (!model.retires.empty()) entry["deprecationDate"] = day(model.retires);
    if (sku.quota_for_each_model && sku.name.find("Batch") == std::string_view::npos) {
      entry[limits] = rate_limits(model, 1);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

JsonObject system_data(const Model& model) {
  return JsonObject{
      {"createdBy", "Microsoft"},      {"createdByType", "Application"},      {"createdAt", day(model.published)},
      {"lastModifiedBy", "Microsoft"}, {"lastModifiedByType", "Application"}, {"lastModifiedAt", day(model.published)}};
}

// What only the lists of models say: what can be tuned, and what throughput can be bought ahead (recorded 2025-10).
JsonObject catalogue_capabilities(const Model& model) {
  JsonObject out = model_capabilities(model);
  if (model.can(openai::kFineTuning)) {
    out["FineTuneTokensMaxValuePerExample"] = std::to_string(model.context_tokens);
    out["FineTuneTokensMaxValue"] = "2000000000";
  }
  if (model.skus & openai::kProvisioned) out["allowProvisionedManagedCommitment"] = "true";
  return out;
}

JsonObject model_entry(const Model& model, std::string_view limits) {
  JsonObject entry{{"format", model.format},
                   {"name", model.name},
                   {"version", model.version},
                   {"isDefaultVersion", model.is_default},
                   {"skus", sku_entries(model, limits)},
                   {"maxCapacity", model.can(openai::kFineTuning) ? 9 : 3},
                   {"capabilities", catalogue_capabilities(model)}};
  if (!model.retires.empty()) {
    JsonObject dates;
    if (model.can(openai::kFineTuning)) dates["fineTune"] = day(model.retires);
    dates["inference"] = day(model.retires);
    entry["deprecation"] = std::move(dates);
  }
  entry["lifecycleStatus"] = model.lifecycle;
  entry["systemData"] = system_data(model);
  entry["modelCatalogAssetId"] =
      "azureml://registries/azure-openai/models/" + std::string(model.name) + "/versions/" + std::string(model.version);
  return entry;
}

}  // namespace

JsonObject model_capabilities(const Model& model) {
  JsonObject out;
  const auto flag = [&](unsigned ability, std::string_view name) {
    if (model.can(ability)) out[name] = "true";
  };
  // Chat models of the GPT family say "completion", too (recorded), although the legacy operation refuses them.
  if (model.can(openai::kCompletion) || (model.can(openai::kChat) && !model.can(openai::kReasoning))) {
    out["completion"] = "true";
  }
  if (model.context_tokens > 0 && model.output_tokens == model.context_tokens) {
    out["maxTotalToken"] = std::to_string(model.context_tokens);
  } else if (model.context_tokens > 0) {
    out["maxContextToken"] = std::to_string(model.context_tokens);
    if (model.output_tokens > 0) out["maxOutputToken"] = std::to_string(model.output_tokens);
  }
  flag(openai::kChat, "chatCompletion");
  flag(openai::kAssistants, "assistants");
  flag(openai::kResponses, "responses");
  flag(openai::kImage, "imageGenerations");
  flag(openai::kAudio, "audio");
  if (model.can(openai::kEmbedding)) {
    out["embeddings"] = "true";
    out["embeddingsMaxInputs"] = "2048";
  }
  return out;
}

// One request in so many seconds for each unit of capacity; that they scale with it is read off the model list.
JsonArray rate_limits(const Model& model, std::int64_t capacity) {
  return JsonArray{
      JsonObject{{"key", "request"}, {"renewalPeriod", model.period}, {"count", model.requests * capacity}},
      JsonObject{{"key", "token"}, {"renewalPeriod", 60}, {"count", 1000 * capacity}}};
}

std::string usage_display_name(const Model& model, const SkuFacts& sku) {
  const std::string what =
      sku.quota_for_each_model ? "Tokens Per Minute (thousands) - " : "Provisioned Throughput Units - ";
  const std::string shown = sku.quota_for_each_model ? std::string(model.name) : std::string(sku.name);
  return sku.name == "Standard" || !sku.quota_for_each_model ? what + shown
                                                             : what + shown + " - " + std::string(sku.name);
}

JsonObject account_model(const Model& model) {
  return model_entry(model, "ratelimits");
}

JsonArray location_models(std::string_view subscription, std::string_view location) {
  const std::string shown = shown_location(location);
  JsonArray items;
  for (const auto* kind : {"OpenAI", "AIServices"}) {
    for (const auto& model : openai::models()) {
      items.push_back(JsonObject{{"id", model_id(subscription, shown, model)},
                                 {"type", "Microsoft.CognitiveServices/locations/models"},
                                 {"name", dotted_name(model)},
                                 {"location", shown},
                                 {"kind", kind},
                                 {"skuName", "S0"},
                                 {"model", model_entry(model, "rateLimits")}});
    }
  }
  return items;
}

JsonArray deployment_skus(const Model& model, std::string_view own_sku, std::int64_t own_capacity) {
  JsonArray items;
  for (const auto& sku : openai::skus()) {
    if (!(model.skus & sku.bit)) continue;
    JsonObject named{{"name", sku.name}};
    if (sku.name == own_sku) named["capacity"] = own_capacity;
    items.push_back(JsonObject{{"resourceType", "Microsoft.CognitiveServices/accounts/deployments"},
                               {"sku", std::move(named)},
                               {"capacity", capacity_config(sku)}});
  }
  return items;
}

JsonArray model_capacities(std::string_view subscription, std::string_view location, const Model& model,
                           const std::map<std::string, std::int64_t>& used) {
  const std::string shown = shown_location(location);
  JsonArray items;
  for (const auto& sku : openai::skus()) {
    if (!(model.skus & sku.bit)) continue;
    const auto found = used.find(usage_name(model, sku));
    const std::int64_t left = sku.quota - (found == used.end() ? 0 : found->second);
    items.push_back(JsonObject{
        {"id", model_id(subscription, shown, model) + "/skuCapacities/" + std::string(sku.name)},
        {"type", "Microsoft.CognitiveServices/locations/models/skuCapacities"},
        {"name", sku.name},
        {"location", shown},
        {"properties",
         JsonObject{{"model", JsonObject{{"format", model.format}, {"name", model.name}, {"version", model.version}}},
                    {"skuName", sku.name},
                    {"availableCapacity", std::max<std::int64_t>(0, left)},
                    {"availableFinetuneCapacity", 0}}}});
  }
  return items;
}

JsonArray account_usages(std::string_view kind) {
  struct Allowance {
    std::string_view kind, name;
    double most;
  };
  constexpr Allowance allowances[] = {{"TextAnalytics", "TextAnalytics.CtAutoTagging", 5000},
                                      {"TextAnalytics", "TextAnalytics.CtSaAutoTagging", 1000}};
  JsonArray items;
  for (const auto& [of, name, most] : allowances) {
    if (!equals_ignoring_case(of, kind)) continue;
    items.push_back(JsonObject{{"name", JsonObject{{"value", name}, {"localizedValue", name}}},
                               {"status", "Included"},
                               {"currentValue", 0.0},
                               {"limit", most},
                               {"nextResetTime", "0001-01-01T00:00:00Z"},
                               {"quotaPeriod", "30.00:00:00"},
                               {"unit", "Count"}});
  }
  return items;
}

JsonArray location_usages(const std::map<std::string, std::int64_t>& used, std::int64_t openai_accounts,
                          std::int64_t accounts) {
  JsonArray items;
  const auto add = [&](std::string_view name, std::string_view shown, std::int64_t current, std::int64_t limit) {
    items.push_back(JsonObject{{"name", JsonObject{{"value", name}, {"localizedValue", shown}}},
                               {"currentValue", current},
                               {"limit", limit},
                               {"unit", "Count"}});
  };
  std::map<std::string, bool> seen;
  for (const auto& model : openai::models()) {
    for (const auto& sku : openai::skus()) {
      if (!(model.skus & sku.bit)) continue;
      const std::string name = usage_name(model, sku);
      if (std::exchange(seen[name], true)) continue;
      const auto found = used.find(name);
      add(name, usage_display_name(model, sku), found == used.end() ? 0 : found->second, sku.quota);
    }
  }
  add("OpenAI.S0.AccountCount", "Maximum resources for OpenAI S0 sku.", openai_accounts, 30);
  add("AccountCount", "Maximum Resources per Region", accounts, 200);
  return items;
}

}  // namespace lazuli::providers
