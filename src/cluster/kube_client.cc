#include "cluster/kube_client.h"

#include "base/text.h"

namespace lazuli::cluster {
namespace {

// The watch stream is a JSON object a line; an object is at most what etcd stores, 1.5 MiB, and some.
constexpr std::size_t kLongestEvent = std::size_t{8} << 20;

// An API server's error is a Status object: {"kind":"Status","message","reason","code"}.
Error error_of(const net::Response& response) {
  const auto body = parse_json(response.body);
  std::string reason, message;
  if (body) {
    reason = string_at(*body, "reason");
    message = string_at(*body, "message");
  }
  if (reason.empty()) reason = response.status == 401 ? "Unauthorized" : "InternalError";
  if (message.empty()) message = "The Kubernetes API answered with status " + std::to_string(response.status) + ".";
  return Error{reason, message, response.status};
}

}  // namespace

struct KubeClient::State {
  KubeAccess access;
  net::Client client;

  explicit State(KubeAccess given)
      : access(std::move(given)),
        client(net::ClientOptions{.trust = access.authority,
                                  .client_certificate = access.client_certificate,
                                  .client_key = access.client_key}) {}

  net::ClientRequest request(std::string method, std::string_view path, std::string body = {},
                             std::string_view type = {}) const {
    net::ClientRequest made;
    made.method = std::move(method);
    made.url = access.server + std::string(path);
    made.headers.set("Accept", "application/json");
    made.headers.set("User-Agent", "lazuli/" LAZULI_VERSION);
    if (!access.bearer_token.empty() && access.client_certificate.empty())
      made.headers.set("Authorization", "Bearer " + access.bearer_token);
    if (!type.empty()) made.headers.set("Content-Type", type);
    made.body = std::move(body);
    return made;
  }

  Result<net::Response> send(net::ClientRequest request) {
    auto response = client.fetch(std::move(request));
    if (!response) return Error{"Unreachable", response.error().message, 503};
    if (response->status >= 300) return error_of(*response);
    return std::move(*response);
  }

  Result<Json> send_for_json(net::ClientRequest request) {
    const auto response = send(std::move(request));
    if (!response) return response.error();
    return parse_json(response->body);
  }
};

KubeClient::KubeClient(KubeAccess access) : state_(std::make_unique<State>(std::move(access))) {}
KubeClient::~KubeClient() = default;

const KubeAccess& KubeClient::access() const {
  return state_->access;
}

Result<Json> KubeClient::get(std::string_view path) {
  return state_->send_for_json(state_->request("GET", path));
}

Result<Json> KubeClient::create(std::string_view collection_path, const Json& object) {
  return state_->send_for_json(state_->request("POST", collection_path, to_text(object), "application/json"));
}

Result<Json> KubeClient::apply(std::string_view path, const Json& object) {
  const auto target = std::string(path) + "?fieldManager=lazuli&force=true";
  // JSON is YAML, and that is the one media type that every version takes.
  return state_->send_for_json(state_->request("PATCH", target, to_text(object), "application/apply-patch+yaml"));
}

Result<Json> KubeClient::patch(std::string_view path, const Json& merge_patch) {
  return state_->send_for_json(state_->request("PATCH", path, to_text(merge_patch), "application/merge-patch+json"));
}

Status KubeClient::remove(std::string_view path) {
  const auto response = state_->send(state_->request("DELETE", path));
  if (!response && response.error().code != "NotFound") return response.error();
  return {};
}

Result<std::string> KubeClient::text(std::string_view path) {
  auto request = state_->request("GET", path);
  request.headers.set("Accept", "*/*");
  auto response = state_->send(std::move(request));
  if (!response) return response.error();
  return std::move(response->body);
}

Status KubeClient::watch(std::string_view path, std::chrono::milliseconds limit,
                         const std::function<bool(const Json&)>& event) {
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(limit).count());
  std::string target(path);
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += "watch=true&timeoutSeconds=" + std::to_string(seconds);
  auto request = state_->request("GET", target);
  // The server ends the watch by itself; between two events there may be any silence up to then.
  request.timeout = limit + std::chrono::seconds(5);
  std::string pending, failure;
  const auto take = [&](std::string_view piece) {
    pending += piece;
    std::size_t start = 0;
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n', start)) {
      const auto parsed = parse_json(std::string_view(pending).substr(start, end - start));
      start = end + 1;
      if (!parsed) {
        failure = parsed.error().message;
        return false;
      }
      if (!event(*parsed)) return false;
    }
    pending.erase(0, start);
    if (pending.size() > kLongestEvent) failure = "an event is larger than " + std::to_string(kLongestEvent) + " bytes";
    return failure.empty();
  };
  auto response = state_->client.fetch_stream(std::move(request), take);
  if (!response) return Error{"Unreachable", response.error().message, 503};
  if (response->status >= 300) {
    if (response->body.empty()) response->body = pending;
    return error_of(*response);
  }
  if (!failure.empty()) return Error{"InternalError", "The watch of " + std::string(path) + " broke: " + failure, 502};
  return {};
}

}  // namespace lazuli::cluster
