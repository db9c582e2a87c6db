#include <algorithm>

#include "base/text.h"
#include "entra/federated_credentials.h"
#include "entra/graph_handlers.h"

namespace lazuli::entra {

namespace {

std::string set_of(const Application& application) {
  return "applications('" + application.object_id + "')/federatedIdentityCredentials";
}

JsonObject shown_credential(const Json& document) {
  const Json* description = find(document, "description");
  return {{"id", string_at(document, "id")},
          {"name", string_at(document, "name")},
          {"issuer", string_at(document, "issuer")},
          {"subject", string_at(document, "subject")},
          {"description", description ? *description : Json(nullptr)},
          {"audiences", json_texts(texts_of(find(document, "audiences")))}};
}

std::vector<store::Document> documents_of(const GraphCall& call, const Application& application) {
  return call.context.store.list(kFederated, federated_key(application.client_id, ""));
}

// By id or by name.
std::optional<Json> find_credential(const GraphCall& call, const Application& application) {
  const std::string_view wanted = call.segment(3);
  for (auto& document : documents_of(call, application)) {
    if (equals_ignoring_case(string_at(document.value, "id"), wanted) ||
        equals_ignoring_case(string_at(document.value, "name"), wanted)) {
      return std::move(document.value);
    }
  }
  return std::nullopt;
}

Error invalid(const std::string& sentence) {
  return graph_error(400, "InvalidFederatedIdentityCredentialValue", sentence);
}

Result<FederatedCredential> read_credential(const Json& body) {
  FederatedCredential out{string_at(body, "name"), string_at(body, "issuer"), string_at(body, "subject"),
                          texts_of(find(body, "audiences"))};
  if (out.name.empty() || out.name.find('/') != std::string::npos || out.name.size() > 120) {
    return invalid("The federated identity credential must have a name of at most 120 characters without '/'.");
  }
  const auto url = net::parse_url(out.issuer);
  if (!url || !url->tls()) return invalid("The issuer must be a valid https address.");
  if (out.subject.empty() || out.audiences.size() != 1) {
    return invalid("The federated identity credential must have an issuer, a subject and exactly one audience.");
  }
  return out;
}

Status store_checked(const GraphCall& call, const Application& application, const Json& body, JsonObject more,
                     bool replaces) {
  const auto credential = read_credential(body);
  if (!credential) return credential.error();
  switch (check_credential(call.context, application.client_id, *credential, replaces)) {
    case CredentialFault::name_taken:
      return graph_error(409, "Request_MultipleObjectsWithSameKeyValue",
                         "FederatedIdentityCredential with name " + credential->name + " already exists.");
    case CredentialFault::pair_taken:
      return invalid("The combination of issuer and subject must be unique for the application. Issuer " +
                     credential->issuer + " and Subject: " + credential->subject + " already exist.");
    case CredentialFault::too_many:
      return graph_error(400, "Directory_QuotaExceeded",
                         "The application has 20 federated identity credentials, which is the most that it can have.");
    case CredentialFault::none:
      break;
  }
  return store_credential(call.context, application.client_id, *credential, std::move(more));
}

GraphResult create(const GraphCall& call, const Application& application) {
  JsonObject more = {{"id", call.context.random.uuid()}};
  const Json* description = find(call.body, "description");
  more["description"] = description ? *description : Json(nullptr);
  if (const Status stored = store_checked(call, application, call.body, more, false); !stored) return stored.error();
  const auto document =
      call.context.store.get(kFederated, federated_key(application.client_id, string_at(call.body, "name")));
  net::Response response = graph_entity(call, set_of(application), shown_credential(document->value), 201);
  response.headers.set("Location", "https://graph.microsoft.com/v2/" + call.context.tenant_id +
                                       "/federatedIdentityCredentials/" + string_or(&more["id"]));
  return response;
}

GraphResult patch(const GraphCall& call, const Application& application, JsonObject document) {
  if (const Json* name = find(call.body, "name");
      name && !equals_ignoring_case(string_or(name), string_at(document, "name"))) {
    return invalid("The name of a federated identity credential cannot be changed.");
  }
  if (const Status changed = change_members(document, call.body, "federatedIdentityCredential"); !changed) {
    return changed.error();
  }
  const Status stored = store_checked(call, application, document, document, true);
  return stored ? GraphResult(graph_done()) : stored.error();
}

}  // namespace

GraphResult graph_federated_credentials(GraphCall& call, const Application& application) {
  if (call.is("GET", 3)) {
    std::vector<JsonObject> items;
    for (const auto& document : documents_of(call, application)) items.push_back(shown_credential(document.value));
    return graph_list(call, set_of(application), std::move(items));
  }
  if (call.request.method != "GET") {
    if (const Status allowed = may_change(call, application.document); !allowed) return allowed.error();
  }
  if (call.is("POST", 3)) return create(call, application);
  if (call.path.size() != 4) return graph_not_supported(call);
  const auto document = find_credential(call, application);
  if (!document) return graph_not_found(call.segment(3));
  if (call.request.method == "GET") return graph_entity(call, set_of(application), shown_credential(*document));
  if (call.request.method == "PATCH") return patch(call, application, document->as_object());
  if (call.request.method != "DELETE") return graph_not_supported(call);
  const Status erased =
      call.context.store.erase(kFederated, federated_key(application.client_id, string_at(*document, "name")));
  return erased ? GraphResult(graph_done()) : erased.error();
}

}  // namespace lazuli::entra
