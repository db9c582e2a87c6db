// Tokens of managed identities, in the two forms that clients know. The instance metadata service (169.254.169.254):
// whoever reaches a node's door gets tokens of the identities that the node has been assigned, and what the node says
// of itself. App Service's (IDENTITY_ENDPOINT, IDENTITY_HEADER, see
// learn.microsoft.com/azure/app-service/overview-managed-identity): whoever holds an identity's header does. Numbers in
// the answers are texts, and "no identity" is a 400: clients go on asking after a 404.
#pragma once

#include <string>
#include <string_view>

#include "entra/context.h"
#include "entra/entra.h"
#include "net/http.h"

namespace lazuli::entra {

net::Response answer_metadata(Context& context, const net::Request& request, const MetadataNode& node);

// What IDENTITY_HEADER holds for an identity: its object id and a proof that nobody without the key can make.
std::string identity_header(std::string_view key, std::string_view identity_object_id);
net::Response answer_identity_endpoint(Context& context, const net::Request& request, std::string_view key);

}  // namespace lazuli::entra
