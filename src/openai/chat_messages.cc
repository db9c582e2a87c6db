#include "openai/chat_messages.h"

#include <set>
#include <vector>

#include "base/text.h"
#include "openai/content_parts.h"
#include "openai/custom_input.h"
#include "openai/errors.h"
#include "openai/parameters.h"

namespace lazuli::openai {

namespace {

Status check_text(const Json& object, std::string_view name, const std::string& at) {
  const std::string place = at + "." + std::string(name);
  const auto* value = find(object, name);
  if (value == nullptr) return missing_parameter(place);
  return value->is_string() ? Status() : wrong_type(place, "a string", *value);
}

Status check_call(const Json& call, const std::string& at) {
  if (!call.is_object()) return wrong_type(at, "an object", call);
  if (auto checked = check_text(call, "id", at); !checked) return checked;
  const bool custom = string_at(call, "type") == kCustom;
  const std::string_view type = custom ? kCustom : "function";
  const std::string place = at + "." + std::string(type);
  const auto* made = find(call, type);
  if (made == nullptr || !made->is_object()) return missing_parameter(place);
  if (auto checked = check_text(*made, "name", place); !checked) return checked;
  return check_text(*made, custom ? "input" : "arguments", place);
}

Status check_calls(const Json& calls, const std::string& at) {
  if (calls.is_null()) return {};
  if (!calls.is_array()) return wrong_type(at, "an array of objects", calls);
  if (calls.get_array().empty()) {
    return invalid_request("Invalid '" + at +
                               "': empty array. Expected an array with minimum length 1, but got an empty array "
                               "instead.",
                           at, "empty_array");
  }
  for (std::size_t i = 0; i < calls.get_array().size(); ++i) {
    const auto place = at + "[" + std::to_string(i) + "]";
    if (auto checked = check_call(calls.get_array()[i], place); !checked) return checked;
  }
  return {};
}

Status check_name(const Json& name, const std::string& at) {
  if (name.is_null()) return {};
  if (!name.is_string()) return wrong_type(at, "a string", name);
  const std::string_view text = name.get_string();
  if (!text.empty() && text.find_first_of(" \t\r\n<|\\/>") == std::string_view::npos) return {};
  return invalid_request("Invalid '" + at +
                             "': string does not match pattern. Expected a string that matches the pattern "
                             "'^[^\\s<|\\\\/>]+$'.",
                         at, "invalid_value");
}

// What a message of this role has beside its content.
Status check_role_members(const Json& message, std::string_view role, const std::string& at) {
  if (role == "function") {
    if (auto checked = check_text(message, "name", at); !checked) return checked;
  }
  if (role == "tool") {
    if (auto checked = check_text(message, "tool_call_id", at); !checked) return checked;
  }
  if (const auto* name = find(message, "name")) {
    if (auto checked = check_name(*name, at + ".name"); !checked) return checked;
  }
  const auto* calls = find(message, "tool_calls");
  return calls && role == "assistant" ? check_calls(*calls, at + ".tool_calls") : Status();
}

bool says_otherwise(const Json& message) {
  for (const auto* name : {"tool_calls", "function_call", "refusal", "audio"}) {
    if (const auto* value = find(message, name); value && !value->is_null()) return true;
  }
  return false;
}

Status check_message(const Json& message, std::size_t index) {
  const std::string at = "messages[" + std::to_string(index) + "]";
  if (!message.is_object()) return wrong_type(at, "an object", message);
  const auto* role = find(message, "role");
  if (role == nullptr) {
    return missing_parameter(at + ".role");
  }
  if (!role->is_string()) return wrong_type(at + ".role", "a string", *role);
  const std::string name = string_or(role);
  if (auto known = check_word(name, at + ".role", {"system", "assistant", "user", "function", "tool", "developer"});
      !known) {
    return known;
  }
  if (auto checked = check_role_members(message, name, at); !checked) return checked;
  const auto* content = find(message, "content");
  const bool may_be_absent = name == "assistant" && says_otherwise(message);
  if (content == nullptr && name != "assistant") return missing_parameter(at + ".content");
  if (content == nullptr && may_be_absent) return {};
  if (content == nullptr || (content->is_null() && !may_be_absent)) {
    return invalid_request("Invalid value for 'content': expected a string, got null.", at + ".content");
  }
  if (!content->is_null() && !content->is_string() && !content->is_array()) {
    return wrong_type(at + ".content", "a string or an array of objects", *content);
  }
  return content->is_array() ? check_content_parts(content->get_array(), at + ".content") : Status();
}

// A run of tool messages has to answer each call of the message before it, and nothing else.
Status check_answers(const JsonArray& messages, std::size_t asked, std::size_t& next) {
  std::vector<std::string> open;
  for (const auto& call : array_at(messages[asked], "tool_calls")) open.push_back(string_at(call, "id"));
  const std::set<std::string> known(open.begin(), open.end());
  for (next = asked + 1; next < messages.size() && string_at(messages[next], "role") == "tool"; ++next) {
    const std::string at = "messages.[" + std::to_string(next) + "].", id = string_at(messages[next], "tool_call_id");
    if (known.empty()) {
      return invalid_request(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          at + "role");
    }
    if (!known.contains(id)) {
      return invalid_request(
          "Invalid parameter: 'tool_call_id' of '" + id + "' not found in 'tool_calls' of previous message.",
          at + "tool_call_id");
    }
    std::erase(open, id);
  }
  if (open.empty()) return {};
  return invalid_request(
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The "
      "following tool_call_ids did not have response messages: " +
          join(open, ", "),
      next < messages.size() ? "messages.[" + std::to_string(next) + "].role" : "messages");
}

Status check_order(const JsonArray& messages) {
  if (string_at(messages.front(), "role") == "tool") {
    return invalid_request(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        "messages.[0].role");
  }
  for (std::size_t at = 0, next = 0; at < messages.size(); at = next) {
    if (auto checked = check_answers(messages, at, next); !checked) return checked;
  }
  return {};
}

}  // namespace

Status check_messages(const JsonArray& messages) {
  if (messages.empty()) {
    return invalid_request(
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        "messages", "empty_array");
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (auto checked = check_message(messages[i], i); !checked) return checked;
  }
  return check_order(messages);
}

}  // namespace lazuli::openai
