#include "openai/response_answer.h"

#include "openai/custom_input.h"
#include "openai/tool_pieces.h"

namespace lazuli::openai {

namespace {

JsonObject filter_entry(std::string_view source, const Verdict& verdict, std::size_t end) {
  const auto results = parse_json(verdict.results);
  return JsonObject{
      {"blocked", verdict.blocked},
      {"source_type", source},
      {"content_filter_raw", JsonArray()},
      {"content_filter_results", results ? *results : Json(JsonObject())},
      {"content_filter_offsets", JsonObject{{"start_offset", 0}, {"end_offset", end}, {"check_offset", 0}}}};
}

JsonArray content_filters(const ResponseShape& shape, const ResponseOutcome& outcome) {
  JsonArray list{filter_entry("prompt", Verdict{shape.prompt_results, false}, 0)};
  if (!outcome.text.empty()) {
    list.push_back(filter_entry("completion", shape.verdicts->of(0, outcome.text), outcome.text.size()));
  }
  return list;
}

Json incomplete_details(std::string_view finish) {
  if (finish == "length") return JsonObject{{"reason", "max_output_tokens"}};
  if (finish == "content_filter") return JsonObject{{"reason", "content_filter"}};
  return nullptr;
}

JsonObject text_settings(const Json& request) {
  const auto* format = find(request, "text", "format");
  const auto* verbosity = find(request, "text", "verbosity");
  return JsonObject{{"format", format ? *format : Json(JsonObject{{"type", "text"}})},
                    {"verbosity", verbosity ? *verbosity : Json("medium")}};
}

// Context and mode: recorded from 2026-07 on.
JsonObject reasoning_settings(const ResponseShape& shape) {
  const auto asked = [&](std::string_view name, const Json& otherwise) {
    const auto* reasoning = find(shape.request, "reasoning");
    return reasoning ? member_or(*reasoning, name, otherwise) : otherwise;
  };
  return JsonObject{{"context", asked("context", "current_turn")},
                    {"effort", asked("effort", shape.reasons ? Json("medium") : Json(nullptr))},
                    {"mode", "standard"},
                    {"summary", asked("summary", nullptr)}};
}

// Of the built-in tools, which are not there.
JsonObject tool_usage() {
  const auto none = [] { return JsonObject{{"image_tokens", 0}, {"text_tokens", 0}}; };
  return JsonObject{{"image_gen", JsonObject{{"input_tokens", 0},
                                             {"input_tokens_details", none()},
                                             {"output_tokens", 0},
                                             {"output_tokens_details", none()},
                                             {"total_tokens", 0}}},
                    {"web_search", JsonObject{{"num_requests", 0}}}};
}

constexpr std::string_view kUnderWay = "in_progress";

// As OpenAI's documentation of response.failed has it; no recording of Azure's is known.
Json server_error(std::string_view why) {
  return JsonObject{{"code", "server_error"}, {"message", why}};
}

}  // namespace

// Ids of a response's parts share its digits, as the service's do; the last four are the item's own.
std::string item_id(const ResponseShape& shape, std::string_view prefix, std::size_t index) {
  std::string digits = shape.suffix;
  constexpr std::string_view hex_digits = "0123456789abcdef";
  for (std::size_t at = digits.size(); at-- > digits.size() - 4; index /= 16) digits[at] = hex_digits[index % 16];
  return std::string(prefix) + digits;
}

std::size_t ResponseShape::top_logprobs() const {
  return static_cast<std::size_t>(integer(find(request, "top_logprobs")).value_or(0));
}

JsonObject response_usage(const Usage& usage) {
  return JsonObject{{"input_tokens", usage.prompt},
                    {"input_tokens_details",
                     JsonObject{{"cache_write_tokens", usage.cache_written}, {"cached_tokens", usage.cached}}},
                    {"output_tokens", usage.completion},
                    {"output_tokens_details", JsonObject{{"reasoning_tokens", usage.reasoning}}},
                    {"total_tokens", usage.total()}};
}

JsonObject text_part(std::string_view text, JsonArray logprobs) {
  return JsonObject{
      {"type", "output_text"}, {"annotations", JsonArray()}, {"logprobs", std::move(logprobs)}, {"text", text}};
}

JsonObject refusal_part(std::string_view refusal) {
  return JsonObject{{"type", "refusal"}, {"refusal", refusal}};
}

JsonObject message_item(const std::string& id, JsonArray content, std::string_view status) {
  return JsonObject{
      {"id", id}, {"type", "message"}, {"status", status}, {"content", std::move(content)}, {"role", "assistant"}};
}

JsonObject call_item(const std::string& id, std::string_view call_id, const ToolName& tool, std::string_view text,
                     std::string_view status) {
  JsonObject item =
      tool.custom ? JsonObject{{"id", id},      {"type", "custom_tool_call"}, {"status", status}, {"call_id", call_id},
                               {"input", text}, {"name", tool.name}}
                  : JsonObject{{"id", id},          {"type", "function_call"}, {"status", status},
                               {"arguments", text}, {"call_id", call_id},      {"name", tool.name}};
  if (!tool.name_space.empty()) item["namespace"] = tool.name_space;
  return item;
}

bool under_way(const JsonObject& response) {
  return string_at(response, "status") == kUnderWay;
}

void fail(JsonObject& response, std::string_view why) {
  response["status"] = "failed";
  response["error"] = server_error(why);
}

JsonObject response_object(const ResponseShape& shape, const ResponseOutcome* outcome) {
  const Json& request = shape.request;
  const bool failed = outcome && !outcome->failure.empty();
  const bool ended = outcome && !failed;
  const Json error = failed ? server_error(outcome->failure) : Json(nullptr);
  const Json details = ended ? incomplete_details(outcome->finish) : Json(nullptr);
  const std::string_view status = !outcome            ? kUnderWay
                                  : failed            ? "failed"
                                  : details.is_null() ? "completed"
                                                      : "incomplete";
  return JsonObject{{"id", shape.id},
                    {"object", "response"},
                    {"created_at", shape.created},
                    {"status", status},
                    {"background", member_or(request, "background", false)},
                    {"completed_at", ended ? Json(outcome->completed) : Json(nullptr)},
                    {"content_filters", ended ? Json(content_filters(shape, *outcome)) : Json(nullptr)},
                    {"error", error},
                    {"frequency_penalty", 0},
                    {"incomplete_details", details},
                    {"instructions", member_or(request, "instructions", nullptr)},
                    {"max_output_tokens", member_or(request, "max_output_tokens", nullptr)},
                    {"max_tool_calls", member_or(request, "max_tool_calls", nullptr)},
                    {"model", shape.model},
                    {"moderation", nullptr},
                    {"output", outcome ? outcome->output : JsonArray()},
                    {"parallel_tool_calls", member_or(request, "parallel_tool_calls", true)},
                    {"presence_penalty", 0},
                    {"previous_response_id", member_or(request, "previous_response_id", nullptr)},
                    {"prompt_cache_key", member_or(request, "prompt_cache_key", nullptr)},
                    {"prompt_cache_retention", member_or(request, "prompt_cache_retention", nullptr)},
                    {"reasoning", reasoning_settings(shape)},
                    {"safety_identifier", member_or(request, "safety_identifier", nullptr)},
                    {"service_tier", outcome ? "default" : "auto"},
                    {"store", member_or(request, "store", true)},
                    {"temperature", member_or(request, "temperature", 1)},
                    {"text", text_settings(request)},
                    {"tool_choice", member_or(request, "tool_choice", "auto")},
                    {"tool_usage", tool_usage()},
                    {"tools", tools_as_read(request)},
                    {"top_logprobs", member_or(request, "top_logprobs", 0)},
                    {"top_p", member_or(request, "top_p", 1)},
                    {"truncation", member_or(request, "truncation", "disabled")},
                    {"usage", ended ? Json(response_usage(outcome->usage)) : Json(nullptr)},
                    {"user", member_or(request, "user", nullptr)},
                    {"metadata", member_or(request, "metadata", JsonObject())}};
}

Result<ResponseOutcome> outcome_of(const Json& engine, const ResponseShape& shape) {
  const auto* choices = find(engine, "choices");
  if (choices == nullptr || !choices->is_array() || choices->as_array().empty()) return engine_garbage("choices");
  const Json& choice = choices->as_array().front();
  const auto* message = find(choice, "message");
  if (message == nullptr || !message->is_object()) return engine_garbage("message");
  ResponseOutcome outcome;
  outcome.finish = string_at(choice, "finish_reason");
  outcome.text = content_text(find(*message, "content"));
  outcome.usage = read_usage(engine);
  if (shape.verdicts->of(0, outcome.text).blocked) {
    outcome.finish = "content_filter";
    return outcome;
  }
  std::size_t index = 0;
  JsonArray content;
  if (!outcome.text.empty()) {
    content.push_back(text_part(outcome.text, token_logprobs(find(choice, "logprobs"), shape.top_logprobs())));
  }
  if (const auto refusal = string_at(*message, "refusal"); !refusal.empty()) content.push_back(refusal_part(refusal));
  if (!content.empty()) {
    outcome.output.push_back(message_item(item_id(shape, "msg_", index++), std::move(content), "completed"));
  }
  for (const auto& call : array_at(*message, "tool_calls")) {
    const auto id = call_id(string_at(call, "id"), shape.id, 0, index);
    const ToolName tool = called_tool(shape.request, string_at(call, "function", "name"));
    std::string text = call_arguments(call);
    if (tool.custom) text = custom_input(text);
    outcome.output.push_back(
        call_item(item_id(shape, tool.custom ? "ctc_" : "fc_", index++), id, tool, text, "completed"));
  }
  return outcome;
}

}  // namespace lazuli::openai
