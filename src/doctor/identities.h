// Who can sign in with a token of somebody else's: user-assigned identities (Resource Manager's documents) and
// applications (the directory), each with its federated credentials; and how near a credential is to what is presented.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arm/resource_id.h"
#include "entra/entra.h"

namespace lazuli::doctor {

struct Parts;

struct Identity {
  std::string name, client_id, principal_id, tenant_id;
  bool user = false;                        // a person: has neither client id nor credentials
  std::optional<arm::ResourceId> resource;  // of a user-assigned identity; an application has none
  std::vector<entra::FederatedCredential> credentials;

  std::string shown() const;  // the resource id, "application NAME (client id)", "user (object id)"
};

// By client id or object id, in any case. A service principal without federated credentials is one, too.
std::optional<Identity> find_identity(const Parts& parts, std::string_view id);
std::vector<Identity> user_assigned_identities(const Parts& parts);

// What a token says of whom it is for.
struct Presented {
  std::string issuer, subject, audience;
};

// How a credential misses; the fewer the points, the nearer it is. No points: it matches.
struct Miss {
  std::string cause;
  int distance = 0;
};
Miss miss_of(const entra::FederatedCredential& credential, const Presented& presented);

}  // namespace lazuli::doctor
