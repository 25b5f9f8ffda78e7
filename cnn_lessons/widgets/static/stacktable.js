// The table of a stack: one row a layer, one tab stop, arrow keys from row to row.
import { clamp, h, setText } from "./shared.js";
import { markCurrent } from "./marks.js";
import STACK from "./stack.json";
import { formatNumber, grouped } from "./numbers.js";
import { layerDetails, shapeText } from "./stack.js";

const COLUMNS = ["Layer", "Output", "Parameters", "Multiply-adds", "Receptive field", "Jump"];
const STEPS_TO = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };
const HELP = "Arrow keys go from layer to layer, with Alt they move the layer, Delete removes it.";

/** A square for the input and in it, or around it, one for the receptive field. */
function fieldGlyph(field, size) {
  const scale = 20 / Math.max(field, size);
  const square = (side, classes) =>
    `<rect class="${classes}" x="${12 - (side * scale) / 2}" y="${12 - (side * scale) / 2}" width="${side * scale}" height="${side * scale}"/>`;
  return `<svg viewBox="0 0 24 24">${square(field, "cnnw-seen")}${square(size, "cnnw-whole")}</svg>`;
}

/** A cell; roles are spelled out because on a narrow screen the rows are laid out as cards, not as a table. */
function cell(column, properties = {}) {
  return h("td", { role: "cell", "data-label": COLUMNS[column], ...properties });
}

class StackRow {
  constructor(pick) {
    this.kind = h("b", {});
    this.details = h("span", {});
    this.number = h("span", { class: "cnnw-index" });
    this.pickButton = h(
      "button",
      { type: "button", class: "cnnw-layer", onclick: pick },
      this.number,
      h("span", {}, this.kind, this.details),
    );
    this.cells = [1, 2, 3, 4, 5].map((column) => cell(column));
    this.message = h("td", { role: "cell", colspan: "5", class: "cnnw-stop" });
    this.el = h("tr", { role: "row" }, h("th", { role: "rowheader", scope: "row" }, this.pickButton));
  }

  show({ index, layer, row, chosen, totals, size }) {
    setText(this.number, String(index + 1));
    setText(this.kind, STACK.kinds[layer.kind].name);
    setText(this.details, layerDetails(layer) && ` ${layerDetails(layer)}`);
    this.pickButton.tabIndex = chosen ? 0 : -1;
    markCurrent(this.pickButton, chosen);
    this.el.classList.toggle("cnnw-chosen", chosen);
    this.el.classList.toggle("cnnw-unreached", !row.before);
    if (!row.after) {
      setText(this.message, row.problem ? `Stops here. ${row.problem}` : "not reached");
      this.fill([this.message]);
      return;
    }
    this.fill(this.cells);
    showState(this.cells, row.after, { totals, size });
  }

  fill(cells) {
    const [header, ...now] = this.el.children;
    if (now[0] !== cells[0] || now.length !== cells.length) this.el.replaceChildren(header, ...cells);
  }
}

/** Write a state into the five cells of its row; with `totals`, small bars show a layer's share of them. */
function showState(cells, state, { totals = null, size }) {
  const costs = [state.parameters, state.multiplyAdds];
  const jump = state.features === null ? grouped(state.jump) : "–";
  const texts = [shapeText(state), ...costs.map((cost) => (cost ? grouped(cost) : "–"))];
  texts.forEach((text, i) => setText(cells[i], text));
  if (totals)
    costs.forEach((cost, i) =>
      cells[i + 1].style.setProperty("--share", `${totals[i] ? (100 * cost) / totals[i] : 0}%`),
    );
  const key = `${state.field} ${size}`;
  if (cells[3].dataset.key !== key) {
    cells[3].dataset.key = key;
    const glyph = h("span", { class: "cnnw-glyph", "aria-hidden": "true" });
    glyph.innerHTML = fieldGlyph(state.field, size);
    cells[3].replaceChildren(h("span", { class: "cnnw-field" }, glyph, h("span", {}, grouped(state.field))));
  }
  setText(cells[4], jump);
}

