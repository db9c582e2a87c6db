// Who has which role where, in memory: the answer to every access check. Filled from the store's role assignments and
// custom role definitions, and kept up to date by its change feed, so that a revoked role counts from the moment its
// removal is durable. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "providers/authorization/permissions.h"
#include "store/store.h"

namespace lazuli::providers {

inline constexpr std::string_view kRoleAssignments = "Microsoft.Authorization/roleAssignments";
inline constexpr std::string_view kRoleDefinitions = "Microsoft.Authorization/roleDefinitions";

struct RoleDefinition {
  std::string id;  // GUID, lower case
  std::string name;
  bool built_in = false;
  std::vector<Permissions> permissions;
  std::vector<std::string> assignable_scopes;

  bool allows(std::string_view action, access::Plane plane) const;
  bool assignable_at(std::string_view scope) const;
};

class AccessTable {
 public:
  explicit AccessTable(store::Store& store);

  // made_by: assignments made later do not count yet.
  access::Decision check(const access::Principal& who, std::string_view action, std::string_view scope,
                         access::Plane plane, TimePoint made_by = TimePoint::max()) const;
  // Of the roles that the caller has at the scope.
  std::vector<Permissions> permissions_of(const access::Principal& who, std::string_view scope) const;

  std::optional<RoleDefinition> definition(std::string_view id) const;
  bool is_assigned(std::string_view definition_id) const;
  bool has(std::string_view principal, std::string_view definition_id, std::string_view scope) const;

 private:
  struct Grant {
    std::string scope;       // lower case, without closing slash; empty: everywhere
    std::string definition;  // GUID, lower case
    TimePoint made;
  };
  using Grants = std::map<std::string, Grant>;  // by the assignment's key

  void apply(const store::Change& change);
  void put_assignment(const std::string& key, const Json& document);
  void erase_assignment(const std::string& key);
  template <typename Visit>
  void visit(const access::Principal& who, std::string_view scope, const Visit& visit,
             TimePoint made_by = TimePoint::max()) const;

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, RoleDefinition> definitions_;  // by GUID
  std::unordered_map<std::string, Grants> grants_;               // by principal
  std::unordered_map<std::string, std::string> principals_;      // assignment's key → principal
  std::shared_ptr<void> watch_;
};

// Whether a scope is another one or above it. Both in lower case; the empty one is above all.
bool covers(std::string_view scope, std::string_view inner);
// Lower case, without closing slash: "" for "/".
std::string scope_key(std::string_view scope);
// "…/roleDefinitions/GUID" → GUID in lower case.
std::string last_segment(std::string_view id);

}  // namespace lazuli::providers
