#include "openai/routes.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "openai/errors.h"

namespace lazuli::openai {

namespace {

using Parts = std::vector<std::string_view>;

// Only this host has the Model Inference API: /models/…, as azure-ai-inference calls it (public documentation).
constexpr std::string_view kModelsHost = ".services.ai.azure.com";

bool is(const Parts& parts, std::size_t from, std::initializer_list<std::string_view> words) {
  return parts.size() == from + words.size() && std::equal(words.begin(), words.end(), parts.begin() + from);
}

// What follows /openai/deployments/{name}/, /openai/v1/ or /models/.
bool inference(const Parts& parts, std::size_t from, Operation& operation) {
  if (is(parts, from, {"chat", "completions"})) {
    operation = Operation::chat;
  } else if (is(parts, from, {"completions"})) {
    operation = Operation::completion;
  } else if (is(parts, from, {"embeddings"})) {
    operation = Operation::embedding;
  } else {
    return false;
  }
  return true;
}

// /chat/completions[/ID[/messages]]: chats that were kept.
bool stored_chat(const Parts& parts, std::size_t from, const std::string& method, Route& route) {
  const std::size_t size = parts.size() - from;
  if (size < 2 || size > 4 || parts[from] != "chat" || parts[from + 1] != "completions") return false;
  if (size > 2) route.id = parts[from + 2];
  if (size == 4) {
    route.operation = Operation::chat_messages;
    return method == "GET" && parts[from + 3] == "messages";
  }
  if (method == "GET") {
    route.operation = size == 2 ? Operation::chat_list : Operation::chat_get;
    return true;
  }
  route.operation = method == "POST" ? Operation::chat_update : Operation::chat_delete;
  return size == 3 && (method == "POST" || method == "DELETE");
}

bool stateful(const Parts& parts, std::size_t from, const std::string& method, Route& route) {
  const bool get = method == "GET";
  if (is(parts, from, {"responses"}) && method == "POST") {
    route.operation = Operation::responses;
  } else if (is(parts, from, {"responses", "input_tokens"}) && method == "POST") {
    route.operation = Operation::response_tokens;
  } else if (is(parts, from, {"responses", "compact"}) && method == "POST") {
    route.operation = Operation::response_compact;
  } else if (parts.size() == from + 2 && parts[from] == "responses" && (get || method == "DELETE")) {
    route.operation = get ? Operation::response_get : Operation::response_delete;
    route.id = parts[from + 1];
  } else if (parts.size() == from + 3 && parts[from] == "responses" && parts[from + 2] == "input_items" && get) {
    route.operation = Operation::response_items;
    route.id = parts[from + 1];
  } else if (parts.size() == from + 3 && parts[from] == "responses" && parts[from + 2] == "cancel" &&
             method == "POST") {
    route.operation = Operation::response_cancel;
    route.id = parts[from + 1];
  } else if (is(parts, from, {"models"}) && get) {
    route.operation = Operation::models;
  } else if (parts.size() == from + 2 && parts[from] == "models" && get) {
    route.operation = Operation::model;
    route.id = parts[from + 1];
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool known_api_version(std::string_view version) {
  constexpr std::string_view preview = "-preview";
  if (version.ends_with(preview)) version.remove_suffix(preview.size());
  if (version.size() != 10 || version[4] != '-' || version[7] != '-') return false;
  for (std::size_t i = 0; i < version.size(); ++i) {
    if (i != 4 && i != 7 && (version[i] < '0' || version[i] > '9')) return false;
  }
  return version >= "2022-12-01" && version < "2100" && version.substr(5, 2) <= "12" && version.substr(8) <= "31";
}

Result<Route> find_route(const net::Request& request) {
  const Parts parts = split_views(request.path, '/');
  Route route;
  route.api_version = request.query.get("api-version");
  if (request.host.ends_with(kModelsHost) && !parts.empty() && equals_ignoring_case(parts[0], "models")) {
    if (request.method != "POST" || !inference(parts, 1, route.operation) || route.operation == Operation::completion) {
      return resource_not_found();
    }
    if (!known_api_version(route.api_version)) return api_version_not_supported();
    return route;
  }
  if (parts.size() < 2 || !equals_ignoring_case(parts[0], "openai")) return resource_not_found();

  if (equals_ignoring_case(parts[1], "deployments")) {
    if (parts.size() < 4 || request.method != "POST" || !inference(parts, 3, route.operation)) {
      return resource_not_found();
    }
    if (!known_api_version(route.api_version)) return resource_not_found();
    route.deployment = parts[2];
    return route;
  }

  route.v1 = equals_ignoring_case(parts[1], "v1");
  const std::size_t from = route.v1 ? 2 : 1;
  const bool known = (route.v1 && request.method == "POST" && inference(parts, from, route.operation)) ||
                     stateful(parts, from, request.method, route) || stored_chat(parts, from, request.method, route);
  if (!known) return resource_not_found();
  const bool named = route.api_version == "v1" || route.api_version == "preview" || route.api_version == "latest";
  if (route.v1 ? !route.api_version.empty() && !named && !known_api_version(route.api_version)
               : !known_api_version(route.api_version)) {
    return api_version_not_supported();
  }
  return route;
}

}  // namespace lazuli::openai
