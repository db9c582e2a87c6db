#include "providers/resources/locks.h"

#include "arm/locks.h"
#include "base/text.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

Result<std::string> level_of(const Json& body) {
  const std::string asked = string_at(body, "properties", "level");
  for (const std::string_view known : {"CanNotDelete", "ReadOnly", "NotSpecified"}) {
    if (equals_ignoring_case(asked, known)) return std::string(known);
  }
  return arm::bad_request("InvalidLockLevel",
                          "The lock level '" + asked + "' is not valid. It can be 'CanNotDelete' or 'ReadOnly'.");
}

Result<Answer> put(arm::Service& service, const Call& call) {
  const auto level = level_of(call.body);
  if (!level) return level.error();
  const auto existing = service.resources().get(call.id);
  JsonObject properties{{"level", *level}};
  const std::string notes = string_at(call.body, "properties", "notes");
  if (!notes.empty()) properties["notes"] = notes;
  if (const Json* owners = find(call.body, "properties", "owners"); owners && owners->is_array()) {
    properties["owners"] = *owners;
  }
  Resource lock;
  // Ids keep the spelling of the request that made them, as recorded.
  const std::string id = existing ? existing->id() : call.path;
  lock.document = {{"properties", std::move(properties)},
                   {"id", id},
                   {"type", arm::kLockType},
                   {"name", id.substr(id.rfind('/') + 1)}};
  if (auto saved = service.resources().save(lock); !saved) return saved.error();
  return Answer::json(existing ? 200 : 201, lock.visible());
}

Result<Answer> get(arm::Service& service, const Call& call) {
  const auto lock = service.resources().get(call.id);
  if (!lock) return Error{"LockNotFound", "The lock '" + call.id.name() + "' could not be found.", 404};
  return Answer::json(200, lock->visible());
}

// At the scope, above it, and, unless the filter says atScope(), below it.
Result<Answer> list(arm::Service& service, const Call& call) {
  const ResourceId scope = call.id.scope();
  const bool only_at = equals_ignoring_case(trim(call.query.get("$filter")), "atScope()");
  JsonArray items;
  for (const auto& lock : service.resources().of_type(arm::kLockType)) {
    const ResourceId at = ResourceId::parse(lock.id())->scope();
    if (scope.is_within(at) || (!only_at && at.is_within(scope))) items.push_back(lock.visible());
  }
  return Answer::json(200, arm::Service::page(call, std::move(items)));
}

Result<Answer> remove(arm::Service& service, const Call& call) {
  if (!service.resources().get(call.id)) return Answer::no_body(204);
  if (auto gone = service.resources().remove(call.id); !gone) return gone.error();
  return Answer::no_body(200);
}

}  // namespace

void add_locks(arm::Service& service) {
  arm::TypeSpec spec;
  spec.type = arm::kLockType;
  spec.api_versions = {"2020-05-01", "2017-04-01", "2016-09-01", "2015-01-01"};
  spec.get = [&service](const Call& call) { return get(service, call); };
  spec.list = [&service](const Call& call) { return list(service, call); };
  spec.put = [&service](const Call& call) { return put(service, call); };
  spec.del = [&service](const Call& call) { return remove(service, call); };
  service.add(std::move(spec));
}

}  // namespace lazuli::providers
