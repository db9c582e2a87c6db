// The headers of an answer: those that Azure's have (recorded 2026-03 to 2026-08), and ours that name the engine.
#include "openai/call.h"

namespace lazuli::openai {

namespace {

std::string number(std::int64_t value) {
  return std::to_string(value);
}

}  // namespace

void ServedDeployment::set_headers() {
  engine_headers.add("x-accel-buffering", "no");
  engine_headers.add("skip-error-remapping", "true");
  engine_headers.add("x-ms-deployment-name", info.name);
  engine_headers.add("x-ms-is-spilled-over", "false");
  engine_headers.add("x-ms-served-model", answer_model);
  engine_headers.add("x-lazuli-engine", engine->kind());
  quota_headers.add("x-ratelimit-abusepenalty-active", "False");
  quota_headers.add("x-ratelimit-key", info.name);
  quota_headers.add("x-ratelimit-renewalperiod-requests", "60");
  quota_headers.add("x-ratelimit-renewalperiod-tokens", "60");
}

net::Response Call::response(int status, std::string_view content_type) const {
  net::Response response;
  response.status = status;
  response.headers.set("Content-Type", content_type);
  add_common_headers(response);
  return response;
}

void Call::add_common_headers(net::Response& response) const {
  auto& headers = response.headers;
  headers.add("apim-request-id", request_id_);
  // The refusal of a key has none of the following (recorded).
  if (response.status == 401 && key_name_.empty() && !who_ && account_ && !response.headers.has("WWW-Authenticate"))
    return;
  headers.add("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload");
  headers.add("x-content-type-options", "nosniff");
  if (account_) headers.add("x-ms-region", account_->region);
  const auto client_id = exchange_.request().headers.get("x-ms-client-request-id");
  if (!client_id.empty() && client_id.size() <= 256) headers.add("x-ms-client-request-id", client_id);
  if (response.status < 400 || deployment_) headers.add("x-request-id", request_id_);
}

void Call::add_engine_headers(net::Response& response) const {
  auto& headers = response.headers;
  headers.add(deployment_->engine_headers);
  headers.add("azureml-model-session", services_.session);
  headers.add("x-ms-rai-invoked", services_.filter.on() ? "true" : "false");
  headers.add("azureai-fe-is-streaming", inference_->stream ? "True" : "False");
  if (route_->operation == Operation::responses) {  // recorded 2026-08
    headers.add("azureai-fe-offer-type", "paygo");
    headers.add("x-ms-aoai-configured-data-retention-days", "30");
    if (const auto types = tools_left_out(response_request_); !types.empty()) headers.add("x-lazuli-left-out", types);
  }
  headers.add("x-lazuli-model", engine_model_);
}

void Call::add_quota_headers(net::Response& response) const {
  auto& headers = response.headers;
  const TimePoint now = services_.clock.now();
  QuotaState quota = deployment_->quota->state(now);
  if (identity_quota_) quota = tighter(quota, identity_quota_->state(now));
  const std::string reset = number((quota.reset.count() + 999) / 1000);
  headers.add(deployment_->quota_headers);
  headers.add("x-ratelimit-limit-requests", number(quota.limits.requests));
  headers.add("x-ratelimit-limit-tokens", number(quota.limits.tokens));
  headers.add("x-ratelimit-remaining-requests", number(quota.remaining_requests));
  headers.add("x-ratelimit-remaining-tokens", number(quota.remaining_tokens));
  headers.add("x-ratelimit-reset-requests", reset);
  headers.add("x-ratelimit-reset-tokens", reset);
}

}  // namespace lazuli::openai
