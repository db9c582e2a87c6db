// What a connection's target offers: the environment variables that carry its endpoints and credentials, and the role
// that a keyless caller needs. Names are those of the recordings and of Microsoft's documentation. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arm/resources.h"
#include "providers/service_linker/linker.h"

namespace lazuli::providers::service_linker {

struct Role {
  std::string_view name;
  std::string_view id;           // of the built-in definition
  std::string_view data_action;  // what the target asks of a caller
};

struct Configuration {
  std::string name;
  std::string value;
  bool credential = false;  // answered empty (documentation: "the value of a credential is the empty string")
};

struct Credentials {
  std::string key;     // of Auth::secret
  std::string secret;  // of Auth::service_principal
  std::string tenant_id;
};

Role role_for(const arm::Resource& account);

// What listConfigurations answers at an api-version: the endpoint of Azure OpenAI is AZURE_OPENAI_BASE up to
// 2023-04-01-preview and AZURE_OPENAI_ENDPOINT later.
std::vector<Configuration> listed_configurations(const Linker& linker, const arm::Resource& account,
                                                 std::string_view api_version, const Credentials& credentials);
// What the Kubernetes secret holds: the same, with both names of the endpoint, because Microsoft's own sample reads the
// older one.
std::vector<Configuration> secret_configurations(const Linker& linker, const arm::Resource& account,
                                                 const Credentials& credentials);

}  // namespace lazuli::providers::service_linker
