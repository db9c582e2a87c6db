// An Azure OpenAI account: endpoint, deployments, keys, and the models that can be deployed.
import { deploymentDialog } from "./deployment_dialog.js";
import { fill, h } from "./dom.js";
import { typeFacts } from "./ids.js";
import { badge, button, confirmed, copyable, errorNotice, facts, filteredTable, table } from "./parts.js";
import { essentials } from "./resource.js";

const kVersion = typeFacts("Microsoft.CognitiveServices/accounts").version;

function overview(page, account) {
  return essentials(account, [
    ["Endpoint", copyable(account.properties.endpoint)],
    ["Kind", account.kind],
    ["SKU", account.sku?.name],
    ["Key access", account.properties.disableLocalAuth ? "Disabled" : "Enabled"],
  ]);
}

async function deployments(page, account) {
  const [list, models] = await Promise.all([
    page.arm.list(`${account.id}/deployments`, kVersion),
    page.arm.list(`${account.id}/models`, kVersion),
  ]);
  const remove = (one) => confirmed(`Delete ${one.name}?`, "Requests to this deployment fail from then on.", "Delete",
    async () => {
      await page.arm.finish("DELETE", one.id, kVersion);
      page.refresh();
    });
  return [
    h("div", { class: "head" },
      h("h2", null, "Deployments"),
      button("Create", () => deploymentDialog(page, account, models, kVersion), "primary")),
    table("deployments", [
      ["Name", (one) => h("strong", null, one.name)],
      ["Model", (one) => `${one.properties.model.name} ${one.properties.model.version ?? ""}`],
      ["Type", (one) => one.sku?.name],
      ["Capacity", (one) => (one.sku?.capacity ? `${one.sku.capacity}K tokens per minute` : "")],
      ["State", (one) => badge(one.properties.provisioningState)],
      ["Action", (one) => button("Delete", () => remove(one))],
    ], list, "There are no deployments yet."),
  ];
}

function keys(page, account) {
  const box = h("div", { "aria-live": "polite" });
  const show = async (ask) => {
    try {
      const { key1, key2 } = await ask();
      fill(box, facts([["Key 1", copyable(key1)], ["Key 2", copyable(key2)]]));
    } catch (error) {
      if (error.name !== "AbortError") fill(box, errorNotice(error));
    }
  };
  const regenerate = (name, key) => confirmed(`Regenerate ${name}?`,
    "Whoever uses the present key is refused from then on.", "Regenerate",
    () => show(() => page.arm.post(`${account.id}/regenerateKey`, kVersion, { keyName: key })));
  return [
    h("h2", null, "Keys and Endpoint"),
    facts([["Endpoint", copyable(account.properties.endpoint)]]),
    box,
    h("div", { class: "actions" },
      button("Show keys", () => show(() => page.arm.post(`${account.id}/listKeys`, kVersion)), "primary"),
      button("Regenerate Key 1", () => regenerate("Key 1", "Key1")),
      button("Regenerate Key 2", () => regenerate("Key 2", "Key2"))),
    h("p", { class: "hint" }, "A connection by workload identity needs no key."),
  ];
}

function abilities(model) {
  return Object.entries(model.capabilities ?? {})
    .filter(([, value]) => value === "true")
    .map(([name]) => name.replace(/([A-Z])/g, " $1").toLowerCase())
    .join(", ");
}

async function models(page, account) {
  const list = await page.arm.list(`${account.id}/models`, kVersion);
  return [
    h("h2", null, "Models"),
    filteredTable("models", [
      ["Model", (one) => h("strong", null, one.name)],
      ["Version", (one) => one.version],
      ["Can", abilities],
      ["Types", (one) => one.skus.map((sku) => sku.name).join(", ")],
      ["Lifecycle", (one) => badge(one.lifecycleStatus)],
      ["Retires", (one) => h("span", { class: "date" }, one.deprecation?.inference?.slice(0, 10) ?? "")],
    ], list, "There are no models.", (one) => `${one.name} ${one.version} ${abilities(one)} ${one.lifecycleStatus}`),
  ];
}

export const accountViews = [
  { name: "overview", title: "Overview", build: overview },
  { name: "deployments", title: "Deployments", build: deployments },
  { name: "keys", title: "Keys and Endpoint", build: keys },
  { name: "models", title: "Models", build: models },
];
