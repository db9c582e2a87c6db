// "Create connection": the quickstart's tabs, each setting under the name that the quickstart gives it. What is sent is
// what `az aks connection create cognitiveservices` sends, with the client type that was chosen.
import { kAuthentications, kClients, kServices, secretName, serviceAccountName } from "./connection.js";
import { connectionProgress } from "./connection_progress.js";
import { fill, h } from "./dom.js";
import { kSubscriptions, pageOf, parseId, typeFacts } from "./ids.js";
import { button, errorNotice, facts, field, notice, select, setOptions } from "./parts.js";
import { tabs } from "./tabs.js";

const kAccounts = "Microsoft.CognitiveServices/accounts";
const kIdentities = "Microsoft.ManagedIdentity/userAssignedIdentities";
const kNameSpace = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const kName = /^[A-Za-z0-9._]{1,60}$/;

function proposedName() {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return `openai_${Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) => letters[byte % 36]).join("")}`;
}

// A subscription and, below it, one of its resources of a type: two fields that belong together.
class Picker {
  constructor(page, subscriptions, type, label, accepts) {
    Object.assign(this, { page, type, accepts, found: [] });
    const offered = subscriptions.map((one) => [one.subscriptionId, one.displayName]);
    this.subscription = field("Subscription", select(offered));
    this.resource = field(label, select([]));
    this.subscription.control.addEventListener("change", () => this.load());
  }

  async load() {
    const path = `/subscriptions/${this.subscription.control.value}/providers/${this.type}`;
    try {
      this.found = await this.page.arm.list(path, typeFacts(this.type).version);
      this.resource.problem("");
    } catch (error) {
      if (error.name === "AbortError") return;
      this.found = [];
      this.resource.problem(`${error.code}: ${error.message}`);
    }
    this.show();
  }

  show() {
    const fitting = this.found.filter((one) => this.accepts(one));
    setOptions(this.resource.control, fitting.map((one) => [one.id, `${one.name} (${parseId(one.id).group})`]),
      { nothing: "There is none in this subscription", prompt: "Choose…" });
  }

  chosen() {
    return this.found.find((one) => one.id === this.resource.control.value);
  }
}

class Wizard {
  constructor(page, cluster, subscriptions) {
    Object.assign(this, { page, cluster });
    this.nameSpace = field("Kubernetes namespace",
      h("input", { value: "default", required: true, autocomplete: "off" }),
      "Where the service account and the secret are made.");
    this.service = field("Service type", select(kServices.map((service) => [service.label])));
    this.name = field("Connection name", h("input", { value: proposedName(), required: true, autocomplete: "off" }),
      "Up to 60 letters, digits, periods and underscores.");
    this.target = new Picker(page, subscriptions, kAccounts, kServices[0].field,
      (account) => this.chosenService().kinds.includes(account.kind));
    this.client = field("Client type", select(kClients, "python"), "The language that the pod is written in.");
    this.authentication = field("Authentication type", select(kAuthentications.map((one) => [one.value, one.label])));
    this.identity = new Picker(page, subscriptions, kIdentities, "User assigned managed identity", () => true);
    this.service.control.addEventListener("change", () => {
      this.target.resource.element.querySelector("label").textContent = this.chosenService().field;
      this.target.show();
    });
    this.authentication.control.addEventListener("change", () => this.showAuthentication());
  }

  chosenService() {
    return kServices.find((service) => service.label === this.service.control.value);
  }

  byIdentity() {
    return this.authentication.control.value === "userAssignedIdentity";
  }

  showAuthentication() {
    this.identityFields.hidden = !this.byIdentity();
    this.keyNote.hidden = this.byIdentity();
  }

