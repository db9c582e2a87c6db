#include "providers/cognitive_services/polling.h"

namespace lazuli::providers {

namespace {

constexpr std::string_view kProvider = "Microsoft.CognitiveServices";
constexpr std::string_view kPollVersion = "2017-04-18";
constexpr std::string_view kSegment = "operationResults";

}  // namespace

arm::OperationForm cognitive_services_form(std::string running) {
  arm::OperationForm form;
  form.one_segment = true;
  form.status = [running](const arm::Operation& operation) {
    const std::string location = string_at(operation.input, "location");
    JsonObject body{{"id", "/subscriptions/" + operation.subscription + "/providers/" + std::string(kProvider) +
                               "/locations/" + location + "/" + std::string(kSegment) + "/" + operation.id},
                    {"name", operation.id},
                    {"status", operation.done() ? operation.status : running},
                    {"startTime", iso8601(operation.started, 0)}};
    if (operation.done()) body["endTime"] = iso8601(operation.ended, 0);
    if (operation.status == "Failed") body["error"] = arm::Service::error_body(operation.error).at("error");
    return arm::Answer::json(200, std::move(body));
  };
  return form;
}

void add_cognitive_services_poll(const arm::Service& service, arm::Answer& answer, const arm::Operation& operation,
                                 std::string_view location, bool with_result) {
  arm::Service::PollStyle style;
  style.provider = kProvider;
  style.location = location;
  style.status_segment = kSegment;
  if (with_result) style.result_segment = kSegment;
  style.api_version = kPollVersion;
  service.add_poll_headers(answer, operation, style);
}

}  // namespace lazuli::providers
