#include "openai/answer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>
#include <vector>

#include "base/text.h"
#include "openai/custom_input.h"
#include "openai/errors.h"
#include "openai/tool_pieces.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kUsualAnswer = 2048;  // bytes around a short text

void append_value(std::string& out, const Json* value, std::string_view absent = "null") {
  if (value == nullptr) {
    out += absent;
  } else if (const auto* text = value->if_string()) {
    append_quoted(out, *text);
  } else if (value->is_null()) {
    out += "null";
  } else {
    out += to_text(*value);
  }
}

std::string tool_calls_text(const JsonArray& calls, std::size_t choice, const Shape& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const std::string name = string_at(calls[i], "function", "name"), arguments = call_arguments(calls[i]);
    const bool custom = shape.is_custom(name);
    if (i > 0) out += ',';
    out += '{' + called_text(custom, custom ? custom_input(arguments) : arguments, name) +
           ",\"id\":" + quote(call_id(string_at(calls[i], "id"), shape.id, choice, i)) + ",\"type\":\"" +
           std::string(custom ? kCustom : "function") + "\"}";
  }
  return out + "]";
}

const JsonArray* calls_of(const Json& message) {
  const auto* calls = find(message, "tool_calls");
  return calls && calls->is_array() && !calls->as_array().empty() ? &calls->as_array() : nullptr;
}

void append_message(std::string& out, const Json& message, std::size_t choice, const Shape& shape) {
  const auto* content = find(message, "content");
  out += "{\"annotations\":[],\"content\":";
  if (content && content->is_array()) {
    append_quoted(out, content_text(content));
  } else {
    append_value(out, content);
  }
  out += ",\"refusal\":";
  append_value(out, find(message, "refusal"));
  out += ",\"role\":\"assistant\"";
  if (const auto* calls = calls_of(message)) out += ",\"tool_calls\":" + tool_calls_text(*calls, choice, shape);
  if (const auto* call = find(message, "function_call"); call && call->is_object()) {
    out += ",\"function_call\":" + to_text(*call);
  }
  out += '}';
}

void append_finish_reason(std::string& out, const Json& choice, const Verdict& verdict, bool calls = false) {
  const std::string given = string_at(choice, "finish_reason");
  append_quoted(out, verdict.blocked ? "content_filter" : finish_reason(given, calls));
}

void append_chat_choice(std::string& out, const Json& choice, std::size_t index, const Shape& shape) {
  const auto* message = find(choice, "message");
  const std::string text = content_text(find(*message, "content"));
  // A choice that only calls tools has no verdicts (recorded).
  const Verdict verdict = text.empty() ? Verdict{"{}", false} : shape.verdicts->of(index, text);
  out.append("{\"content_filter_results\":").append(verdict.results).append(",\"finish_reason\":");
  append_finish_reason(out, choice, verdict, calls_of(*message) != nullptr);
  out += ",\"index\":";
  append_decimal(out, static_cast<std::int64_t>(index));
  out += ",\"logprobs\":";
  out += verdict.blocked ? "null" : logprobs_text(find(choice, "logprobs"), shape.top_logprobs);
  if (!verdict.blocked) {  // blocked: no message at all (recorded 2024)
    out += ",\"message\":";
    append_message(out, *message, index, shape);
  }
  out += '}';
}

void append_completion_choice(std::string& out, const Json& choice, std::size_t index, const Shape& shape) {
  const Verdict verdict = shape.verdicts->of(index, string_at(choice, "text"));
  out += "{\"text\":";
  if (verdict.blocked) {
    out += "\"\"";
  } else {
    append_value(out, find(choice, "text"));
  }
  out.append(",\"index\":").append(std::to_string(index)).append(",\"finish_reason\":");
  append_finish_reason(out, choice, verdict);
  std::size_t offset = shape.prompt_characters;
  out += ",\"logprobs\":" + completion_logprobs_text(find(choice, "logprobs"), offset);
  out.append(",\"content_filter_results\":").append(verdict.results).append("}");
}

const JsonArray* choices_of(const Json& engine) {
  const auto* choices = find(engine, "choices");
  return choices && choices->is_array() && !choices->as_array().empty() ? &choices->as_array() : nullptr;
}

void append_fingerprint(std::string& out, const Shape& shape) {
  if (shape.fingerprint.empty()) {
    out += "null";
  } else {
    append_quoted(out, shape.fingerprint);
  }
}

// Little-endian float32 in Base64, as the SDKs ask for by default (recorded: "AACAPw==" is 1.0).
std::string packed(const std::vector<float>& numbers) {
  static_assert(std::endian::native == std::endian::little);
  return quote(base64({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)}));
}

std::optional<std::vector<float>> read_vector(const Json& embedding) {
  std::vector<float> numbers;
  if (const auto* text = embedding.if_string()) {
    const auto bytes = base64_decode(*text);
    if (!bytes || bytes->size() % sizeof(float) != 0) return std::nullopt;
    numbers.resize(bytes->size() / sizeof(float));
    std::memcpy(numbers.data(), bytes->data(), bytes->size());
    return numbers;
  }
  const auto* list = embedding.if_array();
  if (list == nullptr) return std::nullopt;
  numbers.reserve(list->size());
  for (const auto& number : *list) {
    if (!number.is_number()) return std::nullopt;
    numbers.push_back(number.to_number<float>());
  }
  return numbers;
}

