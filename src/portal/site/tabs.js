// Tabs by the pattern of ARIA: one stop of the Tab key, arrows and Home and End between them.
import { freshId, h } from "./dom.js";

// Panels are {title, element}. Gives {element, show(index), index()}; `onShow(index)` hears every change.
export function tabs(label, panels, onShow) {
  let shown = 0;
  const heads = panels.map(({ title, element }, index) => {
    const id = freshId("tab");
    element.id = `${id}-panel`;
    element.setAttribute("role", "tabpanel");
    element.setAttribute("aria-labelledby", id);
    return h("button", { id, type: "button", role: "tab", "aria-controls": element.id, onclick: () => show(index) },
      title);
  });

  function show(index) {
    shown = index;
    heads.forEach((head, at) => {
      head.setAttribute("aria-selected", at === index);
      head.tabIndex = at === index ? 0 : -1;
      panels[at].element.hidden = at !== index;
    });
    onShow?.(index);
  }

  const list = h("div", { role: "tablist", class: "tabs", "aria-label": label, onkeydown: (event) => {
    const to = { ArrowRight: shown + 1, ArrowLeft: shown - 1, Home: 0, End: panels.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show((to + panels.length) % panels.length);
    heads[shown].focus();
  } }, heads);
  show(0);
  return { element: h("div", null, list, panels.map((panel) => panel.element)), show, index: () => shown };
}
