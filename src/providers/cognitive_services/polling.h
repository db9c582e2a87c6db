// How Microsoft.CognitiveServices has its operations polled: one path for status and result, told apart by the query,
// an api-version of its own, whole seconds (recorded 2022 to 2025).
#pragma once

#include <string>
#include <string_view>

#include "arm/service.h"

namespace lazuli::providers {

// `running`: the word for an operation that goes on ("Creating"; never "InProgress").
arm::OperationForm cognitive_services_form(std::string running);

void add_cognitive_services_poll(const arm::Service& service, arm::Answer& answer, const arm::Operation& operation,
                                 std::string_view location, bool with_result);

}  // namespace lazuli::providers
