// A field for a whole number, with a button on either side.
import { afterClick, clamp, h } from "./shared.js";

/**
 * Returns { el, show(value, { min, max }) }. pick(number); refuse(message): what was typed is no number of the range.
 * The buttons go one down and up, or with `doubling` to half and double, as channels do from layer to layer.
 */
export function numberField({ label, doubling = false, pick, refuse }) {
  let now = { value: 0, min: 0, max: 0 };
  const input = h("input", { type: "number", inputmode: "numeric", step: "1", "aria-label": label });
  const words = doubling ? ["half", "double"] : ["smaller", "larger"];
  const signs = doubling ? ["÷2", "×2"] : ["−", "+"];
  const next = (up) => {
    const value = doubling ? (up ? now.value * 2 : Math.floor(now.value / 2)) : now.value + (up ? 1 : -1);
    return clamp(value, now.min, now.max);
  };
  const buttons = [false, true].map((up, i) =>
    h(
      "button",
      {
        type: "button",
        class: doubling && "cnnw-factor",
        "aria-label": `${label}: ${words[i]}, ${signs[i]}`, // what it shows too: who steers by voice says what they see
        onclick: () => next(up) !== now.value && pick(next(up)),
      },
      signs[i],
    ),
  );
  input.addEventListener("change", () => {
    const value = Number(input.value);
    const good = input.value !== "" && Number.isInteger(value) && value >= now.min && value <= now.max;
    if (good) return pick(value);
    input.value = now.value;
    return afterClick(() => refuse(`${label} is a whole number from ${now.min} to ${now.max}.`));
  });
  const el = h(
    "div",
    { class: "cnnw-control", role: "group", "aria-label": label },
    h("span", { class: "cnnw-label", "aria-hidden": "true" }, label),
    h("div", { class: "cnnw-counter cnnw-number" }, buttons[0], input, buttons[1]),
  );
  const show = (value, { min, max }) => {
    now = { value, min, max };
    Object.assign(input, { min, max });
    if (input.value !== String(value)) input.value = value;
    // aria-disabled, not disabled: a button that loses the focus at its end stop throws the keyboard out
    buttons.forEach((button, i) => button.setAttribute("aria-disabled", String(next(Boolean(i)) === value)));
  };
  return { el, show };
}
