#include "providers/authorization/role_assignments.h"

#include <algorithm>

#include "base/text.h"
#include "providers/authorization/role_definitions.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

// The scope that a request's path names, as it was written: everything before the last /providers/.
std::string scope_as_sent(const Call& call) {
  const std::string lower = to_lower(call.path);
  const std::string scope = call.path.substr(0, lower.rfind("/providers/"));
  return scope.empty() ? "/" : scope;
}

// atScope() · principalId eq 'x' · assignedTo('x'), joined by "and".
struct Filter {
  bool at_scope = false;
  std::string principal;
};

Result<Filter> parse_filter(const std::string& text) {
  Filter filter;
  std::string_view rest = trim(text);
  while (!rest.empty()) {
    const std::size_t mark = to_lower(rest).find(" and ");
    std::string_view clause = trim(rest.substr(0, mark));
    rest = mark == std::string_view::npos ? std::string_view() : trim(rest.substr(mark + 5));
    const std::size_t open = clause.find('\'');
    const std::size_t close = clause.rfind('\'');
    const bool quoted = open != std::string_view::npos && close > open;
    const std::string value(quoted ? clause.substr(open + 1, close - open - 1) : "");
    if (equals_ignoring_case(clause, "atScope()")) {
      filter.at_scope = true;
    } else if (quoted && (starts_with_ignoring_case(clause, "principalId eq '") ||
                          starts_with_ignoring_case(clause, "assignedTo('"))) {
      filter.principal = value;
    } else {
      return arm::bad_request("InvalidFilter", "The filter '" + text + "' is not supported for role assignments.");
    }
  }
  return filter;
}

Error not_found(const Call& call) {
  return {"RoleAssignmentNotFound", "The role assignment '" + call.id.name() + "' is not found.", 404};
}

class RoleAssignments {
 public:
  RoleAssignments(arm::Service& service, const AccessTable& table, const entra::Entra& entra)
      : service_(service), table_(table), entra_(entra) {}

  Result<Answer> get(const Call& call) const {
    const auto stored = service_.resources().get(call.id);
    // Made here as an answer, for it carries the header of the others.
    if (!stored) return identified(call, Answer::json(404, arm::Service::error_body(not_found(call))));
    return identified(call, Answer::json(200, stored->visible()));
  }

  Result<Answer> list(const Call& call) const {
    const auto filter = parse_filter(call.query.get("$filter"));
    if (!filter) return filter.error();
    const std::string scope = scope_key(call.id.scope().text());
    std::vector<Resource> found;
    for (auto& stored : service_.resources().of_type(kRoleAssignments)) {
      const std::string at = scope_key(stored.property_text("scope"));
      const bool below = !filter->at_scope && covers(scope, at);
      if (!covers(at, scope) && !below) continue;
      if (!filter->principal.empty() && !equals_ignoring_case(stored.property_text("principalId"), filter->principal)) {
        continue;
      }
      found.push_back(std::move(stored));
    }
    std::ranges::stable_sort(found, {}, [](const Resource& each) { return each.property_text("scope").size(); });
    JsonArray items;
    for (const auto& stored : found) items.push_back(stored.visible());
    return identified(call, Answer::json(200, arm::Service::page(call, std::move(items))));
  }

  Result<Answer> put(const Call& call) const {
    if (!is_guid(call.id.name())) {
      return arm::bad_request("InvalidRoleAssignmentId", "The role assignment ID '" + call.id.name() +
                                                             "' is not valid. The role assignment ID must be a GUID.");
    }
    const std::string scope = scope_as_sent(call);
    const std::string definition = last_segment(string_at(call.body, "properties", "roleDefinitionId"));
    const std::string principal = string_at(call.body, "properties", "principalId");
    if (auto valid = check_body(call, scope, definition, principal); !valid) return valid.error();
    const auto type = principal_type(call, principal);
    if (!type) return type.error();
    const auto existing = service_.resources().get(call.id);
    if (auto free = check_existing(call, existing, scope, definition, principal); !free) return free.error();
    const std::string now = iso8601(service_.parts().clock.now());
    Resource resource;
    const std::string definition_id =
        (call.id.subscription().empty() ? "" : "/subscriptions/" + call.id.subscription()) + "/providers/" +
        std::string(kRoleDefinitions) + "/" + definition;
    resource.document = role_assignment(existing ? existing->id() : call.path, scope, definition_id, principal, *type,
                                        now, call.caller.object_id);
    const std::string description = string_at(call.body, "properties", "description");
    if (!description.empty()) resource.properties()["description"] = description;
    if (auto saved = service_.resources().save(resource); !saved) return saved.error();
    JsonObject answer = resource.visible();
    answer["properties"].as_object()["createdBy"] = nullptr;  // filled on reads only, as recorded
    return identified(call, Answer::json(201, std::move(answer)));
  }

  Result<Answer> remove(const Call& call) const {
    auto stored = service_.resources().get(call.id);
    if (!stored) return Answer::no_body(204);
    if (auto gone = service_.resources().remove(call.id); !gone) return gone.error();
    stored->properties()["updatedOn"] = iso8601(service_.parts().clock.now());
    return identified(call, Answer::json(200, stored->visible()));
  }

