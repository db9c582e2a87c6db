// Service Connector's words: what the portal calls the kinds of service, authentication and client, what the wire calls
// them, and the names of the objects that a connection makes in the cluster. `az` computes those names in the same way.

export const kServices = [
  { label: "OpenAI Service", field: "OpenAI", kinds: ["OpenAI"] },
  { label: "Azure AI services", field: "Azure AI services", kinds: ["AIServices", "CognitiveServices"] },
];

export const kAuthentications = [
  { value: "userAssignedIdentity", label: "Workload Identity" },
  { value: "secret", label: "Connection string" },
];

export const kClients = [
  ["dotnet", ".NET"], ["java", "Java"], ["python", "Python"], ["nodejs", "Node.js"], ["go", "Go"], ["none", "None"],
];

export function secretName(connection) {
  return `sc-${connection.replace(/[^A-Za-z0-9]/g, "").toLowerCase()}-secret`;
}

export function serviceAccountName(clientId) {
  return `sc-account-${clientId.toLowerCase()}`;
}

export function authenticationLabel(authInfo) {
  if (authInfo?.authType === "servicePrincipalSecret") return "Service Principal";
  const known = kAuthentications.find((one) => one.value === authInfo?.authType);
  return known?.label ?? authInfo?.authType ?? "";
}

export function clientLabel(clientType) {
  return kClients.find(([value]) => value === clientType)?.[1] ?? clientType;
}

// What a pod's definition takes from a connection.
export function podSnippet(nameSpace, serviceAccount, secret) {
  return [
    "apiVersion: v1",
    "kind: Pod",
    "metadata:",
    "  name: my-pod",
    `  namespace: ${nameSpace}`,
    ...(serviceAccount ? ["  labels:", '    azure.workload.identity/use: "true"'] : []),
    "spec:",
    ...(serviceAccount ? [`  serviceAccountName: ${serviceAccount}`] : []),
    "  containers:",
    "  - name: app",
    "    image: <YourContainerImage>",
    "    envFrom:",
    "    - secretRef:",
    `        name: ${secret}`,
    "",
  ].join("\n");
}
