// managedClusters/identityBindings: which managed identities the service accounts of a cluster can be without federated
// credentials of their own. The cluster's token proxy asks for them (entra::TokenProxy). Forms as in
// azure-rest-api-specs (2025-08-02-preview and later). Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "arm/service.h"
#include "entra/entra.h"

namespace lazuli::providers::container_service {

class IdentityBindings {
 public:
  IdentityBindings(arm::Service& service, entra::Entra& entra) : service_(service), entra_(entra) {}

  Result<arm::Answer> get(const arm::Call& call) const;
  Result<arm::Answer> list(const arm::Call& call) const;
  Result<arm::Answer> put(const arm::Call& call) const;
  Result<arm::Answer> remove(const arm::Call& call) const;

 private:
  Result<JsonObject> managed_identity(const arm::Call& call, const arm::Resource* existing) const;

  arm::Service& service_;
  entra::Entra& entra_;
};

// The cluster's binding that names the identity with this client id.
std::optional<arm::Resource> find_binding(arm::Service& service, std::string_view cluster_id,
                                          std::string_view client_id);

}  // namespace lazuli::providers::container_service
