// <cnn-curves>: read training curves of several runs, loss and accuracy, side by side.
import CURVE_STYLES from "./curves.css";
import { commit, defineElement, h, setText } from "./shared.js";
import { CurveControls } from "./curvecontrols.js";
import { nearest } from "./curvemath.js";
import {
  MEASURES,
  QUANTITIES,
  cursorStops,
  nextStop,
  readingsAt,
  smoothedCurve,
  spokenReading,
  unpackRuns,
} from "./curvedata.js";
import { CurvePanel } from "./curveplot.js";
import { CurveNumbers, CurveReadout, curveKey, curveLegend } from "./curveparts.js";
import { View } from "./view.js";

export const DEFAULTS = {
  runs: [],
  off: [],
  quantity: "both",
  part: "both",
  log_scale: false,
  smoothing: 0,
  span: "all",
  cursor: null,
  selected: 0,
};

const SNAP = 7; // px within which the pointer is taken to mean a whole epoch
const SIZES = { narrow: 640, least: 250, fallback: 720, tall: 290, short: 230, gap: 20, axis: 48 };
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const TURNS = { ArrowUp: -1, ArrowDown: 1 };
const HELP =
  "Left and right arrow keys move the cursor from epoch to epoch, Home and End to the first and the last, " +
  "up and down choose the run in focus, Escape takes the cursor away.";
const HOW_TO =
  "Point at a curve to read it; a click or a tap keeps the place. Arrow keys: left and right by epoch, " +
  "up and down by run; Escape, or a click on the run in focus, brings the last values back.";

class CurveView extends View {
  constructor(context) {
    super(context, "Curve reader", { name: "curves", text: CURVE_STYLES });
    this.hover = null; // the epoch under the mouse: shown while it is there, kept by a click
    this.panels = QUANTITIES.map((quantity) => new CurvePanel(quantity));
    this.legend = curveLegend({ toggle: (run) => this.toggle(run) });
    this.readout = new CurveReadout({ pick: (run) => this.pickRow(run) });
    this.numbers = new CurveNumbers();
    this.key = curveKey();
    this.note = h("p", { class: "cnnw-note" });
    this.empty = h(
      "div",
      { class: "cnnw-empty" },
      h("p", {}, "Training has not begun."),
      h("p", {}, "The curves appear here after the first epoch."),
    );
    this.plot = h(
      "div",
      {
        class: "cnnw-plot",
        tabindex: "0",
        role: "application", // so that a screen reader leaves the arrow keys to the chart
        "aria-roledescription": "chart",
        "aria-description": HELP,
      },
      ...this.panels.map(({ el: panel }) => panel),
    );
    this.controls = new CurveControls({ pick: (changes) => this.change(changes, "") }); // they speak for themselves
  }

  layout() {
    const hint = h("p", { class: "cnnw-hint" }, HOW_TO);
    const { controls, key, note, numbers, plot, readout } = this;
    this.body = h("div", {}, plot, key.el, note, readout.el, hint, controls.el, numbers.el);
    return [this.legend.el, this.empty, this.body];
  }

  mount() {
    this.listen();
    const redraw = () => this.root.isConnected && this.plot.clientWidth !== this.drawnAt && this.draw();
    this.sizes = new ResizeObserver(() => requestAnimationFrame(redraw)); // not at once: drawing changes sizes too
    this.sizes.observe(this.plot);
    return super.mount();
  }

  destroy() {
    this.sizes.disconnect();
    super.destroy();
  }

  listen() {
    this.plot.addEventListener("keydown", (event) => this.onKey(event));
    for (const panel of this.panels) {
      const at = (event) => this.snapped(panel, event.clientX);
      panel.box.addEventListener("pointermove", (event) => event.pointerType !== "touch" && this.peek(at(event)));
      panel.box.addEventListener("pointerleave", () => this.peek(null));
      panel.box.addEventListener("click", (event) => this.change({ cursor: at(event) }));
    }
  }

