// The steps of a call that are the Responses API's own: what becomes of the request before an engine sees it, and what
// is kept of the answer and asked for later.
#include "base/text.h"
#include "openai/call.h"
#include "openai/errors.h"
#include "openai/response_items.h"
#include "openai/response_request.h"

namespace lazuli::openai {

net::Task<Status> Call::answer_stored_response() {
  const auto kept = services_.responses.get(account_->info.resource_id, route_->id);
  if (!kept) {
    co_return model_error(404, "Response with id '" + route_->id + "' not found.", "invalid_request_error");
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
      services_.responses.remove(account_->info.resource_id, route_->id);
      return to_text(JsonObject{{"id", route_->id}, {"object", "response.deleted"}, {"deleted", true}});
    case Operation::response_items: {
      const auto output = kept.response.at("output").as_array().size();
      const JsonArray input(kept.items.begin(), kept.items.end() - static_cast<std::ptrdiff_t>(output));
      auto page = item_page(input, exchange_.request().query);
      if (!page) return page.error();
      return to_pretty(*page);
    }
    case Operation::response_cancel:  // none is made in the background
      return invalid_request("Cannot cancel a synchronous response.");
    default:
      // Sent again is only what ran in the background, which nothing here does (recorded in openai-ruby's issue 214).
      if (exchange_.request().query.get("stream") == "true") {
        return invalid_request("This response cannot be streamed because it was not created with background=true.",
                               "stream", "invalid_request_error");
      }
      return to_pretty(kept.response);
  }
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
  if (const auto previous = string_at(response_request_, "previous_response_id"); !previous.empty()) {
    auto kept = services_.responses.get(account_->info.resource_id, previous);
    if (!kept) {
      return invalid_request("Previous response with id '" + previous + "' not found.", "previous_response_id",
                             "previous_response_not_found");
    }
    conversation_ = std::move(kept->items);
  }
  if (auto* input = response_request_.as_object().if_contains("input")) {
    if (auto resolved = resolve_references(*input); !resolved) return resolved;
  }
  auto chat = chat_request(response_request_, conversation_);
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
  shape.suffix = hex(services_.random.bytes(25));
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
  ResponseStore::Kept kept{response, conversation_};
  for (const auto& item : response.at("output").as_array()) kept.items.push_back(item);
  services_.responses.put(account_->info.resource_id, string_at(response, "id"), std::move(kept));
}

}  // namespace lazuli::openai
