// The controls of a widget. Each returns { el, show(…) }: put `el` into the page once, call `show` in every
// draw.
import { h, sameValue, setText } from "./shared.js";

// Radio buttons are grouped by name across the whole page, and every widget module has its own count.
const controlPrefix = `cnnw-${Math.random().toString(36).slice(2)}`;
let controlCount = 0;

/** A row of choices, all visible. options: [value, text] pairs; pick(value). show(value, disabled). */
export function segmented({ label, options, pick }) {
  const name = `${controlPrefix}-${++controlCount}`;
  const inputs = options.map(([value]) => h("input", { type: "radio", name, onchange: () => pick(value) }));
  const choices = options.map(([, text], i) => h("label", {}, inputs[i], h("span", {}, text)));
  const row = h("div", { class: "cnnw-segments" }, ...choices);
  const el = h(
    "div",
    { class: "cnnw-control", role: "radiogroup", "aria-label": label },
    h("span", { class: "cnnw-label", "aria-hidden": "true" }, label),
    row,
  );
  const show = (value, disabled = false) =>
    inputs.forEach((input, i) => {
      input.checked = sameValue(options[i][0], value);
      input.disabled = disabled;
    });
  return { el, show };
}

/** A drop-down list. options: [value, text] pairs; pick(value). show(value): null shows "your own". */
export function dropdown({ label, options, pick }) {
  const own = h("option", { value: "", hidden: true, disabled: true }, "your own");
  const entries = options.map(([value, text]) => h("option", { value }, text));
  const select = h("select", { "aria-label": label, onchange: () => pick(select.value) }, own, ...entries);
  const el = h("label", { class: "cnnw-control" }, h("span", { class: "cnnw-label" }, label), select);
  return {
    el,
    show: (value) => {
      select.value = value ?? "";
    },
  };
}

/** A checkbox with its label. pick(checked). show(checked, disabled = false). */
export function checkbox({ label, pick }) {
  const input = h("input", { type: "checkbox", onchange: () => pick(input.checked) });
  const el = h("label", { class: "cnnw-check" }, input, h("span", {}, label));
  const show = (checked, disabled = false) => Object.assign(input, { checked, disabled });
  return { el, show };
}

/** A value with a button on either side. change(−1 or 1). show(text, canShrink, canGrow). */
export function counter({ label, change }) {
  const value = h("span");
  const less = h(
    "button",
    { type: "button", "aria-label": `${label}: smaller`, onclick: () => change(-1) },
    "−",
  );
  const more = h(
    "button",
    { type: "button", "aria-label": `${label}: larger`, onclick: () => change(1) },
    "+",
  );
  const row = h("div", { class: "cnnw-counter" }, less, value, more);
  const el = h(
    "div",
    { class: "cnnw-control", role: "group", "aria-label": label },
    h("span", { class: "cnnw-label", "aria-hidden": "true" }, label),
    row,
  );
  const show = (text, canShrink, canGrow) => {
    setText(value, text);
    // aria-disabled, not disabled: a button that loses the focus at its end stop throws the keyboard out
    less.setAttribute("aria-disabled", String(!canShrink));
    more.setAttribute("aria-disabled", String(!canGrow));
  };
  return { el, show };
}

const ICONS = {
  back: "M11 3 5 8l6 5z",
  next: "M5 3l6 5-6 5z",
  play: "M3 3l5 5-5 5zM9 3l5 5-5 5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  fill: "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
  clear: "M4 3l4 4 4-4 1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4-4-4z",
  up: "M3 11l5-6 5 6z",
  down: "M3 5l5 6 5-6z",
  centre: "M7 1h2v3H7zM7 12h2v3H7zM1 7h3v2H1zM12 7h3v2h-3zM6 6h4v4H6z",
  add: "M7 2h2v5h5v2H9v5H7V9H2V7h5z",
  keep: "M4 2h8v12l-4-3-4 3z",
  swap: "M1 5l4-4v3h9v2H5v3zM15 11l-4-4v3H2v2h9v3z",
};

/** A push button with an icon of ICONS. show(icon, label) changes both. */
export function button({ label, icon, act }) {
  const picture = h("span", { class: "cnnw-icon", "aria-hidden": "true" });
  const text = h("span", {});
  const el = h("button", { type: "button", class: "cnnw-button", onclick: act }, picture, text);
  const show = (name, words) => {
    if (el.dataset.icon !== name)
      picture.innerHTML = `<svg viewBox="0 0 16 16"><path d="${ICONS[name]}"/></svg>`;
    el.dataset.icon = name;
    setText(text, words);
  };
  show(icon, label);
  return { el, show };
}
