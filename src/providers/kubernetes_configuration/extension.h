// An extension's document in Azure's form (recordings of 2026: the members in their order, nulls kept, times with an
// offset instead of "Z"), and what installing and removing one does in the cluster. Pure but for install and uninstall,
// which are idempotent.
#pragma once

#include <string>
#include <string_view>

#include "arm/resources.h"
#include "base/clock.h"
#include "cluster/objects.h"

namespace lazuli::providers::kubernetes_configuration {

inline constexpr std::string_view kType = "Microsoft.KubernetesConfiguration/extensions";
inline constexpr std::string_view kApiVersion = "2025-03-01";
inline constexpr std::string_view kConnectorType = "microsoft.servicelinker.connection";
inline constexpr std::string_view kConnectorNamespace = "sc-system";

// Of a request's properties, over what is there already (null for a new one).
JsonObject filled(const Json& properties, const Json* before);
JsonObject system_data(const arm::Resource* before, TimePoint now);

Status install(cluster::Objects& objects, std::string_view extension, std::string_view version);
Status uninstall(cluster::Objects& objects, std::string_view extension);

}  // namespace lazuli::providers::kubernetes_configuration
