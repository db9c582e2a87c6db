#include "openai/custom_tools.h"

#include <algorithm>

#include "openai/custom_input.h"

namespace lazuli::openai {

namespace {

bool is_custom(const Json& object) {
  return string_at(object, "type") == kCustom;
}

Json as_function(JsonObject function) {
  return JsonObject{{"type", "function"}, {"function", std::move(function)}};
}

void replace_tools(Inference& chat) {
  const JsonArray& tools = array_at(chat.body, "tools");
  if (std::ranges::none_of(tools, is_custom)) return;
  JsonArray functions = tools;
  for (auto& tool : functions) {
    if (!is_custom(tool)) continue;
    const Json& described = *find(tool, kCustom);
    chat.custom_tools.push_back(string_at(described, "name"));
    tool = as_function(custom_function(described, kGrammar));
  }
  chat.replace("tools", std::move(functions));
  if (const auto* choice = find(chat.body, "tool_choice"); choice && is_custom(*choice)) {
    chat.replace("tool_choice", as_function(JsonObject{{"name", string_at(*choice, kCustom, "name")}}));
  }
}

bool has_custom_call(const Json& message) {
  return std::ranges::any_of(array_at(message, "tool_calls"), is_custom);
}

void replace_calls(Inference& chat) {
  const JsonArray& sent = array_at(chat.body, "messages");
  if (std::ranges::none_of(sent, has_custom_call)) return;
  JsonArray messages = sent;
  for (auto& message : messages) {
    if (!has_custom_call(message)) continue;
    for (auto& call : message.as_object()["tool_calls"].as_array()) {
      if (!is_custom(call)) continue;
      JsonObject function{{"name", string_at(call, kCustom, "name")},
                          {"arguments", custom_arguments(string_at(call, kCustom, "input"))}};
      const std::string id = string_at(call, "id");
      call = as_function(std::move(function));
      call.as_object()["id"] = id;
    }
  }
  chat.replace("messages", std::move(messages));
}

}  // namespace

void replace_custom_tools(Inference& chat) {
  replace_tools(chat);
  replace_calls(chat);
}

}  // namespace lazuli::openai
