// The Service Connector pane: a cluster's connections with the names that a pod needs, Validate, Delete, Create.
import {
  authenticationLabel, clientLabel, kServices, podSnippet, secretName, serviceAccountName,
} from "./connection.js";
import { fill, h } from "./dom.js";
import { kLinkers, nameOf, pageOf, typeFacts } from "./ids.js";
import { badge, busy, button, confirmed, copyable, errorNotice, facts, notice, table } from "./parts.js";

// What kind of service a target is; a target that cannot be read is still shown by its name.
async function serviceOf(page, target) {
  try {
    const { kind } = await page.arm.get(target, typeFacts("Microsoft.CognitiveServices/accounts").version);
    return kServices.find((service) => service.kinds.includes(kind))?.label ?? kind;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return `unknown (${error.code})`;
  }
}

function report(details) {
  return table("checks", [
    ["Check", (one) => one.name],
    ["Result", (one) => badge(one.result)],
    ["What is wrong", (one) => one.description ?? ""],
  ], details, "There were no checks.");
}

function configurationTable({ configurations }) {
  return table("settings", [
    ["Variable", (one) => h("code", null, one.name)],
    ["Value", (one) => (one.value ? h("code", null, one.value) : "kept in the secret")],
  ], configurations, "There are none.");
}

async function card(page, connection) {
  const { authInfo, clientType, provisioningState, scope, targetService } = connection.properties;
  const nameSpace = scope ?? "default";
  const account = authInfo?.authType === "userAssignedIdentity" ? serviceAccountName(authInfo.clientId) : "";
  const secret = secretName(connection.name);
  const service = await serviceOf(page, targetService.id);
  const said = h("div", { "aria-live": "polite" });

  const run = (text, work) => async () => {
    fill(said, busy(text));
    try {
      fill(said, await work((word) => fill(said, busy(`${text} ${word}`))));
    } catch (error) {
      if (error.name !== "AbortError") fill(said, errorNotice(error));
    }
  };
  const validate = run("Validating…", async (onStatus) => {
    const { properties } = await page.arm.finish("POST", `${connection.id}/validateLinker`, kLinkers, { onStatus });
    return [
      properties.isConnectionAvailable
        ? notice("success", "The connection works.") : notice("error", "The connection does not work."),
      report(properties.validationDetail),
      h("p", { class: "hint" }, "A pod that does not get through has more links that can break: ",
        h("code", null, `lazuli doctor pod/NAME --namespace ${nameSpace}`)),
    ];
  });
  const settings = run("Loading…", async () =>
    configurationTable(await page.arm.post(`${connection.id}/listConfigurations`, kLinkers)));
  const snippet = () => fill(said, h("pre", { tabindex: "0", "aria-label": "A pod's definition" },
    podSnippet(nameSpace, account, secret)));
  const remove = () => confirmed(`Delete ${connection.name}?`,
    "Its secret goes, and its service account, federated credential and role where no other connection uses them.",
    "Delete",
    async () => {
      await page.arm.finish("DELETE", connection.id, kLinkers);
      page.refresh();
    });

  return h("article", { class: "card", "aria-label": connection.name },
    h("div", { class: "head" }, h("h3", null, connection.name), badge(provisioningState)),
    facts([
      ["Kubernetes namespace", nameSpace],
      ["Service type", service],
      ["Target", h("a", { href: pageOf(targetService.id) }, nameOf(targetService.id))],
      ["Authentication type", authenticationLabel(authInfo)],
      ["Client type", clientLabel(clientType)],
      ["Service account", account && copyable(account)],
      ["Secret", copyable(secret)],
    ]),
    h("div", { class: "actions" },
      button("Validate", validate), button("Settings", settings), button("YAML snippet", snippet),
      button("Delete", remove)),
    said);
}

export async function connectionsPane(page, cluster) {
  const connections = await page.arm.list(`${cluster.id}/providers/Microsoft.ServiceLinker/linkers`, kLinkers);
  return [
    h("div", { class: "head" },
      h("h2", null, "Service Connector"),
      h("a", { class: "button primary", href: pageOf(cluster.id, "create-connection") }, "Create")),
    connections.length
      ? await Promise.all(connections.map((connection) => card(page, connection)))
      : h("p", { class: "nothing" }, "There are no service connections yet."),
  ];
}
