#include "openai/parameters.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include "openai/chat_messages.h"
#include "openai/errors.h"
#include "openai/output_form.h"
#include "openai/parameter_tables.h"

namespace lazuli::openai {

namespace {

std::span<const Parameter> parameters_of(Operation operation) {
  switch (operation) {
    case Operation::chat:
      return kChat;
    case Operation::chat_update:
      return kChatUpdate;
    case Operation::response_compact:
      return kCompact;
    case Operation::completion:
      return kCompletion;
    case Operation::embedding:
      return kEmbedding;
    default:
      return kResponses;
  }
}

const Parameter* find_parameter(std::span<const Parameter> table, std::string_view name) {
  for (const auto& parameter : table) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

bool has_type(const Json& value, unsigned types) {
  if (value.is_string()) return types & kText;
  if (value.is_bool()) return types & kBool;
  if (value.is_array()) return types & kArray;
  if (value.is_object()) return types & kObject;
  if (value.is_int64() || value.is_uint64()) return types & (kInteger | kNumber);
  if (value.is_double()) {                     // 1.0 is taken for an integer
    constexpr double most = 9007199254740992;  // beyond, whole numbers are no longer told apart
    const double number = value.as_double();
    return (types & kNumber) || ((types & kInteger) && std::floor(number) == number && std::abs(number) <= most);
  }
  return true;
}

std::string expected_phrase(unsigned types) {
  std::string out;
  const auto add = [&](unsigned bit, std::string_view phrase) {
    if (!(types & bit)) return;
    if (!out.empty()) out += " or ";
    out += phrase;
  };
  add(kText, "a string");
  add(kNumber, "a decimal");
  add(kInteger, "an integer");
  add(kBool, "a boolean");
  add(kArray, "an array");
  add(kObject, "an object");
  return out;
}

Status check_range(const Parameter& parameter, const Json& value) {
  if (!value.is_number()) return {};
  const double number = value.to_number<double>();
  const bool whole = parameter.types & kInteger;
  const auto refuse = [&](std::string_view side, std::string_view relation, double bound) -> Error {
    const std::string kind = whole ? "integer" : "decimal";
    return invalid_request(
        "Invalid '" + std::string(parameter.name) + "': " + kind + " " + std::string(side) +
            " value. Expected a value " + std::string(relation) + " " +
            std::to_string(static_cast<std::int64_t>(bound)) + ", but got " + number_text(value) + " instead.",
        parameter.name, kind + (side.starts_with("above") ? "_above_max_value" : "_below_min_value"));
  };
  if (number > parameter.most) return refuse("above maximum", "<=", parameter.most);
  if (number < parameter.least) return refuse("below minimum", ">=", parameter.least);
  return {};
}

Status check_stop(const Json* stop) {
  if (stop == nullptr || !stop->is_array()) return {};
  if (stop->as_array().size() > 4) {
    return invalid_request(
        "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array "
        "with length " +
            std::to_string(stop->as_array().size()) + " instead.",
        "stop", "array_above_max_length");
  }
  for (const auto& item : stop->as_array()) {
    if (!item.is_string()) return wrong_type("stop", "a string", item);
  }
  return {};
}

// Text, texts, tokens or lists of tokens; at most 2048 of them, all of a kind (API reference).
Status check_texts(const Json& texts, std::string_view name, bool may_be_empty) {
  const auto empty = [&](const Json& text) { return text.is_string() && text.get_string().empty() && !may_be_empty; };
  const auto fits = [&](const Json& item, const Json& first) {
    return item.kind() == first.kind() && (item.is_string() || item.is_int64() || item.is_array()) && !empty(item);
  };
  const auto* list = texts.if_array();
  const bool good = list == nullptr
                        ? !empty(texts)
                        : !list->empty() && list->size() <= 2048 &&
                              std::ranges::all_of(*list, [&](const Json& i) { return fits(i, list->front()); });
  if (good) return {};
  return invalid_request(
      "'$." + std::string(name) +
      "' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.");
}

Status check_stream_options(const Json& body) {
  const auto* options = find(body, "stream_options");
  if (options && options->is_object() && !bool_or(find(body, "stream"))) {
    return invalid_request("The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                           "stream_options");
  }
  return {};
}

// The words of the API specification of 2026.
Status check_vocabulary(Operation operation, const Json& body) {
  const std::initializer_list<std::string_view> efforts = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};
  const std::initializer_list<std::string_view> verbosities = {"low", "medium", "high"};
  const auto check = [](const Json* value, std::string_view name, std::initializer_list<std::string_view> words) {
    return value && value->is_string() ? check_word(value->get_string(), name, words) : Status();
  };
  if (operation == Operation::chat) {
    if (auto known = check(find(body, "reasoning_effort"), "reasoning_effort", efforts); !known) return known;
    if (auto known = check(find(body, "verbosity"), "verbosity", verbosities); !known) return known;
  }
  if (operation == Operation::responses) {
    if (auto known = check(find(body, "reasoning", "effort"), "reasoning.effort", efforts); !known) return known;
    if (auto known = check(find(body, "reasoning", "summary"), "reasoning.summary", {"concise", "detailed", "auto"});
        !known) {
      return known;
    }
    if (auto known = check(find(body, "text", "verbosity"), "text.verbosity", verbosities); !known) return known;
    if (auto known = check(find(body, "truncation"), "truncation", {"auto", "disabled"}); !known) return known;
  }
  return check(find(body, "service_tier"), "service_tier", {"auto", "default", "flex", "scale", "priority", "fast"});
}

Status check_logit_bias(const Json* bias) {
  if (bias == nullptr || !bias->is_object()) return {};
  for (const auto& [token, value] : bias->get_object()) {
    const std::string at = "logit_bias." + std::string(token);
    if (token.find_first_not_of("0123456789") != std::string_view::npos) {
      return invalid_request("Invalid key in 'logit_bias': " + std::string(token) +
                                 ". You should only be submitting non-negative integers.",
                             "logit_bias", "invalid_value");
    }
    if (!value.is_number()) return wrong_type(at, "a decimal", value);
    if (auto checked = check_range({at, kNumber, false, -100, 100}, value); !checked) return checked;
  }
  return {};
}

// At most 16 texts of at most 512 characters, names of at most 64 (API reference).
Status check_metadata(const Json* metadata) {
  if (metadata == nullptr || !metadata->is_object()) return {};
  const JsonObject& pairs = metadata->get_object();
  if (pairs.size() > 16) {
    return invalid_request(
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but "
        "got an object with " +
            std::to_string(pairs.size()) + " properties instead.",
        "metadata", "object_above_max_properties");
  }
  for (const auto& [name, value] : pairs) {
    const std::string at = "metadata." + std::string(name);
    if (!value.is_string()) return wrong_type(at, "a string", value);
    const bool long_name = name.size() > 64;
    const std::size_t length = long_name ? name.size() : value.get_string().size(), most = long_name ? 64 : 512;
    if (length <= most) continue;
    return invalid_request("Invalid '" + at + "': string too long. Expected a string with maximum length " +
                               std::to_string(most) + ", but got a string with length " + std::to_string(length) +
                               " instead.",
                           at, "string_above_max_length");
  }
  return {};
}

// What the table cannot say.
Status check_details(Operation operation, const Json& body) {
  if (auto checked = check_vocabulary(operation, body); !checked) return checked;
  if (auto checked = check_logit_bias(find(body, "logit_bias")); !checked) return checked;
  if (auto checked = check_metadata(find(body, "metadata")); !checked) return checked;
  if (operation == Operation::chat) {
    const auto set = [&](std::string_view name) { return integer(find(body, name)).has_value(); };
    if (set("max_tokens") && set("max_completion_tokens")) {
      return invalid_request("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
                             "max_tokens", "invalid_parameter_combination");
    }
    if (auto checked = check_messages(find(body, "messages")->as_array()); !checked) return checked;
    if (auto checked = check_output_form(body); !checked) return checked;
  }
  if (operation == Operation::completion) {
    if (auto checked = check_texts(*find(body, "prompt"), "prompt", true); !checked) return checked;
  }
  if (operation == Operation::embedding) {
    if (auto checked = check_texts(*find(body, "input"), "input", false); !checked) return checked;
    if (const auto* form = find(body, "encoding_format"); form && form->is_string()) {
      if (auto checked = check_word(form->get_string(), "encoding_format", {"float", "base64"}); !checked)
        return checked;
    }
  }
  if (auto checked = check_stop(find(body, "stop")); !checked) return checked;
  return operation == Operation::responses ? Status() : check_stream_options(body);
}

}  // namespace

Status check_word(std::string_view word, std::string_view name, std::initializer_list<std::string_view> words) {
  if (std::ranges::find(words, word) != words.end()) return {};
  std::string list;
  for (const auto& one : words) {
    if (!list.empty()) list += &one + 1 == words.end() ? (words.size() > 2 ? ", and " : " and ") : ", ";
    list.append("'").append(one) += '\'';
  }
  return invalid_request("Invalid value: '" + std::string(word) + "'. Supported values are: " + list + ".", name,
                         "invalid_value");
}

std::string number_text(const Json& value) {
  if (!value.is_double()) return to_text(value);
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value.get_double()).ptr;
  return std::string(digits.data(), end);
}

std::string type_phrase(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a boolean";
  if (value.is_string()) return "a string";
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  return value.is_double() ? "a decimal" : "an integer";
}

Error wrong_type(std::string_view name, std::string_view expected, const Json& got) {
  return invalid_request("Invalid type for '" + std::string(name) + "': expected " + std::string(expected) +
                             ", but got " + type_phrase(got) + " instead.",
                         name, "invalid_type");
}

namespace {

// Chats are answered in the older words (recorded until 2026-05), the Responses API in newer ones (openai/codex's
// issues 29469 and 30161, both on Azure).
Error unknown_parameter(Operation operation, std::string_view name) {
  switch (operation) {
    case Operation::responses:
    case Operation::response_tokens:
    case Operation::response_compact:
      return invalid_request("Unknown parameter: '" + std::string(name) + "'.", name, "unknown_parameter");
    default:
      return invalid_request("Unrecognized request argument supplied: " + std::string(name));
  }
}

}  // namespace

Status check_parameters(Operation operation, const Json& body) {
  const auto table = parameters_of(operation);
  if (operation == Operation::responses && find(body, "messages")) {
    return invalid_request(
        "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again with "
        "the new parameter. See the API documentation for more information: "
        "https://platform.openai.com/docs/api-reference/responses/create.",
        {}, "unsupported_parameter");
  }
  for (const auto& parameter : table) {
    if (!parameter.required) continue;
    const auto* value = find(body, parameter.name);
    if (value == nullptr || value->is_null()) {
      return missing_parameter(parameter.name);
    }
  }
  for (const auto& [name, value] : body.as_object()) {
    const auto* parameter = find_parameter(table, name);
    if (parameter == nullptr) {
      return unknown_parameter(operation, name);
    }
    if (value.is_null()) continue;
    if (!has_type(value, parameter->types)) return wrong_type(name, expected_phrase(parameter->types), value);
    if (auto checked = check_range(*parameter, value); !checked) return checked;
  }
  return check_details(operation, body);
}

}  // namespace lazuli::openai
