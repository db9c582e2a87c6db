#include "openai/request_body.h"

#include <algorithm>

#include "openai/answer.h"
#include "openai/custom_input.h"
#include "openai/custom_tools.h"
#include "openai/errors.h"
#include "openai/json_edit.h"
#include "openai/parameters.h"

namespace lazuli::openai {

namespace {

std::size_t text_bytes(const Json& value) {
  if (const auto* text = value.if_string()) return text->size();
  std::size_t sum = 0;
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list) sum += item.is_number() ? 4 : text_bytes(item);
  } else if (const auto* object = value.if_object()) {
    for (const auto& [name, member] : *object) {
      // A picture is not counted by the bytes of its Base64 text.
      if (name != "image_url" && name != "input_audio") sum += text_bytes(member);
    }
  }
  return sum;
}

void append_text(const Json& value, std::string& out) {
  if (const auto* text = value.if_string()) {
    out += *text;
    out += '\n';
  } else if (const auto* list = value.if_array()) {
    for (const auto& item : *list) append_text(item, out);
  } else if (value.is_object()) {
    for (const auto* name : {"content", "text"}) {
      if (const auto* member = find_member(value, name)) append_text(*member, out);
    }
  }
}

constexpr std::string_view prompt_member(Operation operation) {
  switch (operation) {
    case Operation::chat:
      return "messages";
    case Operation::completion:
      return "prompt";
    default:
      return "input";
  }
}

Error bad_json(const Error& cause) {
  return invalid_request("We could not parse the JSON body of your request. " + cause.message);
}

void read_counts(Inference& inference, Operation operation) {
  const Json& body = inference.body;
  inference.choices = static_cast<int>(integer(find(body, "n")).value_or(1));
  std::size_t bytes = 0;
  for (const auto name : {prompt_member(operation), std::string_view("instructions"), std::string_view("tools")}) {
    if (const auto* member = find(body, name)) bytes += text_bytes(*member);
  }
  inference.prompt_estimate = estimate_tokens(bytes);
  std::int64_t generated = 0;
  for (const auto* name : {"max_completion_tokens", "max_tokens", "max_output_tokens"}) {
    generated = std::max(generated, integer(find(body, name)).value_or(0));
  }
  const auto best_of = integer(find(body, "best_of")).value_or(1);
  inference.estimate = inference.prompt_estimate + generated * std::max<std::int64_t>(inference.choices, best_of);
}

bool has_developer_role(const Json& body) {
  return std::ranges::any_of(array_at(body, "messages"),
                             [](const Json& message) { return string_at(message, "role") == "developer"; });
}

// llama.cpp's templates and older servers know the role only by its former name.
std::string messages_with_system_role(const Json& body) {
  Json messages = *find(body, "messages");
  for (auto& message : messages.as_array()) {
    if (string_at(message, "role") == "developer") message.as_object()["role"] = "system";
  }
  return to_text(messages);
}

// gpt-5.1 and later reason only where they are told to, and else take what shapes the choice of tokens (OpenAI's
// documentation of them).
bool reasons(const Json& body, std::string_view model) {
  const std::string effort = string_at(body, "reasoning_effort");
  return !model.starts_with("gpt-5.") || (!effort.empty() && effort != "none");
}

