// The settings of the chosen layer, and a drawing of what it sees of the input.
import { h, setText } from "./shared.js";
import { checkbox } from "./controls.js";
import { numberField } from "./fields.js";
import STACK from "./stack.json";
import { grouped } from "./numbers.js";

const LABELS = {
  out_channels: "Out channels",
  out_features: "Out features",
  kernel_size: "Kernel size",
  stride: "Stride",
  padding: "Padding",
  dilation: "Dilation",
  groups: "Groups",
  bias: "Bias",
  ceil_mode: "Round the size up (ceil_mode)",
};
const DOUBLING = ["out_channels", "out_features", "groups"];

export class LayerEditor {
  /** edit(changes): fields of the chosen layer; refuse(message). */
  constructor({ edit, refuse }) {
    this.edit = edit;
    this.title = h("div", { class: "cnnw-title" });
    this.fields = Object.entries(LABELS).map(([name, label]) => {
      const pick = (value) => this.pick(name, value);
      const isSwitch = ["bias", "ceil_mode"].includes(name);
      const control = isSwitch
        ? checkbox({ label, pick })
        : numberField({ label, doubling: DOUBLING.includes(name), pick, refuse });
      return { name, ...control };
    });
    this.none = h("p", {});
    this.panel = h("div", { class: "cnnw-fields" }, ...this.fields.map(({ el }) => el), this.none);
    this.drawing = h("div", { class: "cnnw-drawing", "aria-hidden": "true" });
    this.words = h("p", { class: "cnnw-seeing" });
    const right = h("div", { class: "cnnw-sight" }, this.drawing, this.words);
    const left = h("div", { class: "cnnw-editor" }, this.title, this.panel);
    this.el = h("div", { class: "cnnw-chosenlayer", role: "group" }, left, right);
  }

  /** A pooling stride that equals the kernel follows it, as PyTorch's default does. */
  pick(name, value) {
    const { kind, kernel_size, stride } = this.layer;
    const follows = name === "kernel_size" && kind !== "conv" && stride === kernel_size;
    this.edit(follows ? { kernel_size: value, stride: value } : { [name]: value });
  }

  show(layer, index, row, size) {
    this.layer = layer;
    this.el.hidden = !layer;
    if (!layer) return;
    const { name, fields } = STACK.kinds[layer.kind];
    setText(this.title, `Layer ${index + 1}: ${name}`);
    this.el.setAttribute("aria-label", this.title.textContent);
    for (const { name: field, el, show } of this.fields) {
      el.hidden = !(field in fields);
      if (field in fields) show(layer[field], "min" in fields[field] ? fields[field] : false);
    }
    setText(this.none, Object.keys(fields).length ? "" : "This layer has nothing to set.");
    this.draw(row?.after ?? row?.before, Boolean(row?.after), size);
  }

  /** The input as a square with a grid, and the receptive field of one value in its middle. */
  draw(state, fits, size) {
    this.drawing.parentNode.hidden = !state;
    if (!state) return;
    const whole = Math.max(size, state.field);
    const scale = 100 / whole;
    const square = (side, classes) => {
      const start = 50 - (side * scale) / 2;
      return `<rect class="${classes}" x="${start}" y="${start}" width="${side * scale}" height="${side * scale}"/>`;
    };
    const lines = size <= 64 ? pixelLines(size, scale) : "";
    this.drawing.innerHTML = `<svg viewBox="-1 -1 102 102">${square(state.field, "cnnw-seen")}${lines}${square(size, "cnnw-whole")}</svg>`;
    const [sides, input] = [state.field, size].map((side) => `${grouped(side)}×${grouped(side)}`);
    const which = fits ? "One output value sees" : "One value of what comes in sees";
    const beyond = `${which} ${sides} pixels: more than the whole ${input} input, so part of it lies outside.`;
    setText(this.words, state.field > size ? beyond : `${which} ${sides} of the ${input} input pixels.`);
  }
}

function pixelLines(size, scale) {
  const start = 50 - (size * scale) / 2;
  const end = start + size * scale;
  const marks = Array.from({ length: size - 1 }, (_, i) => start + (i + 1) * scale);
  const path = marks.map((at) => `M${at} ${start}V${end}M${start} ${at}H${end}`).join("");
  return `<path class="cnnw-lines" d="${path}"/>`;
}
