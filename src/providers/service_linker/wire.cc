#include "providers/service_linker/wire.h"

#include "base/text.h"
#include "crypto/keys.h"
#include "providers/service_linker/names.h"
#include "providers/service_linker/provision.h"

namespace lazuli::providers::service_linker {

namespace {

constexpr std::string_view kPollVersion = "2021-01-01-privatepreview";  // operations' own, whatever was asked with
constexpr std::string_view kPollSegment = "operationStatuses";

// Operations have tags of their own, which move with their status.
std::string entity_tag(const arm::Operation& operation) {
  const auto hash = hex(crypto::sha256(operation.id + operation.status));
  return "\"" + hash.substr(0, 8) + "-0000-0100-0000-" + hash.substr(8, 8) + "0000\"";
}

arm::ResourceId linker_of(const arm::Operation& operation) {
  return arm::ResourceId::parse(operation.resource).value_or(arm::ResourceId());
}

// Where a poll lives. Headers of a first answer spell the location in capitals, those of later ones do not.
arm::Service::PollStyle poll_style(const arm::Operation& operation, bool first, bool with_location) {
  arm::Service::PollStyle style;
  style.provider = kProvider;
  const auto location = string_at(operation.input, "location");
  style.location = first ? to_upper(location) : location;
  style.status_segment = kPollSegment;
  if (with_location) style.result_segment = kPollSegment;
  style.api_version = kPollVersion;
  style.id_suffix = operation_suffix(linker_of(operation));
  return style;
}

JsonObject status_body(const arm::Operation& operation) {
  const auto name = operation.id + operation_suffix(linker_of(operation));
  const bool deletes = operation.kind == kDelete;
  std::string status = operation.status;
  if (!operation.done()) status = deletes ? "Deleting" : "Accepted";
  JsonObject body{
      {"id", "/subscriptions/" + operation.subscription + "/providers/" + std::string(kProvider) + "/locations/" +
                 to_upper(string_at(operation.input, "location")) + "/" + std::string(kPollSegment) + "/" + name},
      {"name", name},
      {"resourceId", operation.resource},
      {"status", status},
      {"startTime", iso8601(operation.started)}};
  if (!operation.done()) return body;
  body["endTime"] = iso8601(operation.ended);
  body["properties"] = operation.result;
  if (operation.status != "Succeeded") body["error"] = arm::Service::error_body(operation.error).at("error");
  return body;
}

}  // namespace

// As Azure's in form: "xxxxxxxx-0000-0100-0000-xxxxxxxx0000". Another one after each write.
std::string entity_tag(const arm::Resource& linker) {
  std::string time = string_or(find(linker.document, "systemData", "lastModifiedAt"));
  const auto hash = hex(crypto::sha256(linker.id() + std::to_string(linker.version) + time));
  return "\"" + hash.substr(0, 8) + "-0000-0100-0000-" + hash.substr(8, 8) + "0000\"";
}

arm::Answer shown(const arm::Resource& linker) {
  auto answer = arm::Answer::json(200, linker.visible());
  answer.headers.set("x-ms-providerhub-traffic", "True");
  answer.headers.set("ETag", entity_tag(linker));
  return answer;
}

arm::Answer begun_put(arm::Service& service, const arm::Resource& linker, const arm::Operation& operation) {
  auto body = linker.visible();
  body["properties"] = in_put_order(object_at(body, "properties"));
  auto answer = arm::Answer::json(201, std::move(body));
  answer.headers.set("x-ms-providerhub-traffic", "True");
  answer.headers.set("ETag", entity_tag(linker));
  service.add_poll_headers(answer, operation, poll_style(operation, true, false));
  return answer;
}

arm::Answer begun(arm::Service& service, const arm::Operation& operation) {
  auto answer = arm::Answer::json(202, nullptr);
  answer.headers.set("x-ms-providerhub-traffic", "True");
  answer.headers.set("ETag", entity_tag(operation));
  service.add_poll_headers(answer, operation, poll_style(operation, true, true));
  return answer;
}

void add_operation_forms(arm::Service& service) {
  // A running create is polled with 200 and no headers; the other two with 202 and both headers again.
  const auto plain = [](const arm::Operation& operation) {
    auto answer = arm::Answer::json(200, status_body(operation));
    answer.headers.set("ETag", entity_tag(operation));
    return answer;
  };
  const auto located = [&service](const arm::Operation& operation) {
    auto answer = arm::Answer::json(operation.done() ? 200 : 202, status_body(operation));
    answer.headers.set("ETag", entity_tag(operation));
    if (!operation.done()) service.add_poll_headers(answer, operation, poll_style(operation, false, true));
    return answer;
  };
  service.add_operation_form(std::string(kCreate), arm::OperationForm{plain, plain});
  service.add_operation_form(std::string(kDelete), arm::OperationForm{located, located});
  service.add_operation_form(std::string(kValidate), arm::OperationForm{located, located});
}

}  // namespace lazuli::providers::service_linker
