#include "openai/response_request.h"

#include <algorithm>

#include "base/text.h"
#include "openai/compaction.h"
#include "openai/custom_input.h"
#include "openai/errors.h"
#include "openai/parameters.h"
#include "openai/response_tools.h"

namespace lazuli::openai {

namespace {

// A member that has to be a text.
Result<std::string> text_member(const Json& object, std::string_view name, const std::string& at) {
  const std::string place = at + "." + std::string(name);
  const auto* value = find(object, name);
  if (value == nullptr) return missing_parameter(place);
  if (!value->is_string()) return wrong_type(place, "a string", *value);
  return string_or(value);
}

struct Content {
  JsonArray parts;
  std::string text;
  bool only_text = true;
};

Status add_image(Content& content, const Json& part, const std::string& at) {
  if (const auto* id = find(part, "file_id"); id && !id->is_null())
    return unsupported_here("an image by 'file_id'", at);
  const auto url = text_member(part, "image_url", at);
  if (!url) return url.error();
  JsonObject image{{"url", *url}};
  if (const auto* detail = find(part, "detail"); detail && !detail->is_null()) image["detail"] = *detail;
  content.parts.push_back(JsonObject{{"type", "image_url"}, {"image_url", std::move(image)}});
  content.only_text = false;
  return {};
}

Status add_part(Content& content, const Json& part, const std::string& at) {
  if (!part.is_object()) return wrong_type(at, "an object", part);
  const auto type = text_member(part, "type", at);
  if (!type) return type.error();
  if (*type == "input_image") return add_image(content, part, at);
  const bool refusal = *type == "refusal";
  if (!refusal && *type != "input_text" && *type != "output_text" && *type != "text") {
    return unsupported_here("content of the type '" + *type + "'", at);
  }
  const auto text = text_member(part, refusal ? "refusal" : "text", at);
  if (!text) return text.error();
  content.text += *text;
  if (!refusal) content.parts.push_back(JsonObject{{"type", "text"}, {"text", *text}});
  return {};
}

// Parts that are text alone become one text, which every chat template understands.
Result<Json> chat_content(const Json& sent, const std::string& at) {
  if (sent.is_string()) return sent;
  if (!sent.is_array()) return wrong_type(at, "a string or an array of objects", sent);
  Content content;
  for (std::size_t i = 0; i < sent.get_array().size(); ++i) {
    auto added = add_part(content, sent.get_array()[i], at + "[" + std::to_string(i) + "]");
    if (!added) return added.error();
  }
  if (content.only_text) return Json(boost::json::string(content.text));
  return Json(std::move(content.parts));
}

Status add_call(JsonArray& messages, const Json& item, const std::string& at) {
  const bool custom = string_at(item, "type") == "custom_tool_call";
  const auto id = text_member(item, "call_id", at), name = text_member(item, "name", at),
             arguments = text_member(item, custom ? "input" : "arguments", at);
  for (const auto* member : {&id, &name, &arguments}) {
    if (!*member) return member->error();
  }
  const bool joins = !messages.empty() && messages.back().as_object().contains("tool_calls");
  if (!joins) {
    messages.push_back(JsonObject{{"role", "assistant"}, {"content", nullptr}, {"tool_calls", JsonArray()}});
  }
  JsonObject function{{"name", chat_name(string_at(item, "namespace"), *name)},
                      {"arguments", custom ? custom_arguments(*arguments) : *arguments}};
  messages.back().as_object()["tool_calls"].as_array().push_back(
      JsonObject{{"id", *id}, {"type", "function"}, {"function", std::move(function)}});
  return {};
}

bool made_call(const Json& message, const std::string& id) {
  return std::ranges::any_of(array_at(message, "tool_calls"),
                             [&](const Json& call) { return string_at(call, "id") == id; });
}

// In a chat the answers stand right behind the message with the calls; here an assistant's text may come between.
Status add_answer(JsonArray& messages, const Json& item, const std::string& place) {
  const auto call = text_member(item, "call_id", place);
  if (!call) return call.error();
  const std::string& id = *call;
  auto at = std::ranges::find_if(messages, [&](const Json& message) { return made_call(message, id); });
  if (at == messages.end()) {
    const bool custom = string_at(item, "type").starts_with("custom");
    return invalid_request(std::string("No tool call found for ") + (custom ? "custom tool" : "function") +
                               " call output with call_id " + id + ".",
                           "input");
  }
  do ++at;
  while (at != messages.end() && string_at(*at, "role") == "tool");
  const auto* output = find(item, "output");
  if (output == nullptr) return missing_parameter(place + ".output");
  const auto content = chat_content(*output, place + ".output");
  if (!content) return content.error();
  const std::string text = content->is_string() ? string_or(&*content) : to_text(*output);
  messages.insert(at, JsonObject{{"role", "tool"}, {"tool_call_id", id}, {"content", text}});
  return {};
}

bool is_custom_call(const JsonArray& items, std::string_view call_id) {
  return std::ranges::any_of(items, [&](const Json& item) {
    return string_at(item, "type") == "custom_tool_call" && string_at(item, "call_id") == call_id;
  });
}

Status check_answered(const JsonArray& messages, const JsonArray& earlier, const JsonArray& input) {
  for (const auto& message : messages) {
    for (const auto& call : array_at(message, "tool_calls")) {
      const std::string id = string_at(call, "id");
      const bool answered =
          std::ranges::any_of(messages, [&](const Json& other) { return string_at(other, "tool_call_id") == id; });
      if (answered) continue;
      const bool custom = is_custom_call(earlier, id) || is_custom_call(input, id);
      return invalid_request(
          std::string("No tool output found for ") + (custom ? "custom tool" : "function") + " call " + id + ".",
          "input");
    }
  }
  return {};
}

Status add_message(JsonArray& messages, const Json& item, const std::string& at) {
  const auto role = text_member(item, "role", at);
  if (!role) return role.error();
  if (auto known = check_word(*role, at + ".role", {"assistant", "system", "developer", "user"}); !known) return known;
  const auto* content = find(item, "content");
  if (content == nullptr) return missing_parameter(at + ".content");
  auto converted = chat_content(*content, at + ".content");
  if (!converted) return converted.error();
  messages.push_back(JsonObject{{"role", *role}, {"content", *std::move(converted)}});
  return {};
}

Status add_compaction(JsonArray& messages, const Json& item, const std::string& at) {
  const auto text = compacted_text(item, at);
  if (!text) return text.error();
  messages.push_back(JsonObject{{"role", "assistant"}, {"content", *text}});
  return {};
}

Status add_item(JsonArray& messages, const Json& item, const std::string& at) {
  if (!item.is_object()) return wrong_type(at, "an object", item);
  if (const auto* given = find(item, "type"); given && !given->is_null() && !given->is_string()) {
    return wrong_type(at + ".type", "a string", *given);
  }
  std::string type = string_at(item, "type");
  if (type.empty()) type = find(item, "role") ? "message" : "";
  if (type.empty()) return missing_parameter(at + ".type");
  if (type == "message") return add_message(messages, item, at);
  if (type == "function_call" || type == "custom_tool_call") return add_call(messages, item, at);
  if (type == "function_call_output" || type == "custom_tool_call_output") return add_answer(messages, item, at);
  if (type == "compaction") return add_compaction(messages, item, at);
  if (type == "reasoning") return {};  // what a model thought is not shown to another
  return unsupported_here("an item of the type '" + type + "'", at);
}

Status add_items(JsonArray& messages, const JsonArray& items, const std::string& name) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto added = add_item(messages, items[i], name + "[" + std::to_string(i) + "]"); !added) return added;
  }
  return {};
}

