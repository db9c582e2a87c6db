// A container registry: its repositories and their tags, read at the registry's own host. As `az acr repository list`
// does it, the person's token is traded there for one of the registry's.
import { send } from "./azure.js";
import { fill, h } from "./dom.js";
import { button, busy, copyable, errorNotice, table } from "./parts.js";
import { essentials } from "./resource.js";

class Registry {
  constructor(page, host) {
    this.page = page;
    this.host = host;
  }

  async get(path, scope) {
    const { signal, who } = this.page;
    const common = { service: this.host, tenant: who.tenant };
    const exchanged = await send("POST", `https://${this.host}/oauth2/exchange`, {
      form: { ...common, grant_type: "access_token", access_token: who.token }, signal,
    });
    const traded = await send("POST", `https://${this.host}/oauth2/token`, {
      form: { ...common, grant_type: "refresh_token", scope, refresh_token: exchanged.body.refresh_token }, signal,
    });
    return (await send("GET", `https://${this.host}${path}`, { token: traded.body.access_token, signal })).body;
  }

  async repositories() {
    return (await this.get("/acr/v1/_catalog", "registry:catalog:*")).repositories ?? [];
  }

  async tags(repository) {
    return (await this.get(`/acr/v1/${repository}/_tags`, `repository:${repository}:metadata_read`)).tags ?? [];
  }
}

function overview(page, registry) {
  const properties = registry.properties;
  return essentials(registry, [
    ["Login server", copyable(properties.loginServer)],
    ["SKU", registry.sku?.name],
    ["Anonymous pull", properties.anonymousPullEnabled ? "Enabled" : "Disabled"],
    ["Admin user", properties.adminUserEnabled ? "Enabled" : "Disabled"],
  ]);
}

function tagTable(host, repository, tags) {
  return table(`tags of ${repository}`, [
    ["Tag", (tag) => tag.name],
    ["Image", (tag) => copyable(`${host}/${repository}:${tag.name}`)],
    ["Digest", (tag) => h("code", null, tag.digest)],
    ["Updated", (tag) => new Date(tag.lastUpdateTime).toLocaleString()],
  ], tags, "There are no tags.");
}

async function repositories(page, registry) {
  const host = registry.properties.loginServer;
  const here = new Registry(page, host);
  const names = await here.repositories();
  const box = h("section", { "aria-live": "polite" });
  const showTags = async (name) => {
    fill(box, busy("Loading…"));
    try {
      fill(box, h("h3", null, name), tagTable(host, name, await here.tags(name)));
    } catch (error) {
      if (error.name !== "AbortError") fill(box, errorNotice(error));
    }
  };
  return [
    h("h2", null, "Repositories"),
    table("repositories", [["Repository", (name) => button(name, () => showTags(name), "link")]], names,
      `There are none yet: az acr build --registry ${registry.name} --image NAME:TAG .`),
    box,
  ];
}

export const registryViews = [
  { name: "overview", title: "Overview", build: overview },
  { name: "repositories", title: "Repositories", build: repositories },
];
