// The parameters of each operation, with their types and ranges. Data only.
#pragma once

#include <limits>
#include <string_view>

namespace lazuli::openai {

// Types that a parameter may have, as bits; null is allowed everywhere, as the service does.
enum Type : unsigned { kText = 1, kNumber = 2, kInteger = 4, kBool = 8, kArray = 16, kObject = 32, kAny = 63 };

struct Parameter {
  std::string_view name;
  unsigned types;
  bool required = false;
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
};

// Names: the API specification (inference, 2025-04-01-preview and v1) and what the SDKs of 2026 send.
inline constexpr Parameter kChat[] = {
    {"messages", kArray, true},
    {"model", kText},
    {"frequency_penalty", kNumber, false, -2, 2},
    {"presence_penalty", kNumber, false, -2, 2},
    {"temperature", kNumber, false, 0, 2},
    {"top_p", kNumber, false, 0, 1},
    {"n", kInteger, false, 1, 128},
    {"max_tokens", kInteger, false, 1},
    {"max_completion_tokens", kInteger, false, 1},
    {"seed", kInteger},
    {"logprobs", kBool},
    {"top_logprobs", kInteger, false, 0, 20},
    {"logit_bias", kObject},
    {"stop", kText | kArray},
    {"stream", kBool},
    {"stream_options", kObject},
    {"response_format", kObject},
    {"tools", kArray},
    {"tool_choice", kText | kObject},
    {"parallel_tool_calls", kBool},
    {"functions", kArray},
    {"function_call", kText | kObject},
    {"user", kText},
    {"reasoning_effort", kText},
    {"verbosity", kText},
    {"metadata", kObject},
    {"store", kBool},
    {"service_tier", kText},
    {"modalities", kArray},
    {"audio", kObject},
    {"prediction", kObject},
    {"prompt_cache_key", kText},
    {"prompt_cache_retention", kText},
    {"safety_identifier", kText},
    {"web_search_options", kObject},
    {"data_sources", kArray},
    {"enhancements", kObject},
    {"user_security_context", kObject},
};

inline constexpr Parameter kCompletion[] = {
    {"prompt", kText | kArray, true},
    {"model", kText},
    {"suffix", kText},
    {"max_tokens", kInteger, false, 0},
    {"temperature", kNumber, false, 0, 2},
    {"top_p", kNumber, false, 0, 1},
    {"n", kInteger, false, 1, 128},
    {"best_of", kInteger, false, 1, 128},
    {"logprobs", kInteger, false, 0, 5},
    {"echo", kBool},
    {"stop", kText | kArray},
    {"stream", kBool},
    {"stream_options", kObject},
    {"presence_penalty", kNumber, false, -2, 2},
    {"frequency_penalty", kNumber, false, -2, 2},
    {"logit_bias", kObject},
    {"seed", kInteger},
    {"user", kText},
};

inline constexpr Parameter kEmbedding[] = {
    {"input", kText | kArray, true},    {"model", kText}, {"encoding_format", kText},
    {"dimensions", kInteger, false, 1}, {"user", kText},  {"input_type", kText},
};

inline constexpr Parameter kResponses[] = {
    {"model", kText, true},
    {"input", kText | kArray},
    {"instructions", kText | kArray},
    {"previous_response_id", kText},
    {"conversation", kText | kObject},
    {"prompt", kObject},
    {"include", kArray},
    {"store", kBool},
    {"stream", kBool},
    {"stream_options", kObject},
    {"background", kBool},
    {"max_output_tokens", kInteger, false, 16},
    {"max_tool_calls", kInteger, false, 1},
    {"temperature", kNumber, false, 0, 2},
    {"top_p", kNumber, false, 0, 1},
    {"top_logprobs", kInteger, false, 0, 20},
    {"text", kObject},
    {"reasoning", kObject},
    {"tools", kArray},
    {"tool_choice", kText | kObject},
    {"parallel_tool_calls", kBool},
    {"truncation", kText},
    {"metadata", kObject},
    {"user", kText},
    {"service_tier", kText},
    {"safety_identifier", kText},
    {"prompt_cache_key", kText},
    {"prompt_cache_retention", kText},
    {"prompt_cache_options", kObject},
    {"client_metadata", kObject},  // what Codex tells of itself
};

inline constexpr Parameter kCompact[] = {
    {"model", kText, true},
    {"input", kText | kArray},
    {"instructions", kText | kArray},
    {"service_tier", kText},
    {"previous_response_id", kText},
    {"prompt_cache_key", kText},
    {"prompt_cache_retention", kText},
    {"prompt_cache_options", kObject},
};

inline constexpr Parameter kChatUpdate[] = {{"metadata", kObject, true}};

}  // namespace lazuli::openai
