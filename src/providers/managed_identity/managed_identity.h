// Microsoft.ManagedIdentity: user-assigned identities and their federated credentials.
#pragma once

#include "arm/service.h"
#include "entra/entra.h"

namespace lazuli::providers {

void add_managed_identity(arm::Service& service, entra::Entra& entra);

}  // namespace lazuli::providers
