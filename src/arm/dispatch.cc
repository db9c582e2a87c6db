#include <algorithm>

#include "arm/faults.h"
#include "arm/locks.h"
#include "arm/preconditions.h"
#include "arm/state.h"
#include "base/text.h"

namespace lazuli::arm {

namespace {

// A version that a provider may have had: a date since Resource Manager began, with or without a word behind it.
bool is_date_version(std::string_view version) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  constexpr std::string_view kFirst = "2014-01-01";
  if (version.size() < kForm.size() || version < kFirst) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = version[i] >= '0' && version[i] <= '9';
    if (kForm[i] == 'd' ? !digit : version[i] != kForm[i]) return false;
  }
  // "-preview", "-alpha", "-privatepreview": a word of letters.
  const std::string_view rest = version.substr(kForm.size());
  if (rest.empty()) return true;
  return rest.size() > 1 && rest.front() == '-' &&
         std::ranges::all_of(rest.substr(1), [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
}

std::string plain_location(std::string_view name) {
  std::string plain = to_lower(name);
  std::erase(plain, ' ');
  return plain;
}

std::string_view verb_of(std::string_view method) {
  if (method == "GET") return "read";
  return method == "DELETE" ? "delete" : "write";
}

// Below a subscription a list shows what its caller may see of it, and is refused only if that is nothing.
bool is_subscription_list(const Route& route) {
  return route.type && route.id.is_collection() && route.id.resource_group().empty() &&
         !route.id.subscription().empty() && route.id.segments().size() == 1;
}

// What is stored of a type can be looked up before its children; collections such as "locations" are in no store.
bool is_stored(const TypeSpec* type) {
  return type && type->put;
}

Result<Answer> patched_tags(Service::State& state, const Call& call, const ResourceId& asked) {
  const auto* body = call.body.if_object();
  if (!body || body->size() != 1 || !body->contains("tags")) return method_not_allowed("PATCH");
  auto changed = state.resources.update(call.id, [&](Resource& resource) -> Status {
    resource.document["tags"] = call.body.at("tags");
    return {};
  });
  if (!changed) return changed.error().code == "ResourceNotFound" ? resource_not_found(asked) : changed.error();
  return Answer::json(200, state.resources.get(call.id)->visible());
}

}  // namespace

Outcome Dispatch::run(Call call) {
  const bool head = call.method == "HEAD";
  if (head) call.method = "GET";
  if (call.method == "GET") {
    if (const auto operation = state_.polls.operation_at(call.path)) {
      Answer answer = state_.polls.answer(*operation, call);
      state_.add_operation_identifier(answer, call);  // polls of every provider have it since 2025
      return {std::move(answer)};
    }
  }
  auto found = state_.routing.find(call.method, call.path, call.query.get("api-version"));
  if (!found) return {found.error(), true};
  const Route& route = *found;
  if (auto good = check_version(route, call); !good) return {good.error(), true};
  const bool may = allowed(call, route.permission, route.scope);
  if (!may && !is_subscription_list(route))
    return {authorization_failed(call.caller, route.permission, route.scope), true};
  call.id = stored_spelling(route.id);
  call.action = route.action;
  if (auto good = check_existence(route, call); !good) return {good.error(), true};
  if (auto good = check_tracked(route, call); !good) return {good.error(), true};
  auto answer = handled_on_condition(route, call);
  // A resource that is not there is Resource Manager's own answer, whoever looked.
  if (!answer) return {answer.error(), route.own || !route.handler || answer.error().code == "ResourceNotFound"};
  if (!may) {
    auto* items = answer->body.is_object() ? answer->body.as_object().if_contains("value") : nullptr;
    if (items && items->is_array()) {
      JsonArray shown;
      for (auto& item : items->as_array()) {
        if (allowed(call, route.permission, string_at(item, "id"))) shown.push_back(std::move(item));
      }
      if (shown.empty()) return {authorization_failed(call.caller, route.permission, route.scope), true};
      *items = std::move(shown);
    }
  }
  if (head) answer = answer->status < 300 ? Answer::no_body(204) : Answer::no_body(answer->status);
  return {std::move(answer), route.own};
}

Status Dispatch::check_version(const Route& route, Call& call) const {
  static const std::vector<std::string> kNone;
  const auto& supported = route.type ? route.type->api_versions : kNone;
  call.api_version = call.query.get("api-version");
  if (call.api_version.empty()) {
    if (call.caller.type != access::PrincipalType::system) return missing_api_version();
    if (!supported.empty()) call.api_version = supported.front();
    return {};
  }
  if (is_date_version(call.api_version)) return {};
  if (route.own || !route.type) return invalid_api_version(call.api_version, supported);
  return no_registered_provider(call.api_version, route.asked, supported, state_.parts.locations);
}

bool Dispatch::allowed(const Call& call, std::string_view permission, std::string_view scope) const {
  if (permission.empty() || call.caller.type == access::PrincipalType::system) return true;
  return state_.parts.authorizer.check(call.caller, permission, scope, access::Plane::control).allowed;
}

Status Dispatch::check_existence(const Route& route, const Call& call) const {
  const ResourceId& id = route.asked;
  const bool writes = call.method == "PUT" || call.method == "PATCH";
  const bool is_group = id.provider().empty() && route.type;
  if (!id.resource_group().empty() && !is_group && call.caller.type != access::PrincipalType::system) {
    const auto group = state_.resources.get(ResourceId::group(id.subscription(), id.resource_group()));
    if (!group) return group_not_found(id.resource_group());
    if (call.method == "PUT" && group->property_text("provisioningState") == "Deleting") {
      return group_being_deleted(id.resource_group());
    }
  }
  if (id.provider().empty()) return {};
  if (route.type && id.segments().size() > 1) {
    const auto parent = id.parent();
    if (is_stored(state_.routing.type(parent->type())) && !state_.resources.get(*parent)) {
      return parent_not_found(id, verb_of(call.method), *parent);
    }
  }
  // Assignments and locks on a scope that is gone can still be read and removed.
  const bool lenient = equals_ignoring_case(id.provider(), "Microsoft.Authorization") && !writes;
  const ResourceId scope = id.scope();
  if (!lenient && !scope.provider().empty() && is_stored(state_.routing.type(scope.type())) &&
      !state_.resources.get(scope)) {
    return resource_not_found(scope);
  }
  return {};
}

Status Dispatch::check_tracked(const Route& route, const Call& call) const {
  if (call.method == "GET") return {};
  const bool system = call.caller.type == access::PrincipalType::system;
  if (!system && route.type) {
    if (auto free = check_locks(state_.resources, route.asked, call.method); !free) return free;
  }
  if (call.method != "PUT" || !route.type) return {};
  const auto registration = state_.parts.store.get(kRegistrations, to_lower(route.id.provider()));
  if (registration && string_at(registration->value, "state") == "Unregistered") {
    return not_registered(route.id.provider());
  }
  // A group's name is looked at before its body, as on Azure.
  const bool group = route.id.provider().empty();
  if (!group && !call.body.is_object()) return invalid_content("the body of a PUT must be a JSON object");
  if (!route.type->tracked || system) return {};
  const std::string location = plain_location(string_at(call.body, "location"));
  const auto& known = state_.parts.locations;
  if (location.empty()) return location_required();
  if (std::ranges::find(known, location) == known.end()) {
    return location_not_available(string_at(call.body, "location"), route.type->type, known);
  }
  const auto existing = state_.resources.get(route.id);
  if (!existing) return {};
  const std::string at = string_or(existing->document.if_contains("location"));
  return at.empty() || plain_location(at) == location ? Status() : location_taken(route.asked, at, location);
}

// Names as they were first written: `az acr build` sends a group's name in lower case.
ResourceId Dispatch::stored_spelling(const ResourceId& id) const {
  if (id.subscription().empty()) return id;
  if (id.provider().empty()) {
    if (id.resource_group().empty()) return id;
    const auto group = state_.resources.get(id);
    const std::string name = group ? string_or(group->document.if_contains("name")) : std::string();
    return name.empty() ? id : ResourceId::group(id.subscription(), name);
  }
  const bool collection = id.is_collection();
  if (collection && id.segments().empty()) return id;
  const auto& [type, asked_name] = id.segments().empty() ? std::pair<std::string, std::string>() : id.segments().back();
  const auto above = id.segments().size() > 1 ? id.parent() : std::optional<ResourceId>(id.scope());
  std::string text = above && !above->text().empty() ? stored_spelling(*above).text() : "";
  if (id.segments().size() == 1) text += "/providers/" + id.provider();
  text += "/" + type;
  if (!collection) {
    const auto stored = state_.resources.get(id);
    std::string name = stored ? string_or(stored->document.if_contains("name")) : std::string();
    name = name.substr(name.rfind('/') + 1);
    text += "/" + (equals_ignoring_case(name, asked_name) ? name : asked_name);
  }
  return ResourceId::parse(text).value_or(id);
}

Result<Answer> Dispatch::handled_on_condition(const Route& route, const Call& call) {
  const bool tagged = route.type && route.type->etag && !call.id.is_collection();
  if (!tagged || !is_conditional(call)) return handled(route, call);
  const std::lock_guard lock(state_.conditional);
  if (auto met = check_precondition(call, route.type->etag(call.id)); !met) return met.error();
  return handled(route, call);
}

Result<Answer> Dispatch::handled(const Route& route, const Call& call) {
  if (route.handler) return (*route.handler)(call);
  if (call.method == "PATCH" && route.type && route.type->tracked) return patched_tags(state_, call, route.asked);
  if (call.method == "PUT" && route.type) return type_not_made(route.type->type);
  if (call.method != "GET" || !route.type) return method_not_allowed(call.method);
  if (!call.id.is_collection()) {
    const auto resource = state_.resources.get(call.id);
    if (!resource) return resource_not_found(route.asked);
    return Answer::json(200, resource->visible());
  }
  const bool everywhere = call.id.resource_group().empty() && call.id.segments().size() == 1;
  JsonArray items;
  for (const auto& resource : everywhere ? state_.resources.of_type(route.type->type, call.id.scope().text())
                                         : state_.resources.children(call.id)) {
    items.push_back(resource.visible());
  }
  return Answer::json(200, Service::page(call, std::move(items)));
}

}  // namespace lazuli::arm
