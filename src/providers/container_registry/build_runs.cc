#include "providers/container_registry/build_runs.h"

#include "base/text.h"
#include "providers/container_registry/registry_document.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;

constexpr std::string_view kRunType = "Microsoft.ContainerRegistry/registries/runs";

Error no_such_run(const Call& call) {
  return {"ResourceNotFound", "The resource " + call.id.name() + " could not be found.", 404};
}

}  // namespace

bool run_matches(const Json& properties, std::string_view filter) {
  for (std::string_view rest = filter; !rest.empty();) {
    const auto end = rest.find(" and ");
    const std::string_view clause = trim(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 5);
    const auto equals = clause.find(" eq ");
    if (equals == std::string_view::npos) continue;
    std::string_view value = trim(clause.substr(equals + 4));
    if (value.size() >= 2 && value.front() == '\'') value = value.substr(1, value.size() - 2);
    const std::string name = to_lower(trim(clause.substr(0, equals)));
    const std::string member = name == "taskname" ? "task" : name == "runid" ? "runId" : name;
    if (!equals_ignoring_case(string_at(properties, member), value)) return false;
  }
  return true;
}

JsonObject BuildRuns::view(const Call& call, const std::string& registry_id, Json properties) const {
  const std::string name = string_at(properties, "runId");
  JsonObject stamped;
  stamp_system_data(stamped, call.caller, service_.parts().clock.now());
  JsonObject system{{"lastModifiedBy", stamped["systemData"].at("lastModifiedBy")},
                    {"lastModifiedByType", stamped["systemData"].at("lastModifiedByType")},
                    {"lastModifiedAt", string_at(properties, "lastUpdatedTime")}};
  return {{"type", kRunType},
          {"properties", std::move(properties)},
          {"id", registry_id + "/runs/" + name},
          {"name", name},
          {"systemData", std::move(system)}};
}

Answer BuildRuns::answered(const Call& call, Json body) const {
  Answer answer = Answer::json(200, std::move(body));
  service_.add_operation_identifier(answer, call);
  return answer;
}

Result<Answer> BuildRuns::upload_url(const Call& call) const {
  if (!service_.resources().get(call.id)) return arm::resource_not_found(call.id);
  const auto area = registry_.build_source_upload(call.id.text());
  return answered(call, JsonObject{{"relativePath", area.relative_path}, {"uploadUrl", area.url}});
}

Result<Answer> BuildRuns::schedule(const Call& call) const {
  const auto registry = service_.resources().get(call.id);
  if (!registry) return arm::resource_not_found(call.id);
  if (!call.body.is_object())
    return arm::bad_request("InvalidRequestContent", "The run request must be a JSON object.");
  auto run = registry_.schedule_run(registry->id(), call.body);
  if (!run) return run.error();
  // The first answer is a short one, as Azure's.
  JsonObject properties;
  for (const char* name : {"runId", "status", "lastUpdatedTime", "provisioningState", "isArchiveEnabled"})
    if (const Json* value = find(*run, name)) properties[name] = *value;
  return answered(call, view(call, registry->id(), std::move(properties)));
}

Result<Answer> BuildRuns::get(const Call& call) const {
  const auto registry = call.id.parent();
  auto run = registry_.run(registry->text(), call.id.name());
  if (!run) return no_such_run(call);
  return answered(call, view(call, registry->text(), *std::move(run)));
}

Result<Answer> BuildRuns::list(const Call& call) const {
  const std::string text = call.id.text().substr(0, call.id.text().rfind('/'));
  const std::string filter = call.query.get("$filter");
  const Json top_text(call.query.get("$top"));
  const std::int64_t top = integer(&top_text).value_or(100);
  JsonArray items;
  for (auto& run : registry_.runs(text)) {
    if (static_cast<std::int64_t>(items.size()) >= top) break;
    if (run_matches(run, filter)) items.push_back(view(call, text, std::move(run)));
  }
  return Answer::json(200, JsonObject{{"value", std::move(items)}});
}

Result<Answer> BuildRuns::patch(const Call& call) const {
  const Json* archived = find(call.body, "isArchiveEnabled");
  if (!archived) archived = find(call.body, "properties", "isArchiveEnabled");
  if (!archived || !archived->is_bool())
    return arm::bad_request("InvalidRequestContent", "A run can be changed in isArchiveEnabled alone.");
  if (!registry_.run(call.id.parent()->text(), call.id.name())) return no_such_run(call);
  auto run = registry_.archive_run(call.id.parent()->text(), call.id.name(), archived->as_bool());
  if (!run) return run.error();
  JsonObject body = view(call, call.id.parent()->text(), *std::move(run));
  stamp_system_data(body, call.caller, service_.parts().clock.now());
  return answered(call, std::move(body));
}

Result<Answer> BuildRuns::cancel(const Call& call) const {
  auto done = registry_.cancel_run(call.id.parent()->text(), call.id.name());
  if (!done) return done.error().status == 404 ? no_such_run(call) : done.error();
  return Answer::no_body(200);
}

Result<Answer> BuildRuns::log_url(const Call& call) const {
  if (!registry_.run(call.id.parent()->text(), call.id.name())) return no_such_run(call);
  return answered(call, JsonObject{{"logLink", registry_.run_log_url(call.id.parent()->text(), call.id.name())}});
}

}  // namespace lazuli::providers
