// An AKS cluster: what it is, and its service connections.
import { connectionWizard } from "./connection_wizard.js";
import { connectionsPane } from "./connections.js";
import { h } from "./dom.js";
import { badge, copyable } from "./parts.js";
import { essentials } from "./resource.js";

function overview(page, cluster) {
  const properties = cluster.properties;
  const issuer = properties.oidcIssuerProfile?.issuerURL;
  return essentials(cluster, [
    ["Power state", badge(properties.powerState?.code)],
    ["Kubernetes version", properties.currentKubernetesVersion ?? properties.kubernetesVersion],
    ["API server", properties.fqdn && h("code", null, properties.fqdn)],
    ["Node pools", (properties.agentPoolProfiles ?? []).map((pool) => `${pool.name} (${pool.count})`).join(", ")],
    ["Workload identity", properties.securityProfile?.workloadIdentity?.enabled ? "Enabled" : "Disabled"],
    ["OIDC issuer", issuer ? copyable(issuer) : "Disabled"],
  ]);
}

export const clusterViews = [
  { name: "overview", title: "Overview", build: overview },
  { name: "connections", title: "Service Connector", build: connectionsPane },
  { name: "create-connection", title: "Create connection", build: connectionWizard, unlisted: true,
    within: "connections" },
];
