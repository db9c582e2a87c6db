// What the portal knows of resource types: how they are called, with which api-version they are asked, and the parts of
// an id.

const kTypes = {
  "microsoft.containerservice/managedclusters": { label: "Kubernetes service", icon: "cluster", version: "2025-05-01" },
  "microsoft.cognitiveservices/accounts": { label: "Azure OpenAI", icon: "model", version: "2024-10-01" },
  "microsoft.containerregistry/registries": { label: "Container registry", icon: "registry", version: "2023-07-01" },
  "microsoft.managedidentity/userassignedidentities": {
    label: "Managed identity", icon: "identity", version: "2023-01-31",
  },
};

export const kResources = "2024-11-01";  // Microsoft.Resources
export const kSubscriptions = "2022-12-01";
export const kLinkers = "2024-07-01-preview";
export const kFederatedCredentials = "2023-01-31";

export function typeFacts(type) {
  return kTypes[type.toLowerCase()] ?? { label: type, icon: "resource", version: kResources };
}

// {subscription, group, type, name} of an id; type is empty for a group, group for a subscription.
export function parseId(id) {
  const segments = id.split("/").filter(Boolean);
  const parts = { subscription: segments[1] ?? "", group: "", type: "", name: "" };
  if (segments[2]?.toLowerCase() === "resourcegroups") parts.group = segments[3] ?? "";
  const provider = segments.findIndex((segment) => segment.toLowerCase() === "providers");
  if (provider >= 0 && segments.length > provider + 3) {
    parts.type = `${segments[provider + 1]}/${segments[provider + 2]}`;
    parts.name = segments[provider + 3];
  }
  return parts;
}

export function nameOf(id) {
  return id.slice(id.lastIndexOf("/") + 1);
}

export function pageOf(id, view) {
  return `#${id}${view ? `?view=${view}` : ""}`;
}