// What this stands on chat for cannot do: refused, never passed over.
Status refuse_unsupported(const Json& request) {
  for (const auto* name : {"conversation", "prompt"}) {
    if (const auto* value = find(request, name); value && !value->is_null()) {
      return unsupported_here("'" + std::string(name) + "'", name);
    }
  }
  return {};
}

// Only where `include` asks for them; top_logprobs alone says how many alternatives there would be.
void add_logprobs(JsonObject& chat, const Json& request) {
  const bool included = std::ranges::any_of(array_at(request, "include"), [](const Json& what) {
    return string_or(&what) == "message.output_text.logprobs";
  });
  if (!included) return;
  chat["logprobs"] = true;
  if (const auto* most = find(request, "top_logprobs"); most && !most->is_null()) chat["top_logprobs"] = *most;
}

// text.format → response_format; a schema stands one level deeper in chat.
void add_format(JsonObject& chat, const Json& request) {
  const auto* format = find(request, "text", "format");
  if (format == nullptr) return;
  const std::string type = string_at(*format, "type");
  if (type.empty() || type == "text") return;
  if (type != "json_schema") {  // JSON mode; what is not known is refused with the chat
    chat["response_format"] = JsonObject{{"type", type}};
    return;
  }
  JsonObject schema;
  for (const auto* name : {"name", "description", "schema", "strict"}) {
    if (const auto* value = find(*format, name); value && !value->is_null()) schema[name] = *value;
  }
  chat["response_format"] = JsonObject{{"type", type}, {"json_schema", std::move(schema)}};
}

}  // namespace

