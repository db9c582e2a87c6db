#include "registry/rights.h"

#include <algorithm>

#include "base/text.h"

namespace lazuli::registry {

namespace {

constexpr std::string_view kNamespace = "Microsoft.ContainerRegistry/registries/";

// Azure's built-in roles: AcrPull has pull/read, AcrPush push/write too, AcrDelete artifacts/delete, Reader */read,
// Contributor and Owner *. "Container Registry Repository …" have the data actions.
struct Grant {
  std::string_view right;
  std::string_view action;
  std::string_view data_action;
};
constexpr Grant kGrants[] = {
    {kPull, "pull/read", "repositories/content/read"},
    {kPush, "push/write", "repositories/content/write"},
    {kDelete, "artifacts/delete", "repositories/content/delete"},
    {kMetadataRead, "metadata/read", "repositories/metadata/read"},
    {kMetadataRead, "pull/read", ""},
    {kMetadataWrite, "metadata/write", "repositories/metadata/write"},
    {kCatalog, "pull/read", "catalog/read"},
    {kCatalog, "metadata/read", ""},
};

std::string spelled(std::string_view action) {
  if (action == "metadataRead") return std::string(kMetadataRead);
  if (action == "metadataWrite") return std::string(kMetadataWrite);
  return std::string(action);
}

}  // namespace

std::string Scope::text() const {
  return type + ":" + name + ":" + join(actions, ",");
}

std::vector<Scope> parse_scopes(std::string_view text) {
  std::vector<Scope> out;
  for (const auto& one : split(text, ' ')) {
    const auto first = one.find(':');
    const auto last = one.rfind(':');
    if (first == std::string::npos || last == first) continue;
    Scope scope{one.substr(0, first), one.substr(first + 1, last - first - 1), {}};
    for (const auto& action : split(one.substr(last + 1), ',')) scope.actions.push_back(spelled(action));
    out.push_back(std::move(scope));
  }
  return out;
}

Rights rights_of(const access::Authorizer& authorizer, const access::Principal& who, std::string_view registry_id) {
  if (who.type == access::PrincipalType::system) return all_rights();
  Rights out;
  for (const auto& grant : kGrants) {
    if (out.contains(grant.right)) continue;
    const auto allowed = [&](std::string_view action, access::Plane plane) {
      return !action.empty() &&
             authorizer.check(who, std::string(kNamespace) + std::string(action), registry_id, plane).allowed;
    };
    if (allowed(grant.action, access::Plane::control) || allowed(grant.data_action, access::Plane::data))
      out.emplace(grant.right);
  }
  return out;
}

Rights all_rights() {
  Rights out;
  for (const auto& grant : kGrants) out.emplace(grant.right);
  return out;
}

Rights anonymous_rights() {
  return {std::string(kPull), std::string(kMetadataRead)};
}

JsonArray granted(const std::vector<Scope>& scopes, const Rights& rights) {
  JsonArray out;
  for (const auto& scope : scopes) {
    const bool repository = scope.type == "repository";
    if (!repository && !(scope.type == "registry" && scope.name == "catalog")) continue;
    JsonArray actions;
    for (const auto& action : scope.actions) {
      if (repository && action == "*") {  // Docker's old way to say everything
        for (const auto& right : rights)
          if (right != kCatalog) actions.emplace_back(right);
      } else if (rights.contains(action)) {
        actions.emplace_back(action);
      }
    }
    if (!actions.empty()) out.push_back(JsonObject{{"type", scope.type}, {"name", scope.name}, {"actions", actions}});
  }
  return out;
}

bool covers(const Json& access, std::string_view type, std::string_view name, std::string_view action) {
  if (!access.is_array()) return false;
  const auto& entries = access.as_array();
  return std::any_of(entries.begin(), entries.end(), [&](const Json& entry) {
    if (string_at(entry, "type") != type || string_at(entry, "name") != name) return false;
    const Json* actions = find(entry, "actions");
    if (!actions || !actions->is_array()) return false;
    const auto& list = actions->as_array();
    return std::any_of(list.begin(), list.end(), [&](const Json& one) { return string_or(&one) == action; });
  });
}

}  // namespace lazuli::registry
