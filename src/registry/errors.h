// The registry's error vocabulary (OCI distribution 1.1, and Azure's additions) and its one wire form:
// {"errors":[{"code","message","detail"?}]}. An Error's `details` becomes "detail". Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace lazuli::registry {

Error blob_unknown();
Error manifest_unknown(std::string_view reference);
Error tag_unknown();
Error name_invalid(std::string_view name);
Error name_unknown(std::string_view repository);
Error digest_invalid(std::string message);
Error manifest_invalid(std::string message);
Error upload_unknown();
Error upload_invalid(std::string message, int status = 400);
Error operation_disallowed();  // a locked image or repository
Error method_unsupported();

net::Response error_response(const Error& error);
// What every answer of a registry carries.
void add_registry_headers(net::Response& response);

}  // namespace lazuli::registry
