#include "base/text.h"
#include "crypto/passwords.h"
#include "entra/graph_credentials.h"
#include "entra/graph_handlers.h"
#include "entra/objects.h"

namespace lazuli::entra {

namespace {

using Pointer = Table<User>::Pointer;

// Members that Graph keeps but shows only when they are asked for.
JsonObject more_of(const User& user) {
  const Json* more = find(user.document, "more");
  JsonObject out = more && more->is_object() ? more->get_object() : JsonObject{};
  out["accountEnabled"] = user.enabled;
  out["userType"] = "Member";
  return out;
}

GraphResult list(const GraphCall& call) {
  std::vector<JsonObject> items, extra;
  for (const auto& user : call.context.directory.users.all()) {
    items.push_back(shown(user->document));
    extra.push_back(more_of(*user));
  }
  return graph_list(call, "users", std::move(items), extra);
}

GraphResult show(const GraphCall& call, const User& user) {
  JsonObject object = shown(user.document);
  if (call.request.query.has("$select")) {
    for (auto& member : more_of(user)) object[member.key()] = member.value();
  }
  return graph_entity(call, "users", std::move(object));
}

// The body's members into the document. Passwords are hashed at once and never shown.
Status set_members(const GraphCall& call, Json& document) {
  JsonObject changes = call.body.as_object();
  JsonObject& stored = document.as_object();
  if (const Json* password = find(call.body, "passwordProfile", "password"); password && password->is_string()) {
    stored["password"] = crypto::hash_password(string_or(password), call.context.random.bytes(16));
  }
  changes.erase("passwordProfile");
  if (const Json* enabled = changes.if_contains("accountEnabled")) {
    stored["accountEnabled"] = bool_or(enabled, true);
    changes.erase("accountEnabled");
  }
  if (const Json* nickname = changes.if_contains("mailNickname")) {
    object_at(stored, "more")["mailNickname"] = *nickname;
    changes.erase("mailNickname");
  }
  return change_members(stored["graph"].as_object(), changes, "user");
}

Error required(std::string_view name) {
  return graph_error(400, "Request_BadRequest",
                     "A value is required for property '" + std::string(name) + "' of resource 'User'.");
}

Status check_name(const GraphCall& call, const Json& document) {
  const std::string name = string_at(document, "graph", "userPrincipalName");
  if (!ends_with_ignoring_case(name, "@" + call.context.tenant_domain) || name.find('@') == 0) {
    return graph_error(
        400, "Request_BadRequest",
        "The domain portion of the userPrincipalName property is invalid. You must use one of the verified "
        "domain names in your organization: " +
            call.context.tenant_domain + ".");
  }
  const auto other = call.context.directory.user(name);
  if (other && other->object_id != string_at(document, "graph", "id")) {
    return graph_error(400, "Request_BadRequest",
                       "Another object with the same value for property userPrincipalName already exists.");
  }
  return {};
}

GraphResult create(const GraphCall& call) {
  if (const Status allowed = may_create(call, false); !allowed) return allowed.error();
  for (const char* name : {"displayName", "userPrincipalName"}) {
    if (string_at(call.body, name).empty()) return required(name);
  }
  if (string_at(call.body, "passwordProfile", "password").empty()) return required("passwordProfile");
  Context& context = call.context;
  const NewObject object{context.random.uuid(), "", "", graph_time(context), context.tenant_id, context.tenant_domain};
  Json document = JsonObject{{"graph", new_user(object, "")}};
  if (const Status set = set_members(call, document); !set) return set.error();
  if (const Status named = check_name(call, document); !named) return named.error();
  if (const Status stored = context.store.put(kUsers, object.object_id, document); !stored) return stored.error();
  JsonObject answer = {{"id", object.object_id}};  // first when it is made, last ever after
  for (auto& member : shown(document)) answer[member.key()] = member.value();
  net::Response response = graph_entity(call, "users", std::move(answer), 201);
  response.headers.set("Location", "https://graph.microsoft.com/v2/" + context.tenant_id + "/directoryObjects/" +
                                       object.object_id + "/Microsoft.DirectoryServices.User");
  return response;
}

GraphResult patch(const GraphCall& call, const User& user) {
  if (const Status allowed = may_change(call, user.document); !allowed) return allowed.error();
  const Status done = call.context.store.update(kUsers, user.object_id, [&](Json& document) -> Status {
    if (Status set = set_members(call, document); !set) return set;
    return check_name(call, document);
  });
  return done ? GraphResult(graph_done()) : done.error();
}

GraphResult remove(const GraphCall& call, const User& user) {
  if (const Status allowed = may_change(call, user.document); !allowed) return allowed.error();
  const Status done = call.context.store.erase(kUsers, user.object_id);
  return done ? GraphResult(graph_done()) : done.error();
}

Pointer find_user(const GraphCall& call, std::string_view name) {
  const auto user = call.context.directory.users.find(to_lower(name));
  return user ? user : call.context.directory.user(name);
}

GraphResult answer_user(GraphCall& call, const User& user, std::size_t at) {
  if (call.is("GET", at)) return show(call, user);
  if (call.is("PATCH", at)) return patch(call, user);
  if (call.is("DELETE", at)) return remove(call, user);
  return graph_memberships(call, call.segment(at), user.object_id);
}

GraphResult owned_objects(const GraphCall& call) {
  std::vector<std::string> ids;
  const auto collect = [&](const auto& table) {
    for (const auto& record : table.all()) {
      for (const auto& owner : texts_of(find(record->document, "owners"))) {
        if (owner == call.caller.object_id) ids.push_back(record->object_id);
      }
    }
  };
  collect(call.context.directory.applications);
  collect(call.context.directory.service_principals);
  collect(call.context.directory.groups);
  return graph_objects(call, ids);
}

}  // namespace

GraphResult graph_users(GraphCall& call) {
  if (const Status allowed = may_read(call); !allowed) return allowed.error();
  if (call.is("GET", 1)) return list(call);
  if (call.is("POST", 1)) return create(call);
  const Pointer user = find_user(call, call.segment(1));
  if (!user) return graph_not_found(call.segment(1));
  return answer_user(call, *user, 2);
}

GraphResult graph_me(GraphCall& call) {
  const Pointer user = call.context.directory.users.find(call.caller.object_id);
  if (!user) {
    return graph_error(400, "Request_BadRequest", "/me request is only valid with delegated authentication flow.");
  }
  if (call.is("GET", 2) && call.segment(1) == "ownedObjects") return owned_objects(call);
  return answer_user(call, *user, 1);
}

}  // namespace lazuli::entra
