#include "providers/authorization/role_definitions.h"

#include <algorithm>

#include "base/text.h"
#include "providers/authorization/built_in_roles.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::ResourceId;

// Of the built-in roles Azure tells when they came and when they last changed; one date stands for all of them here.
constexpr std::string_view kBuiltInCreated = "2015-02-02T21:55:09.8806423Z";
constexpr std::string_view kBuiltInUpdated = "2021-11-11T20:13:47.8628684Z";

std::string prefix_of(const Call& call) {
  return call.id.subscription().empty() ? std::string() : "/subscriptions/" + call.id.subscription();
}

std::string definition_id(const Call& call, std::string_view guid) {
  return prefix_of(call) + "/providers/" + std::string(kRoleDefinitions) + "/" + std::string(guid);
}

JsonObject built_in(const Call& call, const BuiltInRole& role) {
  return {{"properties", JsonObject{{"roleName", role.name},
                                    {"type", "BuiltInRole"},
                                    {"description", role.description},
                                    {"assignableScopes", JsonArray{"/"}},
                                    {"permissions", JsonArray{role.permissions.to_json()}},
                                    {"createdOn", kBuiltInCreated},
                                    {"updatedOn", kBuiltInUpdated},
                                    {"createdBy", nullptr},
                                    {"updatedBy", nullptr}}},
          {"id", definition_id(call, role.id)},
          {"type", kRoleDefinitions},
          {"name", role.id}};
}

// roleName eq 'x' · type eq 'CustomRole' · atScopeAndBelow(), joined by "and".
struct Filter {
  std::string role_name, type;

  bool takes(const JsonObject& definition) const {
    const Json* properties = definition.if_contains("properties");
    return (role_name.empty() || equals_ignoring_case(string_at(*properties, "roleName"), role_name)) &&
           (type.empty() || equals_ignoring_case(string_at(*properties, "type"), type));
  }
};

std::optional<std::string> value_of(std::string_view clause, std::string_view name) {
  const std::string start = std::string(name) + " eq '";
  if (!starts_with_ignoring_case(clause, start) || !clause.ends_with('\'')) return std::nullopt;
  const std::string_view quoted = clause.substr(start.size());
  return replace_all(std::string(quoted.substr(0, quoted.size() - 1)), "''", "'");
}

Result<Filter> parse_filter(const std::string& text) {
  Filter filter;
  std::string_view rest = trim(text);
  while (!rest.empty()) {
    const std::size_t mark = to_lower(rest).find(" and ");
    const std::string_view clause = trim(rest.substr(0, mark));
    rest = mark == std::string_view::npos ? std::string_view() : trim(rest.substr(mark + 5));
    if (const auto name = value_of(clause, "roleName")) {
      filter.role_name = *name;
    } else if (const auto type = value_of(clause, "type")) {
      filter.type = *type;
    } else if (!equals_ignoring_case(clause, "atScopeAndBelow()") && !equals_ignoring_case(clause, "atScope()")) {
      return arm::bad_request("InvalidFilter", "The filter '" + text + "' is not supported for role definitions.");
    }
  }
  return filter;
}

class RoleDefinitions {
 public:
  RoleDefinitions(arm::Service& service, const AccessTable& table) : service_(service), table_(table) {}

  Result<Answer> get(const Call& call) const {
    for (const auto& role : built_in_roles()) {
      if (equals_ignoring_case(role.id, call.id.name())) return Answer::json(200, built_in(call, role));
    }
    const auto stored = service_.resources().get(definition_id(call, call.id.name()));
    if (!stored) return role_definition_missing(call.id.name(), 404);
    return Answer::json(200, stored->visible());
  }

  Result<Answer> list(const Call& call) const {
    const auto filter = parse_filter(call.query.get("$filter"));
    if (!filter) return filter.error();
    JsonArray items;
    for (const auto& role : built_in_roles()) {
      auto shown = built_in(call, role);
      if (filter->takes(shown)) items.push_back(std::move(shown));
    }
    const std::string scope = scope_key(call.id.scope().text());
    for (const auto& stored : service_.resources().of_type(kRoleDefinitions, prefix_of(call))) {
      const auto role = table_.definition(ResourceId::parse(stored.id())->name());
      const bool visible = role && std::ranges::any_of(role->assignable_scopes, [&](const std::string& assignable) {
                             return covers(scope_key(assignable), scope) || covers(scope, scope_key(assignable));
                           });
      if (visible && filter->takes(stored.visible())) items.push_back(stored.visible());
    }
    return Answer::json(200, arm::Service::page(call, std::move(items)));
  }