  // ---- what the reader does ----------------------------------------------------------------------------------

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { cursor } = this;
    if (STEPS[event.key]) {
      const by = STEPS[event.key];
      const end = by < 0 ? this.stops[0] : this.stops.at(-1);
      const to = Number.isFinite(by) ? nextStop(this.stops, cursor, by) : end;
      this.change({ cursor: to ?? null });
    } else if (TURNS[event.key] && this.shown.length) {
      const place = this.shown.indexOf(this.focus) + TURNS[event.key];
      this.attend(this.shown[(place + this.shown.length) % this.shown.length]);
    } else if (event.key === "Escape" && cursor !== null) this.change({ cursor: null });
    else return;
    event.preventDefault();
  }

  /** Put a run in focus: that shows at the cursor, so there must be one, where the run has values. */
  attend(run) {
    const last = this.stops.findLast((x) => x <= run.end + 1e-6) ?? this.stops.at(-1) ?? null;
    const cursor = this.state.cursor ?? last;
    this.change({ selected: this.runs.indexOf(run), cursor });
  }

  /** A click on a row of the table; on the run in focus it does what Escape does, for those who have no keys. */
  pickRow(run) {
    if (this.state.cursor !== null && run === this.focus) this.change({ cursor: null });
    else this.attend(run);
  }

  /** The epoch under the pointer; a stop that is near enough draws it to itself. */
  snapped(panel, clientX) {
    const epoch = panel.epochAt(clientX);
    const stop = this.stops[nearest(this.stops, epoch)] ?? epoch;
    const close = Math.abs(stop - epoch) * (panel.wide / panel.high) <= SNAP;
    return close ? stop : Number(epoch.toFixed(2));
  }

  peek(epoch) {
    if (epoch === this.hover) return;
    this.hover = epoch;
    this.drawCursor();
  }

  toggle({ label }) {
    const before = this.state.off;
    const wasOff = before.includes(label);
    const off = wasOff ? before.filter((other) => other !== label) : [...before, label];
    this.change({ off }, `${label} switched ${wasOff ? "on" : "off"}.`);
  }

  /** Write to the model, and tell a screen reader: the note, or else the run in focus at the cursor. */
  change(changes, note = null) {
    this.peek(null);
    commit(this.model, changes);
    this.sayLater(() => note ?? this.spoken());
  }

  spoken() {
    if (!this.focus) return "All runs are switched off.";
    const x = this.cursor; // the pointer may be elsewhere by now
    return spokenReading(this.focus, readingsAt(this.focus, this.focus.line, x), x, this.state);
  }

  /** The epoch of the cursor, within the epochs that are drawn; null for the last values. */
  get cursor() {
    return this.state.cursor === null ? null : Math.min(this.state.cursor, this.high);
  }

  // ---- what the page shows -----------------------------------------------------------------------------------

  draw() {
    const before = this.state;
    this.state = this.read();
    const { runs, off, smoothing, selected, span, quantity, part } = this.state;
    if (before?.runs !== runs) this.runs = unpackRuns(runs);
    if (before?.runs !== runs || before?.smoothing !== smoothing)
      for (const run of this.runs) run.line = smoothedCurve(run, smoothing);
    this.shown = this.runs.filter(({ label }) => !off.includes(label));
    this.focus = this.shown.includes(this.runs[selected]) ? this.runs[selected] : (this.shown[0] ?? null);
    const own = this.shown.filter(({ recorded }) => !recorded);
    this.mixed = own.length > 0 && own.length < this.shown.length;
    this.smooths = quantity !== "accuracy" && part !== "validation" && this.shown.some(({ fine }) => fine);
    const measured = this.mixed && span === "own" ? own : this.shown;
    this.high = Math.max(...measured.map(({ end }) => end), 0) || 1;
    this.stops = cursorStops(this.shown, this.high);
    this.drawControls();
    this.numbers.show(this.runs);
    if (!this.runs.length) return;
    this.drawPanels();
    this.drawCursor();
  }

  drawControls() {
    this.controls.show(this.state, this);
    this.legend.show(this.runs, this.state.off);
    this.key.show(this.state, this.smooths);
    this.empty.hidden = this.runs.length > 0;
    this.body.hidden = !this.runs.length;
    const names = this.shown.map(({ label }) => label).join(", ");
    this.plot.setAttribute("aria-label", `Training curves: ${names || "no run is switched on"}`);
  }

  drawPanels() {
    const { quantity, part, log_scale: log, cursor } = this.state;
    const panels = this.panels.filter((panel) => quantity === "both" || quantity === panel.quantity);
    const all = this.plot.clientWidth || SIZES.fallback;
    this.drawnAt = this.plot.clientWidth;
    const across = all < SIZES.narrow ? 1 : panels.length;
    const width = Math.max(Math.floor((all - (across - 1) * SIZES.gap) / across), SIZES.least);
    const height = all < SIZES.narrow ? SIZES.short : SIZES.tall;
    const emphasis = cursor === null ? null : this.focus;
    const least = across < panels.length ? SIZES.axis : 0; // one below the other: the epochs lie in line
    const settings = { runs: this.shown, high: this.high, part, log, emphasis, width, height, least };
    for (const panel of this.panels) panel.el.hidden = !panels.includes(panel);
    const notes = panels.flatMap((panel) => panel.show(settings));
    const none = this.shown.length ? "" : "All runs are switched off. Switch one on above.";
    setText(this.note, [none, ...notes].filter(Boolean).join(" "));
  }

  /** Cursor and read-out: what changes while the pointer moves. */
  drawCursor() {
    const { quantity, part } = this.state;
    const x = this.hover ?? this.cursor;
    for (const run of this.shown) run.readings = readingsAt(run, run.line, x);
    const columns = MEASURES.filter(
      (one) => (quantity === "both" || quantity === one.quantity) && (part === "both" || part === one.part),
    );
    const dots = (name) =>
      columns
        .filter((one) => one.quantity === name)
        .flatMap((one) => this.shown.map((run) => [run, run.readings.points[MEASURES.indexOf(one)]]));
    for (const panel of this.panels) if (!panel.el.hidden) panel.showCursor(x, dots(panel.quantity));
    const smooth = this.state.smoothing > 0 && this.smooths;
    this.readout.show({ runs: this.shown, columns, x, emphasis: x === null ? null : this.focus, smooth });
  }
}

export default defineElement("cnn-curves", DEFAULTS, CurveView, () => ({ off: [] }));
