#include "app_telemetry.h"

#include "base/text.h"

namespace lazuli {

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

// "name=value,name=value", values percent-encoded (OpenTelemetry's specification of its exporter).
Headers read_headers(const std::string& list) {
  Headers headers;
  for (const auto& entry : split(list, ',')) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view all(entry);
    headers.emplace_back(percent_decode(trim(all.substr(0, equals))), percent_decode(trim(all.substr(equals + 1))));
  }
  return headers;
}

}  // namespace

openai::TraceCollector trace_collector(const command_line::Config& config,
                                       const std::function<std::string(std::string_view name)>& variable) {
  const auto base = [](std::string_view endpoint) {
    return std::string(without_trailing_slashes(endpoint)) + "/v1/traces";
  };
  if (!config.telemetry_endpoint.empty()) return {base(config.telemetry_endpoint), config.telemetry_headers};
  const auto either = [&](std::string_view first, std::string_view second) {
    auto value = variable(first);
    return value.empty() ? variable(second) : value;
  };
  Headers headers = read_headers(either("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"));
  if (auto whole = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); !whole.empty()) return {whole, std::move(headers)};
  const auto endpoint = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
  if (endpoint.empty()) return {};
  return {base(endpoint), std::move(headers)};
}

std::function<net::Response(const net::Request&)> metrics_handler(std::function<std::string()> metrics) {
  return [metrics = std::move(metrics)](const net::Request& request) {
    if (request.path != "/metrics") return net::Response::text(404, "Metrics are at /metrics.\n");
    if (request.method != "GET" && request.method != "HEAD") return net::Response::text(405, "Only GET.\n");
    return net::Response::text(200, metrics(), "text/plain; version=0.0.4; charset=utf-8");
  };
}

}  // namespace lazuli
