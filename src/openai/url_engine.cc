#include "openai/url_engine.h"

#include <cstdlib>

#include "base/files.h"
#include "base/text.h"
#include "openai/errors.h"
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
  upstream.url = string_at(settings, "url");
  while (upstream.url.ends_with('/')) upstream.url.pop_back();
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
  if (const auto* several = find(settings, "upstreams"); several && several->is_array()) {
    for (const auto& one : several->as_array()) {
      auto upstream = read_upstream(one, defaults);
      if (!upstream) return upstream.error();
      list.push_back(*std::move(upstream));
    }
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
  return status == 429 || status == 408 || status >= 500;
}

class UrlEngine final : public Engine {
 public:
  UrlEngine(std::vector<Upstream> list, milliseconds timeout, net::ClientOptions options, const EngineParts& parts)
      : upstreams_(std::move(list)),
        timeout_(timeout),
        client_(std::move(options)),
        clock_(parts.clock),
        log_(parts.log) {}

  std::string_view kind() const override { return "url"; }

  net::Task<Result<EngineAnswer>> open(const EngineCall& call) override {
    Error last = engine_unavailable("No engine that serves this deployment can be reached.", milliseconds(1000));
    for (const auto index : upstreams_.order(clock_.now())) {
      const Upstream& upstream = upstreams_.at(index);
      auto opened = co_await client_.open(request_for(upstream, call));
      if (!opened) {
        if (opened.error().code == "Cancelled") co_return opened.error();
        last = lost(index, upstream, opened.error());
        continue;
      }
      const net::Response& head = (*opened)->head();
      if (worth_another(head.status) && head.status != 501) {
        const auto pause = asked_wait(head);
        upstreams_.failed(index, clock_.now(), pause);
        log_.warning("openai", "An engine answered with an error", {{"engine", upstream.url}, {"status", head.status}});
        last = head.status == 429 ? busy(pause.value_or(milliseconds(1000)))
                                  : engine_unavailable("The engine that serves this deployment answered with status " +
                                                           std::to_string(head.status) + ".",
                                                       upstreams_.until_well(clock_.now()));
        continue;
      }
      upstreams_.succeeded(index);
      co_return EngineAnswer(*std::move(opened), upstream.model.empty() ? upstream.url : upstream.model);
    }
    co_return last;
  }

 private:
  net::ClientRequest request_for(const Upstream& upstream, const EngineCall& call) const {
    net::ClientRequest request;
    request.method = "POST";
    request.url = upstream.url + std::string(engine_path(call.operation));
    request.headers.set("Content-Type", "application/json");
    request.headers.set("x-request-id", std::string(call.request_id));
    if (!upstream.key.empty()) request.headers.set("Authorization", "Bearer " + upstream.key);
    request.body = engine_body(call.inference, call.text, upstream.model.empty() ? call.deployment : upstream.model);
    request.timeout = timeout_;
    return request;
  }

  Error lost(std::size_t index, const Upstream& upstream, const Error& cause) {
    upstreams_.failed(index, clock_.now());
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
  milliseconds timeout_;
  net::Client client_;
  const Clock& clock_;
  Log& log_;
};

}  // namespace

Result<std::unique_ptr<Engine>> make_url_engine(const Json& settings, const EngineParts& parts) {
  auto list = read_upstreams(settings);
  if (!list) return list.error();
  net::ClientOptions options;
  if (const auto file = string_at(settings, "trust"); !file.empty()) {
    auto text = read_file(file);
    if (!text) return text.error();
    options.trust = *std::move(text);
  }
  const auto seconds = std::max<std::int64_t>(1, integer(find(settings, "timeout")).value_or(120));
  return std::unique_ptr<Engine>(
      std::make_unique<UrlEngine>(*std::move(list), std::chrono::seconds(seconds), std::move(options), parts));
}

}  // namespace lazuli::openai
