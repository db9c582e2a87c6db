#include "base/text.h"
#include "entra/federated_credentials.h"
#include "entra/graph_credentials.h"
#include "entra/graph_handlers.h"
#include "entra/objects.h"

namespace lazuli::entra {

namespace {

using Pointer = Table<ServicePrincipalRecord>::Pointer;

GraphResult list(const GraphCall& call) {
  std::vector<JsonObject> items;
  for (const auto& principal : call.context.directory.service_principals.all())
    items.push_back(shown(principal->document));
  return graph_list(call, "servicePrincipals", std::move(items));
}

GraphResult create(const GraphCall& call) {
  if (const Status allowed = may_create(call, true); !allowed) return allowed.error();
  Context& context = call.context;
  const std::string client_id = string_at(call.body, "appId");
  const auto application = context.directory.application(client_id);
  if (!application) {
    return graph_error(400, "NoBackingApplicationObject",
                       "The appId '" + client_id.substr(0, 100) +
                           "' of the service principal does not reference a valid application object.");
  }
  if (context.directory.service_principal(client_id)) {
    return graph_error(
        409, "Request_MultipleObjectsWithSameKeyValue",
        "The service principal cannot be created, updated, or restored because the service principal name " +
            client_id + " is already in use.");
  }
  const NewObject object{context.random.uuid(), application->client_id, application->display_name,
                         graph_time(context),   context.tenant_id,      context.tenant_domain};
  JsonObject graph = new_service_principal(object, false);
  std::vector<std::string> names = application->identifier_uris;
  names.insert(names.begin(), application->client_id);
  graph["servicePrincipalNames"] = json_texts(names);
  JsonObject changes = call.body.as_object();
  changes.erase("appId");
  if (const Status changed = change_members(graph, changes, "servicePrincipal"); !changed) return changed.error();
  const Json document = JsonObject{{"graph", std::move(graph)}, {"owners", json_texts({call.caller.object_id})}};
  if (const Status stored = context.store.put(kServicePrincipals, object.object_id, document); !stored)
    return stored.error();
  net::Response response = graph_entity(call, "servicePrincipals", shown(document), 201);
  response.headers.set("Location", "https://graph.microsoft.com/v2/" + context.tenant_id + "/directoryObjects/" +
                                       object.object_id + "/Microsoft.DirectoryServices.ServicePrincipal");
  return response;
}

// A managed identity's principal belongs to its resource: ARM alone makes, changes and removes it.
Status may_change_principal(const GraphCall& call, const ServicePrincipalRecord& principal) {
  if (!principal.resource_id.empty()) return graph_denied();
  return may_change(call, principal.document);
}

Status update(const GraphCall& call, const ServicePrincipalRecord& principal,
              const std::function<Status(Json&)>& change) {
  if (Status allowed = may_change_principal(call, principal); !allowed) return allowed;
  return call.context.store.update(kServicePrincipals, principal.object_id, change);
}

GraphResult patch(const GraphCall& call, const ServicePrincipalRecord& principal) {
  const Status done = update(call, principal, [&](Json& document) -> Status {
    JsonObject changes = call.body.as_object();
    if (const Json* keys = changes.if_contains("keyCredentials")) {
      if (Status set = set_certificates(call, document, *keys); !set) return set;
      changes.erase("keyCredentials");
    }
    return change_members(document.as_object()["graph"].as_object(), changes, "servicePrincipal");
  });
  return done ? GraphResult(graph_done()) : done.error();
}

GraphResult password_action(const GraphCall& call, const ServicePrincipalRecord& principal, bool adds) {
  JsonObject answer;
  const Status done = update(call, principal, [&](Json& document) -> Status {
    if (!adds) return remove_password(call, document);
    auto made = add_password(call, document);
    if (!made) return made.error();
    answer = std::move(*made);
    return {};
  });
  if (!done) return done.error();
  return adds ? net::Response::json(200, answer) : graph_done();
}

GraphResult remove(const GraphCall& call, const ServicePrincipalRecord& principal) {
  if (const Status allowed = may_change_principal(call, principal); !allowed) return allowed.error();
  const Status done = call.context.store.erase(kServicePrincipals, principal.object_id);
  return done ? GraphResult(graph_done()) : done.error();
}

// "/servicePrincipals/ID", or "/servicePrincipals(appId='ID')".
Pointer find_principal(const GraphCall& call) {
  if (const auto app_id = alternate_app_id(call.segment(0), "servicePrincipals"))
    return call.context.directory.service_principal(*app_id);
  return call.context.directory.service_principals.find(to_lower(call.segment(1)));
}

}  // namespace

GraphResult graph_service_principals(GraphCall& call) {
  if (const Status allowed = may_read(call); !allowed) return allowed.error();
  const bool by_app_id = call.path[0].find('(') != std::string::npos;
  if (!by_app_id && call.is("GET", 1)) return list(call);
  if (!by_app_id && call.is("POST", 1)) return create(call);
  const Pointer principal = find_principal(call);
  if (!principal) return graph_not_found(by_app_id ? call.segment(0) : call.segment(1));
  if (by_app_id) call.path.insert(call.path.begin() + 1, principal->object_id);
  if (call.is("GET", 2)) return graph_entity(call, "servicePrincipals", shown(principal->document));
  if (call.is("PATCH", 2)) return patch(call, *principal);
  if (call.is("DELETE", 2)) return remove(call, *principal);
  const std::string_view operation = call.segment(2);
  if (call.is("POST", 3) && operation == "addPassword") return password_action(call, *principal, true);
  if (call.is("POST", 3) && operation == "removePassword") return password_action(call, *principal, false);
  if (operation == "owners") return graph_owners(call, kServicePrincipals, principal->object_id, principal->document);
  return graph_memberships(call, operation, principal->object_id);
}

}  // namespace lazuli::entra
