#include "openai/custom_input.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <limits>

#include "openai/errors.h"
#include "openai/parameters.h"

namespace lazuli::openai {

namespace {

constexpr std::string_view kMember = "input";
using Fault = boost::json::error_code;
using Text = boost::json::string_view;

// Told of the arguments' parts by the parser; keeps the text that is the input.
struct Listener {
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_object_size = max_array_size;
  static constexpr std::size_t max_string_size = max_array_size;
  static constexpr std::size_t max_key_size = max_array_size;

  bool on_document_begin(Fault&) { return true; }
  bool on_document_end(Fault&) { return true; }
  bool on_object_begin(Fault&) { return enter(); }
  bool on_object_end(std::size_t, Fault&) { return leave(); }
  bool on_array_begin(Fault&) { return enter(); }
  bool on_array_end(std::size_t, Fault&) { return leave(); }
  bool on_key_part(Text part, std::size_t, Fault&) {
    key_part.append(part);
    return true;
  }
  bool on_key(Text part, std::size_t, Fault&) {
    key = std::exchange(key_part, {}).append(part);
    return true;
  }
  bool on_string_part(Text part, std::size_t, Fault&) {
    if (depth == 0 || (depth == 1 && key == kMember)) {
      found = true;
      fresh.append(part);
    }
    return true;
  }
  bool on_string(Text part, std::size_t size, Fault& fault) { return on_string_part(part, size, fault); }
  bool on_number_part(Text, Fault&) { return true; }
  bool on_int64(std::int64_t, Text, Fault&) { return true; }
  bool on_uint64(std::uint64_t, Text, Fault&) { return true; }
  bool on_double(double, Text, Fault&) { return true; }
  bool on_bool(bool, Fault&) { return true; }
  bool on_null(Fault&) { return true; }
  bool on_comment_part(Text, Fault&) { return true; }
  bool on_comment(Text, Fault&) { return true; }

  bool enter() {
    ++depth;
    key.clear();
    return true;
  }
  bool leave() {
    --depth;
    return true;
  }

  int depth = 0;
  std::string key, key_part;
  std::string fresh;
  bool found = false;
};

}  // namespace

struct CustomInput::State {
  boost::json::basic_parser<Listener> parser{boost::json::parse_options()};
  bool begun = false;   // the input has been found
  bool failed = false;  // what is written is no JSON
  std::string written;  // until then
};

CustomInput::CustomInput() : state_(std::make_unique<State>()) {}
CustomInput::CustomInput(CustomInput&&) noexcept = default;
CustomInput& CustomInput::operator=(CustomInput&&) noexcept = default;
CustomInput::~CustomInput() = default;

std::string CustomInput::take(std::string_view arguments) {
  Listener& heard = state_->parser.handler();
  if (!state_->failed && !state_->parser.done()) {
    Fault fault;
    state_->parser.write_some(true, arguments.data(), arguments.size(), fault);
    state_->failed = fault.failed();
  }
  std::string fresh = std::exchange(heard.fresh, {});
  if (state_->failed) fresh = state_->begun ? arguments : std::string_view();
  state_->begun = state_->begun || (heard.found && !state_->failed);
  if (!state_->begun) state_->written += arguments;
  return fresh;
}

bool CustomInput::whole() const {
  return state_->parser.done() && state_->begun;
}

std::string CustomInput::rest() {
  return state_->begun ? std::string() : std::exchange(state_->written, {});
}

std::string custom_input(std::string_view arguments) {
  CustomInput input;
  std::string text = input.take(arguments);
  return text + input.rest();
}

JsonObject custom_function(const Json& tool, std::string_view grammar) {
  JsonObject function;
  for (const auto* name : {"name", "description"}) {
    if (const auto* value = find(tool, name); value && !value->is_null()) function[name] = *value;
  }
  JsonObject text{{"type", "string"}};
  if (const auto* format = find(tool, "format"); format && string_at(*format, "type") == "grammar") {
    const auto said = [&](std::string_view name) {
      return grammar.empty() ? string_at(*format, name) : string_at(*format, grammar, name);
    };
    text["description"] = "It has to match this grammar, written as " + said("syntax") + ":\n" + said("definition");
  }
  function["parameters"] = JsonObject{{"type", "object"},
                                      {"properties", JsonObject{{kMember, std::move(text)}}},
                                      {"required", JsonArray{kMember}},
                                      {"additionalProperties", false}};
  return function;
}

std::string custom_arguments(std::string_view input) {
  return to_text(JsonObject{{kMember, input}});
}

namespace {

Status check_grammar(const Json& grammar, const std::string& at) {
  for (const auto* name : {"definition", "syntax"}) {
    const auto* value = find(grammar, name);
    if (value == nullptr) return missing_parameter(at + "." + name);
    if (!value->is_string()) return wrong_type(at + "." + name, "a string", *value);
  }
  return check_word(string_at(grammar, "syntax"), at + ".syntax", {"lark", "regex"});
}

}  // namespace

Status check_custom_tool(const Json& tool, const std::string& at, std::string_view grammar) {
  const auto* format = find(tool, "format");
  if (format == nullptr || format->is_null()) return {};
  const std::string place = at + ".format";
  if (!format->is_object()) return wrong_type(place, "an object", *format);
  const std::string type = string_at(*format, "type");
  if (type.empty()) return missing_parameter(place + ".type");
  if (auto known = check_word(type, place + ".type", {"text", "grammar"}); !known) return known;
  if (type == "text") return {};
  if (grammar.empty()) return check_grammar(*format, place);
  const auto* described = find(*format, grammar);
  const std::string below = place + "." + std::string(grammar);
  if (described == nullptr) return missing_parameter(below);
  return described->is_object() ? check_grammar(*described, below) : wrong_type(below, "an object", *described);
}

}  // namespace lazuli::openai
