// A grid of numbers: one tab stop, arrow keys inside, cells that can be edited, a frame for the window.
import { ARROWS, afterClick, clamp, h, setText } from "./shared.js";
import { parseNumber } from "./numbers.js";

/**
 * The pattern is ARIA's grid with a roving tabindex: Tab enters and leaves, arrows, Home and End walk, Enter
 * or a digit edits. Rows and columns are spoken from 1. `pick(row, col)` makes moving about an act of its own
 * (the output grid); `edit(row, col, value)` makes the cells editable; `refuse(message)` reports what is no
 * number.
 */
export class NumberGrid {
  constructor({ name, help, pick = null, edit = null, refuse = () => {} }) {
    Object.assign(this, { name, pick, edit, refuse });
    this.at = [0, 0]; // the cell that holds the tab stop, counted in the free region
    this.size = "";
    this.title = h("div", { class: "cnnw-title" });
    this.frame = h("div", { class: "cnnw-frame", "aria-hidden": "true" });
    this.cells = h("div", { class: "cnnw-cells", role: "grid", "aria-description": help });
    this.cells.addEventListener("keydown", (event) => this.onKey(event));
    this.cells.addEventListener("click", (event) => this.onClick(event));
    this.cells.addEventListener("focusin", (event) => this.onFocus(event));
    const board = h("div", { class: "cnnw-board" }, this.cells, this.frame);
    this.scroller = h("div", { class: "cnnw-scroll" }, board);
    this.el = h("div", { class: "cnnw-figure" }, this.title, this.scroller);
  }

  /**
   * view: { title, rows, cols, cell(i, j), free, at, frame, first, whole }.
   * cell(i, j) → { text, label, tone, corner, classes }; tone: the tint, −1 … 1; corner: small print.
   * free: { row, col, rows, cols }, the part that can have the focus, by default all; at: [row, col] in the
   * free part, where the focus belongs; frame: { row, col, rows, cols }. first: what a screen reader counts the first
   * row and column of the free part as, by default 1; whole: how many there are, where the grid is a part of them.
   */
  show(view) {
    const focused = this.cells.matches(":focus-within") && !this.editing;
    this.view = { free: { row: 0, col: 0, rows: view.rows, cols: view.cols }, first: [1, 1], ...view };
    if (view.at) this.at = view.at;
    this.at = [clamp(this.at[0], 0, this.view.free.rows - 1), clamp(this.at[1], 0, this.view.free.cols - 1)];
    setText(this.title, view.title);
    this.cells.setAttribute("aria-label", view.title);
    if (this.size !== `${view.rows} ${view.cols}`) this.build(view.rows, view.cols);
    this.each((cell, i, j) => this.paint(cell, view.cell(i, j)));
    this.count();
    this.placeFrame(view.frame);
    this.rove(focused);
  }

  build(rows, cols) {
    this.size = `${rows} ${cols}`;
    this.editing = null;
    this.nodes = Array.from({ length: rows }, () =>
      Array.from({ length: cols }, () =>
        h("div", { role: "gridcell", tabindex: "-1" }, h("span"), h("small", { "aria-hidden": "true" })),
      ),
    );
    this.cells.style.setProperty("--columns", cols);
    this.cells.replaceChildren(...this.nodes.map((row) => h("div", { role: "row" }, ...row)));
  }

  each(act) {
    this.nodes.forEach((row, i) => row.forEach((cell, j) => act(cell, i, j)));
  }

  paint(cell, { text, label, tone = 0, corner = "", classes = "" }) {
    setText(cell.children[0], text);
    cell.children[1].dataset.corner = corner; // drawn by the style sheet: a label that holds it would read badly
    cell.children[1].hidden = !corner;
    cell.className = `cnnw-cell ${tone < 0 ? "cnnw-negative" : "cnnw-positive"} ${classes}`;
    cell.classList.toggle("cnnw-long", text.length > 3);
    cell.classList.toggle("cnnw-longer", text.length > 5);
    cell.style.setProperty("--tone", `${Math.round(Math.abs(tone) * 100)}%`);
    cell.setAttribute("aria-label", label);
  }

  /** Let rows and columns be counted as the cells' names count them: without the padding around the free part. */
  count() {
    const { free, first, whole } = this.view;
    if (whole) ["aria-rowcount", "aria-colcount"].forEach((name, k) => this.cells.setAttribute(name, whole[k]));
    this.each((cell, i, j) => {
      const place = [i - free.row, j - free.col];
      const inside = place.every((at, k) => at >= 0 && at < [free.rows, free.cols][k]);
      ["aria-rowindex", "aria-colindex"].forEach((name, k) => {
        if (inside) cell.setAttribute(name, place[k] + first[k]);
        else cell.removeAttribute(name);
      });
    });
  }

  placeFrame(frame) {
    this.frame.hidden = !frame;
    const before = this.frame.style.cssText;
    for (const [name, value] of Object.entries(frame ?? {})) this.frame.style.setProperty(`--${name}`, value);
    if (frame && this.frame.style.cssText !== before) this.reveal(frame);
  }

