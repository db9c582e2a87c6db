#include "openai/kept_chat.h"

#include "openai/custom_input.h"
#include "openai/response_items.h"

namespace lazuli::openai {

namespace {

JsonArray kept_choices(const Json& answer) {
  JsonArray kept;
  for (const auto& choice : array_at(answer, "choices")) {
    JsonObject one;
    for (const auto* name : {"finish_reason", "index", "logprobs", "message"}) {
      one[name] = member_or(choice, name, nullptr);
    }
    kept.push_back(std::move(one));
  }
  return kept;
}

void append(Json& text, const std::string& more) {
  if (text.is_null()) text = "";
  text.as_string() += more;
}

void take_calls(JsonObject& message, const JsonArray& pieces) {
  Json& calls = message["tool_calls"];
  if (!calls.is_array()) calls = JsonArray();
  for (const auto& piece : pieces) {
    const auto index = static_cast<std::size_t>(integer(find(piece, "index")).value_or(0));
    JsonArray& list = calls.get_array();
    const bool custom = find(piece, kCustom) != nullptr;
    const std::string_view type = custom ? kCustom : "function", text = custom ? "input" : "arguments";
    if (index > list.size()) continue;
    if (index == list.size()) list.push_back(JsonObject{{type, JsonObject{{text, ""}, {"name", ""}}}, {"type", type}});
    JsonObject& call = list[index].as_object();
    JsonObject& called = object_at(call, type);
    if (const auto* id = find(piece, "id")) call["id"] = *id;
    if (const auto* name = find(piece, type, "name")) called["name"] = *name;
    append(called[text], string_at(piece, type, text));
  }
}

bool wanted(const Json& chat, const net::Query& query) {
  const std::string model = query.get("model");
  if (!model.empty() && string_at(chat, "model") != model) return false;
  constexpr std::string_view prefix = "metadata[";
  for (const auto& [name, value] : query) {
    if (!name.starts_with(prefix) || !name.ends_with(']')) continue;
    const std::string key = name.substr(prefix.size(), name.size() - prefix.size() - 1);
    if (string_at(chat, "metadata", key) != value) return false;
  }
  return true;
}

}  // namespace

JsonObject kept_chat(const Json& answer, const Json& request, std::string_view request_id) {
  return JsonObject{{"id", member_or(answer, "id", nullptr)},
                    {"choices", kept_choices(answer)},
                    {"created", member_or(answer, "created", 0)},
                    {"model", member_or(answer, "model", nullptr)},
                    {"object", "chat.completion"},
                    {"service_tier", member_or(answer, "service_tier", nullptr)},
                    {"system_fingerprint", member_or(answer, "system_fingerprint", nullptr)},
                    {"usage", member_or(answer, "usage", nullptr)},
                    {"request_id", request_id},
                    {"tool_choice", member_or(request, "tool_choice", nullptr)},
                    {"tools", member_or(request, "tools", nullptr)},
                    {"response_format", member_or(request, "response_format", nullptr)},
                    {"seed", member_or(request, "seed", nullptr)},
                    {"top_p", member_or(request, "top_p", 1)},
                    {"temperature", member_or(request, "temperature", 1)},
                    {"presence_penalty", member_or(request, "presence_penalty", 0)},
                    {"frequency_penalty", member_or(request, "frequency_penalty", 0)},
                    {"input_user", member_or(request, "user", nullptr)},
                    {"metadata", member_or(request, "metadata", JsonObject())}};
}

JsonArray kept_messages(std::string_view chat_id, const Json& request) {
  JsonArray kept;
  for (const auto& message : find(request, "messages")->as_array()) {
    JsonObject one = message.as_object();
    const auto* content = find(message, "content");
    const bool parts = content && content->is_array();
    one["id"] = std::string(chat_id) + "-" + std::to_string(kept.size());
    one["content"] = parts ? Json(content_text(content)) : member_or(message, "content", nullptr);
    one["content_parts"] = parts ? *content : Json(nullptr);
    kept.push_back(std::move(one));
  }
  return kept;
}

Result<JsonObject> chat_page(const JsonArray& chats, const net::Query& query) {
  JsonArray left;
  for (const auto& chat : chats) {
    if (wanted(chat, query)) left.push_back(chat);
  }
  auto page = item_page(left, query, "asc");
  if (page) (*page)["total"] = left.size();
  return page;
}

void StreamedChat::take(std::string_view frames) {
  events_.feed(frames);
  while (const auto event = events_.next()) {
    const auto frame = parse_json(event->data);
    if (!frame || !frame->is_object()) continue;
    frame_ = frame->as_object();
    for (const auto& choice : array_at(*frame, "choices")) take_choice(choice);
  }
}

void StreamedChat::take_choice(const Json& choice) {
  const auto index = integer(find(choice, "index")).value_or(0);
  JsonObject& known = choices_[index];
  if (known.empty()) {
    known = JsonObject{{"index", index},
                       {"message", JsonObject{{"content", nullptr}, {"refusal", nullptr}, {"role", "assistant"}}}};
  }
  if (const auto* reason = find(choice, "finish_reason"); reason && !reason->is_null())
    known["finish_reason"] = *reason;
  JsonObject& message = known["message"].as_object();
  for (const auto* name : {"content", "refusal"}) {
    if (const auto text = string_at(choice, "delta", name); !text.empty()) append(message[name], text);
  }
  if (const auto* calls = find(choice, "delta", "tool_calls"); calls && calls->is_array()) {
    take_calls(message, calls->get_array());
  }
}

JsonObject StreamedChat::answer(const Usage& usage) const {
  JsonObject whole = frame_;
  JsonArray choices;
  for (const auto& [index, choice] : choices_) choices.push_back(choice);
  whole["choices"] = std::move(choices);
  std::string counted;
  append_usage(counted, usage);
  if (auto read = parse_json(counted)) whole["usage"] = *std::move(read);
  return whole;
}

}  // namespace lazuli::openai
