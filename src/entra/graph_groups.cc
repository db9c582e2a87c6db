#include <algorithm>

#include "base/text.h"
#include "entra/graph_credentials.h"
#include "entra/graph_handlers.h"
#include "entra/objects.h"

namespace lazuli::entra {

namespace {

GraphResult list(const GraphCall& call) {
  std::vector<JsonObject> items;
  for (const auto& group : call.context.directory.groups.all()) items.push_back(shown(group->document));
  return graph_list(call, "groups", std::move(items));
}

GraphResult create(const GraphCall& call) {
  if (const Status allowed = may_create(call, true); !allowed) return allowed.error();
  for (const char* name : {"displayName", "mailNickname"}) {
    if (string_at(call.body, name).empty()) {
      return graph_error(400, "Request_BadRequest",
                         std::string("A value is required for property '") + name + "' of resource 'Group'.");
    }
  }
  Context& context = call.context;
  const NewObject object{context.random.uuid(), "", "", graph_time(context), context.tenant_id, context.tenant_domain};
  JsonObject graph = new_group(object);
  if (const Status changed = change_members(graph, call.body, "group"); !changed) return changed.error();
  if (!bool_or(graph.if_contains("securityEnabled")) || bool_or(graph.if_contains("mailEnabled"))) {
    return graph_error(400, "Request_BadRequest", "Only security groups without mail are supported.");
  }
  const Json document = JsonObject{
      {"graph", std::move(graph)}, {"members", JsonArray{}}, {"owners", json_texts({call.caller.object_id})}};
  if (const Status stored = context.store.put(kGroups, object.object_id, document); !stored) return stored.error();
  net::Response response = graph_entity(call, "groups", shown(document), 201);
  response.headers.set("Location", "https://graph.microsoft.com/v2/" + context.tenant_id + "/directoryObjects/" +
                                       object.object_id + "/Microsoft.DirectoryServices.Group");
  return response;
}

// Adds or removes an object id in a list of the document.
Status change_list(Json& document, std::string_view name, const std::string& id, bool adds) {
  auto ids = texts_of(find(document, name));
  const auto found = std::ranges::find(ids, id);
  if (adds == (found != ids.end())) {
    if (!adds) return graph_not_found(id);
    return graph_error(400, "Request_BadRequest",
                       "One or more added object references already exist for the following modified properties: '" +
                           std::string(name) + "'.");
  }
  if (adds) {
    ids.push_back(id);
  } else {
    ids.erase(found);
  }
  document.as_object()[name] = json_texts(ids);
  return {};
}

// GET …/<name>, POST …/<name>/$ref, DELETE …/<name>/ID/$ref.
GraphResult references(GraphCall& call, std::string_view name, std::string_view collection, const std::string& id,
                       const Json& document) {
  if (call.is("GET", 3)) return graph_objects(call, texts_of(find(document, name)));
  if (const Status allowed = may_change(call, document); !allowed) return allowed.error();
  std::string referenced;
  const bool adds = call.is("POST", 4) && call.segment(3) == "$ref";
  if (adds) {
    auto given = referenced_id(call);
    if (!given) return given.error();
    referenced = std::move(*given);
  } else if (call.is("DELETE", 5) && call.segment(4) == "$ref") {
    referenced = to_lower(call.segment(3));
  } else {
    return graph_not_supported(call);
  }
  const Status done = call.context.store.update(
      collection, id, [&](Json& stored) { return change_list(stored, name, referenced, adds); });
  return done ? GraphResult(graph_done()) : done.error();
}

GraphResult transitive_members(const GraphCall& call, const Group& group) {
  std::set<std::string> found;
  std::vector<std::string> open(group.members.begin(), group.members.end());
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    if (!found.insert(id).second) continue;
    if (const auto inner = call.context.directory.groups.find(id)) {
      open.insert(open.end(), inner->members.begin(), inner->members.end());
    }
  }
  return graph_objects(call, {found.begin(), found.end()});
}

}  // namespace

GraphResult graph_owners(GraphCall& call, std::string_view collection, const std::string& id, const Json& document) {
  return references(call, "owners", collection, id, document);
}

GraphResult graph_groups(GraphCall& call) {
  if (const Status allowed = may_read(call); !allowed) return allowed.error();
  if (call.is("GET", 1)) return list(call);
  if (call.is("POST", 1)) return create(call);
  const auto group = call.context.directory.groups.find(to_lower(call.segment(1)));
  if (!group) return graph_not_found(call.segment(1));
  if (call.is("GET", 2)) return graph_entity(call, "groups", shown(group->document));
  if (call.is("PATCH", 2) || call.is("DELETE", 2)) {
    if (const Status allowed = may_change(call, group->document); !allowed) return allowed.error();
    const bool removes = call.request.method == "DELETE";
    const Status done = removes
                            ? call.context.store.erase(kGroups, group->object_id)
                            : call.context.store.update(kGroups, group->object_id, [&](Json& document) {
                                return change_members(document.as_object()["graph"].as_object(), call.body, "group");
                              });
    return done ? GraphResult(graph_done()) : done.error();
  }
  const std::string_view operation = call.segment(2);
  if (operation == "members" || operation == "owners") {
    return references(call, operation, kGroups, group->object_id, group->document);
  }
  if (call.is("GET", 3) && operation == "transitiveMembers") return transitive_members(call, *group);
  return graph_memberships(call, operation, group->object_id);
}

}  // namespace lazuli::entra
