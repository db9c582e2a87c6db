#include "arm/routing.h"

#include "arm/faults.h"
#include "base/text.h"

namespace lazuli::arm {

namespace {

// Groups have an action vocabulary of their own, with this letter case (AuthorizationFailed as recorded).
constexpr std::string_view kGroupActions = "Microsoft.Resources/subscriptions/resourcegroups";

std::string_view verb_of(std::string_view method) {
  if (method == "GET" || method == "HEAD") return "read";
  if (method == "DELETE") return "delete";
  return method == "POST" ? "action" : "write";
}

// The longest beginning of a path of Resource Manager's own that is an id: its subscription or group.
ResourceId scope_of(const std::vector<std::string>& segments) {
  std::string text;
  const bool group = segments.size() > 3 && equals_ignoring_case(segments[2], "resourcegroups");
  const std::size_t count = segments.size() < 2 ? 0 : group ? 4 : 2;
  if (count > 0 && equals_ignoring_case(segments[0], "subscriptions")) {
    for (std::size_t i = 0; i < count; ++i) text += "/" + segments[i];
  }
  return ResourceId::parse(text).value_or(ResourceId());
}

const TypeHandler* filled(const TypeHandler& handler) {
  return handler ? &handler : nullptr;
}

const TypeHandler* handler_for(const TypeSpec& spec, std::string_view method, bool collection) {
  if (method == "GET" || method == "HEAD") return filled(collection ? spec.list : spec.get);
  if (collection) return nullptr;
  if (method == "PUT") return filled(spec.put);
  if (method == "PATCH") return filled(spec.patch);
  return method == "DELETE" ? filled(spec.del) : nullptr;
}

std::string permission_of(std::string_view method, const std::string& type, const std::string& action) {
  const bool group = equals_ignoring_case(type, "Microsoft.Resources/resourceGroups");
  std::string permission = group ? std::string(kGroupActions) : type;
  if (!action.empty()) permission += "/" + action;
  return permission + "/" + std::string(verb_of(method));
}

// A collection is read at what encloses it, as Azure words it: …/providers/Microsoft.Storage for storage accounts.
std::string scope_to_ask(const ResourceId& id) {
  const std::string& text = id.text();
  return id.is_collection() ? text.substr(0, text.rfind('/')) : text;
}

}  // namespace

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != "*" && !equals_ignoring_case(pattern[i], segments[i])) return false;
  }
  return true;
}

void Routing::add(TypeSpec spec) {
  const std::string provider = spec.type.substr(0, spec.type.find('/'));
  namespaces_.emplace(to_lower(provider), provider);
  types_[to_lower(spec.type)] = std::move(spec);
}

void Routing::add_provider_path(std::string provider, std::string path, TypeHandler handler) {
  namespaces_.emplace(to_lower(provider), provider);
  provider_paths_[to_lower(provider)].push_back({split(path, '/'), std::move(handler)});
}

void Routing::add_path(PathSpec spec) {
  auto segments = split(spec.path, '/');
  own_paths_.push_back({std::move(segments), std::move(spec)});
}

const TypeSpec* Routing::type(std::string_view name) const {
  const auto found = types_.find(to_lower(name));
  return found == types_.end() ? nullptr : &found->second;
}

std::vector<const TypeSpec*> Routing::types() const {
  std::vector<const TypeSpec*> all;
  for (const auto& [name, spec] : types_) all.push_back(&spec);
  return all;
}

bool Routing::has_namespace(std::string_view name) const {
  return namespaces_.contains(to_lower(name));
}

const Routing::OwnPath* Routing::own_path(std::string_view method, const std::vector<std::string>& segments,
                                          bool& known) const {
  for (const auto& path : own_paths_) {
    if (!fits(path.segments, segments)) continue;
    known = true;
    if (path.spec.method == method || (method == "HEAD" && path.spec.method == "GET")) return &path;
  }
  return nullptr;
}

