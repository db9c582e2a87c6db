// A call's spans (traces.h): one for the call, a child of the caller's, in the words of the HTTP conventions, and
// beneath it one for the engine's part, if it came to that, in those of the conventions for generative AI. Never a
// prompt or an answer.
#include "base/text.h"
#include "openai/call.h"

namespace lazuli::openai {

namespace {

constexpr int kServer = 2, kClient = 3;  // SpanKind
constexpr std::size_t kMostState = 512;  // W3C Trace Context, section 3.3.1.5

std::string_view operation_name(Operation operation) {
  switch (operation) {
    case Operation::completion:
      return "text_completion";
    case Operation::embedding:
      return "embeddings";
    default:
      return "chat";
  }
}

std::string nanoseconds(TimePoint time) {
  using std::chrono::duration_cast;
  return std::to_string(duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

// Of the address, with the names in it left open: what the HTTP conventions call http.route.
std::string route_name(const Route& route, std::string_view path) {
  if (route.deployment.empty()) return std::string(path);
  return "/openai/deployments/{deployment}" + std::string(engine_path(route.operation));
}

JsonObject span_of(const TraceContext& trace, std::string_view id, std::string_view parent, std::string name,
                   int kind) {
  JsonObject span{{"traceId", trace.trace_id}, {"spanId", id}, {"name", std::move(name)}, {"kind", kind}};
  if (!trace.state.empty()) span["traceState"] = trace.state;
  if (!parent.empty()) span["parentSpanId"] = parent;
  return span;
}

void close(JsonObject& span, TimePoint began, TimePoint ended, SpanAttributes attributes, std::string_view error) {
  attributes.text("error.type", error);
  span["startTimeUnixNano"] = nanoseconds(began);
  span["endTimeUnixNano"] = nanoseconds(ended);
  span["attributes"] = attributes.take();
  span["status"] = JsonObject{{"code", error.empty() ? 0 : 2}};
}

}  // namespace

void Call::begin_trace() {
  if (services_.traces == nullptr) return;
  const net::Headers& headers = exchange_.request().headers;
  const auto parent = read_traceparent(headers.get("traceparent"));
  trace_ = parent.value_or(TraceContext{hex(services_.random.bytes(16)), {}, true});
  if (parent) trace_->state = std::string(headers.get("tracestate")).substr(0, kMostState);
  parent_span_ = trace_->span_id;
  trace_->span_id = hex(services_.random.bytes(8));
}

void Call::begin_engine_span() {
  if (!trace_) return;
  engine_span_ = hex(services_.random.bytes(8));
  engine_began_ = services_.clock.now();
}

TraceContext Call::engine_trace() const {
  TraceContext trace = trace_.value_or(TraceContext());
  trace.span_id = engine_span_;
  return trace;
}

void Call::end_trace(const Served& counted) const {
  if (!trace_ || !trace_->sampled || !inference_) return;
  const TimePoint end = services_.clock.now();
  if (engine_began_) services_.traces->add(engine_span(counted, end));
  services_.traces->add(server_span(counted, end));
}

std::string Call::trace_error(const Served& counted) const {
  if (!code_.empty()) return code_;
  return counted.status >= 400 ? std::to_string(counted.status) : std::string();
}

JsonObject Call::server_span(const Served& counted, TimePoint end) const {
  const net::Request& request = exchange_.request();
  const std::string route = route_name(*route_, request.path);
  SpanAttributes attributes;
  attributes.text("http.request.method", request.method)
      .text("http.route", route)
      .text("url.scheme", "https")
      .text("url.path", request.path)
      .text("server.address", request.host)
      .text("client.address", request.peer)
      .number("http.response.status_code", counted.status)
      .text("lazuli.account", counted.account)
      .text("lazuli.deployment", counted.deployment)
      .text("lazuli.request.id", request_id_)
      .text("enduser.id", counted.identity);
  JsonObject span = span_of(*trace_, trace_->span_id, parent_span_, request.method + " " + route, kServer);
  close(span, end - counted.duration, end, std::move(attributes), trace_error(counted));
  return span;
}

JsonObject Call::engine_span(const Served& counted, TimePoint end) const {
  const std::string& model = deployment_->info.model_name;
  const std::string operation(operation_name(inference_->operation));
  const Json& body = inference_->body;
  SpanAttributes attributes;
  attributes.text("gen_ai.operation.name", operation)
      .text("gen_ai.provider.name", "openai")  // whose form engines speak
      .text("gen_ai.request.model", model)
      .text("gen_ai.response.model", engine_model_)
      .copy("gen_ai.request.max_tokens", find(body, "max_tokens"))
      .copy("gen_ai.request.temperature", find(body, "temperature"))
      .copy("gen_ai.request.top_p", find(body, "top_p"))
      .copy("gen_ai.request.frequency_penalty", find(body, "frequency_penalty"))
      .copy("gen_ai.request.presence_penalty", find(body, "presence_penalty"))
      .copy("gen_ai.request.seed", find(body, "seed"))
      .copy("gen_ai.request.choice.count", find(body, "n"))
      .text("lazuli.engine.kind", deployment_->engine->kind())
      .text("lazuli.deployment", counted.deployment);
  if (usage_.total() > 0) {
    attributes.number("gen_ai.usage.input_tokens", usage_.prompt)
        .number("gen_ai.usage.output_tokens", usage_.completion);
  }
  JsonObject span = span_of(*trace_, engine_span_, trace_->span_id, operation + " " + model, kClient);
  close(span, *engine_began_, engine_ended_.value_or(end), std::move(attributes), trace_error(counted));
  return span;
}

}  // namespace lazuli::openai
