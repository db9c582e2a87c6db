#include "arm/polls.h"

#include <array>
#include <cctype>

#include "base/text.h"

namespace lazuli::arm {

namespace {

constexpr std::string_view kHost = "https://management.azure.com";
constexpr std::string_view kLocationQuery = "operationResultResponseType";  // as Microsoft.CognitiveServices has it
constexpr std::array<std::string_view, 5> kPollSegments = {"operations", "operationStatuses", "operationsStatus",
                                                           "operationResults", "asyncOperations"};

std::string url(const Operation& operation, const Service::PollStyle& style, const std::string& segment) {
  return std::string(kHost) + "/subscriptions/" + operation.subscription + "/providers/" + style.provider +
         "/locations/" + style.location + "/" + segment + "/" + operation.id + style.id_suffix +
         "?api-version=" + style.api_version;
}

// The first GUID in a text, in lower case. Providers put words before or digits after it ("registries-GUID").
std::optional<std::string> guid_in(std::string_view text) {
  constexpr std::size_t kLength = 36;
  for (std::size_t start = 0; start + kLength <= text.size(); ++start) {
    bool fits = true;
    for (std::size_t i = 0; i < kLength && fits; ++i) {
      const char c = text[start + i];
      const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      fits = dash ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
    }
    if (fits) return to_lower(text.substr(start, kLength));
  }
  return std::nullopt;
}

bool speaks_of_results(std::string_view segment) {
  return to_lower(segment).find("result") != std::string::npos;
}

Answer common_status(const Operation& operation, const std::string& path) {
  JsonObject body{{"id", path},
                  {"name", path.substr(path.rfind('/') + 1)},
                  {"status", operation.status},
                  {"startTime", iso8601(operation.started)}};
  if (operation.done()) body["endTime"] = iso8601(operation.ended);
  if (operation.status == "Failed") body["error"] = Service::error_body(operation.error).at("error");
  return Answer::json(200, std::move(body));
}

Answer common_result(const Operation& operation) {
  if (!operation.done()) return Answer::no_body(202);
  if (operation.status == "Succeeded") {
    return operation.result.is_object() ? Answer::json(200, operation.result) : Answer::no_body(200);
  }
  return Answer::json(operation.error.status, Service::error_body(operation.error));
}

}  // namespace

void Polls::add_headers(Answer& answer, const Operation& operation, const Service::PollStyle& style) {
  answer.operation = operation.id;
  if (!style.status_segment.empty()) {
    answer.headers.set("Azure-AsyncOperation", url(operation, style, style.status_segment));
  }
  if (!style.result_segment.empty()) {
    std::string location = url(operation, style, style.result_segment);
    if (equals_ignoring_case(style.status_segment, style.result_segment)) {
      location += "&" + std::string(kLocationQuery) + "=Location";
    }
    answer.headers.set("Location", std::move(location));
  }
  answer.headers.set("Retry-After", std::to_string(style.retry_after));
}

std::optional<Operation> Polls::operation_at(std::string_view path) const {
  const auto segments = split(path, '/');
  if (segments.size() < 4) return std::nullopt;
  bool poll = false;
  for (const auto known : kPollSegments) poll = poll || equals_ignoring_case(known, segments[segments.size() - 2]);
  const auto guid = poll ? guid_in(segments.back()) : std::nullopt;
  auto operation = guid ? operations_.find(*guid) : std::nullopt;
  // An id of another subscription's path does not open this one.
  if (operation && !equals_ignoring_case(operation->subscription, segments[1])) return std::nullopt;
  return operation;
}

Answer Polls::answer(const Operation& operation, const Call& call) const {
  const auto found = forms_.find(operation.kind);
  const OperationForm form = found == forms_.end() ? OperationForm{} : found->second;
  const auto segments = split(call.path, '/');
  const bool location = equals_ignoring_case(call.query.get(kLocationQuery), "Location");
  const bool result = location || (!form.one_segment && speaks_of_results(segments[segments.size() - 2]));
  Answer answer = result ? (form.result ? form.result(operation) : common_result(operation))
                         : (form.status ? form.status(operation) : common_status(operation, call.path));
  if (!operation.done()) {
    if (!answer.headers.has("Retry-After")) answer.headers.set("Retry-After", "1");
    if (result && !answer.headers.has("Location")) {
      std::string url = call.url;
      char separator = '?';
      for (const auto& [name, value] : call.query) {
        url += separator + name + "=" + percent_encode(value);
        separator = '&';
      }
      answer.headers.set("Location", url);
    }
  }
  return answer;
}

std::optional<Operation> Polls::begun_by(const Answer& answer) const {
  if (!answer.operation.empty()) return operations_.find(answer.operation);
  for (const std::string_view header : {"Azure-AsyncOperation", "Location"}) {
    std::string_view value = answer.headers.get(header);
    value = value.substr(0, value.find('?'));
    if (value.starts_with(kHost)) value.remove_prefix(kHost.size());
    if (auto operation = operation_at(value)) return operation;
  }
  return std::nullopt;
}

}  // namespace lazuli::arm
