// What lazuli tells those who watch it: where its traces go, and its metrics for a scraper. Pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "command_line/config.h"
#include "net/http.h"
#include "openai/traces.h"

namespace lazuli {

// lazuli.yaml's, or, where it names no endpoint, that of OpenTelemetry's own variables; those for traces go before
// those for everything. `variable`: the value of one of the process, empty if it is not set.
openai::TraceCollector trace_collector(const command_line::Config& config,
                                       const std::function<std::string(std::string_view name)>& variable);

// GET /metrics in Prometheus's text format 0.0.4; nothing else.
std::function<net::Response(const net::Request&)> metrics_handler(std::function<std::string()> metrics);

}  // namespace lazuli
