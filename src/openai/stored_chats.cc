// The steps of a call that are about chats which were kept ("store": true).
#include "openai/call.h"
#include "openai/errors.h"
#include "openai/kept_chat.h"
#include "openai/parameters.h"
#include "openai/response_items.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kUpdateLimit = std::size_t{1} << 20;

// Names that are there already get the new values.
Result<JsonObject> changed(JsonObject chat, std::string_view update) {
  const auto body = parse_json(update);
  if (!body) return invalid_request("We could not parse the JSON body of your request. " + body.error().message);
  if (!body->is_object()) {
    return invalid_request("Invalid request body: expected a JSON object, but got " + type_phrase(*body) + ".");
  }
  if (auto checked = check_parameters(Operation::chat_update, *body); !checked) return checked.error();
  JsonObject& metadata = object_at(chat, "metadata");
  for (const auto& [name, value] : body->at("metadata").as_object()) metadata[name] = value;
  if (auto checked = check_parameters(Operation::chat_update, JsonObject{{"metadata", metadata}}); !checked) {
    return checked.error();
  }
  return chat;
}

}  // namespace

bool Call::keeps_chat() const {
  return route_->operation == Operation::chat && bool_or(find(inference_->body, "store"));
}

void Call::keep_chat(const Json& answer) const {
  const std::string id = string_at(answer, "id");
  const Json request = inference_->as_sent();
  services_.chats.put(account_->info.resource_id, id,
                      {kept_chat(answer, request, request_id_), kept_messages(id, request)});
}

net::Task<Status> Call::answer_stored_chat() {
  if (route_->operation == Operation::chat_update) {
    const auto received = co_await exchange_.read_all(kUpdateLimit);
    if (!received) co_return invalid_request(received.error().message);
  }
  auto body = about_stored_chat();
  if (!body) co_return body.error();
  net::Response answer = response(200, "application/json");
  answer.body = to_text(*body);
  co_await send(std::move(answer));
  co_return Status();
}

Result<JsonObject> Call::about_stored_chat() {
  const std::string& account = account_->info.resource_id;
  const net::Request& request = exchange_.request();
  if (route_->operation == Operation::chat_list) return chat_page(services_.chats.all(account), request.query);
  const auto kept = services_.chats.get(account, route_->id);
  if (!kept) {
    return model_error(404, "Chat completion with id '" + route_->id + "' not found.", "invalid_request_error");
  }
  switch (route_->operation) {
    case Operation::chat_messages: {
      auto page = item_page(kept->items, request.query, "asc");
      if (page) (*page)["total"] = kept->items.size();
      return page;
    }
    case Operation::chat_delete:
      services_.chats.remove(account, route_->id);
      return JsonObject{{"id", route_->id}, {"object", "chat.completion.deleted"}, {"deleted", true}};
    case Operation::chat_update: {
      auto chat = changed(kept->response, request.body);
      if (chat) services_.chats.replace(account, route_->id, *chat);
      return chat;
    }
    default:
      return kept->response;
  }
}

}  // namespace lazuli::openai
