// Log probabilities in Azure's two forms: a chat's, a list of tokens with their alternatives, and a text completion's,
// lists side by side. llama.cpp answers both with the first.
#include <algorithm>

#include "openai/answer.h"

namespace lazuli::openai {

namespace {

void clean(Json& token) {
  if (auto* object = token.if_object()) object->stable_erase("id");  // llama.cpp's own
}

}  // namespace

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

JsonArray token_logprobs(const Json* logprobs, std::size_t most) {
  const auto* content = logprobs ? find(*logprobs, "content") : nullptr;
  if (content == nullptr || !content->is_array()) return {};
  JsonArray tokens = content->get_array();
  for (auto& token : tokens) {
    clean(token);
    auto* top = token.is_object() ? token.as_object().if_contains("top_logprobs") : nullptr;
    if (top == nullptr || !top->is_array()) continue;
    JsonArray& others = top->as_array();
    if (others.size() > most) others.resize(most);
    for (auto& other : others) clean(other);
  }
  return tokens;
}

std::string logprobs_text(const Json* logprobs, std::size_t most) {
  if (logprobs == nullptr || !logprobs->is_object()) return "null";
  JsonObject cleaned = logprobs->get_object();
  if (auto* content = cleaned.if_contains("content"); content && content->is_array()) {
    *content = token_logprobs(logprobs, most);
  }
  return to_text(cleaned);
}

std::string completion_logprobs_text(const Json* logprobs, std::size_t& offset) {
  if (logprobs == nullptr || !logprobs->is_object()) return "null";
  const auto* content = find(*logprobs, "content");
  if (content == nullptr || !content->is_array()) return to_text(*logprobs);
  JsonArray tokens, values, tops, offsets;
  for (const auto& entry : content->get_array()) {
    const std::string token = string_at(entry, "token");
    JsonObject top;
    for (const auto& other : array_at(entry, "top_logprobs")) {
      if (const auto* value = find(other, "logprob")) top[string_at(other, "token")] = *value;
    }
    const auto* value = find(entry, "logprob");
    values.push_back(value ? *value : Json(nullptr));
    tokens.emplace_back(token);
    tops.push_back(std::move(top));
    offsets.emplace_back(offset);
    offset += characters_of(token);
  }
  return to_text(JsonObject{{"tokens", std::move(tokens)},
                            {"token_logprobs", std::move(values)},
                            {"top_logprobs", std::move(tops)},
                            {"text_offset", std::move(offsets)}});
}

}  // namespace lazuli::openai
