// The vocabulary that the doctor shares with the workload identity webhook (src/workload_identity/vocabulary.h) and
// Azure's names of resource types; a few questions over text that several checks ask.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace lazuli::doctor {

inline constexpr std::string_view kUseLabel = "azure.workload.identity/use";
inline constexpr std::string_view kClientIdAnnotation = "azure.workload.identity/client-id";
inline constexpr std::string_view kTenantIdAnnotation = "azure.workload.identity/tenant-id";
inline constexpr std::string_view kSkipAnnotation = "azure.workload.identity/skip-containers";
inline constexpr std::string_view kTokenVolumePrefix = "azure-workload-identity-reserved-";
inline constexpr std::string_view kTokenMountPath = "/var/run/secrets/azure/wi";
inline constexpr std::string_view kAudience = "api://AzureADTokenExchange";

inline constexpr std::string_view kIdentityType = "Microsoft.ManagedIdentity/userAssignedIdentities";
inline constexpr std::string_view kAccountType = "Microsoft.CognitiveServices/accounts";
inline constexpr std::string_view kRoleAssignmentType = "Microsoft.Authorization/roleAssignments";

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::string_view("0123456789abcdefABCDEF").find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace lazuli::doctor