// What models that reason do not take (Azure's documentation of them); what changes nothing may be said.
Status refuse_unreasonable(const Json& body, std::string_view model) {
  if (reasons(body, model)) {
    for (const auto* name : {"temperature", "top_p"}) {
      const auto* value = find(body, name);
      if (value == nullptr || !value->is_number() || value->to_number<double>() == 1.0) continue;
      return invalid_request("Unsupported value: '" + std::string(name) + "' does not support " + number_text(*value) +
                                 " with this model. Only the default (1) value is supported.",
                             name, "unsupported_value");
    }
  }
  const auto says = [&](std::string_view name) {
    const auto* value = find(body, name);
    if (value == nullptr || value->is_null()) return false;
    if (value->is_number()) return value->to_number<double>() != 0;
    if (value->is_bool()) return name == "parallel_tool_calls" || value->get_bool();
    if (const auto* list = value->if_array()) return !list->empty();
    const auto* object = value->if_object();
    return object == nullptr || !object->empty();
  };
  for (const auto* name : {"presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias", "stop",
                           "parallel_tool_calls"}) {
    const std::string_view named = name;
    if (!says(name) || (named == "parallel_tool_calls" && !model.starts_with('o'))) continue;
    if (named.ends_with("logprobs") && !reasons(body, model)) continue;
    return invalid_request("Unsupported parameter: '" + std::string(name) + "' is not supported with this model.", name,
                           "unsupported_parameter");
  }
  return {};
}

// Only GPT-5 has them (Azure's documentation of its models that reason); how others refuse them is not recorded.
Status refuse_custom_tools(const Inference& chat, const Model& model) {
  if (chat.custom_tools.empty() || (model.name.starts_with("gpt-5") && model.can(kReasoning))) return {};
  const auto& tools = chat.sent.at("tools").as_array();
  const auto first = std::ranges::find_if(tools, [](const Json& tool) { return string_at(tool, "type") == kCustom; });
  const std::string at = "tools[" + std::to_string(first - tools.begin()) + "].type";
  return invalid_request(
      "Unsupported value: '" + at + "' does not support 'custom' with this model. Only 'function' is supported.", at,
      "unsupported_value");
}

bool has_limit(const Json& body) {
  return integer(find(body, "max_tokens")) || integer(find(body, "max_completion_tokens"));
}

bool same_tool(const Json& one, const Json& other) {
  const std::string type = string_at(other, "type");
  const std::string name = string_at(other, type, "name");
  return !name.empty() && string_at(one, type, "name") == name;
}

// Engines do not know the choice among some of the tools: they get these tools alone.
void narrow_tools(Inference& inference) {
  const auto* allowed = find(inference.body, "tool_choice", "allowed_tools");
  const auto *tools = find(inference.body, "tools"), *named = allowed ? find(*allowed, "tools") : nullptr;
  if (named == nullptr || tools == nullptr || !named->is_array() || !tools->is_array()) return;
  JsonArray left;
  for (const auto& tool : tools->get_array()) {
    const bool may = std::ranges::any_of(named->get_array(), [&](const Json& one) { return same_tool(one, tool); });
    if (may) left.push_back(tool);
  }
  const std::string mode = string_at(*allowed, "mode");
  inference.replace("tools", std::move(left));
  inference.replace("tool_choice", Json(mode));
}

}  // namespace

void Inference::replace(std::string_view name, Json value) {
  Json& member = body.as_object()[name];
  sent.emplace(name, member);  // what stands there already was sent
  member = std::move(value);
}

Json Inference::as_sent() const {
  Json whole = body;
  for (const auto& [name, value] : sent) whole.as_object()[name] = value;
  return whole;
}

std::int64_t estimate_tokens(std::size_t bytes) {
  return static_cast<std::int64_t>((bytes + 3) / 4);
}

Result<Inference> read_inference(Operation operation, std::string_view text) {
  // Kept as long as the call, which may be a long stream: no more at first than a short request needs.
  auto scratch = std::make_unique<JsonScratch>(std::clamp<std::size_t>(3 * text.size(), 1024, 4096));
  auto parsed = parse_json(text, {}, scratch.get());
  if (!parsed) return bad_json(parsed.error());
  if (!parsed->is_object()) {
    return invalid_request("Invalid request body: expected a JSON object, but got " + type_phrase(*parsed) + ".");
  }
  if (auto checked = check_parameters(operation, *parsed); !checked) return checked.error();
  Inference inference(operation, std::move(scratch), *std::move(parsed));
  const Json& body = inference.body;
  inference.model = string_at(body, "model");
  inference.stream = bool_or(find(body, "stream"));
  inference.include_usage = bool_or(find(body, "stream_options", "include_usage"));
  inference.obfuscate = bool_or(find(body, "stream_options", "include_obfuscation"), true);
  inference.base64 = string_at(body, "encoding_format") == "base64";
  read_counts(inference, operation);
  if (operation == Operation::chat) {
    narrow_tools(inference);
    replace_custom_tools(inference);
  }
  return inference;
}

