#include "openai/call.h"

#include "base/text.h"
#include "net/cohort.h"
#include "net/pause.h"
#include "openai/content_parts.h"
#include "openai/errors.h"
#include "openai/firewall.h"
#include "openai/model_list.h"
#include "openai/response_request.h"

namespace lazuli::openai {

namespace {

// Pictures come inside the body, as Base64.
constexpr std::size_t kBodyLimit = std::size_t{32} << 20;
constexpr int kClientGone = 499;

// Names what generates, as Azure's does; the same for the same engine.
std::string fingerprint_of(std::string_view engine_model) {
  const auto hash = std::hash<std::string_view>()(engine_model);
  return "fp_" + hex(std::string_view(reinterpret_cast<const char*>(&hash), 5));
}

}  // namespace

Call::Call(Services& services, net::Exchange& exchange, BackgroundRun* run)
    : services_(services),
      exchange_(exchange),
      run_(run),
      began_(std::chrono::steady_clock::now()),
      request_id_(services.random.uuid()),
      verdicts_(services.filter) {
  services_.meter.begin();
  begin_trace();
}

Call::~Call() {
  if (for_background_) {
    services_.meter.forget();
    return;
  }
  if (status_ == 0) status_ = kClientGone;
  // A call that generated nothing is not charged; one that broke off is charged for what it had.
  if (admitted_) deployment_->quota->correct(charged_, usage_.total());
  if (admitted_ && identity_quota_) identity_quota_->correct(charged_, usage_.total());
  const Served counted = served();
  services_.meter.end(counted);
  write_audit(counted);
  if (!code_.empty() || (status_ >= 400 && status_ != kClientGone)) note_refusal(counted);
  end_trace(counted);
}

net::Task<void> Call::serve() {
  const auto outcome = co_await answer();
  if (outcome.ok() || exchange_.started() || for_background_) co_return;
  if (outcome.error().code == "ClientGone") {
    status_ = kClientGone;
    co_return;
  }
  co_await refuse(outcome.error());
}

net::Task<Status> Call::answer() {
  const net::Request& request = exchange_.request();
  auto route = find_route(request);
  if (!route) co_return route.error();
  route_ = *std::move(route);
  const auto presented = request.headers.get("api-key");
  account_ = services_.directory.find(request.host, presented.empty() ? request.bearer() : presented);
  if (!account_) co_return request.host.ends_with(".microsoft.com") ? wrong_key() : resource_not_found();
  if (!account_->info.public_access) co_return public_access_disabled();
  if (account_->info.deny_by_default && !address_allowed(request.peer, account_->info.allowed_addresses)) {
    co_return address_denied();
  }
  co_await net::next_stage();
  if (auto known = authenticate(); !known) co_return known;
  switch (route_->operation) {
    case Operation::models:
    case Operation::model:
      co_return co_await answer_models();
    case Operation::chat_list:
    case Operation::chat_get:
    case Operation::chat_messages:
    case Operation::chat_update:
    case Operation::chat_delete:
      co_return co_await answer_stored_chat();
    case Operation::response_get:
    case Operation::response_delete:
    case Operation::response_items:
    case Operation::response_cancel:
      co_return co_await answer_stored_response();
    default:
      co_return co_await infer();
  }
}

Status Call::authenticate() {
  const net::Request& request = exchange_.request();
  if (const auto key = request.headers.get("api-key"); !key.empty()) return authenticate_key(key);
  const auto bearer = request.bearer();
  if (bearer.empty()) return unauthorized("No access token and no api-key was sent.");
  // OpenAI's own clients send a key as a bearer token.
  if (account_->key_named(bearer)) return authenticate_key(bearer);
  if (account_->info.subdomain.empty()) return custom_subdomain_needed();
  auto who = services_.access.check(bearer, account_->info.resource_id, route_->operation);
  if (!who) return who.error();
  who_ = *std::move(who);
  return {};
}

Status Call::authenticate_key(std::string_view key) {
  if (!account_->info.local_auth) return key_authentication_disabled();
  const std::string* match = account_->key_named(key);
  if (match == nullptr) return wrong_key();
  key_name_ = "key" + std::to_string(match - account_->info.keys.data() + 1);
  return {};
}

Status Call::find_deployment(std::string_view name) {
  deployment_ = account_->find(name);
  if (!deployment_) return deployment_not_found();
  if (deployment_->info.paused) return deployment_paused();
  if (!supports(deployment_->model, route_->operation)) {
    return operation_not_supported(route_->operation, deployment_->info.model_name);
  }
  return {};
}

net::Task<Status> Call::answer_models() {
  auto body = route_->operation == Operation::models ? Result<std::string>(model_list(*account_, route_->v1))
                                                     : model_entry(*account_, route_->v1, route_->id);
  if (!body) co_return body.error();
  net::Response answer = response(200, "application/json");
  answer.body = *std::move(body);
  co_await send(std::move(answer));
  co_return Status();
}

net::Task<Status> Call::infer() {
  if (!route_->deployment.empty()) {
    if (auto found = find_deployment(route_->deployment); !found) co_return found;
  }
  const auto received = co_await exchange_.read_all(kBodyLimit);
  co_await net::next_stage();
  if (auto read = read_body(received); !read) co_return read;
  if (!deployment_) {
    if (inference_->model.empty()) {
      co_return missing_parameter("model");
    }
    if (auto found = find_deployment(inference_->model); !found) co_return found;
  }
  const bool counts = route_->operation == Operation::response_tokens;
  const bool responds = route_->operation == Operation::responses;
  if (responds && run_ == nullptr && bool_or(find(inference_->body, "background"))) co_return hand_over();
  if (counts || responds || route_->operation == Operation::response_compact) {
    if (auto translated = translate_response(); !translated) co_return translated;
  }
  if (counts) co_return co_await answer_input_tokens();
  if (auto checked = check_body(); !checked) co_return checked;
  if (services_.faults != nullptr && services_.faults->any()) {
    const auto spared = co_await suffer_faults(*services_.faults);
    if (!spared) co_return spared;
  }
  if (auto admitted = admit(); !admitted) co_return admitted;
  if (services_.filter_service != nullptr) {
    const auto judged = co_await judge_prompt();
    if (!judged) co_return judged;
  }
  Status relayed;
  if (inference_->stream) {
    relayed = co_await relay_stream();
  } else {
    relayed = co_await relay_whole();
  }
  co_return relayed;
}

Status Call::read_body(const Status& received) {
  if (!received) {
    const Error& error = received.error();
    if (error.code == "PayloadTooLarge") {
      return model_error(413, "The request body is larger than " + std::to_string(kBodyLimit) + " bytes.",
                         "invalid_request_error");
    }
    if (error.code == "MalformedBody") return invalid_request(error.message);
    return error.status == 408 ? engine_timed_out() : Error{"ClientGone", error.message, kClientGone};
  }
  const bool counts = route_->operation == Operation::response_tokens;  // of the same request as is answered
  auto inference = read_inference(counts ? Operation::responses : route_->operation, exchange_.request().body);
  if (!inference) return inference.error();
  inference_.emplace(*std::move(inference));
  return {};
}

Status Call::check_body() {
  if (auto checked = check_model(*inference_, route_->operation, deployment_->model); !checked) {
    return response_request_.is_null() ? checked.error() : as_response_error(checked.error());
  }
  const bool sees = deployment_->engine->sees() && (!deployment_->model || deployment_->model->can(kVision));
  if (!sees) {
    if (auto refused = refuse_media(inference_->body); !refused) return refused;
  }
  const ContentFilter& filter = services_.filter;
  Verdict verdict = filter.prompt(filter.judges() ? prompt_text(*inference_) : std::string());
  if (verdict.blocked) return blocked_by_filter(verdict.results);
  prompt_results_ = std::move(verdict.results);
  return {};
}

// What `lazuli fault` does to a call that would have been answered.
net::Task<Status> Call::suffer_faults(fault::Rules& faults) {
  const fault::Target target{"openai", who_ ? std::string_view(who_->app_id) : std::string_view(), identity(),
                             deployment_->info.resource_id};
  if (const auto rule = faults.strike(fault::Kind::slow, target)) {
    const bool there = co_await exchange_.unless_gone(net::pause(rule->delay));
    if (!there) co_return Error{"ClientGone", "The client went away.", kClientGone};
  }
  if (const auto rule = faults.strike(fault::Kind::throttle, target)) {
    fault_ = rule->id;
    co_return rate_limited(route_->operation, route_->v1 ? "v1" : route_->api_version, "call", account_->info.kind,
                           rule->retry_after);
  }
  if (const auto rule = faults.strike(fault::Kind::error, target)) {
    fault_ = rule->id;
    Error refusal = rule->status == 503
                        ? engine_unavailable("The service is temporarily unable to process your request.",
                                             std::max(rule->retry_after, Seconds(1)))
                        : engine_failed(request_id_);
    refusal.status = rule->status;
    co_return refusal;
  }
  co_return Status();
}

// The caller's own limit first: what is refused there does not count for the deployment that others use, too.
Status Call::admit() {
  const TimePoint now = services_.clock.now();
  const auto refused = [this](const Quota::Refusal& refusal) {
    return rate_limited(route_->operation, route_->v1 ? "v1" : route_->api_version, refusal.tokens ? "token" : "call",
                        account_->info.kind, refusal.retry_after);
  };
  if (services_.limits != nullptr) {
    identity_quota_ = services_.limits->find({identity(), who_ ? std::string_view(who_->app_id) : std::string_view(),
                                              last_segment(account_->info.resource_id), deployment_->info.name},
                                             now);
  }
  if (identity_quota_) {
    if (const auto refusal = identity_quota_->admit(now, inference_->estimate)) {
      policy_ = refusal->tokens ? "IdentityRatelimit-Token" : "IdentityRatelimit-Call";
      return refused(*refusal);
    }
  }
  if (const auto refusal = deployment_->quota->admit(now, inference_->estimate)) {
    if (identity_quota_) identity_quota_->take_back(inference_->estimate);
    policy_ = refusal->tokens ? "DeploymentRatelimit-Token" : "DeploymentRatelimit-Call";
    return refused(*refusal);
  }
  admitted_ = true;
  charged_ = inference_->estimate;
  return {};
}

Shape Call::make_shape() const {
  Shape shape;
  shape.id = (route_->operation == Operation::completion ? "cmpl-" : "chatcmpl-") +
             services_.random.text(29, kLettersAndDigits);
  shape.model = deployment_->answer_model;
  shape.fingerprint = fingerprint_of(engine_model_);
  shape.created = unix_seconds(services_.clock.now());
  shape.prompt_results = prompt_results_;
  shape.top_logprobs = static_cast<std::size_t>(integer(find(inference_->body, "top_logprobs")).value_or(0));
  if (const auto* prompt = find(inference_->body, "prompt"); prompt && prompt->is_string()) {
    shape.prompt_characters = characters_of(prompt->get_string());
  }
  shape.verdicts = &verdicts_;
  shape.usage = usage_;
  shape.custom_tools = inference_->custom_tools;
  return shape;
}

net::Task<bool> Call::send(net::Response response) {
  status_ = response.status;
  return exchange_.send(std::move(response));
}

net::Task<void> Call::refuse(const Error& error) {
  code_ = error.code;
  if (code_ == "PermissionDenied") refused_ = error.target;
  reason_ = string_at(error.details, "form") == "statusCode" ? error.target : std::string(policy_);
  net::Response response = error_response(error);
  add_common_headers(response);
  if (deployment_) add_quota_headers(response);
  if (!policy_.empty()) response.headers.set("policy-id", std::string(policy_));
  if (error.code == "context_length_exceeded" || error.code == "content_filter") {
    response.headers.set("ms-azureml-model-error-reason", "model_error");
    response.headers.set("ms-azureml-model-error-statuscode", std::to_string(error.status));
  }
  co_await send(std::move(response));
}

}  // namespace lazuli::openai
