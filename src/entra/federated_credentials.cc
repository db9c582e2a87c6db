#include "entra/federated_credentials.h"

#include <algorithm>

#include "base/text.h"
#include "entra/objects.h"

namespace lazuli::entra {

namespace {

Error no_identity(std::string_view resource_id) {
  return Error{"NotFound", "There is no managed identity '" + std::string(resource_id) + "'.", 404};
}

}  // namespace

CredentialFault check_credential(const Context& context, std::string_view client_id,
                                 const FederatedCredential& credential, bool replaces) {
  const auto others = context.directory.federated_credentials(client_id);
  const auto same_name = [&](const FederatedCredential& other) {
    return equals_ignoring_case(other.name, credential.name);
  };
  const bool taken = std::ranges::any_of(*others, same_name);
  if (taken && !replaces) return CredentialFault::name_taken;
  if (!taken && others->size() >= kMostFederatedCredentials) return CredentialFault::too_many;
  const bool pair_taken = std::ranges::any_of(*others, [&](const FederatedCredential& other) {
    return !same_name(other) && other.issuer == credential.issuer && other.subject == credential.subject;
  });
  return pair_taken ? CredentialFault::pair_taken : CredentialFault::none;
}

Status store_credential(Context& context, std::string_view client_id, const FederatedCredential& credential,
                        JsonObject more) {
  more["name"] = credential.name;
  more["issuer"] = credential.issuer;
  more["subject"] = credential.subject;
  more["audiences"] = json_texts(credential.audiences);
  more["changed"] = unix_seconds(context.clock.now());
  return context.store.put(kFederated, federated_key(client_id, credential.name), more);
}

Result<ServicePrincipal> ensure_managed_identity(Context& context, std::string_view resource_id,
                                                 std::string_view display_name) {
  if (const auto found = context.directory.managed_identity(resource_id)) return ServicePrincipal(*found);
  const NewObject object{context.random.uuid(),           context.random.uuid(), std::string(display_name),
                         iso8601(context.clock.now(), 0), context.tenant_id,     context.tenant_domain};
  const std::string key = to_lower(resource_id);
  // Two callers at once must not make two: the resource's own document decides.
  const Status made = context.store.transact([&](store::Transaction& transaction) -> Status {
    if (transaction.get(kManagedIdentities, key)) return {};
    transaction.put(kManagedIdentities, key, JsonObject{{"object_id", object.object_id}});
    transaction.put(kServicePrincipals, object.object_id,
                    JsonObject{{"graph", new_service_principal(object, true)}, {"resourceId", resource_id}});
    return {};
  });
  if (!made) return made.error();
  const auto found = context.directory.managed_identity(resource_id);
  if (!found) return Error{"StoreError", "The managed identity was not stored.", 500};
  return ServicePrincipal(*found);
}

Status remove_managed_identity(Context& context, std::string_view resource_id) {
  const auto found = context.directory.managed_identity(resource_id);
  if (!found) return {};
  return context.store.transact([&](store::Transaction& transaction) -> Status {
    for (const auto& document : transaction.list(kFederated, federated_key(found->client_id, ""))) {
      transaction.erase(kFederated, document.key);
    }
    transaction.erase(kServicePrincipals, found->object_id);
    transaction.erase(kManagedIdentities, to_lower(resource_id));
    return {};
  });
}

Status put_identity_credential(Context& context, std::string_view resource_id, const FederatedCredential& credential) {
  const auto identity = context.directory.managed_identity(resource_id);
  if (!identity) return no_identity(resource_id);
  switch (check_credential(context, identity->client_id, credential, true)) {
    case CredentialFault::pair_taken:
      return Error{"Conflict", "Issuer and subject combination already exists for this Managed Identity.", 409};
    case CredentialFault::too_many:
      return Error{"BadRequest",
                   "A managed identity can have at most 20 federated identity credentials. Remove one, or use a second "
                   "identity.",
                   400};
    default:
      return store_credential(context, identity->client_id, credential);
  }
}

Status remove_identity_credential(Context& context, std::string_view resource_id, std::string_view name) {
  const auto identity = context.directory.managed_identity(resource_id);
  if (!identity) return no_identity(resource_id);
  return context.store.erase(kFederated, federated_key(identity->client_id, name));
}

}  // namespace lazuli::entra