void shorten(std::vector<float>& numbers, std::size_t size) {
  if (numbers.size() <= size) return;
  numbers.resize(size);
  const double length = std::sqrt(
      std::transform_reduce(numbers.begin(), numbers.end(), 0.0, std::plus<>(), [](float x) { return double{x} * x; }));
  if (length <= 0) return;
  for (auto& number : numbers) number = static_cast<float>(number / length);
}

// An engine's vector that has the wanted form already goes on as it is.
Result<std::string> vector_text(const Json* embedding, bool base64, std::int64_t dimensions) {
  if (embedding == nullptr) return engine_garbage("embedding");
  if (dimensions == 0 && base64 && embedding->is_string()) return quote(embedding->as_string());
  if (dimensions == 0 && !base64 && embedding->is_array()) return to_text(*embedding);
  auto numbers = read_vector(*embedding);
  if (!numbers || numbers->empty()) return engine_garbage("embedding");
  if (dimensions > static_cast<std::int64_t>(numbers->size())) {
    return invalid_request("Invalid value for 'dimensions': the engine that serves this deployment has vectors of " +
                               std::to_string(numbers->size()) + " numbers, and " + std::to_string(dimensions) +
                               " were asked for.",
                           "dimensions", "invalid_value");
  }
  if (dimensions > 0) shorten(*numbers, static_cast<std::size_t>(dimensions));
  return base64 ? packed(*numbers) : to_text(JsonArray(numbers->begin(), numbers->end()));
}

}  // namespace

bool Shape::is_custom(std::string_view tool) const {
  return std::ranges::find(custom_tools, tool) != custom_tools.end();
}

Error engine_garbage(std::string_view what) {
  return Error{"EngineGarbage", "The engine's answer has no " + std::string(what) + ".", 500};
}

// Written out, because a serializer is set up anew for each of the many short texts of an answer.
void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (plain_length(text) == text.size()) {  // nearly all are
    append_all(out, "\"", text, "\"");
    return;
  }
  out += '"';
  for (;;) {
    const std::size_t plain = plain_length(text);
    out += text.substr(0, plain);
    if (plain == text.size()) break;
    const char c = text[plain];
    text.remove_prefix(plain + 1);
    out += '\\';
    switch (c) {
      case '\n':
        out += 'n';
        break;
      case '\t':
        out += 't';
        break;
      case '\r':
        out += 'r';
        break;
      case '"':
      case '\\':
        out += c;
        break;
      default:
        out.append("u00") += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[c & 15];
    }
  }
  out += '"';
}

std::string quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

Json member_or(const Json& object, std::string_view name, const Json& otherwise) {
  const auto* value = find(object, name);
  return value && !value->is_null() ? *value : otherwise;
}

std::string escape_angles(std::string text) {
  const bool clean = text.find('<') == std::string::npos && text.find('>') == std::string::npos;
  if (clean) return text;
  return replace_all(replace_all(std::move(text), "<", "\\u003c"), ">", "\\u003e");
}

Result<std::span<const Json>> chunk_choices(const Json& chunk) {
  const auto* choices = find(chunk, "choices");
  if (choices && choices->is_array()) return std::span<const Json>(choices->get_array());
  if (find(chunk, "usage") || (choices && choices->is_null())) return std::span<const Json>();
  return engine_garbage("choices");
}

std::string content_text(const Json* content) {
  const auto* parts = content ? content->if_array() : nullptr;
  if (parts == nullptr) return string_or(content);
  std::string out;
  for (const auto& part : *parts) out += string_at(part, "text");
  return out;
}

std::string_view finish_reason(std::string_view given, bool calls) {
  constexpr std::string_view known[] = {"stop", "length", "tool_calls", "content_filter", "function_call"};
  const auto* found = std::ranges::find(known, given);
  if (found != std::end(known)) return *found;
  return calls ? "tool_calls" : "stop";
}

std::string called_text(bool custom, std::string_view text, std::optional<std::string_view> name) {
  std::string out = custom ? "\"custom\":{\"input\":" : "\"function\":{\"arguments\":";
  append_quoted(out, text);
  if (name) {
    out += ",\"name\":";
    append_quoted(out, *name);
  }
  return out + '}';
}

void append_prompt_filter(std::string& out, const Shape& shape) {
  out.append("[{\"prompt_index\":0,\"content_filter_results\":").append(shape.prompt_results).append("}]");
}

