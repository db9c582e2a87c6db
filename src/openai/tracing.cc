// A call's span (traces.h): begun with the call as a child of the caller's, ended with it. OpenTelemetry's semantic
// conventions for generative AI and HTTP; never a prompt or an answer.
#include "base/text.h"
#include "openai/call.h"

namespace lazuli::openai {

namespace {

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

}  // namespace

void Call::begin_trace() {
  if (services_.traces == nullptr) return;
  const auto parent = read_traceparent(exchange_.request().headers.get("traceparent"));
  trace_ = parent.value_or(TraceContext{hex(services_.random.bytes(16)), {}, true});
  parent_span_ = trace_->span_id;
  trace_->span_id = hex(services_.random.bytes(8));
}

void Call::end_trace(const Served& counted) const {
  if (!trace_ || !trace_->sampled || !inference_) return;
  const net::Request& request = exchange_.request();
  const std::string model = deployment_ ? deployment_->info.model_name : inference_->model;
  const std::string operation(operation_name(inference_->operation));
  const Json& body = inference_->body;
  SpanAttributes attributes;
  attributes.text("gen_ai.operation.name", operation)
      .text("gen_ai.provider.name", "azure.ai.openai")
      .text("gen_ai.request.model", model)
      .text("gen_ai.response.model", deployment_ ? std::string_view(deployment_->answer_model) : std::string_view())
      .text("server.address", request.host)
      .text("http.request.method", request.method)
      .text("url.path", request.path)
      .number("http.response.status_code", counted.status)
      .copy("gen_ai.request.max_tokens", find(body, "max_tokens"))
      .copy("gen_ai.request.temperature", find(body, "temperature"))
      .copy("gen_ai.request.top_p", find(body, "top_p"))
      .copy("gen_ai.request.seed", find(body, "seed"))
      .copy("gen_ai.request.choice.count", find(body, "n"))
      .text("lazuli.account", counted.account)
      .text("lazuli.deployment", counted.deployment)
      .text("lazuli.engine.model", engine_model_)
      .text("enduser.id", counted.identity);
  if (usage_.total() > 0) {
    attributes.number("gen_ai.usage.input_tokens", usage_.prompt)
        .number("gen_ai.usage.output_tokens", usage_.completion);
  }
  const bool failed = counted.status >= 400 || !code_.empty();
  if (failed) attributes.text("error.type", code_.empty() ? std::to_string(counted.status) : code_);
  const TimePoint end = services_.clock.now();
  JsonObject span{{"traceId", trace_->trace_id},
                  {"spanId", trace_->span_id},
                  {"name", operation + " " + model},
                  {"kind", 2},  // SERVER
                  {"startTimeUnixNano", nanoseconds(end - counted.duration)},
                  {"endTimeUnixNano", nanoseconds(end)},
                  {"attributes", attributes.take()},
                  {"status", JsonObject{{"code", failed ? 2 : 0}}}};
  if (!parent_span_.empty()) span["parentSpanId"] = parent_span_;
  services_.traces->add(std::move(span));
}

}  // namespace lazuli::openai
