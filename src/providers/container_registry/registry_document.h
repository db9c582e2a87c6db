// The document of a registry: its defaults, what a request may change in it, and how each api-version shows it (which
// members a version has is as the recorded answers have them). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "access/principal.h"
#include "arm/resources.h"
#include "base/clock.h"

namespace lazuli::providers {

inline constexpr std::string_view kRegistryType = "Microsoft.ContainerRegistry/registries";

// 5 to 50 letters and digits.
bool valid_registry_name(std::string_view name);

// "NAME.azurecr.io"; with a scope other than Unsecure "NAME-" and 16 letters or digits that depend on the scope.
std::string login_server_of(const arm::ResourceId& id, std::string_view label_scope, std::string_view tenant);

JsonObject new_registry(const arm::ResourceId& id, const std::string& login_server, TimePoint now);

// Takes sku, tags, identity and properties of a PUT or PATCH body. Errors are ARM's, code and sentence.
Status change_registry(JsonObject& document, const Json& body, TimePoint now);

// provisioning_state: what to show instead of the stored one; may be empty.
JsonObject registry_view(const JsonObject& document, std::string_view api_version,
                         std::string_view provisioning_state = {});

// Who did it and when, as "systemData".
void stamp_system_data(JsonObject& document, const access::Principal& who, TimePoint now);

}  // namespace lazuli::providers
