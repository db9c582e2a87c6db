#include "arm/service.h"

#include <algorithm>

#include "arm/faults.h"
#include "arm/state.h"
#include "base/text.h"

namespace lazuli::arm {

namespace {

std::size_t depth(const Resource& resource) {
  return split(resource.id(), '/').size();
}

std::string skip_token(std::size_t offset) {
  return base64("{\"offset\":" + std::to_string(offset) + "}");
}

std::size_t offset_of(std::string_view token) {
  const auto text = base64_decode(token);
  const auto parsed = text ? parse_json(*text) : Result<Json>(Json());
  const auto offset = parsed ? integer(find(*parsed, "offset")) : std::nullopt;
  return offset && *offset > 0 ? static_cast<std::size_t>(*offset) : 0;
}

}  // namespace

Service::Service(Parts parts) : state_(std::make_unique<State>(std::move(parts))) {}
Service::~Service() = default;

void Service::add(TypeSpec spec) {
  state_->routing.add(std::move(spec));
}

void Service::add_operation_form(std::string kind, OperationForm form) {
  state_->polls.add_form(std::move(kind), std::move(form));
}

void Service::add_provider_path(std::string provider, std::string path, TypeHandler handler) {
  state_->routing.add_provider_path(std::move(provider), std::move(path), std::move(handler));
}

void Service::add_path(PathSpec spec) {
  state_->routing.add_path(std::move(spec));
}

Resources& Service::resources() {
  return state_->resources;
}
Operations& Service::operations() {
  return state_->operations;
}
const Service::Parts& Service::parts() const {
  return state_->parts;
}
std::vector<const TypeSpec*> Service::types() const {
  return state_->routing.types();
}

Result<Answer> Service::call(std::string_view method, std::string_view id, Json body) {
  return call_as(access::Principal::system(), method, id, std::move(body));
}

Result<Answer> Service::call_as(const access::Principal& caller, std::string_view method, std::string_view id,
                                Json body) {
  const std::size_t mark = id.find('?');
  Call call;
  call.method = method;
  call.path = id.substr(0, mark);
  if (mark != std::string_view::npos) call.query = net::Query(id.substr(mark + 1));
  call.body = std::move(body);
  call.caller = caller;
  call.correlation_id = state_->parts.random.uuid();
  call.url = "https://management.azure.com" + call.path;
  auto answer = Dispatch(*state_).run(std::move(call)).answer;
  if (answer && answer->status >= 400) {
    // Some providers' errors stand without the outer "error" (Microsoft.ContainerService).
    const Json* nested = find(answer->body, "error");
    const Json& error = nested ? *nested : answer->body;
    const std::string code = string_at(error, "code"), message = string_at(error, "message");
    return Error{code.empty() ? "InternalServerError" : code, message.empty() ? "The call failed." : message,
                 answer->status};
  }
  return answer;
}

Result<Answer> Service::call_and_wait(std::string_view method, std::string_view id, Json body,
                                      std::chrono::milliseconds limit) {
  return call_and_wait_as(access::Principal::system(), method, id, std::move(body), limit);
}

Result<Answer> Service::call_and_wait_as(const access::Principal& caller, std::string_view method, std::string_view id,
                                         Json body, std::chrono::milliseconds limit) {
  auto answer = call_as(caller, method, id, std::move(body));
  if (!answer) return answer;
  const auto begun = state_->polls.begun_by(*answer);
  if (!begun) return answer;
  const auto ended = state_->operations.wait(begun->id, limit);
  if (!ended || !ended->done()) {
    return Error{"OperationTimedOut", "The operation on '" + std::string(id) + "' has not ended in time.", 504};
  }
  if (ended->status != "Succeeded") {
    return ended->status == "Canceled" ? Error{"OperationCanceled", "The operation was canceled.", 409} : ended->error;
  }
  if (method == "PUT" || method == "PATCH") return call_as(caller, "GET", id, nullptr);
  return answer;
}

void Service::on_forget(std::string_view type, std::function<Status(const Resource&)> cleanup) {
  state_->cleanups.emplace(to_lower(type), std::move(cleanup));
}

Status Service::forget(const ResourceId& id) {
  auto doomed = state_->resources.below(id);
  if (auto self = state_->resources.get(id)) doomed.push_back(*std::move(self));
  std::ranges::stable_sort(doomed, std::greater<>(), depth);
  for (const auto& resource : doomed) {
    const auto [first, last] = state_->cleanups.equal_range(to_lower(resource.type()));
    for (auto cleanup = first; cleanup != last; ++cleanup) {
      if (auto cleaned = cleanup->second(resource); !cleaned) return cleaned;
    }
    const auto key = ResourceId::parse(resource.id());
    if (!key) continue;
    if (auto removed = state_->resources.remove(*key); !removed) return removed;
  }
  return {};
}

void Service::add_poll_headers(Answer& answer, const Operation& operation, const PollStyle& style) const {
  Polls::add_headers(answer, operation, style);
}

Json Service::error_body(const Error& error) {
  JsonObject inner{{"code", error.code}, {"message", error.message}};
  if (!error.target.empty()) inner["target"] = error.target;
  if (!error.details.is_null()) inner["details"] = error.details;
  return JsonObject{{"error", std::move(inner)}};
}

Json Service::page(const Call& call, JsonArray items) {
  const Json asked(call.query.get("$top"));
  const auto top = integer(&asked);
  const std::size_t from = std::min(offset_of(call.query.get("$skiptoken")), items.size());
  const std::size_t count = top && *top > 0 ? static_cast<std::size_t>(*top) : items.size();
  const std::size_t to = std::min(items.size(), from + std::min(count, items.size()));
  JsonObject out{{"value", JsonArray(items.begin() + static_cast<std::ptrdiff_t>(from),
                                     items.begin() + static_cast<std::ptrdiff_t>(to))}};
  if (to < items.size()) {
    std::string next = call.url + "?";
    for (const auto& [name, value] : call.query) {
      if (!equals_ignoring_case(name, "$skiptoken")) next += percent_encode(name) + "=" + percent_encode(value) + "&";
    }
    out["nextLink"] = next + "%24skiptoken=" + percent_encode(skip_token(to));
  }
  return out;
}

std::function<std::optional<std::string>(const ResourceId&)> Service::stored_etag() {
  return [this](const ResourceId& id) -> std::optional<std::string> {
    const auto resource = state_->resources.get(id);
    return resource ? std::optional(resource->etag()) : std::nullopt;
  };
}

void Service::State::add_operation_identifier(Answer& answer, const Call& call) const {
  answer.headers.set("x-ms-operation-identifier",
                     "tenantId=" + parts.tenant_id + ",objectId=" + call.caller.object_id + "/" +
                         (parts.locations.empty() ? "eastus" : parts.locations.front()) + "/" + parts.random.uuid());
}

void Service::add_operation_identifier(Answer& answer, const Call& call) const {
  state_->add_operation_identifier(answer, call);
}

}  // namespace lazuli::arm
