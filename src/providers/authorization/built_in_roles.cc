#include "providers/authorization/built_in_roles.h"

namespace lazuli::providers {

namespace {

using Texts = std::vector<std::string>;

Texts operator+(Texts all, const Texts& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// What most service roles carry besides their own actions.
const Texts kUsual = {"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*",
                      "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read",
                      "Microsoft.Support/*"};
const Texts kReadRoles = {"Microsoft.Authorization/roleAssignments/read",
                          "Microsoft.Authorization/roleDefinitions/read"};
const std::string kOpenAI = "Microsoft.CognitiveServices/accounts/OpenAI/";
const std::string kAks = "Microsoft.ContainerService/managedClusters/";
const std::string kAcr = "Microsoft.ContainerRegistry/registries/";
const std::string kIdentity = "Microsoft.ManagedIdentity/userAssignedIdentities/";
const std::string kContainers = "Microsoft.Storage/storageAccounts/blobServices/containers/";
const std::string kKeys = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action";

std::vector<BuiltInRole> general() {
  return {
      {std::string(kOwnerRole),
       "Owner",
       "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
       {{"*"}, {}, {}, {}}},
      {"b24988ac-6180-42a0-ab88-20f7382dd24c",
       "Contributor",
       "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage "
       "assignments in Azure Blueprints, or share image galleries.",
       {{"*"},
        {"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
         "Microsoft.Authorization/elevateAccess/Action", "Microsoft.Blueprint/blueprintAssignments/write",
         "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action",
         "Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete",
         "Microsoft.Resources/deploymentStacks/manageDenySetting/action", "Microsoft.Subscription/cancel/action",
         "Microsoft.Subscription/enable/action"},
        {},
        {}}},
      {"acdd72a7-3385-48ef-bd42-f606fba81ae7",
       "Reader",
       "View all resources, but does not allow you to make any changes.",
       {{"*/read"}, {}, {}, {}}},
      {"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
       "User Access Administrator",
       "Lets you manage user access to Azure resources.",
       {{"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}, {}, {}, {}}},
      {"f58310d9-a9f6-439a-9e8d-f62e7b41a168",
       "Role Based Access Control Administrator",
       "Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage "
       "access using other ways, such as Azure Policy.",
       {{"Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read",
         "Microsoft.Support/*"},
        {},
        {},
        {}}},
  };
}

std::vector<BuiltInRole> cognitive_services() {
  const Texts insights = {"Microsoft.Insights/alertRules/read",
                          "Microsoft.Insights/diagnosticSettings/read",
                          "Microsoft.Insights/logDefinitions/read",
                          "Microsoft.Insights/metricdefinitions/read",
                          "Microsoft.Insights/metrics/read",
                          "Microsoft.ResourceHealth/availabilityStatuses/read",
                          "Microsoft.Resources/deployments/operations/read",
                          "Microsoft.Resources/subscriptions/operationresults/read",
                          "Microsoft.Resources/subscriptions/read",
                          "Microsoft.Resources/subscriptions/resourceGroups/read",
                          "Microsoft.Support/*"};
  return {
      {"5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
       "Cognitive Services OpenAI User",
       "Ability to view files, models, deployments. Readers can't make any changes They can inference",
       {Texts{"Microsoft.CognitiveServices/*/read"} + kReadRoles,
        {},
        {kOpenAI + "*/read", kOpenAI + "engines/completions/action", kOpenAI + "engines/search/action",
         kOpenAI + "engines/generate/action", kOpenAI + "deployments/audio/action",
         kOpenAI + "deployments/search/action", kOpenAI + "deployments/completions/action",
         kOpenAI + "deployments/chat/completions/action", kOpenAI + "deployments/realtime/action",
         kOpenAI + "deployments/extensions/chat/completions/action", kOpenAI + "deployments/embeddings/action",
         kOpenAI + "images/generations/action", kOpenAI + "assistants/*", kOpenAI + "responses/*"},
        {kOpenAI + "stored-completions/read"}}},
      {"a001fd3d-188f-4b5d-821b-7da978bf7442",
       "Cognitive Services OpenAI Contributor",
       "Full access including the ability to fine-tune, deploy and generate text",
       {Texts{"Microsoft.CognitiveServices/*/read", "Microsoft.CognitiveServices/accounts/deployments/write",
              "Microsoft.CognitiveServices/accounts/deployments/delete",
              "Microsoft.CognitiveServices/accounts/raiPolicies/read",
              "Microsoft.CognitiveServices/accounts/raiPolicies/write",
              "Microsoft.CognitiveServices/accounts/raiPolicies/delete",
              "Microsoft.CognitiveServices/accounts/commitmentplans/read",
              "Microsoft.CognitiveServices/accounts/commitmentplans/write",
              "Microsoft.CognitiveServices/accounts/commitmentplans/delete"} +
            kReadRoles,
        {},
        {kOpenAI + "*"},
        {}}},
      {"a97b65f3-24c7-4388-baec-2e87135dc908",
       "Cognitive Services User",
       "Lets you read and list keys of Cognitive Services.",
       {Texts{"Microsoft.CognitiveServices/*/read", "Microsoft.CognitiveServices/accounts/listkeys/action"} + insights,
        {},
        {"Microsoft.CognitiveServices/*"},
        {}}},
      {"25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
       "Cognitive Services Contributor",
       "Lets you create, read, update, delete and manage keys of Cognitive Services.",
       {Texts{"Microsoft.CognitiveServices/*", "Microsoft.Features/features/read",
              "Microsoft.Features/providers/features/read", "Microsoft.Features/providers/features/register/action",
              "Microsoft.Insights/diagnosticSettings/*", "Microsoft.Insights/logDefinitions/read",
              "Microsoft.Insights/metricdefinitions/read", "Microsoft.Insights/metrics/read",
              "Microsoft.ResourceHealth/availabilityStatuses/read", "Microsoft.Resources/deployments/operations/read",
              "Microsoft.Resources/subscriptions/operationresults/read", "Microsoft.Resources/subscriptions/read",
              "Microsoft.Resources/subscriptions/resourcegroups/deployments/*"} +
            kUsual,
        {},
        {},
        {}}},
      {"53ca6127-db72-4b80-b1b0-d745d6d5456d",
       "Azure AI User",
       "Grants reader access to AI projects, reader access to AI accounts, and data actions for an AI project.",
       {Texts{"Microsoft.CognitiveServices/*/read", "Microsoft.CognitiveServices/accounts/listkeys/action"} + insights,
        {},
        {"Microsoft.CognitiveServices/*"},
        {}}},
      {"64702f94-c441-49e6-a78b-ef80e0188fee",
       "Azure AI Developer",
       "Can perform all actions within an Azure AI resource besides managing the resource itself.",
       {Texts{"Microsoft.Resources/deployments/*"} + kReadRoles,
        {},
        {kOpenAI + "*", "Microsoft.CognitiveServices/accounts/SpeechServices/*",
         "Microsoft.CognitiveServices/accounts/ContentSafety/*"},
        {}}},
  };
}

std::vector<BuiltInRole> containers() {
  const std::string content = kAcr + "repositories/content/";
  const std::string metadata = kAcr + "repositories/metadata/";
  return {
      {"7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull", "acr pull", {{kAcr + "pull/read"}, {}, {}, {}}},
      {"8311e382-0749-4cb8-b61a-304f252e45ec",
       "AcrPush",
       "acr push",
       {{kAcr + "pull/read", kAcr + "push/write"}, {}, {}, {}}},
      {"c2f4ef07-c644-48eb-af81-4b1b4947fb11", "AcrDelete", "acr delete", {{kAcr + "artifacts/delete"}, {}, {}, {}}},
      {"6cef56e8-d556-48e5-a04f-b8e64114680f",
       "AcrImageSigner",
       "acr image signer",
       {{kAcr + "sign/write"}, {}, {kAcr + "trustedCollections/write"}, {}}},
      {"b93aa761-3e63-49ed-ac28-beffa264f7ac",
       "Container Registry Repository Reader",
       "Allows for read access to Azure Container Registry repositories, but excluding catalog listing.",
       {{}, {}, {metadata + "read", content + "read"}, {}}},
      {"2a1e307c-b015-4ebd-883e-5b7698a07328",
       "Container Registry Repository Writer",
       "Allows for read and write access to Azure Container Registry repositories, but excluding catalog listing.",
       {{}, {}, {metadata + "read", content + "read", metadata + "write", content + "write"}, {}}},
      {"2efddaa5-3f1f-4df3-97df-af3f13818f4c",
       "Container Registry Repository Contributor",
       "Allows for read, write, and delete access to Azure Container Registry repositories, but excluding catalog "
       "listing.",
       {{},
        {},
        {metadata + "read", content + "read", metadata + "write", content + "write", metadata + "delete",
         content + "delete"},
        {}}},
      {"0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
       "Azure Kubernetes Service Cluster Admin Role",
       "List cluster admin credential action.",
       {{kAks + "listClusterAdminCredential/action", kAks + "accessProfiles/listCredential/action", kAks + "read",
         kAks + "runcommand/action"},
        {},
        {},
        {}}},
      {"4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
       "Azure Kubernetes Service Cluster User Role",
       "List cluster user credential action.",
       {{kAks + "listClusterUserCredential/action", kAks + "read"}, {}, {}, {}}},
      {"1afdec4b-e479-420e-99e7-f82237c7c5e6",
       "Azure Kubernetes Service Cluster Monitoring User",
       "List cluster monitoring user credential action.",
       {{kAks + "listClusterMonitoringUserCredential/action", kAks + "read"}, {}, {}, {}}},
      {"ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
       "Azure Kubernetes Service Contributor Role",
       "Grants access to read and write Azure Kubernetes Service clusters",
       {{kAks + "read", kAks + "write", "Microsoft.Resources/deployments/*"}, {}, {}, {}}},
      {"3498e952-d568-435e-9b2c-8d77e338d7f7",
       "Azure Kubernetes Service RBAC Admin",
       "Lets you manage all resources under cluster/namespace, except update or delete resource quotas and namespaces.",
       {kUsual + Texts{kAks + "listClusterUserCredential/action"},
        {},
        {kAks + "*"},
        {kAks + "resourcequotas/write", kAks + "resourcequotas/delete", kAks + "namespaces/write",
         kAks + "namespaces/delete"}}},
      {"b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
       "Azure Kubernetes Service RBAC Cluster Admin",
       "Lets you manage all resources in the cluster.",
       {kUsual + Texts{kAks + "listClusterUserCredential/action"}, {}, {kAks + "*"}, {}}},
      {"7f6c6a51-bcf8-42ba-9220-52d62157d7db",
       "Azure Kubernetes Service RBAC Reader",
       "Allows read-only access to see most objects in a namespace. It does not allow viewing roles or role bindings.",
       {kUsual, {}, {kAks + "*/read"}, {kAks + "secrets/read", kAks + "rbac.authorization.k8s.io/*/read"}}},
  };
}

std::vector<BuiltInRole> others() {
  return {
      {"f1a07417-d97a-45cb-824c-7a7467783830",
       "Managed Identity Operator",
       "Read and Assign User Assigned Identity",
       {Texts{kIdentity + "*/read", kIdentity + "*/assign/action"} + kUsual, {}, {}, {}}},
      {"e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
       "Managed Identity Contributor",
       "Create, Read, Update, and Delete User Assigned Identity",
       {Texts{kIdentity + "read", kIdentity + "write", kIdentity + "delete", kIdentity + "*/read",
              kIdentity + "federatedIdentityCredentials/write", kIdentity + "federatedIdentityCredentials/delete",
              kIdentity + "revokeTokens/action"} +
            kUsual,
        {},
        {},
        {}}},
      {"4d97b98b-1d4f-4787-a291-c67834d212e7",
       "Network Contributor",
       "Lets you manage networks, but not access to them.",
       {Texts{"Microsoft.Network/*", "Microsoft.ResourceHealth/availabilityStatuses/read"} + kUsual, {}, {}, {}}},
      {"b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
       "Storage Blob Data Owner",
       "Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.",
       {{kContainers + "*", kKeys}, {}, {kContainers + "blobs/*"}, {}}},
      {"ba92f5b4-2d11-453d-a403-e96b0029c9fe",
       "Storage Blob Data Contributor",
       "Allows for read, write and delete access to Azure Storage blob containers and data",
       {{kContainers + "delete", kContainers + "read", kContainers + "write", kKeys},
        {},
        {kContainers + "blobs/delete", kContainers + "blobs/read", kContainers + "blobs/write",
         kContainers + "blobs/move/action", kContainers + "blobs/add/action"},
        {}}},
      {"2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
       "Storage Blob Data Reader",
       "Allows for read access to Azure Storage blob containers and data",
       {{kContainers + "read", kKeys}, {}, {kContainers + "blobs/read"}, {}}},
  };
}

}  // namespace

const std::vector<BuiltInRole>& built_in_roles() {
  static const std::vector<BuiltInRole> all = [] {
    std::vector<BuiltInRole> roles = general();
    for (const auto& part : {cognitive_services(), containers(), others()}) {
      roles.insert(roles.end(), part.begin(), part.end());
    }
    return roles;
  }();
  return all;
}

}  // namespace lazuli::providers
