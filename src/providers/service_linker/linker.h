// A connection as its document says it: reading a request's properties, filling them as Azure does (every unset member
// is an explicit null), and the two orders in which the members are answered (recordings: a PUT's answer and a GET's
// differ). Pure.
#pragma once

#include <string>
#include <string_view>

#include "arm/resource_id.h"
#include "arm/resources.h"
#include "base/json.h"
#include "base/result.h"

namespace lazuli::providers::service_linker {

inline constexpr std::string_view kProvider = "Microsoft.ServiceLinker";
inline constexpr std::string_view kType = "Microsoft.ServiceLinker/linkers";
inline constexpr std::string_view kShownType = "microsoft.servicelinker/linkers";  // always in lower case
inline constexpr std::string_view kClusterType = "Microsoft.ContainerService/managedClusters";
inline constexpr std::string_view kAccountType = "Microsoft.CognitiveServices/accounts";
inline constexpr std::string_view kIdentityType = "Microsoft.ManagedIdentity/userAssignedIdentities";

enum class Auth { identity, secret, service_principal };

struct Linker {
  arm::ResourceId id;
  arm::ResourceId cluster;
  arm::ResourceId target;
  Auth auth = Auth::identity;
  std::string client_id;
  std::string subscription_id;  // of the identity
  std::string principal_id;     // of a service principal
  std::string name_space;
  JsonObject customized_keys;  // other names for configurations
  JsonObject additional;       // more configurations

  std::string name() const { return id.name(); }
  std::string secret() const;
  std::string service_account() const;  // of an identity; else empty
};

// Error codes: "LinkedInvalidPropertyId", "BadRequest", "UnsupportedAuthType", "UnsupportedTargetService" (400).
Result<Linker> read_linker(const arm::ResourceId& id, const Json& properties);
Result<Linker> read_linker(const arm::Resource& stored);

// Azure's form of a request's properties, in the order of a GET; without provisioningState's value (null).
JsonObject filled(const Json& properties);
// The same members in the order of a PUT's answer.
JsonObject in_put_order(const JsonObject& properties);

}  // namespace lazuli::providers::service_linker
