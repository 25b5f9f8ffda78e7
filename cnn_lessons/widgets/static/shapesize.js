// The input size: a number, a slider, and under it the sizes that the network takes.
import { h, setText } from "./shared.js";
import { numberField } from "./fields.js";
import { spanText } from "./shapetrace.js";

export class SizeControl {
  /** limits: { min, max }; pick(size); refuse(message). */
  constructor({ limits, pick, refuse }) {
    this.limits = limits;
    this.number = numberField({ label: "Input size", pick: (size) => pick(size), refuse });
    const slide = () => pick(Number(this.slider.value));
    this.slider = h("input", { type: "range", ...limits, step: 1, "aria-label": "Input size", oninput: slide });
    this.band = h("div", { class: "cnnw-fits", "aria-hidden": "true" });
    this.words = h("p", { class: "cnnw-fits-words" });
    this.el = h(
      "div",
      { class: "cnnw-size" },
      this.number.el,
      h("div", { class: "cnnw-slide" }, this.slider, this.band, this.words),
    );
  }

  /** spans: the sizes that fit, as [[first, last], …]. */
  show(size, spans, adaptive) {
    const { min, max } = this.limits;
    this.number.show(size, this.limits);
    if (Number(this.slider.value) !== size) this.slider.value = size;
    this.slider.setAttribute("aria-valuetext", `${size} by ${size} pixels`);
    const at = (value) => `${(100 * (value - min)) / (max - min)}%`;
    const parts = spans.map(([first, last]) => {
      const width = `calc(${at(last + min - first)} + 3px)`; // a single size is seen too
      return h("i", { style: `left:${at(first)};width:${width}` });
    });
    const key = JSON.stringify(spans);
    if (this.band.dataset.key !== key) this.band.replaceChildren(...parts);
    this.band.dataset.key = key;
    const list = spans.map((span) => spanText(span, adaptive)).join(", ");
    const end = !adaptive && spans.at(-1)?.[1] === max ? " Larger ones are not tried here." : "";
    setText(this.words, list ? `The network takes ${list} pixels.${end}` : "The network takes no size up to here.");
  }
}
