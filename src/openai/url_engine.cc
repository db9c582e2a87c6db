#include "openai/url_engine.h"

#include <algorithm>
#include <cstdlib>

#include "base/files.h"
#include "base/text.h"
#include "net/hedge.h"
#include "openai/errors.h"
#include "openai/health_checks.h"
#include "openai/upstreams.h"

namespace lazuli::openai {

namespace {

using std::chrono::milliseconds;

Error invalid_settings(std::string message) {
  return Error{"InvalidSettings", std::move(message), 400};
}

Result<std::string> read_key(const Json& settings) {
  if (const auto file = string_at(settings, "key_file"); !file.empty()) {
    auto text = read_file(file, 64 << 10);
    if (!text) return text.error();
    return std::string(trim(*text));
  }
  if (const auto name = string_at(settings, "key_env"); !name.empty()) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return invalid_settings("The engine's key_env names " + name + ", which is not set.");
    return std::string(value);
  }
  return string_at(settings, "key");
}

Result<Upstream> read_upstream(const Json& settings, const Upstream& defaults) {
  Upstream upstream = defaults;
  upstream.url = std::string(without_trailing_slashes(string_at(settings, "url")));
  if (auto url = net::parse_url(upstream.url); !url)
    return invalid_settings("An engine's url is not valid: '" + upstream.url + "'.");
  if (const auto model = string_at(settings, "served_model"); !model.empty()) upstream.model = model;
  auto key = read_key(settings);
  if (!key) return key.error();
  if (!key->empty()) upstream.key = *key;
  upstream.weight = std::max<std::int64_t>(1, integer(find(settings, "weight")).value_or(1));
  upstream.priority = integer(find(settings, "priority")).value_or(0);
  return upstream;
}

Result<std::vector<Upstream>> read_upstreams(const Json& settings) {
  Upstream defaults;
  defaults.model = string_at(settings, "served_model");
  auto key = read_key(settings);
  if (!key) return key.error();
  defaults.key = *key;
  std::vector<Upstream> list;
  for (const auto& one : array_at(settings, "upstreams")) {
    auto upstream = read_upstream(one, defaults);
    if (!upstream) return upstream.error();
    list.push_back(*std::move(upstream));
  }
  if (list.empty()) {
    auto upstream = read_upstream(settings, defaults);
    if (!upstream) return upstream.error();
    list.push_back(*std::move(upstream));
  }
  return list;
}

std::optional<milliseconds> asked_wait(const net::Response& head) {
  const auto number = [&head](std::string_view name) {
    const Json text = boost::json::string(head.headers.get(name));
    return integer(&text);  // an HTTP date reads as nothing
  };
  if (const auto ms = number("retry-after-ms")) return milliseconds(*ms);
  if (const auto seconds = number("retry-after")) return milliseconds(*seconds * 1000);
  return std::nullopt;
}

bool worth_another(int status) {
  return (status == 429 || status == 408 || status >= 500) && status != 501;
}

// Of an answer's body, which is asked for as it is ("identity"): nothing here undoes another.
std::string_view unasked_coding(const net::Response& head) {
  const std::string_view coding = trim(head.headers.get("Content-Encoding"));
  return equals_ignoring_case(coding, "identity") ? std::string_view() : coding;
}

struct UrlSettings {
  std::vector<Upstream> upstreams;
  HealthPlan health;
  milliseconds hedge{0}, timeout{0};
  bool images = false;
  net::ClientOptions client;
};

class UrlEngine final : public Engine {
 public:
  UrlEngine(UrlSettings settings, const EngineParts& parts)
      : upstreams_(std::move(settings.upstreams), settings.health.interval),
        timeout_(settings.timeout),
        hedge_(settings.hedge),
        images_(settings.images),
        client_(std::move(settings.client)),
        clock_(parts.clock),
        log_(parts.log) {
    for (std::size_t i = 0; i < upstreams_.size(); ++i) {
      places_.push_back(std::make_shared<const net::Url>(net::parse_url(upstreams_.at(i).url).value()));
    }
    const bool checks = upstreams_.size() > 1 && settings.health.interval.count() > 0;
    if (checks) checks_ = std::make_unique<HealthChecks>(settings.health, upstreams_, client_, clock_, log_);
  }

  std::string_view kind() const override { return "url"; }
  bool sees() const override { return images_; }

  net::Task<Result<EngineAnswer>> open(const EngineCall& call) override {
    const auto order = upstreams_.order(clock_.now());
    std::size_t next = 0;
    std::optional<Result<EngineAnswer>> outcome;
    if (hedge_.count() > 0 && order.size() > 1) {
      std::optional<Result<EngineAnswer>> other;
      const std::function<net::Task<bool>()> first = [&] { return attempt(order[0], call, outcome); };
      const std::function<net::Task<bool>()> second = [&] { return attempt(order[1], call, other); };
      const int winner = co_await net::hedge(first, second, hedge_);
      if (winner == 0) co_return std::move(*outcome);
      if (winner == 1) co_return std::move(*other);
      outcome = std::move(other);
      next = 2;
    }
    for (; next < order.size(); ++next) {
      auto opened = co_await client_.open(request_for(order[next], call));
      if (settle(order[next], std::move(opened), outcome)) break;
    }
    co_return std::move(*outcome);
  }

 private:
  using Opened = Result<std::unique_ptr<net::ClientStream>>;

  net::Task<bool> attempt(std::size_t index, const EngineCall& call, std::optional<Result<EngineAnswer>>& outcome) {
    auto opened = co_await client_.open(request_for(index, call));
    co_return settle(index, std::move(opened), outcome);
  }

