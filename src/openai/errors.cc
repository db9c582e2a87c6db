#include "openai/errors.h"

#include "base/json.h"
#include "base/text.h"

namespace lazuli::openai {

namespace {

using std::chrono::milliseconds;

std::string quoted(std::string_view text) {
  return to_text(Json(text));
}

std::string quoted_or_null(std::string_view text) {
  return text.empty() ? "null" : quoted(text);
}

std::int64_t whole_seconds(milliseconds time) {
  return std::max<std::int64_t>(1, (time.count() + 999) / 1000);
}

Error with_retry(Error error, milliseconds retry_after) {
  JsonObject details;
  if (const auto* object = error.details.if_object()) details = *object;
  details["retry_after_ms"] = std::max<std::int64_t>(1, retry_after.count());
  error.details = std::move(details);
  return error;
}

}  // namespace

Error gateway_error(int status, std::string_view code, std::string message) {
  return Error{std::string(code), std::move(message), status};
}

Error model_error(int status, std::string message, std::string_view type, std::string_view param,
                  std::string_view code) {
  return Error{std::string(code), std::move(message), status, std::string(param), JsonObject{{"type", type}}};
}

Error invalid_request(std::string message, std::string_view param, std::string_view code) {
  return model_error(400, std::move(message), "invalid_request_error", param, code);
}

Error missing_parameter(std::string_view name) {
  return invalid_request("Missing required parameter: '" + std::string(name) + "'.", name,
                         "missing_required_parameter");
}

Error resource_not_found() {
  return gateway_error(404, "404", "Resource not found");
}

Error api_version_not_supported() {
  return gateway_error(400, "BadRequest", "API version not supported");
}

Error deployment_not_found() {
  Error error = gateway_error(404, "DeploymentNotFound",
                              "The API deployment for this resource does not exist. If you created the deployment "
                              "within the last 5 minutes, please wait a moment and try again.");
  error.details = JsonObject{{"form", "pretty"}};
  return error;
}

// The status is the specification's; the code was not recorded.
Error deployment_paused() {
  return gateway_error(423, "DeploymentPaused",
                       "The deployment is paused and takes no requests. Resume it, and try again.");
}

Error wrong_key() {
  return gateway_error(401, "401",
                       "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
                       "valid key for an active subscription and use a correct regional API endpoint for your "
                       "resource.");
}

Error unauthorized(std::string_view reason) {
  return Error{"401",
               "Unauthorized. Access token is missing, invalid, audience is incorrect "
               "(https://cognitiveservices.azure.com), or have expired.",
               401, std::string(reason), JsonObject{{"form", "statusCode"}}};
}

Error permission_denied(std::string_view object_id, Operation operation) {
  const auto names = names_of(operation);
  Error error =
      gateway_error(401, "PermissionDenied",
                    "The principal `" + std::string(object_id) + "` lacks the required data action `" +
                        std::string(names.data_action) + "` to perform `" + std::string(names.route) + "` operation.");
  error.target = object_id;  // not written: for the audit
  return error;
}

Error key_authentication_disabled() {
  return gateway_error(403, "AuthenticationTypeDisabled", "Key based authentication is disabled for this resource.");
}

Error public_access_disabled() {
  return gateway_error(403, "403", "Public access is disabled. Please configure private endpoint.");
}

Error address_denied() {
  return gateway_error(403, "403", "Access denied due to Virtual Network/Firewall rules.");
}

Error custom_subdomain_needed() {
  return gateway_error(400, "BadRequest",
                       "Please provide a custom subdomain for token authentication, otherwise API key is required.");
}

Error operation_not_supported(Operation operation, std::string_view model) {
  return gateway_error(
      400, "OperationNotSupported",
      "The " + std::string(names_of(operation).model_word) + " operation does not work with the specified model, " +
          std::string(model) +
          ". Please choose different model and try again. You can learn more about which models can be used with each "
          "operation here: https://go.microsoft.com/fwlink/?linkid=2197993.");
}

Error rate_limited(Operation operation, std::string_view api_version, std::string_view what, std::string_view kind,
                   milliseconds retry_after) {
  return with_retry(
      gateway_error(429, "429",
                    "Requests to the " + std::string(names_of(operation).api_name) +
                        " Operation under Azure OpenAI API version " + std::string(api_version) + " have exceeded " +
                        std::string(what) + " rate limit of your current " + std::string(kind) +
                        " S0 pricing tier. Please retry after " + std::to_string(whole_seconds(retry_after)) +
                        " seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further "
                        "increase the default rate limit."),
      retry_after);
}

Error engine_unavailable(std::string message, milliseconds retry_after) {
  return with_retry(model_error(503, std::move(message), "server_error", {}, "ServiceUnavailable"), retry_after);
}

Error engine_failed(std::string_view request_id) {
  return model_error(500,
                     "The engine that serves this deployment gave an answer that could not be used. You can retry "
                     "your request. (The request ID is " +
                         std::string(request_id) + ".)",
                     "server_error");
}

Error engine_timed_out() {
  return gateway_error(408, "Timeout", "The operation was timeout.");
}

Error blocked_by_filter(std::string_view results_json) {
  Error error = model_error(400,
                            "The response was filtered due to the prompt triggering Azure OpenAI's content management "
                            "policy. Please modify your prompt and retry. To learn more about our content filtering "
                            "policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
                            {}, "prompt", "content_filter");
  error.details.as_object()["filter"] = results_json;
  return error;
}

std::string error_body(const Error& error) {
  const std::string form = string_at(error.details, "form");
  if (form == "statusCode") {
    return "{ \"statusCode\": " + std::to_string(error.status) + ", \"message\": " + quoted(error.message) + " }";
  }
  if (form == "pretty") {  // recorded 2026-03: type first, two blanks
    return "{\n  \"error\": {\n    \"type\": \"invalid_request_error\",\n    \"code\": " + quoted(error.code) +
           ",\n    \"message\": " + quoted(error.message) + "\n  }\n}";
  }
  if (const auto* type = find(error.details, "type")) {
    std::string out = "{\"error\":{\"message\":" + quoted(error.message) +
                      ",\"type\":" + quoted_or_null(string_or(type)) + ",\"param\":" + quoted_or_null(error.target) +
                      ",\"code\":" + quoted_or_null(error.code);
    if (const auto* filter = find(error.details, "filter")) {
      out += ",\"status\":400,\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\",\"content_filter_result\":" +
             string_or(filter) + "}";
    }
    return out + "}}";
  }
  // The gateway writes a blank after "message": in all but the text of the wrong key (recorded sizes: 56, 99, 224).
  return "{\"error\":{\"code\":" + quoted(error.code) + ",\"message\":" + (error.code == "401" ? "" : " ") +
         quoted(error.message) + "}}";
}

net::Response error_response(const Error& error) {
  net::Response response;
  response.status = error.status;
  response.headers.set("Content-Type", "application/json");
  if (const auto after = integer(find(error.details, "retry_after_ms"))) {
    response.headers.set("retry-after", std::to_string(whole_seconds(milliseconds(*after))));
    response.headers.set("retry-after-ms", std::to_string(*after));
  }
  if (string_at(error.details, "form") == "statusCode" && !error.target.empty()) {
    response.headers.set("WWW-Authenticate", "Bearer error=\"invalid_token\", error_description=\"" +
                                                 replace_all(replace_all(error.target, "\\", ""), "\"", "'") + "\"");
  }
  response.body = error_body(error);
  return response;
}

}  // namespace lazuli::openai
