// A deployment as it was asked for: template, mode and parameters, checked against what the template declares.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "providers/resources/template_evaluator.h"
#include "providers/resources/template_plan.h"

namespace lazuli::providers {

struct DeploymentRequest {
  Json document = nullptr;          // the template
  JsonObject parameters;            // name → value, those that were given
  std::vector<std::string> secure;  // names of parameters that are secret
  std::string mode = "Incremental";
};

// Error codes InvalidTemplate, InvalidRequestContent and, for what lazuli does not do, DeploymentFeatureNotSupported.
Result<DeploymentRequest> read_deployment_request(const Json& body);

// "parameters" of the answer: values with defaults filled in, types capitalised, secrets left out.
Result<JsonObject> shown_parameters(const DeploymentRequest& request, TemplateEvaluator& evaluator);
// "outputs" of the answer.
Result<JsonObject> shown_outputs(const Json& document, TemplateEvaluator& evaluator);
// "providers" and "dependencies" of the answer.
JsonArray shown_providers(const std::vector<PlannedResource>& plan);
JsonArray shown_dependencies(const std::vector<PlannedResource>& plan);
// Bicep's own, if it wrote one into the template's metadata.
std::string template_hash(const Json& document);

}  // namespace lazuli::providers
