// Who the client of a token request is: a secret, a certificate's assertion, a federated assertion, or (public clients)
// nothing but its id.
#pragma once

#include "entra/context.h"
#include "entra/token_request.h"

namespace lazuli::entra {

struct Client {
  std::string id;
  std::string name;
  Table<Application>::Pointer application;           // null for managed identities and Microsoft's own clients
  Table<ServicePrincipalRecord>::Pointer principal;  // null for clients that only act for users
  ClientProof proof = ClientProof::none;
  bool microsoft = false;  // one of Microsoft's own public clients, such as the Azure CLI
  bool portal = false;     // the one of them that is a page: lazuli's own portal, under the Azure portal's id

  // Microsoft's programs share refresh tokens as a family; a page has no part in it.
  bool of_the_family() const { return microsoft && !portal; }
};

// The client by its id alone, for pages. Error 700016.
Result<Client> find_client(const Context& context, std::string_view client_id);
// The client that proved itself; clients that keep no secret may leave the proof out unless it is required.
Result<Client> authenticate_client(Context& context, const TokenRequest& request, bool proof_required);
// The client that has this secret.
Result<Client> client_with_secret(const Context& context, std::string_view client_id, std::string_view secret);
// Whether a sign-in may be sent on to this address (exact, except for the port of a loopback address: RFC 8252, 7.3;
// the portal's has no such freedom).
bool may_redirect(const Context& context, const Client& client, std::string_view redirect_uri);

}  // namespace lazuli::entra
