// Errors of the data plane in the two forms that Azure has: the gateway's, one line with code and message, and the
// model's, which adds type and param. An Error says which by its details; error_response() is the one place where
// either is written.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "openai/vocabulary.h"

namespace lazuli::openai {

// The gateway's: {"error":{"code":C,"message": M}}.
Error gateway_error(int status, std::string_view code, std::string message);
// The model's: {"error":{"message":M,"type":T,"param":P,"code":C}}; empty param and code are written as null.
Error model_error(int status, std::string message, std::string_view type, std::string_view param = {},
                  std::string_view code = {});
Error invalid_request(std::string message, std::string_view param = {}, std::string_view code = {});
Error missing_parameter(std::string_view name);

Error resource_not_found();         // 404 "404": unknown path, unknown or missing api-version
Error api_version_not_supported();  // 400, on the newer paths
Error deployment_not_found();
Error deployment_paused();
Error wrong_key();
// 401 without an envelope; `reason` goes into WWW-Authenticate, because the text is the same for every cause.
Error unauthorized(std::string_view reason);
Error permission_denied(std::string_view object_id, Operation operation);
Error key_authentication_disabled();
Error custom_subdomain_needed();
Error public_access_disabled();
Error address_denied();
Error operation_not_supported(Operation operation, std::string_view model);
Error rate_limited(Operation operation, std::string_view api_version, std::string_view what, std::string_view kind,
                   std::chrono::milliseconds retry_after);
Error engine_unavailable(std::string message, std::chrono::milliseconds retry_after);
Error engine_failed(std::string_view request_id);
Error engine_timed_out();
Error blocked_by_filter(std::string_view results_json);

// The body alone, for an error in the middle of a stream.
std::string error_body(const Error& error);
net::Response error_response(const Error& error);

}  // namespace lazuli::openai
