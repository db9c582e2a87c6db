#include "openai/traces.h"

#include <algorithm>

namespace lazuli::openai {

namespace {

// The defaults of OpenTelemetry's batch span processor.
constexpr std::size_t kQueue = 2048;
constexpr std::size_t kBatch = 512;
constexpr std::chrono::seconds kDelay(5);
constexpr std::chrono::seconds kTimeout(10);

bool is_id(std::string_view text) {
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return std::ranges::all_of(text, digit) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

std::string TraceContext::header() const {
  return "00-" + trace_id + "-" + span_id + (sampled ? "-01" : "-00");
}

void TraceContext::add_to(net::Headers& headers) const {
  headers.set("traceparent", header());
  if (!state.empty()) headers.set("tracestate", state);
}

std::optional<TraceContext> read_traceparent(std::string_view header) {
  constexpr std::size_t kSize = 55;
  if (header.size() < kSize || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const std::string_view version = header.substr(0, 2), flags = header.substr(53, 2);
  if (version == "ff" || (version == "00" && header.size() != kSize)) return std::nullopt;
  const std::string_view trace = header.substr(3, 32), span = header.substr(36, 16);
  const auto flag = std::string_view("0123456789abcdef").find(flags[1]);
  if (!is_id(trace) || !is_id(span) || flag == std::string_view::npos) return std::nullopt;
  return TraceContext{std::string(trace), std::string(span), (flag & 1) != 0};
}

SpanAttributes& SpanAttributes::text(std::string_view name, std::string_view value) {
  if (!value.empty()) list_.push_back(JsonObject{{"key", name}, {"value", JsonObject{{"stringValue", value}}}});
  return *this;
}

SpanAttributes& SpanAttributes::number(std::string_view name, std::int64_t value) {
  list_.push_back(JsonObject{{"key", name}, {"value", JsonObject{{"intValue", std::to_string(value)}}}});
  return *this;
}

SpanAttributes& SpanAttributes::copy(std::string_view name, const Json* value) {
  if (value == nullptr) return *this;
  if (value->is_double()) {
    list_.push_back(JsonObject{{"key", name}, {"value", JsonObject{{"doubleValue", value->as_double()}}}});
  } else if (value->is_string()) {
    text(name, value->as_string());
  } else if (const auto whole = integer(value)) {
    number(name, *whole);
  }
  return *this;
}

Traces::Traces(TraceCollector collector, Log& log)
    : collector_(std::move(collector)), log_(log), thread_([this] { run(); }) {}

Traces::~Traces() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Traces::add(JsonObject span) {
  std::size_t size = 0;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kQueue) {
      ++dropped_;
      return;
    }
    queue_.push_back(std::move(span));
    size = queue_.size();
  }
  if (size == kBatch) changed_.notify_all();
}

void Traces::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait_for(lock, kDelay, [this] { return stopping_ || queue_.size() >= kBatch; });
    const bool last = stopping_;
    JsonArray batch = std::move(queue_);
    queue_ = JsonArray();
    if (!batch.empty()) {
      lock.unlock();
      send(std::move(batch));
      lock.lock();
    }
    if (last) return;
  }
}

void Traces::send(JsonArray spans) {
  const std::size_t count = spans.size();
  const JsonObject scope{{"scope", JsonObject{{"name", "lazuli.openai"}, {"version", LAZULI_VERSION}}},
                         {"spans", std::move(spans)}};
  const JsonObject resource{
      {"attributes",
       JsonArray{JsonObject{{"key", "service.name"}, {"value", JsonObject{{"stringValue", "lazuli"}}}},
                 JsonObject{{"key", "service.version"}, {"value", JsonObject{{"stringValue", LAZULI_VERSION}}}}}}};
  net::ClientRequest request;
  request.method = "POST";
  request.url = collector_.url;
  for (const auto& [name, value] : collector_.headers) request.headers.set(name, value);
  request.headers.set("Content-Type", "application/json");
  request.body = to_text(
      JsonObject{{"resourceSpans", JsonArray{JsonObject{{"resource", resource}, {"scopeSpans", JsonArray{scope}}}}}});
  request.timeout = kTimeout;
  const auto answer = client_.fetch(std::move(request));
  if (answer && answer->status < 300) return;
  dropped_ += count;
  log_.warning("openai", "Traces could not be sent",
               {{"collector", collector_.url},
                {"spans", count},
                {"cause", answer ? "status " + std::to_string(answer->status) : answer.error().message}});
}

}  // namespace lazuli::openai
