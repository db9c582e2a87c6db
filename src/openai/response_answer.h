// The Response object and its output items, in the form recorded 2026-04 to 2026-08. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "openai/answer.h"
#include "openai/response_tools.h"

namespace lazuli::openai {

// What a response says that does not come from the engine.
struct ResponseShape {
  std::string id;      // "resp_…"
  std::string suffix;  // 50 hexadecimal digits: ids of items are made from it
  std::string model;   // the DEPLOYMENT's name, as the service answers
  std::int64_t created = 0;
  bool reasons = false;    // the model does
  Json request = nullptr;  // as the client sent it
  std::string prompt_results;
  const ChoiceVerdicts* verdicts = nullptr;
  std::size_t top_logprobs() const;  // as the request has it
};

std::string item_id(const ResponseShape& shape, std::string_view prefix, std::size_t index);
JsonObject message_item(const std::string& id, JsonArray content, std::string_view status);
// Of a function, with its arguments, or of a custom tool, with its input.
JsonObject call_item(const std::string& id, std::string_view call_id, const ToolName& tool, std::string_view text,
                     std::string_view status);
JsonObject text_part(std::string_view text, JsonArray logprobs = {});
JsonObject refusal_part(std::string_view refusal);

JsonObject response_usage(const Usage& usage);

// The outcome of a response, once it is known.
struct ResponseOutcome {
  JsonArray output;
  std::string finish;  // of the chat: "stop", "length", "tool_calls", "content_filter"
  std::string text;    // for the filter's verdict
  Usage usage;
  std::int64_t completed = 0;
  std::string failure;  // why the answer is not whole; empty: it is
};

// Without an outcome it is in progress.
JsonObject response_object(const ResponseShape& shape, const ResponseOutcome* outcome);
bool under_way(const JsonObject& response);
void fail(JsonObject& response, std::string_view why);
Result<ResponseOutcome> outcome_of(const Json& engine, const ResponseShape& shape);

}  // namespace lazuli::openai
