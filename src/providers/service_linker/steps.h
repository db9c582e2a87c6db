// The steps of making a connection, each idempotent: it looks at what is there, and asks the provider that owns the
// resource through arm only when something is missing. In the order in which the provisioner takes them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "arm/service.h"
#include "cluster/objects.h"
#include "providers/service_linker/linker.h"
#include "providers/service_linker/target.h"

namespace lazuli::providers::service_linker {

inline constexpr std::string_view kManagedBy = "service-connector";  // label of the Kubernetes objects that are ours

struct Identity {
  arm::ResourceId id;
  std::string client_id, principal_id, tenant_id;
};

// The user-assigned identity with a client id in a subscription. Error "ResourceNotFound" (404) names both.
Result<Identity> find_identity(arm::Resources& resources, std::string_view client_id, std::string_view subscription);
Result<arm::Resource> find_account(arm::Resources& resources, const arm::ResourceId& target);
// A running cluster. Error 409 if it is stopped or in the middle of another operation.
Result<arm::Resource> find_cluster(arm::Resources& resources, const arm::ResourceId& cluster);

// Turns OIDC issuer and workload identity on where they are off; answers the issuer's URL.
Result<std::string> ensure_issuer(arm::Service& service, const arm::ResourceId& cluster);
Status ensure_extension(arm::Service& service, const arm::ResourceId& cluster);

struct Federation {
  std::string issuer, subject;
};
Status ensure_federated_credential(arm::Service& service, const Identity& identity, std::string_view name,
                                   const Federation& wanted);
Status ensure_role(arm::Service& service, const arm::ResourceId& scope, const Role& role,
                   std::string_view principal_id);

Status ensure_name_space(cluster::Objects& objects, std::string_view name);
Status write_service_account(cluster::Objects& objects, const Linker& linker, const Identity& identity);
Status write_secret(cluster::Objects& objects, const Linker& linker, const std::vector<Configuration>& content);

std::string service_account_path(std::string_view name_space, std::string_view name);
std::string secret_path(std::string_view name_space, std::string_view name);

}  // namespace lazuli::providers::service_linker
