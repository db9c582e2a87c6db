// Engines' answers in Azure's form: the members that Azure has, in its order, with its annotations, and none of the
// engine's own (timings, paths). Written as text straight away, because an answer is written once and never read.
// Source of the forms: recordings of the service, the newest where years differ (2025-08 to 2026-06). Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "openai/content_filter.h"

namespace lazuli::openai {

struct Usage {
  std::int64_t prompt = 0;
  std::int64_t completion = 0;
  // Parts of the two, as the engine tells them.
  std::int64_t cached = 0, cache_written = 0, prompt_audio = 0;
  std::int64_t reasoning = 0, audio = 0;
  std::int64_t accepted = 0, rejected = 0;  // of the prediction that was sent
  bool known = false;                       // the engine said so
  std::int64_t total() const { return prompt + completion; }
};

// What an answer says that does not come from the engine. The views are of its call, which lives longer.
struct Shape {
  std::string id;           // "chatcmpl-…"
  std::string_view model;   // "gpt-4-0613"
  std::string fingerprint;  // "fp_…"; empty: null
  std::int64_t created = 0;
  std::string_view prompt_results;    // verdict on the prompt, JSON text
  std::size_t top_logprobs = 0;       // how many alternatives were asked for; engines may give more
  std::size_t prompt_characters = 0;  // of a text completion: where its logprobs' offsets begin
  const ChoiceVerdicts* verdicts = nullptr;
  Usage usage;                                // of a whole answer
  std::span<const std::string> custom_tools;  // their names
  bool is_custom(std::string_view tool) const;
};

Usage read_usage(const Json& engine_answer);
void append_usage(std::string& out, const Usage& usage);  // chat's usage object

// Error code "EngineGarbage" if it is not what the operation answers.
Result<std::string> chat_answer(const Json& engine, const Shape& shape);
Result<std::string> completion_answer(const Json& engine, const Shape& shape);
// `dimensions`: what the caller asked for; 0: as many as the model has. Engines leave the parameter unread, so longer
// vectors are cut here and brought back to length 1, as the service does; shorter ones are an error for the caller.
Result<std::string> embedding_answer(const Json& engine, const Shape& shape, bool base64, std::int64_t dimensions = 0);

// Pieces that streams share.
void append_quoted(std::string& out, std::string_view text);  // as a JSON string
std::string quote(std::string_view text);
Json member_or(const Json& object, std::string_view name, const Json& otherwise);  // where it is not there, or null
// Without an engine's own members and with no more alternatives than `most`; "null" if there are none.
std::string logprobs_text(const Json* logprobs, std::size_t most);
JsonArray token_logprobs(const Json* logprobs, std::size_t most);  // the same, of the content alone
// Of a text completion: lists side by side, whatever form the engine has; `offset` goes on with the text.
std::string completion_logprobs_text(const Json* logprobs, std::size_t& offset);
std::size_t characters_of(std::string_view text);  // of UTF-8
// Of a streamed piece; none where it has usage alone. Error "EngineGarbage".
Result<std::span<const Json>> chunk_choices(const Json& chunk);
std::string content_text(const Json* content);  // of a message; its parts' texts joined, if it has parts
// Why a choice ended, in the service's words; engines have others, too.
std::string_view finish_reason(std::string_view given, bool calls);
// What a call has of its function ("function":{"arguments":…,"name":…}) or custom tool ("custom":{"input":…,"name":…}).
std::string called_text(bool custom, std::string_view text, std::optional<std::string_view> name);
void append_prompt_filter(std::string& out, const Shape& shape);  // the value of prompt_filter_results
std::string escape_angles(std::string text);                      // '<' and '>' as Azure writes them
Error engine_garbage(std::string_view what);

}  // namespace lazuli::openai
