#include "openai/routes.h"

#include <gtest/gtest.h>

namespace lazuli::openai {
namespace {

net::Request request(std::string method, std::string path, std::string query = {}) {
  net::Request out;
  out.method = std::move(method);
  out.path = std::move(path);
  out.query = net::Query(query);
  return out;
}

TEST(Routes, FindsEveryOperation) {
  struct Case {
    const char *method, *path, *query;
    Operation operation;
    const char *deployment, *id;
  };
  const Case cases[] = {
      {"POST", "/openai/deployments/d/chat/completions", "api-version=2024-02-01", Operation::chat, "d", ""},
      {"POST", "/openai/deployments/d/completions", "API-VERSION=2022-12-01", Operation::completion, "d", ""},
      {"POST", "/openai/deployments/d.1/embeddings", "api-version=2025-04-01-preview", Operation::embedding, "d.1", ""},
      {"POST", "/openai/v1/chat/completions", "", Operation::chat, "", ""},
      {"POST", "/openai/v1/embeddings", "api-version=preview", Operation::embedding, "", ""},
      {"POST", "/openai/v1/responses", "", Operation::responses, "", ""},
      {"GET", "/openai/v1/responses/resp_1", "", Operation::response_get, "", "resp_1"},
      {"DELETE", "/openai/responses/resp_1", "api-version=2025-03-01-preview", Operation::response_delete, "",
       "resp_1"},
      {"GET", "/openai/responses/resp_1/input_items", "api-version=2025-03-01-preview", Operation::response_items, "",
       "resp_1"},
      {"GET", "/openai/v1/chat/completions", "", Operation::chat_list, "", ""},
      {"GET", "/openai/chat/completions", "api-version=2025-02-01-preview", Operation::chat_list, "", ""},
      {"GET", "/openai/v1/chat/completions/chatcmpl-1", "", Operation::chat_get, "", "chatcmpl-1"},
      {"POST", "/openai/v1/chat/completions/chatcmpl-1", "", Operation::chat_update, "", "chatcmpl-1"},
      {"DELETE", "/openai/v1/chat/completions/chatcmpl-1", "", Operation::chat_delete, "", "chatcmpl-1"},
      {"GET", "/openai/v1/chat/completions/chatcmpl-1/messages", "", Operation::chat_messages, "", "chatcmpl-1"},
      {"POST", "/openai/v1/responses/compact", "", Operation::response_compact, "", ""},
      {"POST", "/openai/v1/responses/input_tokens", "", Operation::response_tokens, "", ""},
      {"POST", "/openai/v1/responses/resp_1/cancel", "", Operation::response_cancel, "", "resp_1"},
      {"GET", "/openai/models", "api-version=2024-10-21", Operation::models, "", ""},
      {"GET", "/openai/v1/models/gpt-4-0613", "", Operation::model, "", "gpt-4-0613"},
  };
  for (const auto& c : cases) {
    const auto route = find_route(request(c.method, c.path, c.query));
    ASSERT_TRUE(route.ok()) << c.path;
    EXPECT_EQ(route->operation, c.operation) << c.path;
    EXPECT_EQ(route->deployment, c.deployment) << c.path;
    EXPECT_EQ(route->id, c.id) << c.path;
  }
}

TEST(Routes, TheModelsEndpointIsAtItsOwnHostAlone) {
  const auto find_at = [](const char* host, const char* path, const char* query = "api-version=2024-05-01-preview") {
    auto asked = request("POST", path, query);
    asked.host = host;
    return find_route(asked);
  };
  const auto chat = find_at("a.services.ai.azure.com", "/models/chat/completions");
  ASSERT_TRUE(chat.ok());
  EXPECT_EQ(chat->operation, Operation::chat);
  EXPECT_EQ(chat->deployment, "");  // the body's `model` names it
  const auto embedding = find_at("a.services.ai.azure.com", "/models/embeddings");
  ASSERT_TRUE(embedding.ok());
  EXPECT_EQ(embedding->operation, Operation::embedding);
  EXPECT_EQ(find_at("a.services.ai.azure.com", "/models/completions").error().status, 404);
  EXPECT_EQ(find_at("a.services.ai.azure.com", "/models/embeddings", "").error().status, 400);
  EXPECT_EQ(find_at("a.openai.azure.com", "/models/chat/completions").error().status, 404);
}

TEST(Routes, AnswersWhatAzureAnswersForUnknownPathsAndVersions) {
  struct Case {
    const char *method, *path, *query, *code;
    int status;
  };
  const Case cases[] = {
      {"POST", "/chat/completions", "", "404", 404},
      {"GET", "/openai/deployments/d/chat/completions", "api-version=2024-02-01", "404", 404},
      {"POST", "/openai/deployments/d/chat/completions", "", "404", 404},
      {"POST", "/openai/deployments/d/chat/completions", "api-version=2024-99-01", "404", 404},
      {"POST", "/openai/deployments/d/chat/completions", "api-version=latest", "404", 404},
      {"POST", "/openai/deployments/d/images/generations", "api-version=2024-02-01", "404", 404},
      {"POST", "/openai/responses", "api-version=1999-01-01", "BadRequest", 400},
      {"POST", "/openai/v1/responses/resp_1/input_items", "", "404", 404},
      {"DELETE", "/openai/v1/chat/completions", "", "404", 404},
      {"POST", "/openai/v1/chat/completions/chatcmpl-1/messages", "", "404", 404},
      {"GET", "/openai/v1/chat/completions/chatcmpl-1/messages/1", "", "404", 404},
      {"GET", "/openai/v1/responses/resp_1/cancel", "", "404", 404},
      {"POST", "/openai/v1/chat/completions", "api-version=nonsense", "BadRequest", 400},
      {"GET", "/", "", "404", 404},
  };
  for (const auto& c : cases) {
    const auto route = find_route(request(c.method, c.path, c.query));
    ASSERT_FALSE(route.ok()) << c.path;
    EXPECT_EQ(route.error().code, c.code) << c.path;
    EXPECT_EQ(route.error().status, c.status) << c.path;
  }
}

}  // namespace
}  // namespace lazuli::openai
