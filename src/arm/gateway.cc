// The HTTP door: who calls, what the body says, and the headers that every answer of Resource Manager carries.

#include <ctime>

#include "arm/faults.h"
#include "arm/relaxed_json.h"
#include "arm/state.h"
#include "base/text.h"

namespace lazuli::arm {

namespace {

constexpr std::size_t kBodyLimit = std::size_t{4} << 20;  // Azure's own limit for a request to Resource Manager
const std::vector<std::string> kAudiences = {"https://management.azure.com", "https://management.core.windows.net"};

// The ids that one request is known by.
struct Trace {
  std::string request_id, correlation_id;
};

// A client's id goes into a header and the log: only what an id is made of.
bool is_plain_id(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  for (const char c : text) {
    const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

std::string compact_time(TimePoint time) {
  const std::time_t seconds = unix_seconds(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  (void)std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

// The challenge of a 401, as recorded: clients find a subscription's tenant by it.
void add_challenge(net::Response& response, const std::string& tenant, bool missing) {
  const std::string why =
      missing ? "The authentication failed because of missing 'Authorization' header." : "The access token is invalid.";
  response.headers.set("WWW-Authenticate", "Bearer authorization_uri=\"https://login.windows.net/" + tenant +
                                               "\", error=\"invalid_token\", error_description=\"" + why + "\"");
}

// The expiry that a token claims; its signature was checked before its lifetime.
TimePoint claimed_expiry(std::string_view token) {
  const auto parts = split(token, '.');
  const auto payload = parts.size() == 3 ? base64url_decode(parts[1]) : std::nullopt;
  const auto claims = payload ? parse_json(*payload) : Result<Json>(Json());
  return from_unix(claims ? integer(find(*claims, "exp")).value_or(0) : 0);
}

std::string claimed_issuer(std::string_view token) {
  const auto parts = split(token, '.');
  const auto payload = parts.size() == 3 ? base64url_decode(parts[1]) : std::nullopt;
  const auto claims = payload ? parse_json(*payload) : Result<Json>(Json());
  return claims ? string_at(*claims, "iss") : std::string();
}

Error refused_token(const Error& why, std::string_view token, const Service::Parts& parts) {
  if (why.code == "TokenMissing") {
    return {"AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", 401};
  }
  if (why.code == "TokenExpired") return expired_token(claimed_expiry(token), parts.clock.now());
  if (why.code == "TokenAudience") {
    return {"InvalidAuthenticationTokenAudience",
            "The access token has been obtained for wrong audience or resource. It should exactly match with one of "
            "the allowed audiences 'https://management.core.windows.net/','https://management.azure.com/'.",
            401};
  }
  if (why.code == "TokenIssuer") {
    return {"InvalidAuthenticationTokenTenant",
            "The access token is from the wrong issuer '" + claimed_issuer(token) +
                "'. It must match the tenant 'https://sts.windows.net/" + parts.tenant_id +
                "/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/" +
                parts.tenant_id + "' to get the token.",
            401};
  }
  return {"InvalidAuthenticationToken", "The access token is invalid.", 401};
}

// What counts a subscription's calls down. lazuli does not throttle; the numbers are those of a subscription at rest.
void add_rates(net::Headers& headers, std::string_view method) {
  const bool reads = method == "GET" || method == "HEAD";
  const std::string kind = reads ? "reads" : method == "DELETE" ? "deletes" : "writes";
  headers.set("x-ms-ratelimit-remaining-subscription-" + kind, reads ? "249" : "199");
  headers.set("x-ms-ratelimit-remaining-subscription-global-" + kind, reads ? "3749" : "2999");
}

// Poll URLs are made for the public name; behind another one they lead back to where the request came in.
void rehost(net::Headers& headers, const std::string& origin) {
  constexpr std::string_view kPublic = "https://management.azure.com/";
  for (const std::string_view name : {"Location", "Azure-AsyncOperation"}) {
    const std::string_view value = headers.get(name);
    if (value.starts_with(kPublic) && origin + "/" != kPublic) {
      headers.set(name, origin + "/" + std::string(value.substr(kPublic.size())));
    }
  }
}

// One request on its way through the gateway.
class Gateway {
 public:
  Gateway(Service::State& state, const net::Request& request) : state_(state), request_(request) {
    trace_.request_id = state.parts.random.uuid();
    const std::string asked(request.headers.get("x-ms-correlation-request-id"));
    trace_.correlation_id = is_plain_id(asked) ? asked : trace_.request_id;
  }

  net::Response answer() {
    Outcome outcome = [&]() -> Outcome {
      try {
        return answered();
      } catch (const std::exception& problem) {
        state_.parts.log.error("arm", problem.what(),
                               {{"path", request_.path}, {"correlation", trace_.correlation_id}});
        return {Error{"InternalServerError", "Encountered internal server error.", 500}};
      }
    }();
    net::Response response = written(outcome);
    add_headers(response, outcome);
    note(response, outcome);
    return response;
  }

 private:
  Outcome answered() {
    const auto segments = split(request_.path, '/');
    if (segments.size() > 1 && equals_ignoring_case(segments[0], "subscriptions")) {
      if (!is_guid(segments[1])) return {invalid_subscription(segments[1]), true};
      subscription_ = segments[1];
      if (!state_.resources.get("/subscriptions/" + subscription_)) {
        return {subscription_not_found(subscription_), true};
      }
    }
    for (const char c : request_.path) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return {path_not_found(""), true};
    }
    Call call;
    call.method = request_.method;
    call.path = request_.path;
    call.query = request_.query;
    call.headers = request_.headers;
    call.correlation_id = trace_.correlation_id;
    call.url = origin() + request_.target.substr(0, request_.target.find('?'));
    const auto route = state_.routing.find(call.method, call.path, call.query.get("api-version"));
    if (!route || !route->anonymous) {
      auto caller = state_.parts.tokens.verify(request_.bearer(), kAudiences);
      if (!caller) return {refused_token(caller.error(), request_.bearer(), state_.parts), true};
      call.caller = *std::move(caller);
    }
    if (auto fault = struck(call)) return {*std::move(fault), true};
    if (auto read = read_body(call); !read) return {read.error(), true};
    return Dispatch(state_).run(std::move(call));
  }

  // What `lazuli fault` puts in the place of an answer.
  std::optional<Answer> struck(const Call& call) const {
    fault::Rules* faults = state_.parts.faults;
    if (faults == nullptr) return std::nullopt;
    const fault::Target target{"arm", call.caller.app_id, call.caller.object_id, call.path};
    Error refusal{"TooManyRequests", "The request was throttled. Try again after the time that Retry-After says."};
    auto rule = faults->strike(fault::Kind::throttle, target);
    if (!rule) {
      rule = faults->strike(fault::Kind::error, target);
      if (!rule) return std::nullopt;
      refusal = rule->status == 500
                    ? Error{"InternalServerError", "Encountered internal server error."}
                    : Error{"ServiceUnavailable", "The service is temporarily unavailable. Please try again later."};
    }
    Answer answer = Answer::json(rule->status, Service::error_body(refusal));
    if (rule->retry_after.count() > 0) answer.headers.set("Retry-After", std::to_string(rule->retry_after.count()));
    return answer;
  }

  Status read_body(Call& call) const {
    if (request_.body.size() > kBodyLimit) {
      return Error{"RequestContentTooLarge",
                   "The request content size exceeds the maximum size of " + std::to_string(kBodyLimit) + " bytes.",
                   413};
    }
    if (trim(request_.body).empty() || call.method == "GET" || call.method == "HEAD" || call.method == "DELETE") {
      return {};
    }
    auto body = parse_json(request_.body);
    if (!body) body = parse_json(strict_json(request_.body));
    if (!body) return invalid_content(body.error().message);
    call.body = *std::move(body);
    return {};
  }

  std::string origin() const {
    const std::string_view host = request_.headers.get("Host");
    return request_.scheme + "://" + (host.empty() ? "management.azure.com" : std::string(host));
  }

  net::Response written(const Outcome& outcome) const {
    if (!outcome.answer) {
      const Error& error = outcome.answer.error();
      const bool head = request_.method == "HEAD";
      net::Response response =
          head ? net::Response::empty(error.status) : net::Response::json(error.status, Service::error_body(error));
      if (head) response.headers.set("Content-Type", "application/json; charset=utf-8");
      if (error.status == 401)
        add_challenge(response, subscription_.empty() ? "" : state_.parts.tenant_id,
                      error.code == "AuthenticationFailed");
      return response;
    }
    const Answer& answer = *outcome.answer;
    net::Response response =
        answer.has_body ? net::Response::json(answer.status, answer.body) : net::Response::empty(answer.status);
    for (const auto& [name, value] : answer.headers) response.headers.set(name, value);
    return response;
  }

  void add_headers(net::Response& response, const Outcome& outcome) const {
    auto& headers = response.headers;
    const TimePoint now = state_.parts.clock.now();
    const auto& locations = state_.parts.locations;
    headers.set("Cache-Control", "no-cache");
    headers.set("Pragma", "no-cache");
    headers.set("Expires", "-1");
    const bool failed = !outcome.answer;
    if (failed && outcome.own) headers.set("x-ms-failure-cause", "gateway");
    if (!subscription_.empty() && !(failed && outcome.own && request_.method != "HEAD")) {
      add_rates(headers, request_.method);
    }
    headers.set("x-ms-request-id", trace_.request_id);
    headers.set("x-ms-correlation-request-id", trace_.correlation_id);
    headers.set("x-ms-routing-request-id", to_upper(locations.empty() ? "eastus" : locations.front()) + ":" +
                                               compact_time(now) + ":" + trace_.request_id);
    headers.set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    headers.set("X-Content-Type-Options", "nosniff");
    if (!headers.has("Date")) headers.set("Date", http_date(now));
    if (equals_ignoring_case(request_.headers.get("x-ms-return-client-request-id"), "true") &&
        is_plain_id(request_.headers.get("x-ms-client-request-id"))) {
      headers.set("x-ms-client-request-id", request_.headers.get("x-ms-client-request-id"));
    }
    rehost(headers, origin());
  }

  void note(const net::Response& response, const Outcome& outcome) const {
    JsonObject fields{{"method", request_.method},
                      {"path", request_.path},
                      {"status", response.status},
                      {"correlation", trace_.correlation_id}};
    if (!outcome.answer) {
      fields["code"] = outcome.answer.error().code;
      fields["reason"] = outcome.answer.error().message;
    }
    const Level level = response.status >= 500 ? Level::error : request_.method == "GET" ? Level::debug : Level::info;
    state_.parts.log.write(level, "arm", "Answered", std::move(fields));
  }

  Service::State& state_;
  const net::Request& request_;
  Trace trace_;
  std::string subscription_;  // of the path, if it is a known one
};

}  // namespace

net::Response Service::handle(const net::Request& request) {
  return Gateway(*state_, request).answer();
}

}  // namespace lazuli::arm