const Routing::ProviderPath* Routing::provider_path(const ResourceId& id) const {
  const auto paths = provider_paths_.find(to_lower(id.provider()));
  if (paths == provider_paths_.end()) return nullptr;
  std::vector<std::string> segments;
  for (const auto& [type, name] : id.segments()) {
    segments.push_back(type);
    if (!name.empty()) segments.push_back(name);
  }
  for (const auto& path : paths->second) {
    if (fits(path.segments, segments)) return &path;
  }
  return nullptr;
}

Result<Route> Routing::find(std::string_view method, std::string_view path, std::string_view api_version) const {
  const auto segments = split(path, '/');
  bool known = false;
  if (const OwnPath* own = own_path(method, segments, known)) {
    Route route;
    route.id = route.asked = scope_of(segments);
    route.handler = &own->spec.handler;
    route.permission = own->spec.permission;
    route.scope = route.asked.text();
    route.anonymous = own->spec.anonymous;
    route.own = true;
    return route;
  }
  const auto asked = ResourceId::parse(path);
  if (!asked || (asked->provider().empty() && asked->subscription().empty() && !asked->is_collection())) {
    return known ? method_not_allowed(method) : path_not_found(path);
  }
  auto route = resource_route(method, *asked, api_version);
  if (!route && known && route.error().status == 404) return method_not_allowed(method);
  return route;
}

Result<Route> Routing::resource_route(std::string_view method, const ResourceId& asked,
                                      std::string_view api_version) const {
  Route route;
  route.asked = asked;
  route.own = asked.provider().empty() || equals_ignoring_case(asked.provider(), "Microsoft.Resources");
  if (!asked.provider().empty() && !has_namespace(asked.provider())) return invalid_namespace(asked.provider());
  if (const ProviderPath* path = provider_path(asked)) {
    route.id = respelled(asked);
    route.handler = &path->handler;
    std::string type = route.id.type();
    if (!asked.subscription().empty()) {
      route.permission = method == "POST" ? type + "/action" : type + "/" + std::string(verb_of(method));
      route.scope = asked.subscription().empty() ? "" : asked.scope().text();
    }
    return route;
  }
  ResourceId target = asked;
  if (method == "POST") {
    if (!asked.is_collection() || asked.segments().size() < 2) return method_not_allowed(method);
    route.action = asked.segments().back().first;
    target = *asked.parent();
  }
  route.type = type(target.type());
  if (!route.type) return invalid_type(target, api_version);
  route.id = respelled(target);
  route.asked = target;
  if (method == "POST") {
    for (const auto& [name, handler] : route.type->actions) {
      if (equals_ignoring_case(name, route.action)) {
        route.action = name;
        route.handler = &handler;
      }
    }
    if (!route.handler) return invalid_type(asked, api_version);
  } else {
    route.handler = handler_for(*route.type, method, target.is_collection());
  }
  route.permission = permission_of(method, route.type->type, route.action);
  route.scope = scope_to_ask(target);
  if (target.is_collection() && asked.provider().empty()) route.permission.clear();  // such lists show what is allowed
  return route;
}

ResourceId Routing::respelled(const ResourceId& id) const {
  if (id.provider().empty()) {
    if (id.resource_group().empty()) return id;
    return ResourceId::group(id.subscription(), id.resource_group());
  }
  const ResourceId scope = id.scope();
  std::string text = scope.text().empty() ? "" : respelled(scope).text();
  const auto provider = namespaces_.find(to_lower(id.provider()));
  std::string type = provider == namespaces_.end() ? id.provider() : provider->second;
  text += "/providers/" + type;
  for (const auto& [segment, name] : id.segments()) {
    const auto spec = types_.find(to_lower(std::string(type).append("/").append(segment)));
    const std::string spelled =
        spec == types_.end() ? segment : spec->second.type.substr(spec->second.type.rfind('/') + 1);
    type.append("/").append(spelled);
    text += "/" + spelled;
    if (!name.empty()) text += "/" + name;
  }
  return ResourceId::parse(text).value_or(id);
}

}  // namespace lazuli::arm
