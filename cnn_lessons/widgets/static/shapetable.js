// The table of the shape tracer: one row a step, one tab stop, arrow keys from row to row.
import { clamp, h, setText } from "./shared.js";
import { markCurrent } from "./marks.js";
import { grouped } from "./numbers.js";
import { batchShape, stepName } from "./shapewords.js";

const HEADERS = ["Step", "Output", "Parameters"];
const KEY_STEPS = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

class StepRow {
  constructor(pick) {
    this.number = h("span", { class: "cnnw-index" });
    this.kind = h("b", {});
    this.details = h("span", {});
    const name = h("span", {}, this.kind, this.details);
    this.button = h("button", { type: "button", class: "cnnw-step", onclick: pick }, this.number, name);
    this.output = h("td", {});
    this.parameters = h("td", {});
    this.message = h("td", { colspan: "2", class: "cnnw-stop" });
    this.el = h("tr", {}, h("th", { scope: "row" }, this.button));
  }

  show({ index, row, channels, chosen, total }) {
    const { step, after, problem } = row;
    const [kind, details] = stepName(step, channels);
    setText(this.number, String(index + 1));
    setText(this.kind, kind);
    setText(this.details, details && ` ${details}`);
    this.button.tabIndex = chosen ? 0 : -1;
    markCurrent(this.button, chosen);
    this.el.classList.toggle("cnnw-chosen", chosen);
    this.el.classList.toggle("cnnw-stopped", Boolean(problem));
    this.el.classList.toggle("cnnw-unreached", !after && !problem);
    const cells = after ? [this.output, this.parameters] : [this.message];
    if (this.el.children[1] !== cells[0]) this.el.replaceChildren(this.el.firstChild, ...cells);
    if (!after) return setText(this.message, problem ? "stops here" : "not reached");
    setText(this.output, batchShape(after));
    setText(this.parameters, after.parameters ? grouped(after.parameters) : "–");
    const share = after.parameters / total;
    return this.parameters.style.setProperty("--share", share < 0.01 ? "0%" : `${100 * share}%`); // less is but a speck
  }
}

export class ShapeTable {
  /** select(index): by click or by key. */
  constructor({ select }) {
    Object.assign(this, { select, rows: [] });
    const head = HEADERS.map((name) => h("th", { scope: "col" }, name));
    this.input = h("td", {});
    this.total = h("td", {});
    this.sum = h("th", { scope: "row", colspan: "2" });
    const input = h("tr", { class: "cnnw-plain" }, h("th", { scope: "row" }, "Input"), this.input, h("td", {}, "–"));
    this.body = h("tbody", {}, input);
    const foot = h("tfoot", {}, h("tr", {}, this.sum, this.total));
    const help = "Arrow keys go from step to step.";
    const table = h("table", { class: "cnnw-steps", "aria-label": "Steps", "aria-description": help });
    table.append(h("thead", {}, h("tr", {}, ...head)), this.body, foot);
    this.el = h("div", { class: "cnnw-stepwrap" }, table);
    this.body.addEventListener("keydown", (event) => this.onKey(event));
  }

  onKey(event) {
    const by = KEY_STEPS[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    this.select(clamp(this.chosen + by, 0, this.rows.length - 1));
    event.preventDefault();
  }

  /** input: the state that comes in; traced: of traceShapes; selected: index of the chosen row. */
  show({ input, traced, selected }) {
    const focused = this.body.matches(":focus-within");
    this.chosen = selected;
    const { rows, stopped, parameters } = traced;
    while (this.rows.length < rows.length) this.addRow();
    for (const row of this.rows.splice(rows.length)) row.el.remove();
    setText(this.input, batchShape(input));
    rows.forEach((row, index) => {
      const channels = (row.before ?? input).channels;
      this.rows[index].show({ index, row, channels, chosen: index === selected, total: parameters || 1 });
    });
    setText(this.sum, stopped === null ? "All parameters" : "Parameters so far");
    setText(this.total, grouped(parameters));
    if (focused) this.rows[selected].button.focus({ preventScroll: true });
  }

  addRow() {
    const index = this.rows.length;
    const row = new StepRow(() => this.select(index));
    this.rows.push(row);
    this.body.append(row.el);
  }

  /** Scroll the table's own box, never the page. Asks for the layout: call it when all is drawn. */
  bringIntoSight() {
    const [box, at] = [this.el.getBoundingClientRect(), this.rows[this.chosen].el.getBoundingClientRect()];
    const margin = 2 * at.height;
    if (at.top < box.top + margin) this.el.scrollTop += at.top - box.top - margin;
    else if (at.bottom > box.bottom - margin) this.el.scrollTop += at.bottom - box.bottom + margin;
  }
}
