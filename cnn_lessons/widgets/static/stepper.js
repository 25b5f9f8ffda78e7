// What both steppers share: the stage, the settings of the input, the written-out result.
import { commit, h, setText } from "./shared.js";
import { counter, dropdown } from "./controls.js";
import { NumberGrid, resized, scaleOf, sizeText, withEntry } from "./grid.js";
import { fitted, formatNumber, isExact } from "./numbers.js";
import { IMAGES, imageName } from "./presets.js";
import { View } from "./view.js";
import { Walk } from "./walk.js";

const LARGEST_INPUT = 10; // as in the Python class
const HINT = "Click a number to change it. In the output, arrow keys move the window and Space steps on.";

/** A [value, text] pair for each number, as the controls ask for their options. */
export function digits(values) {
  return values.map((value) => [value, String(value)]);
}

/** Half of the way, at the window of the middle rows whose result stands out: what a stepper shows on paper. */
function halfWay(output) {
  const cells = output.flatMap((row, i) => row.map((value, j) => ({ at: [i, j], size: Math.abs(value) })));
  const half = Math.floor(cells.length / 2);
  const middle = cells.slice(half, Math.max(half + 1, Math.floor(0.75 * cells.length)));
  const largest = Math.max(...middle.map(({ size }) => size));
  const steps = half + middle.findIndex(({ size }) => size === largest);
  const [row, col] = cells[steps].at;
  return { row, col, visited: cells.slice(0, steps + 1).map(({ at }) => at) };
}

/** What a stepper shows on paper: half of the way, where its output(state) can be computed. */
export function steppedHalfWay(output) {
  return (state) => {
    try {
      return halfWay(output(state));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return {};
    }
  };
}

/**
 * The base of both views. A subclass gives
 *   compute(state) → { output, … }, or throws a RangeError with advice,
 *   middle() → what stands between input and output, controls() → its controls,
 *   drawMore(state) → brings them up to date, inputView(state, result) → a view for the input grid,
 *   explain(result) → { before, terms, joint, after, value, rounded }: the calculation of the current window,
 *   formula(state, result) → lines of text, settings(state) → one line for print.
 */
export class Stepper extends View {
  constructor(context, label) {
    super(context, label);
    const { model } = this;
    this.walk = new Walk({ model, tell: (note) => this.tell(note), resume: () => this.announce() });
    this.walk.listen(this.root);
    this.input = this.editableGrid("Input", (row, col, value) => this.editImage(row, col, value));
    this.output = new NumberGrid({
      name: "Output",
      help: "Arrow keys move the window, Space or N takes the next step.",
      pick: (row, col) => this.walk.moveTo(row, col),
    });
    this.sum = h("p", { class: "cnnw-sum" });
    this.formulaBox = h("div", { class: "cnnw-formula" });
    this.printed = h("p", { class: "cnnw-printed" });
    this.said = null; // the last words for the screen reader; null before the first draw
    this.note = "";
  }

  layout() {
    const words = [this.problem, this.sum, this.walk.el, h("p", { class: "cnnw-hint" }, HINT)];
    return [this.stage(), ...words, this.panel(), this.formulaBox, this.printed];
  }

  destroy() {
    this.walk.leave();
    super.destroy();
  }

  editableGrid(name, edit) {
    const help = "Arrow keys move, Enter or a digit edits.";
    return new NumberGrid({ name, help, edit, refuse: (message) => this.complain(message) });
  }

  stage() {
    this.sign = h("span", { class: "cnnw-sign" }, "=");
    const parts = [[this.input.el], ...this.middle(), [this.sign, this.output.el]];
    return h(
      "div",
      { class: "cnnw-stage" },
      ...parts.map((nodes) => h("div", { class: "cnnw-part" }, ...nodes)),
    );
  }

  panel() {
    this.preset = dropdown({
      label: "Input",
      options: Object.keys(IMAGES).map((name) => [name, name]),
      pick: (name) => {
        this.imagePreset = name; // which it grows by, also where in small it changes nothing
        this.change({ image: IMAGES[name](...this.imageSize()) });
      },
    });
    this.size = counter({ label: "Input size", change: (by) => this.resizeImage(by) });
    return h("div", { class: "cnnw-panel" }, this.preset.el, this.size.el, ...this.controls());
  }

  // ---- what the reader does ----------------------------------------------------------------------------

  imageSize() {
    const image = this.model.get("image");
    return [image.length, image[0].length];
  }

  /** Write settings. The steps to an output of another size start anew; while there is none, they are kept. */
  change(changes) {
    const output = this.attempt({ ...this.read(), ...changes }).result?.output;
    const resize = output && this.outputSize && sizeText(output) !== this.outputSize;
    if (resize) this.note += `The output is now ${sizeText(output)}. `;
    commit(this.model, resize ? { ...changes, visited: [] } : changes);
  }

