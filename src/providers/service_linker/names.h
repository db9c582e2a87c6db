// The names of what Service Connector makes. `az` computes the first two itself and prints them (facts: azure-cli's
// serviceconnector, kubernetesResourceName), so they must come out exactly so. The others are ours, and deterministic,
// so that a step that runs again finds what it made.
#pragma once

#include <string>
#include <string_view>

#include "arm/resource_id.h"

namespace lazuli::providers::service_linker {

std::string secret_name(std::string_view connection);          // "sc-" + letters and digits + "-secret"
std::string service_account_name(std::string_view client_id);  // "sc-account-" + client id
std::string service_account_subject(std::string_view name_space, std::string_view account);
std::string federated_credential_name(const arm::ResourceId& cluster, std::string_view name_space);
std::string role_assignment_name(std::string_view scope, std::string_view principal_id, std::string_view role);
// What follows the GUID in the name of every operation on one connection: "*" and 64 capital hexadecimal digits.
std::string operation_suffix(const arm::ResourceId& linker);

}  // namespace lazuli::providers::service_linker
