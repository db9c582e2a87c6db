// The words of the Azure OpenAI wire, each with where it is known from: operations and what they are called in
// addresses, roles and error texts. Data only.
#pragma once

#include <string_view>

namespace lazuli::openai {

enum class Operation {
  chat,
  chat_list,
  chat_get,
  chat_messages,
  chat_update,
  chat_delete,
  completion,
  embedding,
  responses,
  response_get,
  response_delete,
  response_items,
  response_cancel,
  response_tokens,
  response_compact,
  models,
  model
};

// What an operation is called in each place. Sources: the routes of the public API specification (inference,
// 2024-10-21), the data actions of the built-in role "Cognitive Services OpenAI User", and recorded error texts.
struct OperationNames {
  std::string_view data_action;  // checked at the account's scope
  std::string_view route;        // as PermissionDenied names it
  std::string_view api_name;     // as 429 names it
  std::string_view model_word;   // as OperationNotSupported names it
};

constexpr OperationNames names_of(Operation operation) {
  switch (operation) {
    case Operation::chat:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
              "POST /openai/deployments/{deployment-id}/chat/completions", "ChatCompletions_Create", "chatCompletion"};
    // Chats that were kept: the actions that Azure's documentation of stored completions names.
    case Operation::chat_list:
    case Operation::chat_get:
    case Operation::chat_messages:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/stored-completions/read", "GET /openai/chat/completions",
              "StoredCompletions_Get", "chatCompletion"};
    case Operation::chat_update:
    case Operation::chat_delete:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/stored-completions/action",
              "POST /openai/chat/completions/{completion_id}", "StoredCompletions_Update", "chatCompletion"};
    case Operation::completion:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/deployments/completions/action",
              "POST /openai/deployments/{deployment-id}/completions", "Completions_Create", "completion"};
    case Operation::embedding:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/deployments/embeddings/action",
              "POST /openai/deployments/{deployment-id}/embeddings", "Embeddings_Create", "embeddings"};
    // Which data action the Responses API asks for is not known from a recording; it generates chat completions.
    case Operation::responses:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
              "POST /openai/responses", "Responses_Create", "responses"};
    case Operation::response_tokens:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
              "POST /openai/responses/input_tokens", "Responses_CountInputTokens", "responses"};
    case Operation::response_compact:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
              "POST /openai/responses/compact", "Responses_Compact", "responses"};
    case Operation::response_get:
    case Operation::response_delete:
    case Operation::response_items:
    case Operation::response_cancel:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
              "GET /openai/responses/{response_id}", "Responses_Get", "responses"};
    case Operation::models:
    case Operation::model:
      return {"Microsoft.CognitiveServices/accounts/OpenAI/models/read", "GET /openai/models", "Models_List", "models"};
  }
  return {};
}

// The name at the end of a resource id.
constexpr std::string_view last_segment(std::string_view id) {
  return id.substr(id.rfind('/') + 1);
}

// Audiences that a token for the data plane may carry (compared without a closing slash).
inline constexpr std::string_view kAudiences[] = {
    "https://cognitiveservices.azure.com", "https://ai.azure.com", "https://openai.azure.com",
    "https://cognitiveservices.azure.us",  "https://ml.azure.com", "7d312290-28c8-473c-a0ed-8e53749b6d6d"};

}  // namespace lazuli::openai
