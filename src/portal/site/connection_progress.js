// Making a connection: the request, the operation that follows it, and what it made.
import { podSnippet, secretName, serviceAccountName } from "./connection.js";
import { fill, h } from "./dom.js";
import { kLinkers, pageOf } from "./ids.js";
import { busy, copyable, facts, notice } from "./parts.js";

// Shows in `said` how far it is; gives what to show at the end. Throws Azure's error.
export async function connectionProgress(page, cluster, name, properties, said) {
  const id = `${cluster.id}/providers/Microsoft.ServiceLinker/linkers/${name}`;
  const line = (word) => fill(said, busy(`Creating the connection ${name}: ${word}`));
  line("sent");
  await page.arm.finish("PUT", id, kLinkers, { json: { properties }, onStatus: line });
  const { authInfo, scope } = properties;
  const account = authInfo.authType === "userAssignedIdentity" ? serviceAccountName(authInfo.clientId) : "";
  const secret = secretName(name);
  return [
    notice("success", `The connection ${name} is created.`),
    facts([
      ["Kubernetes namespace", scope],
      ["Service account", account && copyable(account)],
      ["Secret", copyable(secret)],
    ]),
    h("h3", null, "In a pod's definition"),
    h("pre", { tabindex: "0", "aria-label": "A pod's definition" }, podSnippet(scope, account, secret)),
    h("div", { class: "actions" },
      h("a", { class: "button primary", href: pageOf(cluster.id, "connections") }, "Go to Service Connector")),
  ];
}
