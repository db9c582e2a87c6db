// Federated credentials as they are kept: for managed identities (by ARM) and for applications (by Graph). The rules
// are the same for both; each caller words the error in its own protocol.
#pragma once

#include "entra/context.h"

namespace lazuli::entra {

inline constexpr std::size_t kMostFederatedCredentials = 20;  // for each identity or application, as in Azure

enum class CredentialFault { none, name_taken, pair_taken, too_many };

// Whether this credential could stand beside the client's other ones. replaces: the name may be taken (it is changed).
CredentialFault check_credential(const Context& context, std::string_view client_id,
                                 const FederatedCredential& credential, bool replaces);
Status store_credential(Context& context, std::string_view client_id, const FederatedCredential& credential,
                        JsonObject more = {});  // more: members that Graph adds, such as id and description

// Managed identities: a service principal without an application, for as long as its ARM resource is there.
Result<ServicePrincipal> ensure_managed_identity(Context& context, std::string_view resource_id,
                                                 std::string_view display_name);
Status remove_managed_identity(Context& context, std::string_view resource_id);
Status put_identity_credential(Context& context, std::string_view resource_id, const FederatedCredential& credential);
Status remove_identity_credential(Context& context, std::string_view resource_id, std::string_view name);

}  // namespace lazuli::entra
