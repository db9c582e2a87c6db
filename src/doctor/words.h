// The vocabulary that the doctor shares with the workload identity webhook (src/workload_identity/vocabulary.h) and
// Azure's names of resource types; names of links; a few questions over text that several checks ask.
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

// Links of the chain that more than one check tells of.
inline constexpr std::string_view kLabelLink = "label";
inline constexpr std::string_view kAccountLink = "service account";
inline constexpr std::string_view kInjectionLink = "identity in the pod";
inline constexpr std::string_view kTokenLink = "projected token";

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Who the doctor's events on pods are from.
inline constexpr std::string_view kEventSource = "lazuli";

}  // namespace lazuli::doctor
