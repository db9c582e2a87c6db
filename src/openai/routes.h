// Which operation a request's address names. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "openai/vocabulary.h"

namespace lazuli::openai {

struct Route {
  Operation operation = Operation::chat;
  std::string deployment;   // from the path; empty where the body's `model` names it
  std::string id;           // of a model or a stored response
  bool v1 = false;          // /openai/v1/…: OpenAI's own forms, no api-version needed
  std::string api_version;  // as sent
};

// The error is what Azure answers: 404 "Resource not found" for an unknown path, and for an unknown or missing
// api-version on the paths of deployments; 400 for it on the newer ones.
Result<Route> find_route(const net::Request& request);

// A data-plane version that exists: 2022-12-01, or a well-formed date since, with or without "-preview".
bool known_api_version(std::string_view version);

}  // namespace lazuli::openai
