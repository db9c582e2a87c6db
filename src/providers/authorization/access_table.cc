#include "providers/authorization/access_table.h"

#include <algorithm>
#include <ctime>
#include <mutex>

#include "arm/resources.h"
#include "base/text.h"
#include "providers/authorization/built_in_roles.h"

namespace lazuli::providers {

namespace {

// Whether a key is that of a resource of this type: …/providers/microsoft.authorization/roleassignments/NAME.
bool is_of_type(std::string_view key, std::string_view type) {
  const std::size_t name = key.rfind('/');
  return name != std::string_view::npos &&
         ends_with_ignoring_case(key.substr(0, name), "/providers/" + std::string(type));
}

RoleDefinition custom_role(const std::string& key, const Json& document) {
  RoleDefinition role{last_segment(key), string_at(document, "properties", "roleName"), false, {}, {}};
  const Json* permissions = find(document, "properties", "permissions");
  if (permissions && permissions->is_array()) {
    for (const auto& item : permissions->as_array()) role.permissions.push_back(Permissions::from_json(item));
  }
  const Json* scopes = find(document, "properties", "assignableScopes");
  if (scopes && scopes->is_array()) {
    for (const auto& scope : scopes->as_array()) role.assignable_scopes.push_back(string_or(&scope));
  }
  return role;
}

// "2026-11-24T08:28:14.1234567Z"; long ago if it is none.
TimePoint made_at(const std::string& iso8601_text) {
  std::tm parts{};
  return strptime(iso8601_text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) ? from_unix(timegm(&parts)) : TimePoint::min();
}

}  // namespace

bool covers(std::string_view scope, std::string_view inner) {
  return inner.starts_with(scope) && (scope.size() == inner.size() || scope.empty() || inner[scope.size()] == '/');
}

std::string scope_key(std::string_view scope) {
  scope = without_trailing_slashes(scope);
  return to_lower(scope);
}

std::string last_segment(std::string_view id) {
  return to_lower(id.substr(id.rfind('/') + 1));
}

bool RoleDefinition::allows(std::string_view action, access::Plane plane) const {
  return std::ranges::any_of(permissions, [&](const Permissions& each) { return each.allow(action, plane); });
}

bool RoleDefinition::assignable_at(std::string_view scope) const {
  if (built_in) return true;
  const std::string key = scope_key(scope);
  return std::ranges::any_of(assignable_scopes,
                             [&](const std::string& assignable) { return covers(scope_key(assignable), key); });
}

AccessTable::AccessTable(store::Store& store) {
  for (const auto& role : built_in_roles()) {
    definitions_[role.id] = RoleDefinition{role.id, role.name, true, {role.permissions}, {"/"}};
  }
  watch_ = store.watch(std::string(arm::kResources), [this](const store::Change& change) { apply(change); });
  for (auto& stored : store.list(arm::kResources)) {
    apply({std::string(arm::kResources), stored.key, std::make_shared<const Json>(std::move(stored.value))});
  }
}

void AccessTable::apply(const store::Change& change) {
  if (is_of_type(change.key, kRoleAssignments)) {
    const std::unique_lock lock(mutex_);
    erase_assignment(change.key);
    if (change.value) put_assignment(change.key, *change.value);
  } else if (is_of_type(change.key, kRoleDefinitions)) {
    const std::unique_lock lock(mutex_);
    if (change.value) {
      definitions_[last_segment(change.key)] = custom_role(change.key, *change.value);
    } else {
      definitions_.erase(last_segment(change.key));
    }
  }
}

void AccessTable::put_assignment(const std::string& key, const Json& document) {
  std::string principal = to_lower(string_at(document, "properties", "principalId"));
  grants_[principal][key] = Grant{scope_key(string_at(document, "properties", "scope")),
                                  last_segment(string_at(document, "properties", "roleDefinitionId")),
                                  made_at(string_at(document, "properties", "createdOn"))};
  principals_[key] = std::move(principal);
}

void AccessTable::erase_assignment(const std::string& key) {
  const auto owner = principals_.find(key);
  if (owner == principals_.end()) return;
  const auto grants = grants_.find(owner->second);
  grants->second.erase(key);
  if (grants->second.empty()) grants_.erase(grants);
  principals_.erase(owner);
}

template <typename Visit>
void AccessTable::visit(const access::Principal& who, std::string_view scope, const Visit& visit,
                        TimePoint made_by) const {
  const std::string inner = scope_key(scope);
  const std::shared_lock lock(mutex_);
  const auto visit_grants_of = [&](std::string_view principal) {
    const auto grants = grants_.find(to_lower(principal));
    if (grants == grants_.end()) return false;
    for (const auto& [key, grant] : grants->second) {
      if (!covers(grant.scope, inner) || grant.made > made_by) continue;
      const auto role = definitions_.find(grant.definition);
      // A custom role that was narrowed later grants nothing outside the scopes it has left.
      if (role == definitions_.end() || !role->second.assignable_at(grant.scope)) continue;
      if (visit(role->second, grant.scope)) return true;
    }
    return false;
  };
  if (visit_grants_of(who.object_id)) return;
  for (const auto& group : who.groups) {
    if (visit_grants_of(group)) return;
  }
}

access::Decision AccessTable::check(const access::Principal& who, std::string_view action, std::string_view scope,
                                    access::Plane plane, TimePoint made_by) const {
  if (who.type == access::PrincipalType::system) return {true, {}, {}};
  access::Decision decision;
  visit(
      who, scope,
      [&](const RoleDefinition& role, const std::string& at) {
        if (!role.allows(action, plane)) return false;
        decision = {true, role.name, at.empty() ? "/" : at};
        return true;
      },
      made_by);
  return decision;
}

std::vector<Permissions> AccessTable::permissions_of(const access::Principal& who, std::string_view scope) const {
  std::vector<Permissions> all;
  visit(who, scope, [&](const RoleDefinition& role, const std::string&) {
    all.insert(all.end(), role.permissions.begin(), role.permissions.end());
    return false;
  });
  return all;
}

std::optional<RoleDefinition> AccessTable::definition(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = definitions_.find(to_lower(id));
  return found == definitions_.end() ? std::nullopt : std::optional(found->second);
}

bool AccessTable::is_assigned(std::string_view definition_id) const {
  const std::string id = to_lower(definition_id);
  const std::shared_lock lock(mutex_);
  return std::ranges::any_of(grants_, [&](const auto& of) {
    return std::ranges::any_of(of.second, [&](const auto& grant) { return grant.second.definition == id; });
  });
}

bool AccessTable::has(std::string_view principal, std::string_view definition_id, std::string_view scope) const {
  const std::string id = to_lower(definition_id);
  const std::string at = scope_key(scope);
  const std::shared_lock lock(mutex_);
  const auto grants = grants_.find(to_lower(principal));
  return grants != grants_.end() && std::ranges::any_of(grants->second, [&](const auto& grant) {
           return grant.second.definition == id && grant.second.scope == at;
         });
}

}  // namespace lazuli::providers
