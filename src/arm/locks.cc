#include "arm/locks.h"

#include "arm/faults.h"
#include "base/text.h"

namespace lazuli::arm {

namespace {

void add_locked(std::vector<std::string>& locked, const Resource& lock, bool deleting) {
  const bool holds = deleting || equals_ignoring_case(lock.property_text("level"), "ReadOnly");
  const auto id = ResourceId::parse(lock.id());
  if (holds && id) locked.push_back(id->scope().text());
}

std::vector<std::string> locked_scopes(const Resources& resources, const ResourceId& id, bool deleting) {
  std::vector<std::string> locked;
  for (auto scope = std::optional<ResourceId>(id); scope; scope = scope->parent()) {
    const auto locks = ResourceId::parse(scope->text() + "/providers/" + std::string(kLockType));
    for (const auto& lock : resources.children(*locks)) add_locked(locked, lock, deleting);
  }
  if (deleting && locked.empty()) {
    for (const auto& lock : resources.of_type(kLockType, id.text())) add_locked(locked, lock, true);
  }
  return locked;
}

}  // namespace

Status check_locks(const Resources& resources, const ResourceId& id, std::string_view method) {
  if (method == "GET" || method == "HEAD" || equals_ignoring_case(id.type(), kLockType)) return {};
  const bool deleting = method == "DELETE";
  const auto locked = locked_scopes(resources, id, deleting);
  if (locked.empty()) return {};
  return scope_locked(id, deleting ? "delete" : "write", locked);
}

}  // namespace lazuli::arm
