#include "app_telemetry.h"

#include <gtest/gtest.h>

#include <map>

namespace lazuli {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;
using Headers = std::vector<std::pair<std::string, std::string>>;

openai::TraceCollector collector_of(const Variables& variables, const command_line::Config& config = {}) {
  return trace_collector(config, [&](std::string_view name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

TEST(TraceCollector, IsNoneUnlessItIsNamed) {
  EXPECT_EQ(collector_of({}).url, "");
  EXPECT_EQ(collector_of({{"OTEL_EXPORTER_OTLP_HEADERS", "a=b"}}).url, "");
}

TEST(TraceCollector, IsTheVariablesOne) {
  EXPECT_EQ(collector_of({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/"}}).url, "http://c:4318/v1/traces");
  // The one for traces is taken as it stands.
  EXPECT_EQ(collector_of({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"},
                          {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:1/otlp"}})
                .url,
            "http://t:1/otlp");
}

TEST(TraceCollector, HasTheVariablesHeaders) {
  const auto headers = [](Variables variables) {
    variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://c:4318";
    return collector_of(variables).headers;
  };
  EXPECT_EQ(headers({{"OTEL_EXPORTER_OTLP_HEADERS", " api-key = a%20secret=, x-team=ours,nonsense"}}),
            (Headers{{"api-key", "a secret="}, {"x-team", "ours"}}));
  EXPECT_EQ(headers({{"OTEL_EXPORTER_OTLP_HEADERS", "a=b"}, {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "c=d"}}),
            (Headers{{"c", "d"}}));
}

TEST(TraceCollector, OfTheFileGoesBeforeTheVariables) {
  command_line::Config config;
  config.telemetry_endpoint = "http://file:4318/";
  config.telemetry_headers = {{"x-team", "file"}};
  const auto collector = collector_of(
      {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:1"}, {"OTEL_EXPORTER_OTLP_HEADERS", "a=b"}}, config);
  EXPECT_EQ(collector.url, "http://file:4318/v1/traces");
  EXPECT_EQ(collector.headers, (Headers{{"x-team", "file"}}));
}

}  // namespace
}  // namespace lazuli
