#include "openai/response_request.h"

#include <algorithm>

#include "openai/errors.h"

namespace lazuli::openai {

namespace {

Error unsupported(std::string what, std::string_view param) {
  return invalid_request("Unsupported value: " + std::move(what) + " is not supported here.", param,
                         "unsupported_value");
}

// Parts that are text alone become one text, which every chat template understands.
Result<Json> chat_content(const Json& content) {
  if (!content.is_array()) return content;
  JsonArray parts;
  std::string text;
  bool only_text = true;
  for (const auto& part : content.as_array()) {
    const std::string type = string_at(part, "type");
    if (type == "input_text" || type == "output_text" || type == "text") {
      text += string_at(part, "text");
      parts.push_back(JsonObject{{"type", "text"}, {"text", string_at(part, "text")}});
    } else if (type == "refusal") {
      text += string_at(part, "refusal");
    } else if (type == "input_image") {
      only_text = false;
      if (find(part, "file_id")) return unsupported("an image by 'file_id'", "input");
      JsonObject image{{"url", string_at(part, "image_url")}};
      if (const auto* detail = find(part, "detail"); detail && !detail->is_null()) image["detail"] = *detail;
      parts.push_back(JsonObject{{"type", "image_url"}, {"image_url", std::move(image)}});
    } else {
      return unsupported("content of the type '" + type + "'", "input");
    }
  }
  if (only_text) return Json(boost::json::string(text));
  return Json(std::move(parts));
}

void add_call(JsonArray& messages, const Json& item) {
  const bool joins = !messages.empty() && messages.back().as_object().contains("tool_calls");
  if (!joins) {
    messages.push_back(JsonObject{{"role", "assistant"}, {"content", nullptr}, {"tool_calls", JsonArray()}});
  }
  messages.back().as_object()["tool_calls"].as_array().push_back(JsonObject{
      {"id", string_at(item, "call_id")},
      {"type", "function"},
      {"function", JsonObject{{"name", string_at(item, "name")}, {"arguments", string_at(item, "arguments")}}}});
}

Status add_item(JsonArray& messages, const Json& item, std::size_t index) {
  const std::string at = "input[" + std::to_string(index) + "]";
  if (!item.is_object())
    return invalid_request("Invalid type for '" + at + "': expected an object.", at, "invalid_type");
  std::string type = string_at(item, "type");
  if (type.empty() && find(item, "role")) type = "message";
  if (type == "message") {
    const auto* content = find(item, "content");
    if (content == nullptr) {
      return invalid_request("Missing required parameter: '" + at + ".content'.", at, "missing_required_parameter");
    }
    auto converted = chat_content(*content);
    if (!converted) return converted.error();
    messages.push_back(JsonObject{{"role", string_at(item, "role")}, {"content", *std::move(converted)}});
  } else if (type == "function_call") {
    add_call(messages, item);
  } else if (type == "function_call_output") {
    const auto* output = find(item, "output");
    messages.push_back(JsonObject{{"role", "tool"},
                                  {"tool_call_id", string_at(item, "call_id")},
                                  {"content", output && !output->is_string() ? to_text(*output) : string_or(output)}});
  } else if (type != "reasoning") {  // what a model thought is not shown to another
    return unsupported("an item of the type '" + type + "'", at);
  }
  return {};
}

Result<JsonArray> chat_tools(const JsonArray& tools) {
  JsonArray out;
  for (const auto& tool : tools) {
    const std::string type = string_at(tool, "type");
    if (type != "function") return unsupported("a tool of the type '" + type + "'", "tools");
    JsonObject function;
    for (const auto* name : {"name", "description", "parameters", "strict"}) {
      if (const auto* value = find(tool, name); value && !value->is_null()) function[name] = *value;
    }
    out.push_back(JsonObject{{"type", "function"}, {"function", std::move(function)}});
  }
  return out;
}

Json chat_tool_choice(const Json& choice) {
  if (!choice.is_object()) return choice;
  return JsonObject{{"type", "function"}, {"function", JsonObject{{"name", string_at(choice, "name")}}}};
}

// Only where `include` asks for them; top_logprobs alone says how many alternatives there would be.
void add_logprobs(JsonObject& chat, const Json& request) {
  const auto* include = find(request, "include");
  const bool included =
      include && include->is_array() && std::ranges::any_of(include->get_array(), [](const Json& what) {
        return string_or(&what) == "message.output_text.logprobs";
      });
  if (!included) return;
  chat["logprobs"] = true;
  if (const auto* most = find(request, "top_logprobs"); most && !most->is_null()) chat["top_logprobs"] = *most;
}

// text.format → response_format; a schema stands one level deeper in chat.
void add_format(JsonObject& chat, const Json& request) {
  const auto* format = find(request, "text", "format");
  const std::string type = format ? string_at(*format, "type") : std::string();
  if (type == "json_object") chat["response_format"] = JsonObject{{"type", type}};
  if (type != "json_schema") return;
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

Result<std::string> chat_request(const Json& request, const JsonArray& earlier) {
  JsonArray messages;
  if (const auto text = string_at(request, "instructions"); !text.empty()) {
    messages.push_back(JsonObject{{"role", "system"}, {"content", text}});
  }
  for (const auto& item : earlier) {
    if (auto added = add_item(messages, item, 0); !added) return added.error();
  }
  const JsonArray items = input_items(request);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto added = add_item(messages, items[i], i); !added) return added.error();
  }
  if (bool_or(find(request, "background"))) return unsupported("'background'", "background");
  JsonObject chat{{"messages", std::move(messages)}};
  if (const auto* tools = find(request, "tools"); tools && tools->is_array() && !tools->as_array().empty()) {
    auto converted = chat_tools(tools->as_array());
    if (!converted) return converted.error();
    chat["tools"] = *std::move(converted);
    if (const auto* choice = find(request, "tool_choice")) chat["tool_choice"] = chat_tool_choice(*choice);
    if (const auto* parallel = find(request, "parallel_tool_calls")) chat["parallel_tool_calls"] = *parallel;
  }
  if (const auto* limit = find(request, "max_output_tokens"); limit && !limit->is_null()) {
    chat["max_completion_tokens"] = *limit;
  }
  for (const auto* name : {"temperature", "top_p", "stream", "user"}) {
    if (const auto* value = find(request, name); value && !value->is_null()) chat[name] = *value;
  }
  add_logprobs(chat, request);
  add_format(chat, request);
  return to_text(chat);
}

}  // namespace lazuli::openai
