#include "openai/forced_calls.h"

namespace lazuli::openai {

namespace {

Json parameters_of(const Json& tool) {
  const auto* parameters = find(tool, "function", "parameters");
  if (parameters && parameters->is_object()) return *parameters;
  return JsonObject{{"type", "object"}, {"properties", JsonObject()}, {"additionalProperties", false}};
}

// References within a schema that now stands deeper in another.
void move_references(Json& schema, const std::string& to) {
  if (auto* list = schema.if_array()) {
    for (auto& item : *list) move_references(item, to);
  } else if (auto* object = schema.if_object()) {
    for (auto& [name, value] : *object) {
      const auto* text = value.if_string();
      if (name == "$ref" && text && text->starts_with('#')) {
        value = to + std::string(text->subview(1));
      } else {
        move_references(value, to);
      }
    }
  }
}

// A list of calls, each {"name", "arguments"} of one of the tools.
Json calls_schema(const JsonArray& tools, bool several) {
  JsonArray choices;
  for (const auto& tool : tools) {
    Json arguments = parameters_of(tool);
    move_references(arguments, "#/items/anyOf/" + std::to_string(choices.size()) + "/properties/arguments");
    JsonObject properties{{"name", JsonObject{{"const", string_at(tool, "function", "name")}}},
                          {"arguments", std::move(arguments)}};
    choices.push_back(JsonObject{{"type", "object"},
                                 {"properties", std::move(properties)},
                                 {"required", JsonArray{"name", "arguments"}},
                                 {"additionalProperties", false}});
  }
  const std::size_t most = several ? choices.size() : 1;
  return JsonObject{
      {"type", "array"}, {"minItems", 1}, {"maxItems", most}, {"items", JsonObject{{"anyOf", std::move(choices)}}}};
}

JsonObject call_object(std::string_view name, std::string arguments, Random& random) {
  return JsonObject{{"id", "call_" + random.text(24, kLettersAndDigits)},
                    {"type", "function"},
                    {"function", JsonObject{{"name", name}, {"arguments", std::move(arguments)}}}};
}

}  // namespace

std::optional<ForcedCalls> ForcedCalls::of(const Json& chat) {
  const auto *tools = find(chat, "tools"), *choice = find(chat, "tool_choice");
  if (tools == nullptr || !tools->is_array() || tools->get_array().empty() || choice == nullptr) return std::nullopt;
  ForcedCalls forced;
  if (choice->is_object()) {
    forced.function_ = string_at(*choice, "function", "name");
    for (const auto& tool : tools->get_array()) {
      if (string_at(tool, "function", "name") == forced.function_) forced.schema_ = parameters_of(tool);
    }
    if (forced.function_.empty() || forced.schema_.is_null()) return std::nullopt;
    return forced;
  }
  if (string_or(choice) != "required") return std::nullopt;
  forced.schema_ = calls_schema(tools->get_array(), bool_or(find(chat, "parallel_tool_calls"), true));
  return forced;
}

std::vector<MemberEdit> ForcedCalls::edits() const {
  const JsonObject format{{"type", "json_schema"},
                          {"json_schema", JsonObject{{"name", "calls"}, {"strict", true}, {"schema", schema_}}}};
  return {{"response_format", to_text(format)}, {"tool_choice", std::nullopt}, {"parallel_tool_calls", std::nullopt}};
}

std::optional<JsonArray> ForcedCalls::calls(std::string_view content, Random& random) const {
  if (!function_.empty()) return JsonArray{call_object(function_, std::string(content), random)};
  const auto list = parse_json(content);
  if (!list || !list->is_array()) return std::nullopt;
  JsonArray out;
  for (const auto& call : list->as_array()) {
    const auto* arguments = find(call, "arguments");
    out.push_back(call_object(string_at(call, "name"), arguments ? to_text(*arguments) : "{}", random));
  }
  return out;
}

}  // namespace lazuli::openai