Status check_model(const Inference& inference, Operation operation, const Model* model) {
  if (model == nullptr) return {};
  const Json& body = inference.body;
  if (auto refused = refuse_custom_tools(inference, *model); !refused) return refused;
  if (const auto* dimensions = find(body, "dimensions");
      operation == Operation::embedding && dimensions && !dimensions->is_null() && model->name.ends_with("ada-002")) {
    return invalid_request("This model does not support specifying dimensions.");
  }
  if (inference.operation == Operation::chat && model->can(kReasoning)) {
    if (const auto* limit = find(body, "max_tokens"); limit && !limit->is_null()) {
      return invalid_request(
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
          "max_tokens", "unsupported_parameter");
    }
    if (auto checked = refuse_unreasonable(body, model->name); !checked) return checked;
  }
  if (inference.operation == Operation::chat && !model->can(kReasoning)) {
    if (const auto* effort = find(body, "reasoning_effort"); effort && !effort->is_null()) {
      return invalid_request("Unrecognized request argument supplied: reasoning_effort");
    }
  }
  for (const auto* name : {"max_tokens", "max_completion_tokens", "max_output_tokens"}) {
    const auto asked = integer(find(body, name)).value_or(0);
    if (asked <= 0) continue;
    if (model->context_tokens > 0 && asked >= model->context_tokens) {
      return invalid_request(
          "This model's maximum context length is " + std::to_string(model->context_tokens) +
              " tokens. However, you requested " + std::to_string(asked + inference.prompt_estimate) + " tokens (" +
              std::to_string(inference.prompt_estimate) + " in the messages, " + std::to_string(asked) +
              " in the completion). Please reduce the length of the messages or completion.",
          "messages", "context_length_exceeded");
    }
    if (model->output_tokens > 0 && asked > model->output_tokens) {
      return invalid_request(std::string(name) + " is too large: " + std::to_string(asked) +
                                 ". This model supports at most " + std::to_string(model->output_tokens) +
                                 " completion tokens, whereas you provided " + std::to_string(asked) + ".",
                             name);
    }
  }
  return {};
}

std::string prompt_text(const Inference& inference) {
  std::string out;
  for (const auto* name : {"messages", "prompt", "input", "instructions"}) {
    if (const auto* member = find(inference.body, name)) append_text(*member, out);
  }
  return out;
}

std::string engine_body(const Inference& inference, std::string_view text, std::string_view engine_model,
                        std::int64_t default_max_tokens) {
  std::vector<MemberEdit> edits;
  if (inference.operation == Operation::completion) default_max_tokens = 16;  // the service's own default (recorded)
  if (default_max_tokens > 0 && inference.operation != Operation::embedding && !has_limit(inference.body)) {
    edits.push_back({"max_tokens", std::to_string(default_max_tokens)});
  }
  if (!engine_model.empty()) {
    edits.push_back({"model", quote(engine_model)});
  }
  const bool develops = has_developer_role(inference.body);
  for (const auto& member : inference.sent) {
    const auto name = member.key();
    if (name != "messages" || !develops) edits.push_back({name, to_text(*find(inference.body, name))});
  }
  if (inference.stream) edits.push_back({"stream_options", R"({"include_usage":true})"});
  for (const auto* name : {"data_sources", "dataSources", "enhancements", "user_security_context"}) {
    if (find(inference.body, name)) edits.push_back({name, std::nullopt});
  }
  if (develops) edits.push_back({"messages", messages_with_system_role(inference.body)});
  return edits.empty() ? std::string(text) : edit_members(text, edits);
}

}  // namespace lazuli::openai