  element() {
    const { target, identity } = this;
    this.identityFields = h("div", null, identity.subscription.element, identity.resource.element,
      notice("info", "The pod signs in with its service account's token: no key is kept anywhere."));
    this.keyNote = notice("info", "The account's first key is put into the secret.");
    this.review = h("div");
    this.said = h("div");
    this.basics = h("div", null, this.nameSpace.element, this.service.element, this.name.element,
      target.subscription.element, target.resource.element, this.client.element);
    const networking = h("div", null,
      h("p", null, "The target is reached by its public endpoint. Accounts here have no firewall that a rule would "
        + "have to open for the cluster."));
    this.showAuthentication();
    this.back = button("Previous", () => this.tabs.show(this.tabs.index() - 1));
    this.next = button("Next", () => this.advance(), "primary");
    this.tabs = tabs("Steps", [
      { title: "Basics", element: this.basics },
      { title: "Authentication",
        element: h("div", null, this.authentication.element, this.identityFields, this.keyNote) },
      { title: "Networking", element: networking },
      { title: "Review + Create", element: h("div", null, this.review, this.said) },
    ], (index) => this.shown(index));
    this.box = h("div", null, this.tabs.element, h("div", { class: "actions" }, this.back, this.next,
      h("a", { class: "button", href: pageOf(this.cluster.id, "connections") }, "Cancel")));
    return this.box;
  }

  shown(index) {
    const last = index === 3;
    this.back.disabled = index === 0;
    this.next.textContent = last ? "Create" : "Next";
    if (last) this.showReview();
  }

  // Says what is wrong beside each field; the index of the first tab that has something, or -1.
  check() {
    const { control: nameSpace } = this.nameSpace;
    const wrong = [
      [0, this.nameSpace, kNameSpace.test(nameSpace.value) ? "" : "Lower case letters, digits and '-', up to 63."],
      [0, this.name, kName.test(this.name.control.value) ? "" : "Up to 60 letters, digits, '.' and '_'."],
      [0, this.target.resource, this.target.chosen() ? "" : "Choose the account to connect to."],
      [1, this.identity.resource, !this.byIdentity() || this.identity.chosen() ? "" : "Choose an identity."],
    ];
    for (const [, one, text] of wrong) one.problem(text);
    return wrong.find(([, , text]) => text)?.[0] ?? -1;
  }

  showReview() {
    fill(this.said);
    if (this.check() >= 0) {
      fill(this.review, notice("error", "Something is missing: see the tabs before this one."));
      this.next.disabled = true;
      return;
    }
    this.next.disabled = false;
    const text = (one) => one.control.selectedOptions?.[0]?.textContent ?? one.control.value;
    const account = this.byIdentity() && this.identity.chosen().properties.clientId;
    fill(this.review,
      h("h3", null, "Basics"),
      facts([this.nameSpace, this.service, this.name, this.target.subscription].map((one) => [one.label, text(one)])
        .concat([[this.chosenService().field, text(this.target.resource)], ["Client type", text(this.client)]])),
      h("h3", null, "Authentication"),
      facts([
        ["Authentication type", text(this.authentication)],
        [this.identity.resource.label, account && text(this.identity.resource)],
      ]),
      h("h3", null, "Will be made in the cluster"),
      facts([
        ["Service account", account && h("code", null, serviceAccountName(account))],
        ["Secret", h("code", null, secretName(this.name.control.value))],
      ]));
  }

  advance() {
    this.next.disabled = false;
    if (this.tabs.index() < 3) {
      this.tabs.show(this.tabs.index() + 1);
      return;
    }
    const faulty = this.check();
    if (faulty >= 0) this.tabs.show(faulty);
    else this.create();
  }

  authInfo() {
    if (!this.byIdentity()) return { authType: "secret" };
    return {
      authType: "userAssignedIdentity",
      clientId: this.identity.chosen().properties.clientId,
      subscriptionId: this.identity.subscription.control.value,
    };
  }

  async create() {
    const name = this.name.control.value;
    const properties = {
      targetService: { type: "AzureResource", id: this.target.chosen().id },
      authInfo: this.authInfo(),
      clientType: this.client.control.value,
      scope: this.nameSpace.control.value,
      secretStore: {},
      publicNetworkSolution: {},
      configurationInfo: { configurationStore: {} },
    };
    const controls = [this.back, this.next];
    for (const one of controls) one.disabled = true;
    try {
      fill(this.box, await connectionProgress(this.page, this.cluster, name, properties, this.said));
    } catch (error) {
      if (error.name === "AbortError") return;
      fill(this.said, errorNotice(error));
      for (const one of controls) one.disabled = false;
    }
  }
}

export async function connectionWizard(page, cluster) {
  const subscriptions = await page.arm.list("/subscriptions", kSubscriptions);
  const wizard = new Wizard(page, cluster, subscriptions);
  await Promise.all([wizard.target.load(), wizard.identity.load()]);
  return [h("h2", null, "Create connection"), wizard.element()];
}
