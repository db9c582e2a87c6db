// What a template deploys: its resources with their ids, loops written out and conditions decided, in an order in which
// each comes after what it depends on (dependsOn, and whatever it asks of others by reference() or list…()).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "providers/resources/template_evaluator.h"

namespace lazuli::providers {

struct PlannedResource {
  std::string id, type, api_version, name, location;
  std::vector<std::string> depends_on;                       // ids of planned resources
  const Json* source = nullptr;                              // in the template; expressions as written
  std::vector<std::pair<std::string, std::int64_t>> copies;  // loops that it stands in
};

// Error code InvalidTemplate. The evaluator learns the resources' names for its later work.
Result<std::vector<PlannedResource>> plan_template(const Json& document, TemplateEvaluator& evaluator);

// The body of the PUT that deploys a resource.
Result<Json> body_of(const PlannedResource& resource, TemplateEvaluator& evaluator);

}  // namespace lazuli::providers
