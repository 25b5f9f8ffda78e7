// The curve reader's legend, its key and its two tables.
import { h, setText } from "./shared.js";
import { markCurrent } from "./marks.js";
import { MEASURES, PARTS, columnText, epochText, numberRows } from "./curvedata.js";
import { sampleOf } from "./curveplot.js";

/** A button for every run, which switches it on and off. toggle(run). show(runs, off). */
export function curveLegend({ toggle }) {
  const el = h("div", { class: "cnnw-legend", role: "group", "aria-label": "Runs" });
  const entries = [];
  const add = () => {
    const entry = { sample: h("span", { "aria-hidden": "true" }), name: h("span", {}) };
    entry.el = h("button", { type: "button", onclick: () => toggle(entry.run) }, entry.sample, entry.name);
    entries.push(entry);
    el.append(entry.el);
  };
  const show = (runs, off) => {
    while (entries.length < runs.length) add();
    for (const entry of entries.splice(runs.length)) entry.el.remove();
    entries.forEach((entry, i) => {
      showSample(entry, runs[i]);
      entry.el.setAttribute("aria-pressed", String(!off.includes(runs[i].label)));
    });
    el.hidden = !runs.length;
  };
  return { el, show };
}

/** Put a run's sample and label into an entry's nodes. */
function showSample(entry, run) {
  const key = `${run.style} ${run.recorded}`;
  if (entry.sample.dataset.key !== key) entry.sample.innerHTML = sampleOf(run);
  entry.sample.dataset.key = key;
  entry.run = run;
  setText(entry.name, run.label);
}

/** "Training loss". */
function measureTitle({ part, quantity }) {
  return `${part[0].toUpperCase()}${part.slice(1)} ${quantity}`;
}

/** Which line is which: fine for training, with markers for validation. */
export function curveKey() {
  const el = h("p", { class: "cnnw-key" });
  const show = ({ part, smoothing }, smooths) => {
    const items = PARTS.filter((one) => part === "both" || part === one).map((one) => [
      sampleOf({ style: 0, recorded: false }, one),
      one === "training" ? "training: thin line" : "validation: line with markers",
    ]);
    const faint = smoothing && smooths;
    if (faint) items.push([sampleOf({ style: 0, recorded: false }, "raw"), "training loss before smoothing"]);
    el.replaceChildren(
      ...items.map(([picture, words]) => {
        const item = h("span", {}, h("span", { "aria-hidden": "true" }), words);
        item.firstChild.innerHTML = picture;
        return item;
      }),
    );
  };
  return { el, show };
}

/** The table of values at the cursor: one row a run. pick(run) puts a run in focus. */
export class CurveReadout {
  constructor({ pick }) {
    Object.assign(this, { pick, rows: [] });
    this.caption = h("caption", {});
    this.head = h("thead", {});
    this.body = h("tbody", {});
    // roles are spelled out because on a narrow screen the rows are laid out as a grid, not as a table
    this.table = h("table", { class: "cnnw-values cnnw-here", role: "table" }, this.caption, this.head, this.body);
    for (const part of [this.head, this.body]) part.setAttribute("role", "rowgroup");
    this.el = h("div", { class: "cnnw-tablewrap" }, this.table);
  }

  showHead(columns, smooth) {
    const key = JSON.stringify([columns, smooth]);
    if (this.head.dataset.key === key) return;
    this.head.dataset.key = key;
    const titles = ["Run", ...columns.map(measureTitle)];
    if (smooth) titles[1] += ", smoothed";
    const cells = titles.map((title) => h("th", { role: "columnheader", scope: "col" }, title));
    this.head.replaceChildren(h("tr", { role: "row" }, ...cells));
    this.table.style.setProperty("--columns", columns.length);
  }

  addRow() {
    const row = { sample: h("span", { "aria-hidden": "true" }), name: h("b", {}), note: h("small", {}), cells: [] };
    const who = h("span", { class: "cnnw-who" }, row.sample, h("span", {}, row.name, row.note));
    row.el = h(
      "tr",
      { role: "row", onclick: () => this.pick(row.run) },
      h("th", { role: "rowheader", scope: "row" }, who),
    );
    this.rows.push(row);
    this.body.append(row.el);
  }

  /** runs with `readings`, the answers of readingsAt; columns: those of MEASURES to show; x: the cursor or null. */
  show({ runs, columns, x, emphasis, smooth }) {
    setText(this.caption, x === null ? "Last values of each run" : `Values at epoch ${epochText(x)}`);
    this.showHead(columns, smooth);
    while (this.rows.length < runs.length) this.addRow();
    for (const row of this.rows.splice(runs.length)) row.el.remove();
    this.rows.forEach((row, i) => {
      const run = runs[i];
      showSample(row, run);
      setText(row.note, run.readings.note);
      row.el.classList.toggle("cnnw-chosen", run === emphasis);
      markCurrent(row.el.firstChild, run === emphasis);
      while (row.cells.length < columns.length) row.cells.push(row.el.appendChild(h("td", { role: "cell" })));
      for (const cell of row.cells.splice(columns.length)) cell.remove();
      columns.forEach((measure, j) => {
        const point = run.readings.points[MEASURES.indexOf(measure)];
        setText(row.cells[j], columnText(measure.quantity, point?.[1] ?? null));
      });
    });
    this.el.hidden = !runs.length || !columns.length;
  }
}

/** All numbers as a table, folded: made when it is opened. */
export class CurveNumbers {
  constructor() {
    const titles = ["Run", "Epoch", ...MEASURES.map(measureTitle)];
    const head = h("thead", {}, h("tr", {}, ...titles.map((title) => h("th", { scope: "col" }, title))));
    this.body = h("tbody", {});
    const table = h("table", { class: "cnnw-values", "aria-label": "All values" }, head, this.body);
    const note = "Training values are means over the epoch; the fine line above shows how the loss moved within it.";
    const scroll = { class: "cnnw-all", tabindex: "0", role: "group", "aria-label": "All values, scrolls" };
    this.el = h(
      "details",
      { class: "cnnw-numberlist", ontoggle: () => this.fill() },
      h("summary", {}, "The numbers as a table"),
      h("p", {}, note),
      h("div", scroll, table),
    );
  }

  show(runs) {
    this.stale ||= this.runs !== runs;
    this.runs = runs;
    this.el.hidden = !runs.length;
    this.fill();
  }

  fill() {
    if (!this.el.open || !this.stale) return;
    this.stale = false;
    const rows = numberRows(this.runs).map(({ label, epoch, values }) => {
      const cells = [epoch, ...values].map((text) => h("td", {}, text));
      return h("tr", {}, h("th", { scope: "row" }, label), ...cells);
    });
    this.body.replaceChildren(...rows);
  }
}
