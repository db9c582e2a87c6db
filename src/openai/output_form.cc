#include "openai/output_form.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "openai/custom_input.h"
#include "openai/errors.h"
#include "openai/parameters.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kMostTools = 128;  // Azure's documentation of quotas and limits

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

Error bad_name(const std::string& at) {
  return invalid_request("Invalid '" + at +
                             "': string does not match pattern. Expected a string that matches the pattern "
                             "'^[a-zA-Z0-9_-]+$'.",
                         at, "invalid_value");
}

// A place in a schema as the service writes it: a tuple of Python's.
using Place = std::vector<std::string>;

std::string context_text(const Place& place) {
  std::string out = "In context=(";
  for (std::size_t i = 0; i < place.size(); ++i) out += (i > 0 ? ", '" : "'") + place[i] + "'";
  return out + (place.size() == 1 ? ",)" : ")");
}

std::string object_problem(const Json& schema, const Place& place) {
  const auto* more = find(schema, "additionalProperties");
  if (more == nullptr || !more->is_bool() || more->get_bool()) {
    return context_text(place) + ", 'additionalProperties' is required to be supplied and to be false.";
  }
  const auto* properties = find(schema, "properties");
  if (properties == nullptr || !properties->is_object()) return {};
  const auto* required = find(schema, "required");
  for (const auto& property : properties->get_object()) {
    const bool named =
        required && required->is_array() && std::ranges::any_of(required->get_array(), [&](const Json& name) {
          return name.is_string() && name.get_string() == property.key();
        });
    if (named) continue;
    return context_text(place) +
           ", 'required' is required to be supplied and to be an array including every key in properties. Missing '" +
           std::string(property.key()) + "'.";
  }
  return {};
}

bool says_object(const Json& schema) {
  const auto* type = find(schema, "type");
  if (type && type->is_array()) {
    return std::ranges::any_of(type->get_array(), [](const Json& one) { return string_or(&one) == "object"; });
  }
  return type ? string_or(type) == "object" : find(schema, "properties") != nullptr;
}

std::string problem_at(const Json& schema, Place& place) {
  if (!schema.is_object()) return {};
  if (says_object(schema)) {
    if (auto problem = object_problem(schema, place); !problem.empty()) return problem;
  }
  const auto inside = [&](std::string name, const Json& value) {
    place.push_back(std::move(name));
    auto problem = problem_at(value, place);
    place.pop_back();
    return problem;
  };
  for (const auto* name : {"properties", "$defs", "definitions"}) {
    const auto* members = find(schema, name);
    if (members == nullptr || !members->is_object()) continue;
    place.emplace_back(name);
    for (const auto& [key, value] : members->get_object()) {
      if (auto problem = inside(std::string(key), value); !problem.empty()) return problem;
    }
    place.pop_back();
  }
  if (const auto* items = find(schema, "items")) {
    if (auto problem = inside("items", *items); !problem.empty()) return problem;
  }
  if (const auto* choices = find(schema, "anyOf"); choices && choices->is_array()) {
    place.emplace_back("anyOf");
    for (std::size_t i = 0; i < choices->get_array().size(); ++i) {
      if (auto problem = inside(std::to_string(i), choices->get_array()[i]); !problem.empty()) return problem;
    }
    place.pop_back();
  }
  return {};
}

// What is wrong with it, in the service's words; empty if nothing is.
std::string schema_problem(const Json& schema, bool strict) {
  if (const auto type = string_at(schema, "type"); type != "object") {
    return "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"" + (type.empty() ? "None" : type) +
           "\"'.";
  }
  Place place;
  return strict ? problem_at(schema, place) : std::string();
}

// JSON mode wants the model to be told of it, or it may write blanks without end.
bool mentions_json(const Json& value) {
  if (const auto* text = value.if_string()) return to_lower(*text).find("json") != std::string::npos;
  if (const auto* list = value.if_array()) return std::ranges::any_of(*list, mentions_json);
  if (!value.is_object()) return false;
  const auto* content = find(value, "content");
  const auto* text = find(value, "text");
  return (content && mentions_json(*content)) || (text && mentions_json(*text));
}

Status check_schema(const Json& format) {
  const std::string at = "response_format.json_schema";
  const auto* described = find(format, "json_schema");
  if (described == nullptr || !described->is_object()) return missing_parameter(at);
  const auto* name = find(*described, "name");
  if (name == nullptr) return missing_parameter(at + ".name");
  if (!name->is_string() || !is_name(name->get_string())) return bad_name(at + ".name");
  const auto* schema = find(*described, "schema");
  if (schema == nullptr)
    return bool_or(find(*described, "strict")) ? Status(missing_parameter(at + ".schema")) : Status();
  if (!bool_or(find(*described, "strict"))) return {};
  const auto problem = schema_problem(*schema, true);
  if (problem.empty()) return {};
  return invalid_request("Invalid schema for response_format '" + string_or(name) + "': " + problem, "response_format");
}

Status check_format(const Json& chat) {
  const auto* format = find(chat, "response_format");
  if (format == nullptr || !format->is_object()) return {};
  const std::string type = string_at(*format, "type");
  if (type == "json_schema") return check_schema(*format);
  if (type == "json_object" && !mentions_json(*find(chat, "messages"))) {
    return invalid_request(
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
        "messages");
  }
  return check_word(type, "response_format.type", {"json_object", "json_schema", "text"});
}

Status check_function(const Json& function, const std::string& at) {
  const auto* parameters = find(function, "parameters");
  if (parameters == nullptr || parameters->is_null()) return {};
  const auto problem = schema_problem(*parameters, bool_or(find(function, "strict")));
  if (problem.empty()) return {};
  return invalid_request("Invalid schema for function '" + string_at(function, "name") + "': " + problem,
                         at + ".parameters", "invalid_function_parameters");
}

