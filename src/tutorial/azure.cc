#include "tutorial/azure.h"

#include <thread>

#include "base/text.h"

namespace lazuli::tutorial {

namespace {

constexpr std::string_view kManagement = "https://management.azure.com";
constexpr const char* kManagementScope = "https://management.core.windows.net//.default";  // the one that az asks for
// Operations are polled, as ARM has them; more often than the Retry-After that spares a shared service.
constexpr auto kBetweenPolls = std::chrono::milliseconds(100);
constexpr auto kOperationLimit = std::chrono::minutes(10);

// Azure's error from a body, whatever protocol it is in: {"error":{code,message}}, Entra's
// {"error","error_description"}.
Error error_of(const net::Response& answer, const std::string& url) {
  const auto body = parse_json(answer.body);
  if (!body)
    return Error{"HttpError", url + " answered with status " + std::to_string(answer.status) + ".", answer.status};
  if (const Json* error = find(*body, "error"); error && error->is_object())
    return Error{string_at(*error, "code"), string_at(*error, "message"), answer.status};
  return Error{string_at(*body, "error"), string_at(*body, "error_description"), answer.status};
}

bool final_state(std::string_view state) {
  return equals_ignoring_case(state, "Succeeded") || equals_ignoring_case(state, "Failed") ||
         equals_ignoring_case(state, "Canceled");
}

// What a body says of a state that is not Succeeded.
std::optional<Error> failure(const Json& body, std::string_view state, const std::string& id) {
  if (state.empty() || equals_ignoring_case(state, "Succeeded")) return std::nullopt;
  if (const Json* error = find(body, "error"); error && error->is_object())
    return Error{string_at(*error, "code"), string_at(*error, "message"), 409};
  return Error{"Failed", id.substr(id.rfind('/') + 1) + " ended in the state " + std::string(state) + ".", 409};
}

Result<Json> body_of(const net::Response& answer) {
  if (trim(answer.body).empty()) return Json(nullptr);
  return parse_json(answer.body);
}

}  // namespace

Azure::Azure(net::Client& client, Credentials credentials, std::function<void(std::string_view)> working)
    : client_(client), credentials_(std::move(credentials)), working_(std::move(working)) {}

Result<net::Response> Azure::send(net::ClientRequest request) {
  const std::string url = request.url.substr(0, request.url.find('?'));
  auto answer = client_.fetch(std::move(request));
  if (answer && answer->status >= 400) return error_of(*answer, url);
  return answer;
}

Result<Json> Azure::post_form(const std::string& url, const std::vector<std::pair<std::string, std::string>>& fields) {
  std::vector<std::string> pairs;
  pairs.reserve(fields.size());
  for (const auto& [name, value] : fields) pairs.push_back(name + "=" + percent_encode(value));
  net::ClientRequest request;
  request.method = "POST";
  request.url = url;
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body = join(pairs, "&");
  const auto answer = send(std::move(request));
  if (!answer) return answer.error();
  return parse_json(answer->body);
}

Result<std::string> Azure::token(const std::string& scope) {
  if (const auto kept = tokens_.find(scope); kept != tokens_.end()) return kept->second;
  const auto answer = post_form("https://login.microsoftonline.com/" + credentials_.tenant + "/oauth2/v2.0/token",
                                {{"grant_type", "client_credentials"},
                                 {"client_id", credentials_.client_id},
                                 {"client_secret", credentials_.client_secret},
                                 {"scope", scope}});
  if (!answer) return answer.error();
  return tokens_[scope] = string_at(*answer, "access_token");
}

Result<net::Response> Azure::authorized(std::string_view method, std::string url, const Json& body) {
  const auto bearer = token(kManagementScope);
  if (!bearer) return bearer.error();
  net::ClientRequest request;
  request.method = method;
  request.url = std::move(url);
  request.headers.set("Authorization", "Bearer " + *bearer);
  if (!body.is_null()) {
    request.headers.set("Content-Type", "application/json");
    request.body = to_text(body);
  } else if (method == "POST") {
    request.headers.set("Content-Length", "0");
  }
  return send(std::move(request));
}

Result<Json> Azure::call(std::string_view method, const std::string& id, std::string_view api_version,
                         const Json& body) {
  auto first = authorized(method, std::string(kManagement) + id + "?api-version=" + std::string(api_version), body);
  if (!first) return first.error();
  return finish(*first, method, id, api_version);
}

Result<std::optional<Json>> Azure::find(const std::string& id, std::string_view api_version) {
  auto found = call("GET", id, api_version);
  if (found) return std::optional<Json>(std::move(*found));
  if (found.error().status == 404) return std::optional<Json>();
  return found.error();
}

// ARM's asynchronous answers: Azure-AsyncOperation names a status resource, Location answers 202 until the end, and
// without either the resource's own provisioningState tells.
Result<Json> Azure::finish(const net::Response& first, std::string_view method, const std::string& id,
                           std::string_view api_version) {
  if (method == "GET") return body_of(first);
  const std::string status_url(first.headers.get("Azure-AsyncOperation"));
  const std::string result_url(first.headers.get("Location"));
  if (!status_url.empty()) {
    const auto ended = poll(
        status_url, id, [](const net::Response&, const Json& body) { return final_state(string_at(body, "status")); });
    if (!ended) return ended.error();
    if (const auto failed = failure(*ended, string_at(*ended, "status"), id)) return *failed;
    return method == "DELETE" ? *ended : call("GET", id, api_version);
  }
  if (first.status == 202 && !result_url.empty())
    return poll(result_url, id, [](const net::Response& answer, const Json&) { return answer.status != 202; });
  auto body = body_of(first);
  if (!body) return body.error();
  const auto settled = [](const net::Response&, const Json& resource) {
    const std::string state = string_at(resource, "properties", "provisioningState");
    return state.empty() || final_state(state);
  };
  if (!settled(first, *body)) {
    body = poll(std::string(kManagement) + id + "?api-version=" + std::string(api_version), id, settled);
    if (!body) return body.error();
  }
  if (const auto failed = failure(*body, string_at(*body, "properties", "provisioningState"), id)) return *failed;
  return body;
}

Result<Json> Azure::poll(const std::string& url, const std::string& id,
                         const std::function<bool(const net::Response&, const Json&)>& ended) {
  const auto deadline = std::chrono::steady_clock::now() + kOperationLimit;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto answer = authorized("GET", url, nullptr);
    if (!answer) return answer.error();
    auto body = body_of(*answer);
    if (!body || ended(*answer, *body)) return body;
    working_(id);
    std::this_thread::sleep_for(kBetweenPolls);
  }
  return Error{"Timeout", id + " was not done within " + std::to_string(kOperationLimit.count()) + " minutes.", 504};
}

}  // namespace lazuli::tutorial