JsonArray input_items(const Json& request) {
  const auto* input = find(request, "input");
  if (input == nullptr) return {};
  if (const auto* list = input->if_array()) return *list;
  return JsonArray{JsonObject{{"type", "message"}, {"role", "user"}, {"content", *input}}};
}

Result<std::string> chat_request(const Json& request, const JsonArray& earlier, const Json& last) {
  if (auto refused = refuse_unsupported(request); !refused) return refused.error();
  JsonArray messages;
  const auto* instructions = find(request, "instructions");
  if (const auto text = string_or(instructions); !text.empty()) {
    messages.push_back(JsonObject{{"role", "system"}, {"content", text}});
  } else if (instructions && instructions->is_array()) {
    if (auto added = add_items(messages, instructions->get_array(), "instructions"); !added) return added.error();
  }
  if (auto added = add_items(messages, earlier, "input"); !added) return added.error();
  const std::size_t before = messages.size();
  const JsonArray input = input_items(request);
  if (auto added = add_items(messages, input, "input"); !added) return added.error();
  if (messages.size() == before && !find(request, "previous_response_id")) return missing_parameter("input");
  if (auto checked = check_answered(messages, earlier, input); !checked) return checked.error();
  if (!last.is_null()) messages.push_back(last);
  JsonObject chat{{"messages", std::move(messages)}};
  if (auto added = add_tools(chat, request); !added) return added.error();
  if (const auto* limit = find(request, "max_output_tokens"); limit && !limit->is_null()) {
    chat["max_completion_tokens"] = *limit;
  }
  for (const auto* name : {"temperature", "top_p", "stream", "user"}) {
    if (const auto* value = find(request, name); value && !value->is_null()) chat[name] = *value;
  }
  const std::pair<const char*, const Json*> renamed[] = {{"reasoning_effort", find(request, "reasoning", "effort")},
                                                         {"verbosity", find(request, "text", "verbosity")}};
  for (const auto& [name, value] : renamed) {
    if (value && !value->is_null()) chat[name] = *value;
  }
  add_logprobs(chat, request);
  add_format(chat, request);
  return to_text(chat);
}

Error as_response_error(Error error) {
  if (error.message.starts_with("'messages' must contain the word 'json'")) {
    return invalid_request(
        "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
        "input");
  }
  if (error.message.ends_with(" supplied: reasoning_effort")) {
    return invalid_request("Unsupported parameter: 'reasoning.effort' is not supported with this model.",
                           "reasoning.effort", "unsupported_parameter");
  }
  constexpr std::pair<std::string_view, std::string_view> names[] = {{"response_format.json_schema", "text.format"},
                                                                     {"response_format", "text.format"},
                                                                     {"reasoning_effort", "reasoning.effort"},
                                                                     {"max_completion_tokens", "max_output_tokens"},
                                                                     {"tool_choice.allowed_tools", "tool_choice"},
                                                                     {".function.", "."},
                                                                     {"messages", "input"}};
  for (const auto& [chat, ours] : names) {
    if (error.target.find(chat) == std::string::npos) continue;
    error.target = replace_all(error.target, chat, ours);
    if (chat != "messages") error.message = replace_all(error.message, chat, ours);
  }
  return error;
}

}  // namespace lazuli::openai
