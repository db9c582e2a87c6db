#include "providers/cognitive_services/deployment_settings.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "arm/service.h"
#include "base/text.h"

namespace lazuli::providers {

namespace {

constexpr std::string_view kScaleSettings = "scaleSettings", kScaleType = "scaleType";

struct Choice {
  std::string_view name;
  std::vector<std::string_view> words;  // the first is the default
  std::string_view since;               // api-version; earlier ones do not answer it
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all = {
      {"versionUpgradeOption",
       {"OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade"},
       "2023-05-01"},
      {"serviceTier", {"Default", "Priority"}, "2026-05-01"},
      {kDeploymentState, {kRunning, kPaused}, "2026-05-01"}};
  return all;
}

Result<std::string> word_of(const Json& value, std::string_view name, const std::vector<std::string_view>& words) {
  const std::string sent = value.is_string() ? string_or(&value) : to_text(value);
  const auto found =
      std::ranges::find_if(words, [&](std::string_view word) { return equals_ignoring_case(word, sent); });
  if (found != words.end()) return std::string(*found);
  std::string listed;
  for (const auto word : words) listed += (listed.empty() ? "'" : ", '") + std::string(word) + "'";
  return arm::bad_request("InvalidResourceProperties",
                          "The value '" + sent + "' of the property '" + std::string(name) +
                              "' of account deployment is invalid. It must be one of " + listed + ".",
                          "properties." + std::string(name));
}

// Deprecated in favour of the SKU, and still what `az … --scale-settings-scale-type` sends.
Result<JsonObject> scale_settings(const Json& asked) {
  const auto* type = find(asked, kScaleType);
  auto word = word_of(type ? *type : Json(nullptr), "scaleSettings.scaleType", {"Standard", "Manual"});
  if (!word) return word.error();
  JsonObject settings{{kScaleType, *word}};
  if (const auto* capacity = find(asked, "capacity"); capacity && !capacity->is_null()) {
    const auto number = integer(capacity);
    if (!number || *number < 1) {
      return arm::bad_request("InvalidResourceProperties", "The capacity of the scale settings must be at least 1.",
                              "properties.scaleSettings.capacity");
    }
    settings["capacity"] = *number;
  }
  return settings;
}

}  // namespace

Result<JsonObject> deployment_settings(const Json* asked, const arm::Resource* before, std::string_view sku) {
  JsonObject settings;
  if (const auto* scale = asked ? find(*asked, kScaleSettings) : nullptr; scale && !scale->is_null()) {
    auto checked = scale_settings(*scale);
    if (!checked) return checked.error();
    settings[kScaleSettings] = *std::move(checked);
  }
  for (const auto& choice : choices()) {
    const auto* value = asked ? find(*asked, choice.name) : nullptr;
    if ((value == nullptr || value->is_null()) && before) value = before->property(choice.name);
    if (value == nullptr || value->is_null()) {
      settings[choice.name] = choice.words.front();
      continue;
    }
    auto word = word_of(*value, choice.name, choice.words);
    if (!word) return word.error();
    settings[choice.name] = *std::move(word);
  }
  if (string_or(settings.if_contains(kDeploymentState)) == kPaused) {
    if (auto pausable = check_pausable(sku); !pausable) return pausable.error();
  }
  return settings;
}

Status check_pausable(std::string_view sku) {
  if (sku == "Standard" || sku == "DataZoneStandard" || sku == "GlobalStandard") return {};
  return arm::bad_request("InvalidResourceProperties",
                          "Deployments of the SKU '" + std::string(sku) +
                              "' cannot be paused: only Standard, DataZoneStandard and GlobalStandard can.",
                          "properties.deploymentState");
}

Json deployment_shown(const arm::Resource& deployment, std::string_view api_version) {
  Json shown = deployment.visible();
  JsonObject& members = shown.as_object();
  if (auto* tag = members.if_contains("etag"); tag && api_version == "2021-10-01") {  // recorded
    Json value = std::move(*tag);
    members.erase("etag");
    members["eTag"] = std::move(value);
  }
  auto* properties = members.if_contains("properties");
  if (properties == nullptr || !properties->is_object() || api_version.empty()) return shown;
  for (const auto& choice : choices()) {
    if (api_version < choice.since) properties->as_object().erase(choice.name);
  }
  return shown;
}

}  // namespace lazuli::providers
