// The frame: who is signed in, which page the fragment names, and that page. "#/" is everything there is; "#ID" is a
// resource group's or resource's page, "#ID?view=V" one of its views.
import { Arm, AzureError } from "./azure.js";
import { fill, h, say } from "./dom.js";
import { groupPage, homePage } from "./home.js";
import { pageOf, parseId } from "./ids.js";
import { button, busy, errorNotice } from "./parts.js";
import { resourcePage } from "./resource.js";
import { completeSignIn, session, signIn, signOut } from "./session.js";

const main = document.getElementById("main");
let leave = new AbortController();

function welcome(problem) {
  return h("section", { class: "welcome" },
    h("h1", null, "lazuli"),
    h("p", null, "Azure Resource Manager, AKS, Service Connector, a registry and Azure OpenAI on this machine."),
    problem ? errorNotice(problem) : null,
    button("Sign in", () => signIn(location.hash || "#/"), "primary"),
    h("p", { class: "hint" }, "With a user of the directory. What you may see and do is up to that user's roles."));
}

function showPerson(who) {
  fill(document.getElementById("person"), who && [
    h("span", { class: "who", title: who.userName }, who.name),
    button("Sign out", () => {
      signOut();
      show();
    }),
  ]);
}

function showPath(id) {
  const { group, type, name } = parseId(id);
  const steps = id === "/" ? [] : [["#/", "Home"]];
  if (name) steps.push([pageOf(id.slice(0, id.toLowerCase().indexOf("/providers/"))), group]);
  fill(document.getElementById("path"),
    steps.map(([address, text]) => [h("a", { href: address }, text), h("span", { "aria-hidden": "true" }, "/")]),
    steps.length ? h("span", { "aria-current": "page" }, type ? name : group) : null);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;  // not written by this page; nothing has such a name
  }
}

function place() {
  const [id, query] = (location.hash.slice(1) || "/").split("?");
  return { id: decoded(id), view: new URLSearchParams(query ?? "").get("view") ?? "" };
}

function builder({ id }) {
  if (id === "/") return homePage;
  const { group, type } = parseId(id);
  if (type) return resourcePage;
  if (group) return groupPage;
  throw new AzureError("NotFound", "There is no such page in the portal.");
}

// Builds the page; what the page before it was still waiting for ends.
async function show(problem) {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  const who = session();
  const { id, view } = place();
  showPerson(who);
  showPath(id);
  if (!who) {
    document.title = "Sign in - lazuli";
    fill(main, welcome(problem));
    return;
  }
  const page = { arm: new Arm(who.token, signal), who, id, view, refresh: () => show(), signal };
  fill(main, busy("Loading…"));
  try {
    const built = await builder(page)(page);
    if (signal.aborted) return;
    fill(main, built);
    document.title = `${main.querySelector("h1")?.textContent ?? "Home"} - lazuli`;
    say(document.title);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!session() || error.status === 401) {
      signOut();
      show(error.status === 401 ? error : undefined);
      return;
    }
    fill(main, h("h1", null, "This cannot be shown"), errorNotice(error), button("Try again", () => show()));
  }
}

addEventListener("hashchange", () => {
  main.focus();
  show();
});
// Not by its fragment, which says which page this is.
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

let problem;
try {
  await completeSignIn();
} catch (error) {
  problem = error;
}
show(problem);
