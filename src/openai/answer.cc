#include "openai/answer.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>
#include <vector>

#include "base/text.h"
#include "openai/errors.h"

namespace lazuli::openai {

namespace {

std::string value_text(const Json* value, std::string_view absent = "null") {
  if (value == nullptr) return std::string(absent);
  if (const auto* text = value->if_string()) return quote(*text);
  return value->is_null() ? "null" : to_text(*value);
}

std::string tool_calls_text(const JsonArray& calls) {
  std::string out = "[";
  for (const auto& call : calls) {
    if (out.size() > 1) out += ',';
    out += tool_call_text(call);
  }
  return out + "]";
}

std::string message_text(const Json& message) {
  std::string out = "{\"annotations\":[],\"content\":" + value_text(find(message, "content")) +
                    ",\"refusal\":" + value_text(find(message, "refusal")) + ",\"role\":\"assistant\"";
  if (const auto* calls = find(message, "tool_calls"); calls && calls->is_array() && !calls->as_array().empty()) {
    out += ",\"tool_calls\":" + tool_calls_text(calls->as_array());
  }
  if (const auto* call = find(message, "function_call"); call && call->is_object()) {
    out += ",\"function_call\":" + to_text(*call);
  }
  return out + "}";
}

std::string chat_choice(const Json& choice, std::size_t index, const Shape& shape) {
  const auto* message = find(choice, "message");
  const std::string content = string_or(find(*message, "content"));
  // A choice that only calls tools has no verdicts (recorded).
  const Verdict verdict = content.empty() ? Verdict{"{}", false} : shape.verdicts->of(index, content);
  std::string out = "{\"content_filter_results\":" + verdict.results + ",\"finish_reason\":" +
                    (verdict.blocked ? "\"content_filter\"" : value_text(find(choice, "finish_reason"), "\"stop\"")) +
                    ",\"index\":" + std::to_string(index) +
                    ",\"logprobs\":" + (verdict.blocked ? "null" : logprobs_text(find(choice, "logprobs")));
  if (!verdict.blocked) out += ",\"message\":" + message_text(*message);  // blocked: no message at all (recorded 2024)
  return out + "}";
}

std::string completion_choice(const Json& choice, std::size_t index, const Shape& shape) {
  const Verdict verdict = shape.verdicts->of(index, string_at(choice, "text"));
  return "{\"text\":" + (verdict.blocked ? "\"\"" : value_text(find(choice, "text"))) +
         ",\"index\":" + std::to_string(index) + ",\"finish_reason\":" +
         (verdict.blocked ? "\"content_filter\"" : value_text(find(choice, "finish_reason"), "\"stop\"")) +
         ",\"logprobs\":" + value_text(find(choice, "logprobs")) + ",\"content_filter_results\":" + verdict.results +
         "}";
}

const JsonArray* choices_of(const Json& engine) {
  const auto* choices = find(engine, "choices");
  return choices && choices->is_array() && !choices->as_array().empty() ? &choices->as_array() : nullptr;
}

std::string fingerprint_text(const Shape& shape) {
  return shape.fingerprint.empty() ? "null" : quote(shape.fingerprint);
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

Error engine_garbage(std::string_view what) {
  return Error{"EngineGarbage", "The engine's answer has no " + std::string(what) + ".", 500};
}

// Written out, because a serializer is set up anew for each of the many short texts of an answer.
std::string quote(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (code < 0x20) {
      out += "\\u00";
      out += digits[code >> 4];
      out += digits[code & 15];
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

std::string escape_angles(std::string text) {
  const bool clean = text.find('<') == std::string::npos && text.find('>') == std::string::npos;
  if (clean) return text;
  return replace_all(replace_all(std::move(text), "<", "\\u003c"), ">", "\\u003e");
}

std::string logprobs_text(const Json* logprobs) {
  if (logprobs == nullptr || !logprobs->is_object()) return "null";
  Json cleaned = *logprobs;  // llama.cpp adds "id" to each token
  if (auto* content = cleaned.as_object().if_contains("content"); content && content->is_array()) {
    for (auto& token : content->as_array()) {
      if (!token.is_object()) continue;
      token.as_object().erase("id");
      auto* top = token.as_object().if_contains("top_logprobs");
      if (top == nullptr || !top->is_array()) continue;
      for (auto& other : top->as_array()) {
        if (other.is_object()) other.as_object().erase("id");
      }
    }
  }
  return to_text(cleaned);
}

std::string tool_call_text(const Json& call) {
  const auto* arguments = find(call, "function", "arguments");
  const std::string text = arguments && arguments->is_object() ? to_text(*arguments) : string_or(arguments);
  return "{\"function\":{\"arguments\":" + quote(text) + ",\"name\":" + quote(string_at(call, "function", "name")) +
         "},\"id\":" + quote(string_at(call, "id")) + ",\"type\":\"function\"}";
}

std::string prompt_filter_text(const Shape& shape) {
  return "[{\"prompt_index\":0,\"content_filter_results\":" + shape.prompt_results + "}]";
}

Usage read_usage(const Json& engine_answer) {
  Usage usage;
  const auto* object = find(engine_answer, "usage");
  if (object == nullptr || !object->is_object()) return usage;
  const auto count = [](const Json* value) { return std::max<std::int64_t>(0, integer(value).value_or(0)); };
  usage.prompt = count(find(*object, "prompt_tokens"));
  usage.completion = count(find(*object, "completion_tokens"));
  usage.cached = count(find(*object, "prompt_tokens_details", "cached_tokens"));
  usage.reasoning = count(find(*object, "completion_tokens_details", "reasoning_tokens"));
  usage.known = true;
  return usage;
}

std::string usage_text(const Usage& usage) {
  return "{\"completion_tokens\":" + std::to_string(usage.completion) +
         ",\"completion_tokens_details\":{\"accepted_prediction_tokens\":0,\"audio_tokens\":0,\"reasoning_tokens\":" +
         std::to_string(usage.reasoning) +
         ",\"rejected_prediction_tokens\":0},\"prompt_tokens\":" + std::to_string(usage.prompt) +
         ",\"prompt_tokens_details\":{\"audio_tokens\":0,\"cached_tokens\":" + std::to_string(usage.cached) +
         "},\"total_tokens\":" + std::to_string(usage.total()) + "}";
}

Result<std::string> chat_answer(const Json& engine, const Shape& shape) {
  const auto* choices = choices_of(engine);
  if (choices == nullptr) return engine_garbage("choices");
  std::string out = "{\"choices\":[";
  for (std::size_t i = 0; i < choices->size(); ++i) {
    const auto* message = find((*choices)[i], "message");
    if (message == nullptr || !message->is_object()) return engine_garbage("message");
    if (i > 0) out += ',';
    out += chat_choice((*choices)[i], i, shape);
  }
  out += "],\"created\":" + std::to_string(shape.created) + ",\"id\":" + quote(shape.id) +
         ",\"model\":" + quote(shape.model) +
         ",\"object\":\"chat.completion\",\"prompt_filter_results\":" + prompt_filter_text(shape) +
         ",\"service_tier\":\"default\",\"system_fingerprint\":" + fingerprint_text(shape) +
         ",\"usage\":" + usage_text(read_usage(engine)) + "}\n";
  return escape_angles(std::move(out));
}

Result<std::string> completion_answer(const Json& engine, const Shape& shape) {
  const auto* choices = choices_of(engine);
  if (choices == nullptr) return engine_garbage("choices");
  const Usage usage = read_usage(engine);
  std::string out =
      "{\"id\":" + quote(shape.id) + ",\"object\":\"text_completion\",\"created\":" + std::to_string(shape.created) +
      ",\"model\":" + quote(shape.model) + ",\"prompt_filter_results\":" + prompt_filter_text(shape) + ",\"choices\":[";
  for (std::size_t i = 0; i < choices->size(); ++i) {
    if (!(*choices)[i].is_object()) return engine_garbage("choice");
    if (i > 0) out += ',';
    out += completion_choice((*choices)[i], i, shape);
  }
  out += "],\"usage\":{\"prompt_tokens\":" + std::to_string(usage.prompt) +
         ",\"completion_tokens\":" + std::to_string(usage.completion) +
         ",\"total_tokens\":" + std::to_string(usage.total()) + "}}\n";
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
  const Usage usage = read_usage(engine);
  out += "],\"model\":" + quote(shape.model) + ",\"usage\":{\"prompt_tokens\":" + std::to_string(usage.prompt) +
         ",\"total_tokens\":" + std::to_string(usage.prompt) + "}}\n";
  return out;
}

}  // namespace lazuli::openai