export class StackTable {
  /** select(index); move(by); remove(): what the keys on a row ask for. */
  constructor({ select, move, remove }) {
    Object.assign(this, { select, move, remove, rows: [] });
    this.input = this.plainRow("Input");
    this.total = this.plainRow("Total");
    this.kept = this.plainRow("Kept");
    this.ratio = this.plainRow("Total ÷ kept");
    const headers = COLUMNS.map((name) => h("th", { role: "columnheader", scope: "col" }, name));
    this.body = h("tbody", { role: "rowgroup" }, this.input.el);
    this.table = h(
      "table",
      { class: "cnnw-table", role: "table", "aria-label": "Layers", "aria-description": HELP },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...headers)),
      this.body,
      h("tfoot", { role: "rowgroup" }, this.total.el, this.kept.el, this.ratio.el),
    );
    this.el = h("div", { class: "cnnw-tablewrap" }, this.table);
    this.body.addEventListener("keydown", (event) => this.onKey(event));
  }

  plainRow(name) {
    const header = h("th", { role: "rowheader", scope: "row" }, name);
    const cells = [1, 2, 3, 4, 5].map((column) => cell(column));
    const message = h("td", { role: "cell", colspan: "5", class: "cnnw-stop" });
    return { el: h("tr", { role: "row", class: "cnnw-plain" }, header, ...cells), header, cells, message };
  }

  onKey(event) {
    const by = STEPS_TO[event.key];
    if (!event.target.closest(".cnnw-layer") || event.ctrlKey || event.metaKey) return;
    if (event.altKey && Number.isFinite(by)) this.move(by);
    else if (by && !event.altKey) this.select(clamp(this.chosen + by, 0, this.rows.length - 1));
    else if (event.key === "Delete" || event.key === "Backspace") this.remove();
    else return;
    event.preventDefault();
  }

  /** state: size, layers, selected; traced: of traceStack; kept: { title, traced } or null. */
  show({ size, layers, selected, input, traced, kept }) {
    const focused = this.body.matches(":focus-within");
    this.chosen = selected;
    while (this.rows.length < layers.length) this.addRow();
    for (const row of this.rows.splice(layers.length)) row.el.remove();
    showState(this.input.cells, input, { size });
    const totals = [traced.parameters, traced.multiplyAdds];
    layers.forEach((layer, index) => {
      const [row, chosen] = [traced.rows[index], index === selected];
      this.rows[index].show({ index, layer, row, chosen, totals, size });
    });
    this.showTotals(this.total, totalTitle(traced), traced, size);
    this.kept.el.hidden = !kept;
    if (kept) this.showTotals(this.kept, kept.title, kept.traced, size);
    this.showRatio(traced, kept?.traced);
    if (focused) this.rows[selected]?.pickButton.focus();
  }

  addRow() {
    const index = this.rows.length;
    const row = new StackRow(() => this.select(index));
    this.rows.push(row);
    this.body.append(row.el);
  }

  /** What the stack costs in parts of the kept one; only where both reach their end. */
  showRatio(traced, kept) {
    this.ratio.el.hidden = !kept || traced.stopped !== null || kept.stopped !== null;
    if (this.ratio.el.hidden) return;
    const costs = ["parameters", "multiplyAdds"].map((name) => quotient(traced[name], kept[name]));
    const texts = ["", ...costs, quotient(traced.end.field, kept.end.field), ""];
    this.ratio.cells.forEach((one, i) => setText(one, texts[i]));
  }

  showTotals({ el, header, cells, message }, title, traced, size) {
    setText(header, title);
    const stopped = traced.stopped === null ? null : traced.rows[traced.stopped].problem;
    const kept = el === this.kept.el;
    el.replaceChildren(header, ...(kept && stopped ? [message] : cells));
    setText(message, `does not fit: ${stopped}`);
    showState(
      cells,
      { ...traced.end, parameters: traced.parameters, multiplyAdds: traced.multiplyAdds },
      { size },
    );
  }
}

function quotient(a, b) {
  if (!b) return "–";
  const rounded = a / b < 100 ? Number((a / b).toPrecision(3)) : Math.round(a / b);
  if (rounded >= 1000) return grouped(rounded);
  return (rounded === 1 && a !== b ? "≈ " : "") + formatNumber(rounded, 9);
}

function totalTitle({ rows, stopped }) {
  if (stopped !== null) return `Total so far: ${stopped} of ${rows.length}`;
  return `Total, ${rows.length} ${rows.length === 1 ? "layer" : "layers"}`;
}