Usage read_usage(const Json& engine_answer) {
  Usage usage;
  const auto* object = find(engine_answer, "usage");
  if (object == nullptr || !object->is_object()) return usage;
  const auto count = [](const Json* value) { return std::max<std::int64_t>(0, integer(value).value_or(0)); };
  usage.prompt = count(find(*object, "prompt_tokens"));
  usage.completion = count(find(*object, "completion_tokens"));
  const auto *prompt = find(*object, "prompt_tokens_details"), *answer = find(*object, "completion_tokens_details");
  const auto of_prompt = [&](std::string_view name) { return prompt ? count(find(*prompt, name)) : 0; };
  const auto of_answer = [&](std::string_view name) { return answer ? count(find(*answer, name)) : 0; };
  usage.cached = of_prompt("cached_tokens");
  usage.cache_written = of_prompt("cache_write_tokens");
  usage.prompt_audio = of_prompt("audio_tokens");
  usage.reasoning = of_answer("reasoning_tokens");
  usage.audio = of_answer("audio_tokens");
  usage.accepted = of_answer("accepted_prediction_tokens");
  usage.rejected = of_answer("rejected_prediction_tokens");
  usage.known = true;
  return usage;
}

void append_usage(std::string& out, const Usage& usage) {
  const std::pair<std::string_view, std::int64_t> parts[] = {
      {"{\"completion_tokens\":", usage.completion},
      {",\"completion_tokens_details\":{\"accepted_prediction_tokens\":", usage.accepted},
      {",\"audio_tokens\":", usage.audio},
      {",\"reasoning_tokens\":", usage.reasoning},
      {",\"rejected_prediction_tokens\":", usage.rejected},
      {"},\"prompt_tokens\":", usage.prompt},
      {",\"prompt_tokens_details\":{\"audio_tokens\":", usage.prompt_audio},
      {",\"cache_write_tokens\":", usage.cache_written},
      {",\"cached_tokens\":", usage.cached},
      {"},\"total_tokens\":", usage.total()}};
  for (const auto& [text, number] : parts) {
    out += text;
    append_decimal(out, number);
  }
  out += '}';
}

Result<std::string> chat_answer(const Json& engine, const Shape& shape) {
  const auto* choices = choices_of(engine);
  if (choices == nullptr) return engine_garbage("choices");
  std::string out;
  out.reserve(kUsualAnswer);
  out += "{\"choices\":[";
  for (std::size_t i = 0; i < choices->size(); ++i) {
    const auto* message = find((*choices)[i], "message");
    if (message == nullptr || !message->is_object()) return engine_garbage("message");
    if (const auto* content = find(*message, "content");
        content && !content->is_null() && !content->is_string() && !content->is_array()) {
      return engine_garbage("text");
    }
    if (i > 0) out += ',';
    append_chat_choice(out, (*choices)[i], i, shape);
  }
  out += "],\"created\":";
  append_decimal(out, shape.created);
  out += ",\"id\":";
  append_quoted(out, shape.id);
  out += ",\"model\":";
  append_quoted(out, shape.model);
  out += ",\"object\":\"chat.completion\",\"prompt_filter_results\":";
  append_prompt_filter(out, shape);
  out += ",\"service_tier\":\"default\",\"system_fingerprint\":";
  append_fingerprint(out, shape);
  out += ",\"usage\":";
  append_usage(out, shape.usage);
  out += "}\n";
  return escape_angles(std::move(out));
}

Result<std::string> completion_answer(const Json& engine, const Shape& shape) {
  const auto* choices = choices_of(engine);
  if (choices == nullptr) return engine_garbage("choices");
  const Usage& usage = shape.usage;
  std::string out;
  out.reserve(kUsualAnswer);
  out += "{\"id\":";
  append_quoted(out, shape.id);
  out.append(",\"object\":\"text_completion\",\"created\":").append(std::to_string(shape.created));
  out += ",\"model\":";
  append_quoted(out, shape.model);
  out += ",\"prompt_filter_results\":";
  append_prompt_filter(out, shape);
  out += ",\"choices\":[";
  for (std::size_t i = 0; i < choices->size(); ++i) {
    if (!(*choices)[i].is_object()) return engine_garbage("choice");
    if (i > 0) out += ',';
    append_completion_choice(out, (*choices)[i], i, shape);
  }
  out.append("],\"usage\":{\"prompt_tokens\":").append(std::to_string(usage.prompt));
  out.append(",\"completion_tokens\":").append(std::to_string(usage.completion));
  out.append(",\"total_tokens\":").append(std::to_string(usage.total())).append("}}\n");
  return escape_angles(std::move(out));
}

Result<std::string> embedding_answer(const Json& engine, const Shape& shape, bool base64, std::int64_t dimensions) {
  const auto* data = find(engine, "data");
  if (data == nullptr || !data->is_array()) return engine_garbage("data");
  std::string out = "{\"object\":\"list\",\"data\":[";
  std::size_t index = 0;
  for (const auto& item : data->as_array()) {
    const auto vector = vector_text(find(item, "embedding"), base64, dimensions);
    if (!vector) return vector.error();
    if (index > 0) out += ',';
    out += "{\"object\":\"embedding\",\"index\":" + std::to_string(index++) + ",\"embedding\":" + *vector + "}";
  }
  const std::string tokens = std::to_string(shape.usage.prompt);
  out += "],\"model\":" + quote(shape.model) + ",\"usage\":{\"prompt_tokens\":" + tokens +
         ",\"total_tokens\":" + tokens + "}}\n";
  return out;
}

}  // namespace lazuli::openai