 private:
  Answer identified(const Call& call, Answer answer) const {
    service_.add_operation_identifier(answer, call);
    return answer;
  }

  Status check_body(const Call& call, const std::string& scope, const std::string& definition,
                    const std::string& principal) const {
    if (!is_guid(principal)) {
      return arm::bad_request("InvalidPrincipalId",
                              "The principal ID '" + principal + "' is not valid. Principal ID must be a GUID.");
    }
    const auto role = table_.definition(definition);
    if (!role || !role->assignable_at(scope)) return role_definition_missing(definition, 400);
    const Json* condition = find(call.body, "properties", "condition");
    if (condition && !string_or(condition).empty()) {
      return arm::bad_request("RoleAssignmentConditionNotSupported",
                              "Conditions of role assignments are not supported here. Assign the role without one, or "
                              "at a narrower scope.");
    }
    return {};
  }

  Result<std::string> principal_type(const Call& call, const std::string& principal) const {
    const std::string given = string_at(call.body, "properties", "principalType");
    const std::string known = entra_.principal_kind(principal);
    if (given.empty()) {
      if (!known.empty()) return known;
      return Error{"PrincipalNotFound",
                   "Principal " + without_dashes(principal) + " does not exist in the directory " +
                       service_.parts().tenant_id +
                       ". Check that you have the correct principal ID. If you are creating this principal and then "
                       "immediately assigning a role, this error might be related to a replication delay. In this "
                       "case, set the role assignment principalType property to a value, such as ServicePrincipal, "
                       "User, or Group.  See https://aka.ms/docs-principaltype",
                   400};
    }
    for (const std::string_view type : {"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"}) {
      if (!equals_ignoring_case(type, given)) continue;
      if (!known.empty() && !equals_ignoring_case(known, given)) {
        std::string said = "The PrincipalId '";
        append_all(said, without_dashes(principal), "' has type '", known,
                   "' , which is different from specified PrinciaplType '", given, "'.");
        return arm::bad_request("UnmatchedPrincipalType", std::move(said));
      }
      return std::string(type);
    }
    return arm::bad_request("InvalidPrincipalType", "The principal type '" + given + "' is not valid.");
  }

  // The same assignment again is fine; under another name, or the same name for another grant, it is a conflict.
  Status check_existing(const Call& call, const std::optional<Resource>& existing, const std::string& scope,
                        const std::string& definition, const std::string& principal) const {
    const auto same = [&](const Resource& other) {
      return equals_ignoring_case(other.property_text("principalId"), principal) &&
             last_segment(other.property_text("roleDefinitionId")) == definition &&
             scope_key(other.property_text("scope")) == scope_key(scope);
    };
    for (const auto& other : service_.resources().of_type(kRoleAssignments)) {
      const std::string name = ResourceId::parse(other.id())->name();
      if (equals_ignoring_case(name, call.id.name())) {
        if (existing && same(other)) continue;
        return Error{"RoleAssignmentUpdateNotPermitted",
                     "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.", 409};
      }
      if (same(other)) {
        return Error{"RoleAssignmentExists",
                     "The role assignment already exists. The ID of the existing role assignment is " +
                         without_dashes(name) + ".",
                     409};
      }
    }
    return {};
  }

  arm::Service& service_;
  const AccessTable& table_;
  const entra::Entra& entra_;
};

}  // namespace

JsonObject role_assignment(std::string_view id, std::string_view scope, std::string_view definition_id,
                           std::string_view principal_id, std::string_view principal_type, const std::string& now,
                           std::string_view author) {
  return {{"properties", JsonObject{{"roleDefinitionId", definition_id},
                                    {"principalId", principal_id},
                                    {"principalType", principal_type},
                                    {"scope", scope},
                                    {"condition", nullptr},
                                    {"conditionVersion", nullptr},
                                    {"createdOn", now},
                                    {"updatedOn", now},
                                    {"createdBy", author},
                                    {"updatedBy", author},
                                    {"delegatedManagedIdentityResourceId", nullptr},
                                    {"description", nullptr}}},
          {"id", id},
          {"type", kRoleAssignments},
          {"name", id.substr(id.rfind('/') + 1)}};
}

void add_role_assignments(arm::Service& service, const AccessTable& table, const entra::Entra& entra) {
  const auto assignments = std::make_shared<RoleAssignments>(service, table, entra);
  arm::TypeSpec spec;
  spec.type = kRoleAssignments;
  spec.api_versions = {"2022-04-01",         "2020-10-01-preview", "2020-08-01-preview", "2020-04-01-preview",
                       "2018-09-01-preview", "2018-07-01",         "2018-01-01-preview", "2015-07-01"};
  spec.get = [assignments](const Call& call) { return assignments->get(call); };
  spec.list = [assignments](const Call& call) { return assignments->list(call); };
  spec.put = [assignments](const Call& call) { return assignments->put(call); };
  spec.del = [assignments](const Call& call) { return assignments->remove(call); };
  service.add(std::move(spec));
}

}  // namespace lazuli::providers
