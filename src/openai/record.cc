// What is kept of a call when it goes: its numbers, its line in the audit trail and, if it was refused, what it had
// presented, for the doctor. Never a prompt, an answer, a token or a key.
#include "base/text.h"
#include "crypto/jws.h"
#include "openai/call.h"

namespace lazuli::openai {

std::string_view Call::identity() const {
  if (!refused_.empty()) return refused_;
  return who_ ? std::string_view(who_->object_id) : key_name_;
}

Served Call::served() const {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  Served served;
  if (account_) served.account = last_segment(account_->info.resource_id);
  if (deployment_) served.deployment = deployment_->info.name;
  served.identity = identity();
  served.operation = route_ ? names_of(route_->operation).api_name : "Unknown";
  served.status = status_;
  served.prompt_tokens = usage_.prompt;
  served.completion_tokens = usage_.completion;
  served.duration = duration_cast<microseconds>(std::chrono::steady_clock::now() - began_);
  if (first_byte_ > began_) served.first_byte = duration_cast<microseconds>(first_byte_ - began_);
  return served;
}

void Call::write_audit(const Served& counted) const {
  const net::Request& request = exchange_.request();
  Audit::Line line;
  line.text("time", iso8601(services_.clock.now(), 3))
      .text("requestId", request_id_)
      .text("clientRequestId", request.headers.get("x-ms-client-request-id"))
      .text("peer", request.peer)
      .text("account", counted.account)
      .text("deployment", counted.deployment)
      .text("operation", counted.operation)
      .number("status", counted.status)
      .text("identity", counted.identity)
      .number("promptTokens", counted.prompt_tokens)
      .number("completionTokens", counted.completion_tokens)
      .number("microseconds", counted.duration.count());
  if (who_) {
    line.text("application", who_->app_id)
        .text("identityResource", string_at(who_->claims, "xms_mirid"))
        .text("subject", string_at(who_->claims, "xms_subject"));
  }
  if (deployment_) {
    line.text("model", deployment_->answer_model)
        .text("engine", deployment_->engine->kind())
        .text("engineModel", engine_model_);
  }
  line.text("code", code_).text("reason", reason_);
  services_.audit.write(std::move(line));
}

void Call::note_refusal(const Served& counted) const {
  if (!services_.refused) return;
  const net::Request& request = exchange_.request();
  access::RefusedCall call;
  call.service = access::RefusedCall::Service::data;
  call.time = services_.clock.now();
  call.request_id = request_id_;
  call.correlation_id = request.headers.get("x-ms-client-request-id");
  call.peer = request.peer;
  call.status = counted.status;
  call.code = code_.empty() ? std::to_string(counted.status) : code_;
  call.reason = reason_;
  call.fault = fault_;
  call.host = request.host;
  if (account_) call.account = account_->info.resource_id;
  call.deployment = route_ && !route_->deployment.empty() ? route_->deployment
                    : inference_                          ? inference_->model
                                                          : std::string();
  if (route_) {
    call.operation = names_of(route_->operation).api_name;
    call.action = names_of(route_->operation).data_action;
  }
  call.with_key = !key_name_.empty() || request.headers.has("api-key");
  if (key_name_.empty()) call.principal = identity();
  if (who_) call.principal_type = who_->type;
  if (const auto token = crypto::parse_jws(request.bearer())) {
    call.issuer = token->shown_claim("iss");
    call.subject = token->shown_claim("sub");
    call.audience = token->shown_claim("aud");
    call.client_id = token->shown_claim(token->payload.contains("appid") ? "appid" : "azp");
    if (token->shown_claim("idtyp") == "user") call.principal_type = access::PrincipalType::user;
  }
  services_.refused->add(std::move(call));
}

}  // namespace lazuli::openai
