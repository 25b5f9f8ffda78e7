// <cnn-layers>: stack layers and read shape, parameters, multiply-adds and receptive field after each.
import LAYER_STYLES from "./layers.css";
import STACK from "./stack.json";
import { clamp, commit, defineElement, h, sameValue, setText } from "./shared.js";
import { button, dropdown } from "./controls.js";
import { numberField } from "./fields.js";
import { LayerEditor } from "./layereditor.js";
import { grouped } from "./numbers.js";
import { complete, inputState, layerName, layerSums, shapeText, traceStack } from "./stack.js";
import { StackTable } from "./stacktable.js";
import { View } from "./view.js";

/** All traits for a preset of stack.json. */
export function presetState({ size, channels, layers, selected = 0, compare = [] }) {
  return { size, channels, layers: layers.map(complete), selected, compare: compare.map(complete) };
}

/** What a preset brings; one that compares nothing leaves what the reader has kept. */
function readyState(name) {
  const { compare, ...ready } = presetState(STACK.presets[name]);
  return compare.length ? { ...ready, compare } : ready;
}

export const DEFAULTS = presetState(STACK.presets.first);

const [SIZES, CHANNELS, LAYER_COUNTS] = ["size", "channels", "layers"].map((name) => {
  const [min, max] = STACK.limits[name];
  return { min, max };
});
const KEYS_HINT =
  "In the table, arrow keys go from layer to layer, with Alt they move one, Delete removes it.";

class LayerView extends View {
  constructor(context) {
    super(context, "Layer-stack calculator", { name: "layers", text: LAYER_STYLES });
    this.table = new StackTable({
      select: (index) => this.change({ selected: index }),
      move: (by) => this.move(by),
      remove: () => this.remove(),
    });
    const refuse = (message) => this.complain(message);
    this.editor = new LayerEditor({ edit: (changes) => this.edit(changes), refuse });
    this.formula = h("div", { class: "cnnw-formula" });
    this.makeControls(refuse);
  }

  makeControls(refuse) {
    this.preset = dropdown({
      label: "Stack",
      options: Object.entries(STACK.presets).map(([name, { title }]) => [name, title]),
      pick: (name) => this.change(readyState(name), `${STACK.presets[name].title}. `),
    });
    this.preset.el.classList.add("cnnw-wide");
    const set = (name) => (value) => this.change({ [name]: value });
    this.size = numberField({ label: "Input size", pick: set("size"), refuse });
    this.channels = numberField({ label: "Input channels", pick: set("channels"), refuse });
    this.newKind = "conv";
    this.kinds = dropdown({
      label: "New layer",
      options: Object.entries(STACK.kinds).map(([kind, { name }]) => [kind, name]),
      pick: (kind) => {
        this.newKind = kind;
      },
    });
    this.kinds.show(this.newKind);
    this.buttons = {
      add: button({ label: "Add below", icon: "add", act: () => this.add() }),
      up: button({ label: "Up", icon: "up", act: () => this.move(-1) }),
      down: button({ label: "Down", icon: "down", act: () => this.move(1) }),
      remove: button({ label: "Remove", icon: "clear", act: () => this.remove() }),
      keep: button({ label: "Keep to compare", icon: "keep", act: () => this.keep() }),
      swap: button({ label: "Swap with kept", icon: "swap", act: () => this.swap() }),
      forget: button({ label: "Forget kept", icon: "clear", act: () => this.forget() }),
    };
  }

  layout() {
    const { add, keep, swap, forget, ...rest } = this.buttons;
    const bar = (label, ...nodes) =>
      h("div", { class: "cnnw-transport", role: "group", "aria-label": label }, ...nodes);
    add.el.classList.add("cnnw-main");
    const top = h("div", { class: "cnnw-panel cnnw-top" }, this.preset.el, this.size.el, this.channels.el);
    const change = bar("Change the stack", this.kinds.el, add.el, ...Object.values(rest).map(({ el }) => el));
    const compare = bar("Compare", keep.el, swap.el, forget.el);
    const hint = h("p", { class: "cnnw-hint" }, KEYS_HINT);
    return [top, this.table.el, this.problem, change, hint, this.editor.el, this.formula, compare];
  }

  // ---- what the reader does ----------------------------------------------------------------------------------

  /** Write to the model; a screen reader is told the note, then what has become of the chosen layer. */
  change(changes, note = "") {
    setText(this.problem, "");
    commit(this.model, changes);
    this.sayLater(() => note + this.spoken);
  }

  /** The layers as a list to change, and the index of the chosen one. */
  stack() {
    const layers = [...this.model.get("layers")];
    return { layers, index: clamp(this.model.get("selected"), 0, Math.max(layers.length - 1, 0)) };
  }