  editImage(row, col, value) {
    if (this.model.get("image")[row][col] === value) return this.uncomplain();
    this.note = `Input row ${row + 1}, column ${col + 1} is now ${formatNumber(value, 4)}. `;
    this.change({ image: withEntry(this.model.get("image"), row, col, value) });
  }

  resizeImage(by) {
    const [rows, cols] = this.imageSize().map((size) => size + by);
    if (Math.min(rows, cols) < 1 || Math.max(rows, cols) > LARGEST_INPUT) return;
    const image = this.model.get("image");
    const preset = IMAGES[imageName(image, this.imagePreset)];
    this.note = `The input is now ${rows} × ${cols}. `;
    this.change({ image: preset ? preset(rows, cols) : resized(image, rows, cols, () => 0) });
  }

  // ---- what the page shows -----------------------------------------------------------------------------

  attempt(state) {
    try {
      return { result: this.compute(state), problem: "" };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { result: null, problem: error.message };
    }
  }

  draw() {
    const state = this.read();
    const { result, problem } = this.attempt(state);
    this.result = result;
    if (result) this.outputSize = sizeText(result.output); // else the last one
    this.walk.follow(result && [result.output.length, result.output[0].length], state.row, state.col);
    this.root.classList.toggle("cnnw-blocked", !result);
    this.blocked = problem;
    setText(this.problem, problem);
    this.drawControls(state);
    this.input.show(this.inputView(state, result));
    if (result) this.drawOutput(state, result);
    this.fitCells();
    this.drawWords(state, result, problem);
  }

  drawControls(state) {
    const [rows, cols] = this.imageSize();
    this.imagePreset = imageName(state.image, this.imagePreset); // in small, several presets are one
    this.preset.show(this.imagePreset);
    this.size.show(sizeText(state.image), Math.min(rows, cols) > 1, Math.max(rows, cols) < LARGEST_INPUT);
    this.drawMore(state);
  }

  drawOutput(state, { output }) {
    const seen = new Set(state.visited.map((cell) => cell.join()));
    const scale = scaleOf(output);
    const [row, col] = this.walk.at;
    const cell = (i, j) => {
      const known = state.filled || seen.has(`${i},${j}`) || (i === row && j === col);
      const text = known ? formatNumber(output[i][j]) : "";
      const label = `row ${i + 1}, column ${j + 1}: ${known ? text : "not computed yet"}`;
      const look = known ? { tone: output[i][j] / scale } : { classes: "cnnw-unknown" };
      return { text: fitted(text, output[i][j]), label, ...look };
    };
    this.output.show({
      title: `Output ${sizeText(output)}`,
      rows: output.length,
      cols: output[0].length,
      at: [row, col],
      frame: { row, col, rows: 1, cols: 1 },
      cell,
    });
  }

  /** Tell the style sheet how many columns stand side by side, so that the cells can fill the width. */
  fitCells() {
    const grids = [...this.root.querySelectorAll(".cnnw-cells")];
    const [first, ...others] = grids.map((cells) => Number(cells.style.getPropertyValue("--columns")));
    const rest = others.reduce((sum, count) => sum + count, 0);
    this.root.style.setProperty("--all-columns", first + rest);
    this.root.style.setProperty("--most-columns", Math.max(first, rest));
  }

  drawWords(state, result, problem) {
    this.formulaBox.replaceChildren(...this.formula(state, result).map((line) => h("p", {}, line)));
    setText(this.printed, this.settings(state));
    if (result) this.drawSum(this.explain(result));
    this.spoken = result ? this.sum.textContent : problem;
    if (this.said === null)
      this.said = this.spoken; // nobody has asked for anything yet
    else if (!this.walk.silent || this.note) this.announce(); // while it plays, each step would pile up
  }

  drawSum({ before = "", terms, joint, after = "", value, rounded }) {
    const [row, col] = this.walk.at;
    const place = h("span", { class: "cnnw-place" }, `window row ${row + 1}, column ${col + 1}: `);
    const pieces = terms.map((term, i) => h("span", {}, (i ? joint : before) + term));
    const total = `${isExact(value, 4) && !rounded ? "=" : "≈"} ${formatNumber(value, 4)}`;
    this.sum.replaceChildren(place, ...pieces, h("span", {}, after), h("b", {}, ` ${total}`));
  }

  // ---- what a screen reader is told --------------------------------------------------------------------

  announce() {
    if (this.spoken === this.said && !this.note) return;
    this.say(this.note + this.spoken);
    this.said = this.spoken;
    this.note = "";
  }

  /** Say what has happened, together with what the next draw has to say. */
  tell(note) {
    this.note = `${note} `;
    setTimeout(() => this.announce());
  }

  complain(message) {
    this.walk.pause(); // the next step would wipe it away
    setText(this.problem, [message, this.blocked].filter(Boolean).join(" "));
    this.say(message);
  }

  uncomplain() {
    setText(this.problem, this.blocked);
  }
}
