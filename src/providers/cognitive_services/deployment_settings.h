// What a caller may set of a deployment beside its model and SKU, each from a few words: checked, in Azure's spelling,
// with Azure's default where nothing is said (azure-rest-api-specs, Deployment). Pure functions.
#pragma once

#include <string_view>

#include "arm/resources.h"
#include "base/json.h"
#include "base/result.h"

namespace lazuli::providers {

inline constexpr std::string_view kDeploymentState = "deploymentState", kRunning = "Running", kPaused = "Paused";

// versionUpgradeOption, serviceTier, deploymentState, and scaleSettings where the caller still sends them. asked: the
// body's "properties" or null; what it leaves out stays as it was before.
Result<JsonObject> deployment_settings(const Json* asked, const arm::Resource* before, std::string_view sku);

// Only SKUs that are paid by the token can be paused.
Status check_pausable(std::string_view sku);

// The document as a caller of that api-version sees it.
Json deployment_shown(const arm::Resource& deployment, std::string_view api_version);

}  // namespace lazuli::providers
