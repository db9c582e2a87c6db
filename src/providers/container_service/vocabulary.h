// The words of Microsoft.ContainerService's wire, as recorded; letter case matters (clusters say ManagedClusters in
// `type` and managedClusters in `id`).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lazuli::providers::container_service {

inline constexpr std::string_view kProvider = "Microsoft.ContainerService";
inline constexpr std::string_view kClusterType = "Microsoft.ContainerService/managedClusters";
inline constexpr std::string_view kShownClusterType = "Microsoft.ContainerService/ManagedClusters";
inline constexpr std::string_view kPoolType = "Microsoft.ContainerService/managedClusters/agentPools";
inline constexpr std::string_view kCommandType = "Microsoft.ContainerService/managedClusters/commandResults";
inline constexpr std::string_view kBindingType = "Microsoft.ContainerService/managedClusters/identityBindings";

// Newest first. Polls carry a version of their own whatever the caller asked for.
inline const std::vector<std::string> kApiVersions = {
    "2026-10-01", "2026-08-01", "2026-07-01", "2026-06-01", "2026-04-01", "2026-01-01",         "2025-10-01",
    "2025-07-01", "2025-04-01", "2025-03-01", "2025-01-01", "2024-09-01", "2024-05-01",         "2024-02-01",
    "2023-11-01", "2023-08-01", "2023-06-01", "2022-04-01", "2021-05-01", "2026-10-02-preview", "2026-07-02-preview"};
inline constexpr std::string_view kPollVersion = "2025-03-01";

namespace state {
inline constexpr std::string_view kCreating = "Creating", kUpdating = "Updating", kDeleting = "Deleting",
                                  kStopping = "Stopping", kStarting = "Starting", kScaling = "Scaling",
                                  kSucceeded = "Succeeded", kFailed = "Failed", kCanceled = "Canceled",
                                  kRunning = "Running";
}

// Kinds of operations in the journal. The part after the dot is what an answer calls them.
namespace kind {
inline constexpr std::string_view kCreate = "containerService.createManagedCluster",
                                  kUpdate = "containerService.updateManagedCluster",
                                  kDelete = "containerService.deleteManagedCluster",
                                  kStop = "containerService.stopManagedCluster",
                                  kStart = "containerService.startManagedCluster", kAbort = "containerService.abort",
                                  kPutPool = "containerService.putAgentPool",
                                  kDeletePool = "containerService.deleteAgentPool",
                                  kRunCommand = "containerService.runCommand";
}

}  // namespace lazuli::providers::container_service
