#include "base/text.h"
#include "entra/federated_credentials.h"
#include "entra/graph_credentials.h"
#include "entra/graph_handlers.h"
#include "entra/objects.h"

namespace lazuli::entra {

namespace {

using Pointer = Table<Application>::Pointer;

GraphResult list(const GraphCall& call) {
  std::vector<JsonObject> items;
  for (const auto& application : call.context.directory.applications.all())
    items.push_back(shown(application->document));
  return graph_list(call, "applications", std::move(items));
}

// Identifier URIs are unique in the directory.
Status check_uris(const GraphCall& call, const Json& graph) {
  for (const auto& uri : texts_of(find(graph, "identifierUris"))) {
    const auto other = call.context.directory.application_by_uri(uri);
    if (other && other->object_id != string_at(graph, "id")) {
      return graph_error(400, "Request_BadRequest",
                         "Another object with the same value for property identifierUris already exists.");
    }
  }
  return {};
}

// The body's members into the document: credentials are kept apart from what is shown.
Status set_members(const GraphCall& call, Json& document) {
  JsonObject changes = call.body.is_object() ? call.body.get_object() : JsonObject{};
  if (const Json* keys = changes.if_contains("keyCredentials")) {
    if (Status set = set_certificates(call, document, *keys); !set) return set;
    changes.erase("keyCredentials");
  }
  if (const Json* passwords = changes.if_contains("passwordCredentials")) {
    const bool empty = passwords->is_array() && passwords->get_array().empty();
    if (!empty) {
      return graph_error(400, "Request_BadRequest", "Passwords are made by addPassword, which alone can show them.");
    }
    document.as_object()["secrets"] = JsonArray{};
    changes.erase("passwordCredentials");
  }
  JsonObject& graph = document.as_object()["graph"].as_object();
  if (Status changed = change_members(graph, changes, "application"); !changed) return changed;
  if (string_at(graph, "displayName").empty()) {
    return graph_error(400, "Request_BadRequest", "Property 'displayName' is required and cannot be empty.");
  }
  return check_uris(call, graph);
}

GraphResult create(const GraphCall& call) {
  if (const Status allowed = may_create(call, true); !allowed) return allowed.error();
  Context& context = call.context;
  const NewObject object{context.random.uuid(), context.random.uuid(), "",
                         graph_time(context),   context.tenant_id,     context.tenant_domain};
  Json document = JsonObject{{"graph", new_application(object)}, {"owners", json_texts({call.caller.object_id})}};
  if (const Status set = set_members(call, document); !set) return set.error();
  if (const Status stored = context.store.put(kApplications, object.object_id, document); !stored)
    return stored.error();
  JsonObject answer = shown(document);
  answer["createdDateTime"] = iso8601(context.clock.now());
  net::Response response = graph_entity(call, "applications", std::move(answer), 201);
  response.headers.set("Location", "https://graph.microsoft.com/v2/" + context.tenant_id + "/directoryObjects/" +
                                       object.object_id + "/Microsoft.DirectoryServices.Application");
  return response;
}

// Reads, changes by the function and stores, in one transaction.
Status update(const GraphCall& call, const Application& application, const std::function<Status(Json&)>& change) {
  if (Status allowed = may_change(call, application.document); !allowed) return allowed;
  return call.context.store.update(kApplications, application.object_id, change);
}

GraphResult patch(const GraphCall& call, const Application& application) {
  const Status done = update(call, application, [&](Json& document) { return set_members(call, document); });
  return done ? GraphResult(graph_done()) : done.error();
}

// The application's service principal and federated credentials go with it.
GraphResult remove(const GraphCall& call, const Application& application) {
  if (const Status allowed = may_change(call, application.document); !allowed) return allowed.error();
  const auto principal = call.context.directory.service_principal(application.client_id);
  const Status done = call.context.store.transact([&](store::Transaction& transaction) -> Status {
    for (const auto& document : transaction.list(kFederated, federated_key(application.client_id, ""))) {
      transaction.erase(kFederated, document.key);
    }
    if (principal) transaction.erase(kServicePrincipals, principal->object_id);
    transaction.erase(kApplications, application.object_id);
    return {};
  });
  return done ? GraphResult(graph_done()) : done.error();
}

GraphResult password_action(const GraphCall& call, const Application& application, bool adds) {
  JsonObject answer;
  const Status done = update(call, application, [&](Json& document) -> Status {
    if (!adds) return remove_password(call, document);
    auto made = add_password(call, document);
    if (!made) return made.error();
    answer = std::move(*made);
    return {};
  });
  if (!done) return done.error();
  if (!adds) return graph_done();
  net::Response response = net::Response::json(200, answer);
  response.headers.set("Location", "https://graph.microsoft.com");
  return response;
}

// "/applications/ID", or "/applications(appId='ID')".
Pointer find_application(const GraphCall& call) {
  if (const auto app_id = alternate_app_id(call.segment(0), "applications"))
    return call.context.directory.application(*app_id);
  return call.context.directory.applications.find(to_lower(call.segment(1)));
}

}  // namespace

GraphResult graph_applications(GraphCall& call) {
  if (const Status allowed = may_read(call); !allowed) return allowed.error();
  const bool by_app_id = call.path[0].find('(') != std::string::npos;
  if (!by_app_id && call.is("GET", 1)) return list(call);
  if (!by_app_id && call.is("POST", 1)) return create(call);
  const Pointer application = find_application(call);
  if (!application) return graph_not_found(by_app_id ? call.segment(0) : call.segment(1));
  if (by_app_id)
    call.path = [&] {
      std::vector<std::string> path = {"applications", application->object_id};
      path.insert(path.end(), call.path.begin() + 1, call.path.end());
      return path;
    }();
  if (call.is("GET", 2)) return graph_entity(call, "applications", shown(application->document));
  if (call.is("PATCH", 2)) return patch(call, *application);
  if (call.is("DELETE", 2)) return remove(call, *application);
  const std::string_view operation = call.segment(2);
  if (call.is("POST", 3) && operation == "addPassword") return password_action(call, *application, true);
  if (call.is("POST", 3) && operation == "removePassword") return password_action(call, *application, false);
  if (operation == "owners") return graph_owners(call, kApplications, application->object_id, application->document);
  if (operation == "federatedIdentityCredentials") return graph_federated_credentials(call, *application);
  return graph_not_supported(call);
}

}  // namespace lazuli::entra
