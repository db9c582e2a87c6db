// A resource's page: its head, the views that its type has, and the one that is shown.
import { accountViews } from "./openai_account.js";
import { clusterViews } from "./cluster.js";
import { h, icon } from "./dom.js";
import { pageOf, parseId, typeFacts } from "./ids.js";
import { identityViews } from "./managed_identity.js";
import { badge, button, copyable, facts } from "./parts.js";
import { registryViews } from "./registry.js";

// A view is {name, title, build(page, resource), unlisted}; the first of a type is shown first.
const kViews = {
  "microsoft.containerservice/managedclusters": clusterViews,
  "microsoft.cognitiveservices/accounts": accountViews,
  "microsoft.containerregistry/registries": registryViews,
  "microsoft.managedidentity/userassignedidentities": identityViews,
};

const kProperties = {
  name: "properties",
  title: "Properties",
  build: (page, resource) => [
    facts([["Resource id", copyable(resource.id)]]),
    h("pre", { tabindex: "0", "aria-label": "The resource as JSON" }, JSON.stringify(resource, null, 2)),
  ],
};

export async function resourcePage(page) {
  const { type, name } = parseId(page.id);
  const known = typeFacts(type);
  const resource = await page.arm.get(page.id, known.version);
  const views = [...(kViews[type.toLowerCase()] ?? []), kProperties];
  const shown = views.find((view) => view.name === page.view) ?? views[0];
  return [
    h("div", { class: "head" },
      h("h1", null, icon(known.icon), resource.name ?? name),
      h("span", { class: "kind" }, known.label),
      resource.properties?.provisioningState ? badge(resource.properties.provisioningState) : null,
      button("Refresh", page.refresh)),
    h("div", { class: "resource" },
      h("nav", { class: "views", "aria-label": "Views" }, views.filter((view) => !view.unlisted).map((view) => h("a", {
        href: pageOf(page.id, view.name),
        "aria-current": view === shown || view.name === shown.within ? "page" : null,
      }, view.title))),
      h("div", { class: "view" }, await shown.build(page, resource))),
  ];
}

// The facts that every resource has, after those of its type.
export function essentials(resource, own) {
  const { group, subscription } = parseId(resource.id);
  return h("div", { class: "card" }, facts([
    ...own,
    ["Resource group", h("a", { href: pageOf(`/subscriptions/${subscription}/resourceGroups/${group}`) }, group)],
    ["Location", resource.location],
    ["Subscription", h("code", null, subscription)],
    ["Tags", Object.entries(resource.tags ?? {}).map(([name, value]) => `${name}: ${value}`).join(", ")],
  ]));
}