  // True: the outcome is the call's, whether good or bad, and no other server is to be tried.
  bool settle(std::size_t index, Opened opened, std::optional<Result<EngineAnswer>>& outcome) {
    const Upstream& upstream = upstreams_.at(index);
    if (!opened) {
      const bool cancelled = opened.error().code == "Cancelled";
      outcome = cancelled ? opened.error() : lost(index, upstream, opened.error());
      return cancelled;
    }
    const net::Response& head = (*opened)->head();
    if (worth_another(head.status)) {
      outcome = refused(index, upstream, head);
      return false;
    }
    if (const auto coding = unasked_coding(head); head.status == 200 && !coding.empty()) {
      outcome = unreadable(index, upstream, coding);
      return false;
    }
    upstreams_.succeeded(index);
    outcome = EngineAnswer(*std::move(opened), upstream.model.empty() ? upstream.url : upstream.model);
    return true;
  }

  Error refused(std::size_t index, const Upstream& upstream, const net::Response& head) {
    const auto pause = asked_wait(head);
    upstreams_.failed(index, clock_.now(), pause);
    log_.warning("openai", "An engine answered with an error", {{"engine", upstream.url}, {"status", head.status}});
    if (head.status == 429) return busy(pause.value_or(milliseconds(1000)));
    return engine_unavailable(
        "The engine that serves this deployment answered with status " + std::to_string(head.status) + ".",
        upstreams_.until_well(clock_.now()));
  }

  Error unreadable(std::size_t index, const Upstream& upstream, std::string_view coding) {
    upstreams_.failed(index, clock_.now());
    log_.warning("openai", "An engine sent its answer in a coding that it was not asked for",
                 {{"engine", upstream.url}, {"coding", coding}});
    return engine_unavailable(
        "The engine that serves this deployment gave an answer that cannot be read (" + std::string(coding) + ").",
        upstreams_.until_well(clock_.now()));
  }

  net::ClientRequest request_for(std::size_t index, const EngineCall& call) const {
    const Upstream& upstream = upstreams_.at(index);
    net::ClientRequest request;
    request.method = "POST";
    request.place = places_[index];
    request.url = without_trailing_slashes(request.place->target);
    request.url += engine_path(call.operation);
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Accept-Encoding", "identity");
    request.headers.add("x-request-id", call.request_id);
    if (!call.trace.trace_id.empty()) call.trace.add_to(request.headers);
    if (!upstream.key.empty()) request.headers.set("Authorization", "Bearer " + upstream.key);
    request.body = engine_body(call.inference, call.text, upstream.model.empty() ? call.deployment : upstream.model);
    request.timeout = timeout_;
    return request;
  }

  Error lost(std::size_t index, const Upstream& upstream, const Error& cause) {
    upstreams_.lost(index, clock_.now());
    log_.warning("openai", "An engine could not be used: " + cause.message,
                 {{"engine", upstream.url}, {"code", cause.code}});
    if (cause.code == "Timeout" && upstreams_.size() == 1) return engine_timed_out();
    return engine_unavailable("The engine that serves this deployment cannot be reached at the moment.",
                              upstreams_.until_well(clock_.now()));
  }

  static Error busy(milliseconds wait) {
    Error error =
        gateway_error(429, "429",
                      "The engine that serves this deployment is at its limit. Please retry after " +
                          std::to_string(std::max<std::int64_t>(1, (wait.count() + 999) / 1000)) + " seconds.");
    error.details = JsonObject{{"retry_after_ms", wait.count()}};
    return error;
  }

  Upstreams upstreams_;
  std::vector<std::shared_ptr<const net::Url>> places_;  // theirs
  milliseconds timeout_, hedge_;
  bool images_;
  net::Client client_;
  const Clock& clock_;
  Log& log_;
  std::unique_ptr<HealthChecks> checks_;  // last: its thread uses the others
};

Result<UrlSettings> read_settings(const Json& settings) {
  UrlSettings read;
  auto list = read_upstreams(settings);
  if (!list) return list.error();
  read.upstreams = *std::move(list);
  if (const auto file = string_at(settings, "trust"); !file.empty()) {
    auto text = read_file(file);
    if (!text) return text.error();
    read.client.trust = *std::move(text);
  }
  const auto number = [](const Json* value, std::int64_t otherwise, std::int64_t least) {
    return std::clamp<std::int64_t>(integer(value).value_or(otherwise), least, 86400);
  };
  read.timeout = std::chrono::seconds(number(find(settings, "timeout"), 120, 1));
  read.images = bool_or(find(settings, "images"));
  read.hedge = milliseconds(number(find(settings, "hedge"), 0, 0));
  if (const auto path = string_at(settings, "health", "path"); !path.empty()) read.health.path = path;
  if (!read.health.path.starts_with('/')) return invalid_settings("An engine's health.path has to begin with '/'.");
  read.health.interval = std::chrono::seconds(number(find(settings, "health", "interval"), 10, 0));
  read.health.timeout = std::chrono::seconds(number(find(settings, "health", "timeout"), 2, 1));
  return read;
}

}  // namespace

Result<std::unique_ptr<Engine>> make_url_engine(const Json& settings, const EngineParts& parts) {
  auto read = read_settings(settings);
  if (!read) return read.error();
  return std::unique_ptr<Engine>(std::make_unique<UrlEngine>(*std::move(read), parts));
}

}  // namespace lazuli::openai
