// Reading an inference request: valid JSON, known parameters of the right types and ranges, and what the gateway needs
// to know of it. Errors are Azure's, in the model's form. Also the body as an engine gets it. Pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "openai/catalogue.h"
#include "openai/vocabulary.h"

namespace lazuli::openai {

struct Inference {
  Inference(Operation asked, std::unique_ptr<JsonScratch> where, Json read)
      : operation(asked), scratch(std::move(where)), body(std::move(read)) {}
  Inference(Inference&&) = default;
  Inference& operator=(Inference&&) = delete;  // the body would stay where the old one was

  Operation operation;
  std::unique_ptr<JsonScratch> scratch;  // where the body lives
  Json body;
  JsonObject sent;                        // members as they were sent, where the body has others for the engines
  std::vector<std::string> custom_tools;  // their names; the body has functions in their place
  std::string model;                      // as sent; on /openai/v1 it names the deployment
  bool stream = false;
  bool include_usage = false;
  bool obfuscate = true;
  bool base64 = false;  // embeddings
  int choices = 1;
  std::int64_t prompt_estimate = 0;  // tokens
  std::int64_t estimate = 0;         // with what may be generated: what the quota counts on the way in

  void replace(std::string_view name, Json value);
  Json as_sent() const;  // the body without what was replaced
};

// `text` must outlive nothing: the result owns what it keeps.
Result<Inference> read_inference(Operation operation, std::string_view text);

// What only some models take: limits of output, parameters of reasoning models.
Status check_model(const Inference& inference, Operation operation, const Model* model);

// All text of the prompt, for the content filter.
std::string prompt_text(const Inference& inference);

// The request's text with what engines need changed: their model's name (empty: left as it is), usage in streams, no
// members that are Azure's alone, and a limit of generated tokens where the request has none (0: none is set).
std::string engine_body(const Inference& inference, std::string_view text, std::string_view engine_model,
                        std::int64_t default_max_tokens = 0);

// A rough count without a tokenizer: four bytes each, never less than one for a text that is not empty.
std::int64_t estimate_tokens(std::size_t bytes);

}  // namespace lazuli::openai
