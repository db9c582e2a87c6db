// Everything that the person may see: subscriptions' resource groups and resources; and one group's page.
import { h, icon } from "./dom.js";
import { kResources, kSubscriptions, pageOf, parseId, typeFacts } from "./ids.js";
import { badge, button, facts, filteredTable } from "./parts.js";

function link(id, text, symbol) {
  return h("a", { class: "named", href: pageOf(id) }, icon(symbol), text);
}

function resourceTable(resources, withGroup) {
  const columns = [
    ["Name", (one) => link(one.id, one.name, typeFacts(one.type).icon)],
    ["Type", (one) => typeFacts(one.type).label],
    ["Location", (one) => one.location],
  ];
  if (withGroup) columns.splice(2, 0, ["Resource group", (one) => parseId(one.id).group]);
  return filteredTable("resources", columns, resources, "There are no resources yet.",
    (one) => `${one.name} ${typeFacts(one.type).label} ${one.id} ${one.location}`);
}

function head(title, page, ...more) {
  return h("div", { class: "head" }, h("h1", null, title), ...more, button("Refresh", page.refresh));
}

function byName(a, b) {
  return a.name.localeCompare(b.name);
}

export async function homePage(page) {
  const subscriptions = await page.arm.list("/subscriptions", kSubscriptions);
  const listed = await Promise.all(subscriptions.map(async (subscription) => {
    const [groups, resources] = await Promise.all([
      page.arm.list(`${subscription.id}/resourcegroups`, kResources),
      page.arm.list(`${subscription.id}/resources`, kResources),
    ]);
    return { groups: groups.map((group) => ({ ...group, subscription })), resources };
  }));
  const groups = listed.flatMap((one) => one.groups).sort(byName);
  const resources = listed.flatMap((one) => one.resources).sort(byName);
  const held = (group) => resources.filter((one) =>
    one.id.toLowerCase().startsWith(`${group.id.toLowerCase()}/`)).length;
  return [
    head("Home", page),
    h("section", null,
      h("h2", null, "Resource groups"),
      filteredTable("resource groups", [
        ["Name", (group) => link(group.id, group.name, "group")],
        ["Subscription", (group) => group.subscription.displayName],
        ["Location", (group) => group.location],
        ["Resources", (group) => held(group)],
      ], groups, "There are no resource groups yet: az group create --name MyResourceGroup --location eastus",
      (group) => `${group.name} ${group.location}`)),
    h("section", null, h("h2", null, "Resources"), resourceTable(resources, true)),
  ];
}

export async function groupPage(page) {
  const [group, resources] = await Promise.all([
    page.arm.get(page.id, kResources),
    page.arm.list(`${page.id}/resources`, kResources),
  ]);
  return [
    head(group.name, page, h("span", { class: "kind" }, "Resource group")),
    facts([
      ["Location", group.location],
      ["Subscription", h("code", null, parseId(group.id).subscription)],
      ["State", badge(group.properties.provisioningState)],
      ["Tags", Object.entries(group.tags ?? {}).map(([name, value]) => `${name}: ${value}`).join(", ")],
    ]),
    h("section", null, h("h2", null, "Resources"), resourceTable(resources.sort(byName), false)),
  ];
}
