// What every handler of the provider has around it: the header that says for whom and by which region an answer was
// made (recorded on all answers since 2025).
#pragma once

#include <utility>

#include "arm/service.h"

namespace lazuli::providers {

inline arm::TypeHandler identified(arm::Service& service, arm::TypeHandler handler) {
  return [&service, handler = std::move(handler)](const arm::Call& call) -> Result<arm::Answer> {
    auto answer = handler(call);
    if (answer) service.add_operation_identifier(*answer, call);
    return answer;
  };
}

// The stored resources of a collection, or of a whole subscription.
inline arm::TypeHandler listed(arm::Service& service, std::string_view type) {
  return identified(service, [&service, type](const arm::Call& call) -> Result<arm::Answer> {
    const bool everywhere = call.id.resource_group().empty() && call.id.segments().size() == 1;
    JsonArray items;
    for (const auto& resource : everywhere ? service.resources().of_type(type, call.id.scope().text())
                                           : service.resources().children(call.id)) {
      items.push_back(resource.visible());
    }
    return arm::Answer::json(200, arm::Service::page(call, std::move(items)));
  });
}

}  // namespace lazuli::providers
