// The pieces that pages are made of.
import { fill, freshId, h, say } from "./dom.js";

export function button(text, onclick, kind = "") {
  return h("button", { type: "button", class: kind, onclick }, text);
}

// kind: "error", "success", "info".
export function notice(kind, ...content) {
  return h("div", { class: `notice ${kind}`, role: kind === "error" ? "alert" : null }, ...content);
}

export function errorNotice(error) {
  return notice("error", h("strong", null, error.code ?? error.name), h("p", null, error.message));
}

export function badge(text) {
  const good = ["Succeeded", "Running", "Enabled", "success", "GenerallyAvailable", "Stable"].includes(text);
  const bad = ["Failed", "Canceled", "failure", "Stopped"].includes(text);
  return h("span", { class: `badge ${good ? "good" : bad ? "bad" : "busy"}` }, text ?? "unknown");
}

// A value that people carry elsewhere.
export function copyable(text) {
  const copy = button("Copy", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
    say("Copied");
  }, "copy");
  copy.setAttribute("aria-label", `Copy ${text}`);
  return h("span", { class: "copyable" }, h("code", null, text), copy);
}

// [[term, value], …]; what has no value is left out.
export function facts(pairs) {
  const present = pairs.filter(([, value]) => value !== undefined && value !== null && value !== false && value !== "");
  return h("dl", { class: "facts" },
    present.map(([term, value]) => h("div", null, h("dt", null, term), h("dd", null, value))));
}

// Columns are [heading, row => cell]. On a narrow page each row becomes a card, and the headings its labels.
export function table(caption, columns, rows, nothing) {
  if (!rows.length) return h("p", { class: "nothing" }, nothing);
  return h("table", null,
    h("caption", { class: "unseen" }, caption),
    h("thead", null, h("tr", null, columns.map(([heading]) => h("th", { scope: "col" }, heading)))),
    h("tbody", null, rows.map((row) => h("tr", null,
      columns.map(([heading, cell]) => h("td", { "data-label": heading }, cell(row)))))));
}

// A table of which a person sees the rows that contain what is typed.
export function filteredTable(caption, columns, rows, nothing, textOf) {
  const box = h("div");
  const input = h("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${caption}` });
  const show = () => {
    const wanted = input.value.trim().toLowerCase();
    const found = rows.filter((row) => textOf(row).toLowerCase().includes(wanted));
    fill(box, table(caption, columns, found, rows.length ? "Nothing matches." : nothing));
  };
  input.addEventListener("input", show);
  show();
  return h("div", null, rows.length > 5 ? h("p", null, input) : null, box);
}

export function busy(text) {
  return h("p", { class: "busy-line", role: "status" }, h("span", { class: "spinner", "aria-hidden": "true" }), text);
}

// A label with its control. `control` gets an id; problem() shows or (with "") clears what is wrong.
export function field(label, control, hint) {
  const id = freshId("field");
  const problem = h("p", { id: `${id}-problem`, class: "problem" });
  control.id = id;
  control.setAttribute("aria-describedby", hint ? `${id}-hint ${id}-problem` : `${id}-problem`);
  const element = h("div", { class: "field" },
    h("label", { for: id }, label),
    control,
    hint ? h("p", { id: `${id}-hint`, class: "hint" }, hint) : null,
    problem);
  return {
    element,
    control,
    label,
    problem(text) {
      problem.textContent = text;
      if (text) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    },
  };
}

// Options are [value, text].
export function select(options, chosen) {
  return h("select", null,
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text ?? value)));
}

// The only option is chosen; of several the first, or, if there is a prompt, none until the person chooses.
export function setOptions(control, options, { nothing, prompt }) {
  const lead = options.length === 0 ? nothing : options.length > 1 ? prompt : null;
  fill(control,
    lead ? h("option", { value: "" }, lead) : null,
    options.map(([value, text]) => h("option", { value }, text ?? value)));
  control.disabled = options.length === 0;
}

// A dialog; `actions(close)` gives its buttons. Escape closes it, and the focus returns to where it was.
export function openDialog(title, content, actions) {
  const heading = freshId("dialog");
  const dialog = h("dialog", { "aria-labelledby": heading, onclose: () => dialog.remove() });
  const close = () => dialog.close();
  fill(dialog, h("h2", { id: heading }, title), content, h("div", { class: "actions" }, actions(close)));
  document.body.append(dialog);
  dialog.showModal();
  return close;
}

// Asks before something that cannot be undone; `work` runs in the dialog, which shows its error and stays.
export function confirmed(title, text, verb, work) {
  const said = h("div");
  openDialog(title, [h("p", null, text), said], (close) => {
    const go = button(verb, async () => {
      go.disabled = true;
      fill(said, busy("Working…"));
      try {
        await work();
        close();
      } catch (error) {
        if (error.name === "AbortError") return;
        fill(said, errorNotice(error));
        go.disabled = false;
      }
    }, "danger");
    return [go, button("Cancel", close)];
  });
}
