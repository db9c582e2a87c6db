// Which resource a token is asked for, and what its `aud` says. v1 requests name it (`resource=`), v2 requests hide it
// in a scope (`https://management.azure.com/.default`, `https://graph.microsoft.com/User.Read`, `api://app/.default`).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "entra/directory.h"

namespace lazuli::entra {

// What federated credentials have as their audience. Tokens for it, by which a managed identity of this tenant acts for
// an application, are of version 2.0 whoever asks, and so say its application id; a credential says its URI.
inline constexpr std::string_view kTokenExchange = "api://AzureADTokenExchange";
inline constexpr std::string_view kTokenExchangeId = "fb60f99c-7a34-4190-8149-302f77469936";

struct Resource {
  std::string audience;   // the claim, as Azure writes it: the resource's name as it was asked for
  std::string scopes;     // delegated: what the token's `scp` holds
  int token_version = 1;  // what the resource wants
};

// The resource itself, by URI or application id. Error 500011 if the directory knows none.
Result<Resource> find_resource(const Directory& directory, std::string_view tenant_id, std::string_view name);
// A v2 scope of an application acting for itself: exactly one "<resource>/.default" beside the OpenID ones.
Result<Resource> application_scope(const Directory& directory, std::string_view tenant_id, std::string_view scope);
// A v2 scope of a user's client. Without any resource scope it is Microsoft Graph.
Result<Resource> delegated_scope(const Directory& directory, std::string_view tenant_id, std::string_view scope);

// As a federated credential names it.
inline std::string credential_audience(std::string claimed) {
  return claimed == kTokenExchangeId ? std::string(kTokenExchange) : std::move(claimed);
}

bool has_scope(std::string_view scope, std::string_view name);

}  // namespace lazuli::entra
