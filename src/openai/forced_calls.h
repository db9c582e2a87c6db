// Calls that a model has to make (tool_choice "required", or one function), where an engine's own grammar does not see
// to it: llama.cpp's lets a model talk first, and knows no calls at all where a model's template has none. The request
// becomes one for JSON of a schema, which a grammar does enforce for every model; the JSON becomes the calls
// (llama_answer.h). Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "openai/json_edit.h"

namespace lazuli::openai {

class ForcedCalls {
 public:
  // Nothing: the chat forces no call.
  static std::optional<ForcedCalls> of(const Json& chat);

  // What the request needs changed: the schema as its response_format, and no choice of tools.
  std::vector<MemberEdit> edits() const;

  // The calls that a whole content stands for; nothing if it was cut off.
  std::optional<JsonArray> calls(std::string_view content, Random& random) const;

  const std::string& function() const { return function_; }  // the one that has to be called; empty: any

 private:
  std::string function_;
  Json schema_ = nullptr;
};

}  // namespace lazuli::openai
