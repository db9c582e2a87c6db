// The provider's own errors. Unlike Resource Manager's they are flat: no outer "error", members in alphabetical order.
#pragma once

#include <string>

#include "arm/service.h"

namespace lazuli::providers::container_service {

inline arm::Answer flat_error(const Error& error) {
  JsonObject body{{"code", error.code}, {"details", nullptr}, {"message", error.message}, {"subcode", ""}};
  if (!error.target.empty()) body["target"] = error.target;
  return arm::Answer::json(error.status, std::move(body));
}

inline Error refusal(std::string code, std::string message, std::string target = {}) {
  return Error{std::move(code), std::move(message), 400, std::move(target)};
}

}  // namespace lazuli::providers::container_service
