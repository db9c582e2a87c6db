// A user-assigned managed identity: what it is known by, and who may act as it without a secret.
import { h } from "./dom.js";
import { kFederatedCredentials } from "./ids.js";
import { copyable, table } from "./parts.js";
import { essentials } from "./resource.js";

function overview(page, identity) {
  return essentials(identity, [
    ["Client ID", copyable(identity.properties.clientId)],
    ["Object (principal) ID", copyable(identity.properties.principalId)],
    ["Tenant ID", h("code", null, identity.properties.tenantId)],
  ]);
}

async function federatedCredentials(page, identity) {
  const credentials = await page.arm.list(`${identity.id}/federatedIdentityCredentials`, kFederatedCredentials);
  return [
    h("h2", null, "Federated credentials"),
    h("p", null, "A token with exactly this issuer, subject and audience is taken for this identity."),
    table("federated credentials", [
      ["Name", (one) => one.name],
      ["Subject", (one) => h("code", null, one.properties.subject)],
      ["Issuer", (one) => h("code", null, one.properties.issuer)],
      ["Audience", (one) => h("code", null, one.properties.audiences.join(", "))],
    ], credentials, "There are none yet. Service Connector makes one with a connection by workload identity."),
  ];
}

export const identityViews = [
  { name: "overview", title: "Overview", build: overview },
  { name: "federated", title: "Federated credentials", build: federatedCredentials },
];