  edit(changes) {
    const { layers, index } = this.stack();
    layers[index] = { ...layers[index], ...changes };
    this.change({ layers });
  }

  add() {
    const { layers, index } = this.stack();
    if (layers.length >= LAYER_COUNTS.max)
      return this.complain(`A stack has at most ${LAYER_COUNTS.max} layers.`);
    const at = layers.length ? index + 1 : 0;
    layers.splice(at, 0, complete({ kind: this.newKind }));
    return this.change({ layers, selected: at }, "Added. ");
  }

  remove() {
    const { layers, index } = this.stack();
    if (!layers.length) return this.complain("There is no layer to remove.");
    const [gone] = layers.splice(index, 1);
    const selected = clamp(index, 0, Math.max(layers.length - 1, 0));
    this.change({ layers, selected }, `Removed ${layerName(gone)}. `);
    if (!layers.length) this.buttons.add.el.focus();
    return null;
  }

  move(by) {
    const { layers, index } = this.stack();
    if (!layers.length) return this.complain("There is no layer to move.");
    const to = index + by;
    if (to < 0 || to >= layers.length)
      return this.complain(by < 0 ? "This is the first layer." : "This is the last layer.");
    [layers[index], layers[to]] = [layers[to], layers[index]];
    return this.change({ layers, selected: to }, `Moved ${by < 0 ? "up" : "down"}. `);
  }

  keep() {
    this.change({ compare: this.model.get("layers") }, "Kept. Its totals stand below those of the stack. ");
  }

  swap() {
    const [layers, compare] = [this.model.get("compare"), this.model.get("layers")];
    this.change({ layers, compare, selected: 0 }, "Swapped. ");
    if (!compare.length) this.buttons.add.el.focus(); // with nothing kept, the button that was pressed goes
  }

  forget() {
    this.change({ compare: [] }, "Forgotten. ");
    this.buttons[this.model.get("layers").length ? "keep" : "add"].el.focus();
  }

  // ---- what the page shows -----------------------------------------------------------------------------------

  draw() {
    setText(this.problem, "");
    const state = this.read();
    const { size, channels, layers, compare } = state;
    const selected = clamp(state.selected, 0, Math.max(layers.length - 1, 0));
    const traced = traceStack(state);
    const kept = compare.length
      ? { title: `Kept: ${keptTitle(compare)}`, traced: traceStack({ size, channels, layers: compare }) }
      : null;
    this.drawControls(state, kept);
    this.table.show({ size, layers, selected, input: inputState(size, channels), traced, kept });
    this.editor.show(layers[selected] ?? null, selected, traced.rows[selected], size);
    this.drawFormula(layers[selected], traced.rows[selected]);
    this.spoken = layers.length ? spokenRow(selected, layers[selected], traced.rows[selected]) : "No layers.";
  }

  drawControls(state, kept) {
    const preset = Object.keys(STACK.presets).find((name) => {
      const { selected, ...ready } = readyState(name);
      return Object.keys(ready).every((key) => sameValue(ready[key], state[key]));
    });
    this.preset.show(preset ?? null);
    this.size.show(state.size, SIZES);
    this.channels.show(state.channels, CHANNELS);
    for (const name of ["swap", "forget"]) this.buttons[name].el.hidden = !kept;
    this.buttons.keep.el.hidden = !state.layers.length;
  }

  drawFormula(layer, row) {
    const sums = row?.after ? layerSums(layer, row) : [];
    const line = ([name, sum, result]) =>
      h("p", {}, h("span", { class: "cnnw-name" }, `${name}: `), `${sum} = `, h("b", {}, result));
    this.formula.replaceChildren(...sums.map(line));
    this.formula.hidden = !sums.length;
  }
}

function keptTitle(layers) {
  return layers.length === 1 ? layerName(layers[0]) : `${layers.length} layers`;
}

function spokenRow(index, layer, { after, problem, before }) {
  const name = `Layer ${index + 1}, ${layerName(layer)}: `;
  if (!before) return `${name}not reached.`;
  if (!after) return name + problem;
  const costs = [
    [after.parameters, "parameters"],
    [after.multiplyAdds, "multiply-adds"],
  ];
  const parts = costs.filter(([cost]) => cost).map(([cost, what]) => `${grouped(cost)} ${what}`);
  return `${name}output ${[shapeText(after), ...parts].join(", ")}, receptive field ${grouped(after.field)}.`;
}

/** On paper: the last layer, which sees most of the image. */
function lastLayer({ layers }) {
  return { selected: Math.max(layers.length - 1, 0) };
}

export default defineElement("cnn-layers", DEFAULTS, LayerView, lastLayer);
