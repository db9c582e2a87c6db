// Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials: which outside tokens may become one of
// the identity. The stored resource is what Azure shows; entra holds the working copy that the token service reads.
#pragma once

#include "arm/service.h"
#include "entra/entra.h"

namespace lazuli::providers {

void add_federated_credentials(arm::Service& service, entra::Entra& entra);

// What Azure demands of one; error 400 with the field at fault.
Status check_federated_credential(const entra::FederatedCredential& credential);

}  // namespace lazuli::providers