// {"type":"function","function":{"name":…}}, or the same of a custom tool.
Status check_tool(const Json& tool, const std::string& at) {
  if (!tool.is_object()) return wrong_type(at, "an object", tool);
  const std::string type = string_at(tool, "type");
  if (type.empty()) return missing_parameter(at + ".type");
  if (auto known = check_word(type, at + ".type", {"function", kCustom}); !known) return known;
  const auto* described = find(tool, type);
  const std::string place = at + "." + type;
  if (described == nullptr || !described->is_object()) return missing_parameter(place);
  const auto* name = find(*described, "name");
  if (name == nullptr) return missing_parameter(place + ".name");
  if (!name->is_string() || !is_name(name->get_string())) return bad_name(place + ".name");
  return type == kCustom ? check_custom_tool(*described, place, kGrammar) : check_function(*described, place);
}

// Of a tool that is chosen: one of the tools is of its type and name.
Status check_named(const Json& chosen, const JsonArray& tools, const std::string& at) {
  const std::string type = string_at(chosen, "type") == kCustom ? std::string(kCustom) : "function";
  const std::string name = string_at(chosen, type, "name");
  if (name.empty()) return missing_parameter(at + "." + type + ".name");
  const bool there =
      std::ranges::any_of(tools, [&](const Json& tool) { return string_at(tool, type, "name") == name; });
  if (there) return {};
  return invalid_request("Invalid value for 'tool_choice': no " + (type == kCustom ? "custom tool" : type) +
                             " named '" + name + "' was specified in the 'tools' parameter.",
                         "tool_choice");
}

// {"type":"allowed_tools","allowed_tools":{"mode":…,"tools":[…]}}: all are described, some may be called.
Status check_allowed(const Json& choice, const JsonArray& tools) {
  const std::string at = "tool_choice.allowed_tools";
  const auto* allowed = find(choice, "allowed_tools");
  if (allowed == nullptr || !allowed->is_object()) return missing_parameter(at);
  const auto mode = string_at(*allowed, "mode");
  if (mode.empty()) return missing_parameter(at + ".mode");
  if (auto known = check_word(mode, at + ".mode", {"auto", "required"}); !known) return known;
  const auto* list = find(*allowed, "tools");
  if (list == nullptr || !list->is_array()) return missing_parameter(at + ".tools");
  for (std::size_t i = 0; i < list->get_array().size(); ++i) {
    const std::string place = at + ".tools[" + std::to_string(i) + "]";
    if (auto checked = check_named(list->get_array()[i], tools, place); !checked) return checked;
  }
  return {};
}

Status check_tool_choice(const Json& choice, const JsonArray& tools) {
  if (choice.is_string()) return check_word(choice.get_string(), "tool_choice", {"none", "auto", "required"});
  const std::string type = string_at(choice, "type");
  if (type == "allowed_tools") return check_allowed(choice, tools);
  if (type.empty()) return missing_parameter("tool_choice.type");
  if (auto known = check_word(type, "tool_choice.type", {"allowed_tools", "function", kCustom}); !known) {
    return known;
  }
  return check_named(choice, tools, "tool_choice");
}

// The form of 2023, before there were tools.
Status check_functions(const Json& chat) {
  const auto *functions = find(chat, "functions"), *choice = find(chat, "function_call");
  if (functions == nullptr || !functions->is_array()) return {};
  const JsonArray& list = functions->get_array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = "functions[" + std::to_string(i) + "]";
    if (!list[i].is_object()) return wrong_type(at, "an object", list[i]);
    const auto* name = find(list[i], "name");
    if (name == nullptr) return missing_parameter(at + ".name");
    if (!name->is_string() || !is_name(name->get_string())) return bad_name(at + ".name");
  }
  if (choice == nullptr || !choice->is_object()) return {};
  const std::string wanted = string_at(*choice, "name");
  const bool there = std::ranges::any_of(list, [&](const Json& one) { return string_at(one, "name") == wanted; });
  if (there) return {};
  return invalid_request("Invalid value for 'function_call': no function named '" + wanted +
                             "' was specified in the 'functions' parameter.",
                         "function_call");
}

Status check_tools(const Json& chat) {
  const auto* tools = find(chat, "tools");
  const bool none = tools == nullptr || !tools->is_array();
  for (const auto* name : {"tool_choice", "parallel_tool_calls"}) {
    const auto* value = find(chat, name);
    if (!none || value == nullptr || value->is_null() || string_or(value) == "none") continue;
    return invalid_request(
        "Invalid value for '" + std::string(name) + "': '" + name + "' is only allowed when 'tools' are specified.",
        name);
  }
  if (none) return {};
  const JsonArray& list = tools->get_array();
  if (list.empty()) {
    return invalid_request(
        "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        "tools", "empty_array");
  }
  if (list.size() > kMostTools) {
    return invalid_request("Invalid 'tools': array too long. Expected an array with maximum length " +
                               std::to_string(kMostTools) + ", but got an array with length " +
                               std::to_string(list.size()) + " instead.",
                           "tools", "array_above_max_length");
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (auto checked = check_tool(list[i], "tools[" + std::to_string(i) + "]"); !checked) return checked;
  }
  const auto* choice = find(chat, "tool_choice");
  return choice && !choice->is_null() ? check_tool_choice(*choice, list) : Status();
}

}  // namespace

Status check_output_form(const Json& chat) {
  const auto asked = integer(find(chat, "top_logprobs"));
  if (asked && !bool_or(find(chat, "logprobs"))) {
    return invalid_request("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs");
  }
  if (auto checked = check_format(chat); !checked) return checked;
  if (auto checked = check_functions(chat); !checked) return checked;
  return check_tools(chat);
}

}  // namespace lazuli::openai