  Result<Answer> put(const Call& call) const {
    const std::string id = to_lower(call.id.name());
    if (!is_guid(id)) {
      return arm::bad_request("InvalidRoleDefinitionId", "The role definition ID '" + call.id.name() +
                                                             "' is not valid. The role definition ID must be a GUID.");
    }
    const auto existing = table_.definition(id);
    if (existing && existing->built_in) {
      return arm::bad_request("RoleDefinitionUpdateNotPermitted", "Built-in role definitions cannot be changed.");
    }
    if (auto valid = check(call, id); !valid) return valid.error();
    const std::string now = iso8601(service_.parts().clock.now());
    arm::Resource resource;
    resource.document = document(call, id, now);
    if (auto saved = service_.resources().save(resource); !saved) return saved.error();
    JsonObject answer = resource.visible();
    answer["properties"].as_object()["createdBy"] = nullptr;  // filled on reads only, as recorded
    return Answer::json(201, std::move(answer));
  }

  Result<Answer> remove(const Call& call) const {
    const auto id = ResourceId::parse(definition_id(call, call.id.name()));
    const auto stored = service_.resources().get(*id);
    if (!stored) return Answer::no_body(204);
    if (table_.is_assigned(call.id.name())) {
      return arm::bad_request(
          "RoleDefinitionHasAssignments",
          "There are existing role assignments referencing role (code: " + without_dashes(call.id.name()) + ").");
    }
    if (auto gone = service_.resources().remove(*id); !gone) return gone.error();
    return Answer::json(200, stored->visible());
  }

 private:
  Status check(const Call& call, const std::string& id) const {
    const std::string name = string_at(call.body, "properties", "roleName");
    if (name.empty()) return arm::bad_request("InvalidRoleDefinition", "The role definition has no roleName.");
    const Json* scopes = find(call.body, "properties", "assignableScopes");
    if (!scopes || !scopes->is_array() || scopes->as_array().empty()) {
      return arm::bad_request("MissingAssignableScopes", "The role definition has no assignable scopes.");
    }
    for (const auto& scope : scopes->as_array()) {
      if (!starts_with_ignoring_case(string_or(&scope), "/subscriptions/")) {
        return arm::bad_request("InvalidAssignableScopes", "The assignable scope '" + string_or(&scope) +
                                                               "' is no subscription, group or resource.");
      }
    }
    const Json* permissions = find(call.body, "properties", "permissions");
    if (!permissions || !permissions->is_array() || permissions->as_array().empty()) {
      return arm::bad_request("InvalidRoleDefinition", "The role definition has no permissions.");
    }
    for (const auto& stored : service_.resources().of_type(kRoleDefinitions)) {
      const bool other = !equals_ignoring_case(ResourceId::parse(stored.id())->name(), id);
      if (other && equals_ignoring_case(stored.property_text("roleName"), name)) return name_taken();
    }
    for (const auto& role : built_in_roles()) {
      if (equals_ignoring_case(role.name, name)) return name_taken();
    }
    return {};
  }

  static Error name_taken() {
    return {"RoleDefinitionWithSameNameExists",
            "A custom role with the same name already exists in this directory. Use a different name.", 409};
  }

  static JsonObject document(const Call& call, const std::string& id, const std::string& now) {
    const Json* properties = find(call.body, "properties");
    JsonArray permissions;
    for (const auto& item : properties->at("permissions").as_array()) {
      permissions.push_back(Permissions::from_json(item).to_json());
    }
    return {{"properties", JsonObject{{"roleName", string_at(*properties, "roleName")},
                                      {"type", "CustomRole"},
                                      {"description", string_at(*properties, "description")},
                                      {"assignableScopes", properties->at("assignableScopes")},
                                      {"permissions", std::move(permissions)},
                                      {"createdOn", now},
                                      {"updatedOn", now},
                                      {"createdBy", call.caller.object_id},
                                      {"updatedBy", call.caller.object_id}}},
            {"id", definition_id(call, id)},
            {"type", kRoleDefinitions},
            {"name", id}};
  }

  arm::Service& service_;
  const AccessTable& table_;
};

}  // namespace

Error role_definition_missing(std::string_view id, int status) {
  return {"RoleDefinitionDoesNotExist",
          "The specified role definition with ID '" + without_dashes(id) + "' does not exist.", status};
}

std::string without_dashes(std::string_view guid) {
  return to_lower(replace_all(std::string(guid), "-", ""));
}

void add_role_definitions(arm::Service& service, const AccessTable& table) {
  const auto definitions = std::make_shared<RoleDefinitions>(service, table);
  arm::TypeSpec spec;
  spec.type = kRoleDefinitions;
  spec.api_versions = {"2022-05-01-preview", "2022-04-01", "2018-07-01", "2018-01-01-preview", "2015-07-01"};
  spec.get = [definitions](const Call& call) { return definitions->get(call); };
  spec.list = [definitions](const Call& call) { return definitions->list(call); };
  spec.put = [definitions](const Call& call) { return definitions->put(call); };
  spec.del = [definitions](const Call& call) { return definitions->remove(call); };
  service.add(std::move(spec));
}

}  // namespace lazuli::providers
