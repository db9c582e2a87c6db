#include "entra/token_endpoint.h"

#include "base/text.h"
#include "crypto/jws.h"
#include "entra/grants.h"
#include "entra/resources.h"

namespace lazuli::entra {

namespace {

using Grant = Result<JsonObject> (*)(Context&, const TokenRequest&);

struct Named {
  std::string_view name;
  Grant grant;
};

constexpr Named kGrants[] = {
    {"client_credentials", grant_client_credentials},
    {"authorization_code", grant_authorization_code},
    {"refresh_token", grant_refresh_token},
    {"urn:ietf:params:oauth:grant-type:device_code", grant_device_code},
    {"device_code", grant_device_code},  // v1's name for it
    {"password", grant_password},
};

// What `lazuli fault` puts in the place of an answer.
Status struck(Context& context, const TokenRequest& request) {
  if (!context.faults) return {};
  const std::string client_id = request.form.get("client_id"), scope = request.form.get("scope");
  const fault::Target target{"token", client_id, {}, scope};
  Error refusal;
  auto rule = context.faults->strike(fault::Kind::throttle, target);
  if (rule) {
    refusal = sts_error(90055, "There are too many incoming requests. Wait as long as Retry-After says.");
  } else if ((rule = context.faults->strike(fault::Kind::error, target))) {
    refusal = sts_error(90033, "A transient error has occurred. Please try again.");
  } else {
    return {};
  }
  refusal.status = rule->status;
  JsonObject details{{"fault", rule->id}};
  if (rule->retry_after.count() > 0) details["retryAfter"] = rule->retry_after.count();
  refusal.details = std::move(details);
  return refusal;
}

Result<JsonObject> dispatch(Context& context, const TokenRequest& request) {
  if (request.http.method != "POST") {
    return sts_error(900561,
                     "The endpoint only accepts POST requests. Received a " + request.http.method + " request.");
  }
  if (const auto repeated = request.form.repeated()) {
    return sts_error(9000411,
                     "The request is not properly formatted. The parameter '" + *repeated + "' is duplicated.");
  }
  if (const Status fault = struck(context, request); !fault) return fault.error();
  const auto type = request.form.require("grant_type");
  if (!type) return type.error();
  for (const auto& [name, grant] : kGrants) {
    if (name == *type) return grant(context, request);
  }
  return sts_error(70003, "The app requested an unsupported grant type '" + type->substr(0, 100) + "'.");
}

net::Response answer(Context& context, const TokenRequest& request, Result<JsonObject> result) {
  JsonObject fields = {{"correlation_id", request.ids.correlation_id},
                       {"client_id", request.form.get("client_id").substr(0, 100)},
                       {"grant_type", request.form.get("grant_type").substr(0, 100)}};
  if (result) {
    context.log.info("entra", "token issued", std::move(fields));
    return net::Response::json(200, Json(std::move(*result)));
  }
  note_refusal(context, request, result.error());
  fields["error"] = result.error().code;
  context.log.info("entra", "token refused", std::move(fields));
  return sts_response(result.error(), request.ids, context.clock.now());
}

}  // namespace

void note_refusal(Context& context, const TokenRequest& request, const Error& error) {
  // A device code that nobody has confirmed yet is no refusal, and lazuli's own questions come from no address.
  if (!context.refused || error.target == "authorization_pending" || request.http.peer.empty()) return;
  access::RefusedCall call;
  call.time = context.clock.now();
  call.request_id = request.ids.trace_id;
  call.correlation_id = request.ids.correlation_id;
  call.peer = request.http.peer;
  call.status = error.status;
  call.code = error.code;
  call.reason = error.message;
  call.fault = static_cast<std::uint64_t>(integer(find(error.details, "fault")).value_or(0));
  call.tenant = request.tenant_segment;
  call.client_id = request.form.get("client_id");
  call.grant_type = request.form.get("grant_type");
  call.scope = request.form.get(request.v2 ? "scope" : "resource");
  if (const auto assertion = crypto::parse_jws(request.form.get("client_assertion"))) {
    call.issuer = assertion->shown_claim("iss");
    call.subject = assertion->shown_claim("sub");
    call.audience = credential_audience(assertion->shown_claim("aud"));
    call.key_id = assertion->key_id();
    if (const Json* kubernetes = assertion->payload.if_contains("kubernetes.io"))
      call.pod_uid = string_at(*kubernetes, "pod", "uid");
  }
  context.refused->add(std::move(call));
}

net::Response answer_token_request(Context& context, const TokenRequest& request) {
  return answer(context, request, dispatch(context, request));
}

net::Response answer_device_request(Context& context, const TokenRequest& request) {
  return answer(context, request, begin_device_code(context, request));
}

}  // namespace lazuli::entra
