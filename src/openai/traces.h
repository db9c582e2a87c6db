// OpenTelemetry traces: a SERVER span for each call and beneath it a CLIENT span for the engine's part, in the words of
// the semantic conventions for HTTP and for GenAI, sent as OTLP over HTTP in JSON. Spans are collected and sent in
// batches by a thread of its own: a call never waits for the collector, and what finds the queue full is dropped and
// counted. W3C trace context comes in and goes on to the engine. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "net/client.h"

namespace lazuli::openai {

// Hexadecimal, as in the header `traceparent` (W3C Trace Context, section 3.2).
struct TraceContext {
  std::string trace_id, span_id;
  bool sampled = true;
  std::string state = {};  // the header `tracestate`, passed on as it came
  std::string header() const;
  void add_to(net::Headers& headers) const;
};

std::optional<TraceContext> read_traceparent(std::string_view header);

// Where spans go. Headers are often keys: they are sent, and never shown.
struct TraceCollector {
  std::string url;  // the whole one: "http://127.0.0.1:4318/v1/traces"; empty: there is none
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class SpanAttributes {
 public:
  SpanAttributes& text(std::string_view name, std::string_view value);  // left out if empty
  SpanAttributes& number(std::string_view name, std::int64_t value);
  SpanAttributes& copy(std::string_view name, const Json* value);  // a number or a text of the request; else left out
  JsonArray take() { return std::move(list_); }

 private:
  JsonArray list_;
};

class Traces {
 public:
  Traces(TraceCollector collector, Log& log);
  ~Traces();  // sends what is there, waiting no longer than one request may take
  Traces(const Traces&) = delete;

  void add(JsonObject span);
  std::uint64_t dropped() const { return dropped_; }

 private:
  void run();
  void send(JsonArray spans);

  TraceCollector collector_;
  Log& log_;
  net::Client client_;
  std::atomic<std::uint64_t> dropped_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  JsonArray queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lazuli::openai