  /** Scroll sideways, inside the grid's own box only, so that a frame that has moved can be seen. */
  reveal({ col, cols }) {
    const step = this.cells.offsetWidth / this.view.cols;
    const [left, right] = [col * step, (col + cols) * step - this.scroller.clientWidth + 10];
    if (this.scroller.scrollLeft > left) this.scroller.scrollLeft = left;
    else if (this.scroller.scrollLeft < right) this.scroller.scrollLeft = right;
  }

  /** Give the tab stop to `at`, and the focus too if the grid had it. */
  rove(focus) {
    const { free } = this.view;
    const [row, col] = [free.row + this.at[0], free.col + this.at[1]];
    this.each((cell, i, j) => {
      const inside = i >= free.row && i < free.row + free.rows && j >= free.col && j < free.col + free.cols;
      if (inside) cell.tabIndex = i === row && j === col ? 0 : -1;
      else cell.removeAttribute("tabindex");
    });
    if (focus) this.nodes[row][col].focus();
  }

  /** The cell of an event, with its place in the free part, or null. */
  locate(target) {
    const cell = target.closest("[role=gridcell][tabindex]");
    if (!cell) return null;
    const row = this.nodes.findIndex((cells) => cells.includes(cell));
    return { cell, row: row - this.view.free.row, col: this.nodes[row].indexOf(cell) - this.view.free.col };
  }

  moveTo(row, col) {
    const { rows, cols } = this.view.free;
    this.at = [clamp(row, 0, rows - 1), clamp(col, 0, cols - 1)];
    this.rove(true);
    this.pick?.(...this.at);
  }

  onFocus(event) {
    const place = this.locate(event.target);
    if (!place || this.pick) return; // in a grid with `pick` the focus follows the model
    this.at = [place.row, place.col];
    this.rove(false);
  }

  onClick(event) {
    const place = this.locate(event.target);
    if (!place || this.editing?.cell === place.cell) return;
    this.moveTo(place.row, place.col);
    if (this.edit) this.startEditing(place);
  }

  onKey(event) {
    if (this.editing || event.altKey || event.metaKey) return;
    const [row, col] = this.at;
    const typed = /^[\d.,−-]$/.test(event.key) ? event.key : null;
    if (ARROWS[event.key]) this.moveTo(row + ARROWS[event.key][0], col + ARROWS[event.key][1]);
    else if (event.key === "Home") this.moveTo(event.ctrlKey ? 0 : row, 0);
    else if (event.key === "End") this.moveTo(event.ctrlKey ? Infinity : row, Infinity);
    else if (this.edit && (event.key === "Enter" || event.key === "F2"))
      this.startEditing(this.locate(event.target));
    else if (this.edit && typed && !event.ctrlKey) this.startEditing(this.locate(event.target), typed);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Lay a text field over the cell. Enter or leaving the field keeps the number, Escape drops it. */
  startEditing(place, typed = null) {
    const before = place.cell.children[0].textContent;
    const input = h("input", {
      class: "cnnw-entry",
      autocomplete: "off",
      "aria-label": `new value, ${place.cell.getAttribute("aria-label")}`,
    });
    input.value = typed ?? before;
    this.editing = { ...place, input, touched: typed !== null };
    input.addEventListener("input", () => {
      if (this.editing) this.editing.touched = true;
    });
    input.addEventListener("blur", () => this.finishEditing(true, false));
    input.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the grid has keys of its own
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        this.finishEditing(event.key === "Enter", true);
      }
    });
    place.cell.append(input);
    input.focus();
    if (!typed) input.select();
  }

  finishEditing(keep, refocus) {
    if (!this.editing) return;
    const { cell, row, col, input, touched } = this.editing;
    this.editing = null; // first: removing the field makes it lose the focus, which ends here again
    input.remove();
    if (refocus) cell.focus();
    const text = input.value.trim();
    if (!keep || !touched || text === "") return; // what is shown may be rounded: untouched, the number stays
    const value = parseNumber(text);
    const fits = "Type one between −99999 and 99999, such as 3, −1.5 or 1/9.";
    if (!Number.isNaN(value)) this.edit(row, col, value);
    else afterClick(() => this.refuse(`“${text}” is no number that fits. ${fits}`));
  }
}

/** The largest absolute value of a matrix, at least a little: what full tint stands for. */
export function scaleOf(matrix) {
  return Math.max(1e-9, ...matrix.flat().filter(Number.isFinite).map(Math.abs));
}

/** The matrix with one entry replaced. */
export function withEntry(matrix, row, col, value) {
  return matrix.map((cells, i) => cells.map((cell, j) => (i === row && j === col ? value : cell)));
}

/** The matrix cut or grown at its end to rows by cols; new entries come from fill(row, col). */
export function resized(matrix, rows, cols, fill) {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: cols }, (_, j) => matrix[i]?.[j] ?? fill(i, j)),
  );
}

/** "6 × 4" */
export function sizeText(matrix) {
  return `${matrix.length} × ${matrix[0].length}`;
}
