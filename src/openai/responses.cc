// The steps of a call that are the Responses API's own: what becomes of the request before an engine sees it, and what
// is kept of the answer and asked for later.
#include "base/text.h"
#include "net/sse.h"
#include "openai/call.h"
#include "openai/compaction.h"
#include "openai/errors.h"
#include "openai/parameters.h"
#include "openai/response_items.h"
#include "openai/response_request.h"

namespace lazuli::openai {

namespace {

// What a cancelled response's stream ends with, and its outcome.
std::string cancelled_event(const JsonObject& response, std::size_t number) {
  return net::event_text(
      to_text(JsonObject{{"type", "response.failed"}, {"response", response}, {"sequence_number", number}}),
      "response.failed");
}

}  // namespace

net::Task<Status> Call::answer_stored_response() {
  const auto kept = services_.responses.get(account_->info.resource_id, route_->id);
  if (!kept) {
    co_return model_error(404, "Response with id '" + route_->id + "' not found.", "invalid_request_error");
  }
  if (route_->operation == Operation::response_get && exchange_.request().query.get("stream") == "true") {
    co_return co_await stream_again(*kept);
  }
  auto body = about_stored_response(*kept);
  if (!body) co_return body.error();
  net::Response answer = response(200, "application/json");
  answer.body = *std::move(body);
  co_await send(std::move(answer));
  co_return Status();
}

Result<std::string> Call::about_stored_response(const ResponseStore::Kept& kept) {
  switch (route_->operation) {
    case Operation::response_delete:
      if (under_way(kept.response)) return invalid_request("Cannot delete an in-flight response.");
      services_.responses.remove(account_->info.resource_id, route_->id);
      return to_text(JsonObject{{"id", route_->id}, {"object", "response.deleted"}, {"deleted", true}});
    case Operation::response_items: {
      const auto output = kept.response.at("output").as_array().size();
      const JsonArray input(kept.items.begin(), kept.items.end() - static_cast<std::ptrdiff_t>(output));
      auto page = item_page(input, exchange_.request().query);
      if (!page) return page.error();
      return to_pretty(*page);
    }
    case Operation::response_cancel: {
      auto cancelled = cancel_response(kept);
      if (!cancelled) return cancelled.error();
      return to_pretty(*cancelled);
    }
    default:
      return to_pretty(kept.response);
  }
}

// Only what ran in the background, and was streamed then, is streamed again.
net::Task<Status> Call::stream_again(const ResponseStore::Kept& kept) {
  const auto refused = [](std::string_view why) {
    return invalid_request("This response " + std::string(why), "stream", "invalid_request_error");
  };
  // Recorded in openai-ruby's issue 214 and openai-python's issue 2828.
  if (!bool_or(find(kept.response, "background"))) {
    co_return refused("cannot be streamed because it was not created with background=true.");
  }
  const auto run = services_.background.find(route_->id);
  if (!run) co_return refused("can no longer be streamed because it is more than 10 minutes old");
  if (!run->streamed) co_return refused("cannot be streamed because it was not created with stream=true.");
  const Json after = boost::json::string(exchange_.request().query.get("starting_after"));
  const auto number = integer(&after);
  if (!number && !string_or(&after).empty()) co_return wrong_type("starting_after", "an integer", after);
  net::Response head = response(200, "text/event-stream; charset=utf-8");
  status_ = 200;
  const auto first = number && *number >= 0 ? static_cast<std::size_t>(*number) + 1 : 0;
  co_await Background::stream(exchange_, run, first, std::move(head));
  co_return Status();
}

Result<JsonObject> Call::cancel_response(const ResponseStore::Kept& kept) {
  const std::string status = string_at(kept.response, "status");
  if (!bool_or(find(kept.response, "background"))) return invalid_request("Cannot cancel a synchronous response.");
  if (status == "cancelled") return kept.response;
  JsonObject cancelled = kept.response;
  cancelled["status"] = "cancelled";
  if (services_.background.cancel(route_->id, [&](std::size_t number) { return cancelled_event(cancelled, number); })) {
    services_.responses.replace(account_->info.resource_id, route_->id, cancelled);
    return cancelled;
  }
  const auto settled = services_.responses.get(account_->info.resource_id, route_->id);
  std::string outcome = settled ? string_at(settled->response, "status") : status;
  if (outcome == "in_progress") outcome = "completed";  // at this very moment
  return invalid_request(
      "Cannot cancel " + std::string(outcome == "incomplete" ? "an " : "a ") + outcome + " response.", "response_id",
      "invalid_request_error");
}

// The request has been found to name a deployment: all else is looked at by the call that goes on.
Status Call::hand_over() {
  if (!bool_or(find(inference_->body, "store"), true)) {
    return invalid_request("Background mode requires 'store' to be true.", "store", "invalid_request_error");
  }
  for_background_ = inference_->stream;
  return {};
}

// What the request would be charged for its input; nothing is generated, and nothing counts for the quota.
net::Task<Status> Call::answer_input_tokens() {
  const EngineCall call = engine_call();
  const auto counted = co_await deployment_->engine->count(call);
  if (!counted) co_return counted.error();
  net::Response answer = response(200, "application/json");
  answer.body = to_pretty(JsonObject{{"object", "response.input_tokens"}, {"input_tokens", *counted}});
  co_await send(std::move(answer));
  co_return Status();
}

// The chat that stands for a request of the Responses API.
Status Call::translate_response() {
  response_request_ = std::move(inference_->body);
  if (run_ != nullptr) response_request_.as_object()["stream"] = true;  // so that there are events, whoever reads them
  if (const auto previous = string_at(response_request_, "previous_response_id"); !previous.empty()) {
    auto kept = services_.responses.get(account_->info.resource_id, previous);
    if (!kept) {
      return invalid_request("Previous response with id '" + previous + "' not found.", "previous_response_id",
                             "previous_response_not_found");
    }
    if (under_way(kept->response)) {
      return invalid_request("Previous response with id '" + previous + "' is still being made.",
                             "previous_response_id");
    }
    conversation_ = std::move(kept->items);
  }
  if (auto* input = response_request_.as_object().if_contains("input")) {
    if (auto resolved = resolve_references(*input); !resolved) return resolved;
  }
  const bool compacts = route_->operation == Operation::response_compact;
  auto chat = chat_request(response_request_, conversation_, compacts ? Json(compaction_question()) : Json());
  if (!chat) return chat.error();
  for (const auto& item : input_items(response_request_)) {
    conversation_.push_back(kept_item(item.as_object(), hex(services_.random.bytes(25))));
  }
  chat_text_ = *std::move(chat);
  auto inference = read_inference(Operation::chat, chat_text_);
  if (!inference) return as_response_error(inference.error());
  inference_.emplace(*std::move(inference));
  return {};
}

// Items of kept conversations may be named instead of sent again.
Status Call::resolve_references(Json& input) const {
  auto* items = input.if_array();
  if (items == nullptr) return {};
  for (std::size_t i = 0; i < items->size(); ++i) {
    Json& item = (*items)[i];
    if (string_at(item, "type") != "item_reference") continue;
    const std::string id = string_at(item, "id");
    if (id.empty()) return missing_parameter("input[" + std::to_string(i) + "].id");
    auto kept = services_.responses.item(account_->info.resource_id, id);
    if (!kept) return model_error(404, "Item with id '" + id + "' not found.", "invalid_request_error");
    item = *std::move(kept);
  }
  return {};
}

ResponseShape Call::make_response_shape() const {
  ResponseShape shape;
  shape.suffix = run_ != nullptr ? run_->digits : hex(services_.random.bytes(25));
  shape.id = "resp_" + shape.suffix;
  shape.model = deployment_->info.name;
  shape.created = unix_seconds(services_.clock.now());
  shape.reasons = deployment_->model && deployment_->model->can(kReasoning);
  shape.request = response_request_;
  shape.prompt_results = prompt_results_;
  shape.verdicts = &verdicts_;
  return shape;
}

void Call::keep_response(const JsonObject& response) const {
  if (!bool_or(find(response_request_, "store"), true)) return;
  if (run_ != nullptr && !under_way(response) && !run_->settle()) return;
  ResponseStore::Kept kept{response, conversation_};
  for (const auto& item : response.at("output").as_array()) kept.items.push_back(item);
  services_.responses.put(account_->info.resource_id, string_at(response, "id"), std::move(kept));
}

}  // namespace lazuli::openai
