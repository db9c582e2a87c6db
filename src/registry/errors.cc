#include "registry/errors.h"

#include "base/json.h"

namespace lazuli::registry {

Error blob_unknown() {
  return {"BLOB_UNKNOWN", "blob unknown to registry", 404};
}

Error manifest_unknown(std::string_view reference) {
  return {"MANIFEST_UNKNOWN", "manifest tagged by \"" + std::string(reference) + "\" is not found", 404};
}

Error tag_unknown() {
  return {"TAG_UNKNOWN", "the specified tag does not exist", 404};
}

Error name_invalid(std::string_view name) {
  return {"NAME_INVALID", "invalid repository name", 400, {}, JsonObject{{"name", std::string(name)}}};
}

Error name_unknown(std::string_view repository) {
  return {"NAME_UNKNOWN", "repository \"" + std::string(repository) + "\" is not found", 404};
}

Error digest_invalid(std::string message) {
  return {"DIGEST_INVALID", std::move(message), 400};
}

Error manifest_invalid(std::string message) {
  return {"MANIFEST_INVALID", std::move(message), 400};
}

Error upload_unknown() {
  return {"BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", 404};
}

Error upload_invalid(std::string message, int status) {
  return {"BLOB_UPLOAD_INVALID", std::move(message), status};
}

Error operation_disallowed() {
  return {"REGISTRY_DISALLOWED_OPERATION",
          "operation is disallowed on this registry, repository or image: it is locked. See "
          "https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation",
          405,
          {},
          JsonObject{}};
}

Error method_unsupported() {
  return {"UNSUPPORTED", "the operation is unsupported", 405};
}

net::Response error_response(const Error& error) {
  JsonObject entry{{"code", error.code}, {"message", error.message}};
  if (!error.details.is_null() || error.code == "UNAUTHORIZED") entry["detail"] = error.details;
  net::Response response = net::Response::json(error.status, JsonObject{{"errors", JsonArray{std::move(entry)}}});
  response.body += '\n';
  return response;
}

void add_registry_headers(net::Response& response) {
  auto& headers = response.headers;
  for (const char* name : {"Docker-Content-Digest", "WWW-Authenticate", "Link", "X-Ms-Correlation-Request-Id"})
    headers.add("Access-Control-Expose-Headers", name);
  headers.set("Docker-Distribution-Api-Version", "registry/2.0");
  headers.set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  headers.set("X-Content-Type-Options", "nosniff");
}

}  // namespace lazuli::registry
