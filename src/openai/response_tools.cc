#include "openai/response_tools.h"

#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "base/text.h"
#include "openai/answer.h"
#include "openai/custom_input.h"
#include "openai/errors.h"
#include "openai/parameters.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kLongestName = 64;  // of a chat's function
constexpr std::string_view kNamespace = "namespace";
constexpr std::array<std::string_view, 5> kLeftOut{"web_search", "web_search_2025_08_26", "web_search_preview",
                                                   "web_search_preview_2025_03_11", "tool_search"};

bool is_left_out(const Json& tool) {
  return std::ranges::find(kLeftOut, string_at(tool, "type")) != kLeftOut.end();
}

Status add_function(JsonArray& out, const Json& tool, std::string_view name_space, const std::string& at) {
  const std::string type = string_at(tool, "type");
  JsonObject function;
  if (type == kCustom) {
    if (auto checked = check_custom_tool(tool, at); !checked) return checked;
    function = custom_function(tool);
  } else if (type == "function") {
    for (const auto* name : {"name", "description", "parameters", "strict"}) {
      if (const auto* value = find(tool, name); value && !value->is_null()) function[name] = *value;
    }
  } else {
    return unsupported_here("a tool of the type '" + type + "'", "tools");
  }
  if (!name_space.empty()) {
    const std::string name = string_at(tool, "name");
    if (name.empty()) return missing_parameter(at + ".name");
    function["name"] = chat_name(name_space, name);
  }
  out.push_back(JsonObject{{"type", "function"}, {"function", std::move(function)}});
  return {};
}

Status add_namespace(JsonArray& out, const Json& tool, const std::string& at) {
  const std::string name_space = string_at(tool, "name");
  if (name_space.empty()) return missing_parameter(at + ".name");
  const JsonArray& members = array_at(tool, "tools");
  if (members.empty()) return missing_parameter(at + ".tools");
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::string place = at + ".tools[" + std::to_string(i) + "]";
    if (auto added = add_function(out, members[i], name_space, place); !added) return added;
  }
  return {};
}

Result<JsonArray> chat_tools(const JsonArray& tools) {
  JsonArray out;
  for (std::size_t i = 0; i < tools.size(); ++i) {
    if (is_left_out(tools[i])) continue;
    const std::string at = "tools[" + std::to_string(i) + "]";
    const bool several = string_at(tools[i], "type") == kNamespace;
    auto added = several ? add_namespace(out, tools[i], at) : add_function(out, tools[i], {}, at);
    if (!added) return added.error();
  }
  return out;
}

JsonObject chat_function(const Json& named) {
  const std::string name = chat_name(string_at(named, kNamespace), string_at(named, "name"));
  return JsonObject{{"type", "function"}, {"function", JsonObject{{"name", name}}}};
}

Result<Json> chat_tool_choice(const Json& choice) {
  if (!choice.is_object()) return choice;
  const std::string type = string_at(choice, "type");
  if (type == "function" || type == kCustom) return Json(chat_function(choice));
  if (type != "allowed_tools") return unsupported_here("a choice of the type '" + type + "'", "tool_choice.type");
  JsonArray tools;
  for (const auto& tool : array_at(choice, "tools")) {
    if (!is_left_out(tool)) tools.push_back(chat_function(tool));
  }
  const JsonObject allowed{{"mode", string_at(choice, "mode")}, {"tools", std::move(tools)}};
  return Json(JsonObject{{"type", type}, {"allowed_tools", allowed}});
}

}  // namespace

Error unsupported_here(const std::string& what, std::string_view param) {
  return invalid_request("Unsupported value: " + what + " is not supported here.", param, "unsupported_value");
}

std::string chat_name(std::string_view name_space, std::string_view name) {
  if (name_space.empty()) return std::string(name);
  std::string whole(name_space);
  whole.append(name_space.ends_with("__") ? "" : "__").append(name);
  if (whole.size() <= kLongestName) return whole;
  const auto digits = std::to_string(std::hash<std::string>()(whole));
  return whole.substr(0, kLongestName - digits.size() - 1) + "_" + digits;
}

ToolName called_tool(const Json& request, std::string_view called) {
  for (const auto& tool : array_at(request, "tools")) {
    const bool several = string_at(tool, "type") == kNamespace;
    const std::string name_space = several ? string_at(tool, "name") : std::string();
    const auto members = several ? std::span<const Json>(array_at(tool, "tools")) : std::span(&tool, 1);
    for (const auto& one : members) {
      std::string name = string_at(one, "name");
      if (chat_name(name_space, name) == called)
        return {name_space, std::move(name), string_at(one, "type") == kCustom};
    }
  }
  return {{}, std::string(called)};
}

Status add_tools(JsonObject& chat, const Json& request) {
  const JsonArray& tools = array_at(request, "tools");
  if (tools.empty()) return {};
  auto converted = chat_tools(tools);
  if (!converted) return converted.error();
  const auto* choice = find(request, "tool_choice");
  if (converted->empty()) {
    const bool free =
        choice == nullptr || choice->is_null() || string_or(choice) == "auto" || string_or(choice) == "none";
    return free ? Status() : unsupported_here("a tool of the type '" + tools_left_out(request) + "'", "tools");
  }
  chat["tools"] = *std::move(converted);
  if (choice && !choice->is_null()) {
    auto chosen = chat_tool_choice(*choice);
    if (!chosen) return chosen.error();
    chat["tool_choice"] = *std::move(chosen);
  }
  if (const auto* parallel = find(request, "parallel_tool_calls")) chat["parallel_tool_calls"] = *parallel;
  return {};
}

std::string tools_left_out(const Json& request) {
  std::vector<std::string> types;
  for (const auto type : kLeftOut) {
    const bool sent = std::ranges::any_of(array_at(request, "tools"),
                                          [&](const Json& tool) { return string_at(tool, "type") == type; });
    if (sent) types.emplace_back(type);
  }
  return join(types, ", ");
}

JsonArray tools_as_read(const Json& request) {
  JsonArray shown;
  for (const auto& tool : array_at(request, "tools")) {
    const std::string type = string_at(tool, "type");
    if (type == kCustom) {
      shown.push_back(JsonObject{{"type", type},
                                 {"description", member_or(tool, "description", nullptr)},
                                 {"format", member_or(tool, "format", JsonObject{{"type", "text"}})},
                                 {"name", member_or(tool, "name", nullptr)}});
    } else if (type == "function") {
      shown.push_back(JsonObject{{"type", type},
                                 {"description", member_or(tool, "description", nullptr)},
                                 {"name", member_or(tool, "name", nullptr)},
                                 {"output_schema", member_or(tool, "output_schema", nullptr)},
                                 {"parameters", member_or(tool, "parameters", nullptr)},
                                 {"strict", member_or(tool, "strict", true)}});
    } else {
      shown.push_back(tool);
    }
  }
  return shown;
}

}  // namespace lazuli::openai
