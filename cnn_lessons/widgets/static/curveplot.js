// One panel of the curve reader, as SVG: axes, lines, markers, and the cursor on top.
import { h, setText } from "./shared.js";
import { formatNumber } from "./numbers.js";
import { accuracyRange, fractionOf, lossRange, niceTicks, segments, thinColumns } from "./curvemath.js";
import { PARTS, breakWords, breaksOf, lossText } from "./curvedata.js";

// Beside its colour every run has a dash pattern and a marker: colour is never the only sign.
const DASHES = ["", "9 4", "2.5 3", "11 4 2.5 4", "16 4", "6 3 2 3 2 3", "5 5", "1.5 4.5"];
const MARKER_PATHS = [
  "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
  "M-3.6-3.6h7.2v7.2h-7.2z",
  "M0-4.8 4.7 3.4h-9.4z",
  "M0-5 5 0 0 5-5 0z",
  "M0 4.8 4.7-3.4h-9.4z",
  "M-1.6-4.6h3.2v3h3v3.2h-3v3h-3.2v-3h-3v-3.2h3z",
  "M0-5 4.8-1.5 3 4.1h-6L-4.8-1.5z",
  "M-1.9-5.5h3.8v11h-3.8z",
];
const CROSS = "M-5-5 5 5M-5 5 5-5";
const MARKER_SPACING = 14; // px between two markers of a line, at least
const DIGIT_WIDTH = 7.2; // px, of the small print at most
const EDGE = { top: 8, right: 12, bottom: 42 };

/** A piece of SVG that looks like a run, for the legend, the tables and the key. role: which of its lines. */
export function sampleOf({ style, recorded }, role = "validation") {
  const classes = `cnnw-run cnnw-run${style}${recorded ? " cnnw-recorded" : ""}`;
  const line = `<path class="cnnw-line cnnw-${role}" stroke-dasharray="${DASHES[style]}" d="M1 9H43"/>`;
  const marker = role === "validation" ? markerAt(style, 22, 9) : "";
  return `<svg viewBox="0 0 44 18" class="cnnw-sample"><g class="${classes}">${line}${marker}</g></svg>`;
}

function markerAt(style, x, y) {
  const place = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  return `<path class="cnnw-marker" transform="${place}" d="${MARKER_PATHS[style]}"/>`;
}

export class CurvePanel {
  constructor(quantity) {
    this.quantity = quantity;
    this.title = h("p", { class: "cnnw-title" });
    this.box = h("div", { class: "cnnw-curves" });
    this.el = h("div", { class: "cnnw-figure" }, this.title, this.box);
  }

  /**
   * runs: as unpackRuns gives them, with `line`, the smoothed training loss; high: the last epoch in view; part; log;
   * emphasis: the run in focus or null; width and height in px; least: room for
   * the numbers of the vertical axis, in px. Returns what needs saying in words, as texts.
   */
  show({ runs, high, part, log, emphasis, width, height, least }) {
    const isLoss = this.quantity === "loss";
    this.curves = runs.flatMap((run) => this.curvesOf(run, part, high));
    const raw = this.curves.filter(({ role }) => role !== "smooth");
    const values = raw.map(({ points }) => points.map(([, y]) => y));
    this.range = isLoss ? lossRange(values, log) : accuracyRange(values.flat());
    const texts = this.range.ticks.map((tick) => this.tickText(tick));
    const left = Math.max(Math.max(...texts.map((text) => text.length)) * DIGIT_WIDTH + 12, least);
    Object.assign(this, { width, height, high, left, wide: width - left - EDGE.right });
    this.tall = height - EDGE.top - EDGE.bottom;
    setText(this.title, isLoss ? `Loss${log ? ", logarithmic scale" : ""}` : "Accuracy");
    const empty = raw.every(({ points }) => points.every(([, y]) => y === null));
    const order = (run) => (run === emphasis ? 2 : run.recorded ? 0 : 1);
    const sorted = [...runs].sort((a, b) => order(a) - order(b));
    const groups = sorted.map((run) => this.groupOf(run, run === emphasis));
    const message = empty ? `<text x="${left + 12}" y="${this.tall / 2}">no values to draw</text>` : "";
    this.box.innerHTML =
      `<svg viewBox="0 0 ${width} ${height}" width="${width}" aria-hidden="true">${this.axes(texts)}` +
      `<svg x="${left}" y="${EDGE.top}" width="${this.wide}" height="${this.tall}">` +
      `<g transform="translate(${-left} ${-EDGE.top})">${groups.map(({ lines }) => lines).join("")}</g></svg>` +
      `${groups.map(({ marks }) => marks).join("")}${this.labels(raw)}${message}<g class="cnnw-cursor"></g></svg>`;
    this.cursor = this.box.querySelector(".cnnw-cursor");
    return this.notes(values.flat());
  }

  /** The curves of a run that this panel draws, each with its role: training, validation or smooth. */
  curvesOf(run, part, high) {
    const visible = (points) => points.slice(0, points.findLastIndex(([x]) => x <= high + 1e-6) + 2);
    const found = PARTS.filter((one) => part === "both" || part === one).map((role) => ({
      run,
      role,
      points: visible(run.curves[role][this.quantity]),
    }));
    const raw = run.curves.training.loss;
    if (this.quantity === "loss" && part !== "validation" && run.line !== raw)
      found.push({ run, role: "smooth", points: visible(run.line) });
    // an accuracy stays finite: where the loss broke, the cross stands on one of its curves, not on both
    const marked = found.findLast(({ points }) => points.some(([, y]) => Number.isFinite(y))) ?? found[0];
    for (const curve of found) {
      const mine = this.quantity === "loss" ? curve.role !== "smooth" : curve === marked;
      const all = mine ? breaksOf(run, this.quantity, curve.points) : [];
      curve.breaks = all.filter(({ x }) => x <= high + 1e-6);
    }
    return found;
  }

  tickText(tick) {
    return this.quantity === "loss" ? lossText(tick) : `${formatNumber(100 * tick, 2)} %`;
  }

  x(epoch) {
    return this.left + (epoch / this.high) * this.wide;
  }

  y(value) {
    return EDGE.top + (1 - fractionOf(value, this.range)) * this.tall;
  }

  /** As y, but what lies beyond an edge comes to lie on it. */
  yInside(value) {
    return Math.min(Math.max(this.y(value), EDGE.top), EDGE.top + this.tall);
  }

  axes(texts) {
    const [right, foot] = [this.left + this.wide, EDGE.top + this.tall];
    const rows = this.range.ticks.map((tick, i) => {
      const y = this.y(tick).toFixed(1);
      const line = `<path class="cnnw-rule" d="M${this.left} ${y}H${right}"/>`;
      return `${line}<text x="${this.left - 7}" y="${y}" dy="0.35em" text-anchor="end">${texts[i]}</text>`;
    });
    const most = Math.max(Math.floor(this.wide / 36), 2);
    const columns = niceTicks(0, this.high, most, this.high >= 2 ? 1 : 0).map((tick) => {
      const x = this.x(tick).toFixed(1);
      const line = `<path class="cnnw-axis" d="M${x} ${foot}v5"/>`;
      return `${line}<text x="${x}" y="${foot + 19}" text-anchor="middle">${formatNumber(tick, 4)}</text>`;
    });
    const name = `<text x="${this.left + this.wide / 2}" y="${foot + 37}" text-anchor="middle">epoch</text>`;
    return `${rows.join("")}<path class="cnnw-axis" d="M${this.left} ${foot}H${right}"/>${columns.join("")}${name}`;
  }

  /** Lines and marks of one run. */
  groupOf(run, emphasised) {
    const classes = ["cnnw-run", `cnnw-run${run.style}`, run.recorded && "cnnw-recorded", emphasised && "cnnw-infocus"];
    const mine = this.curves.filter((curve) => curve.run === run);
    const smooth = mine.some(({ role }) => role === "smooth");
    const looks = (role) => (role === "training" && smooth ? "raw" : role);
    const drawn = mine.map(({ role, points }) => this.lineOf(run, looks(role), points));
    const marks = mine.map((curve) => this.marksOf(curve));
    const group = (inside) => `<g class="${classes.filter(Boolean).join(" ")}">${inside.join("")}</g>`;
    return { lines: group(drawn), marks: group(marks) };
  }

  lineOf(run, role, points) {
    const path = segments(points)
      .map((segment) => thinColumns(segment, 0, this.high, Math.ceil(this.wide)))
      .map((segment) => `M${segment.map(([x, y]) => `${this.x(x).toFixed(1)} ${this.y(y).toFixed(1)}`).join("L")}`);
    const dash = role === "raw" ? "" : ` stroke-dasharray="${DASHES[run.style]}"`;
    return path.length ? `<path class="cnnw-line cnnw-${role}"${dash} d="${path.join("")}"/>` : "";
  }

  /** A marker at the points of the validation and at points that are alone; a cross where a curve breaks. */
  marksOf({ run, role, points, breaks }) {
    if (role === "smooth") return "";
    const finite = points.filter(([x, y]) => Number.isFinite(y) && x <= this.high + 1e-6);
    const lonely = new Set(segments(points).flatMap((segment) => (segment.length === 1 ? segment : [])));
    const spacing = ((finite.at(-1)?.[0] ?? 0) / this.high) * (this.wide / Math.max(finite.length - 1, 1));
    const wanted = MARKER_SPACING * (run.recorded ? 2 : 1);
    const every = Math.ceil(wanted / Math.max(spacing, 0.01));
    const chosen = finite.filter((point, i) => {
      const inside = this.y(point[1]) >= EDGE.top - 0.5;
      return inside && ((role === "validation" && (finite.length - 1 - i) % every === 0) || lonely.has(point));
    });
    const markers = chosen.map(([x, y]) => markerAt(run.style, this.x(x), this.yInside(y)));
    return markers.join("") + breaks.map((one) => this.crossAt(one)).join("");
  }

  /** Where to draw a break: as high as the curve was last, an infinite loss at the edge that it left by. */
  placeOf({ x, before, value }) {
    const edge = this.quantity === "loss" && value !== -Infinity ? this.range.high : this.range.low;
    const infinite = this.quantity === "loss" && !Number.isNaN(value);
    return [this.x(x), this.yInside(before && !infinite ? before[1] : edge)];
  }

  crossAt(one) {
    const [x, y] = this.placeOf(one);
    return `<path class="cnnw-cross" transform="translate(${x.toFixed(1)} ${y.toFixed(1)})" d="${CROSS}"/>`;
  }

  /** "NaN at epoch 2.3" beside the first cross of each run, moved down where another stands already. */
  labels(curves) {
    const taken = [];
    const firsts = new Map();
    for (const { run, breaks } of curves)
      for (const one of breaks.slice(0, 1)) if (!(firsts.get(run)?.x <= one.x)) firsts.set(run, one);
    const texts = [...firsts.values()].map((one) => {
      const words = breakWords(one);
      const long = words.length * DIGIT_WIDTH + 10;
      const [x, y] = this.placeOf(one);
      const flip = x + long > this.left + this.wide;
      const box = { from: flip ? x - long : x, to: flip ? x : x + long, y: Math.max(y, EDGE.top + 8) };
      while (taken.some((other) => Math.abs(other.y - box.y) < 16 && other.from < box.to && box.from < other.to))
        box.y += 16;
      taken.push(box);
      const anchor = flip ? `x="${x - 9}" text-anchor="end"` : `x="${x + 9}"`;
      return `<text class="cnnw-break" ${anchor} y="${box.y}" dy="0.35em">${words}</text>`;
    });
    return texts.join("");
  }

  /** What the picture leaves out. */
  notes(values) {
    const finite = values.filter(Number.isFinite);
    const above = finite.filter((value) => value > this.range.high * (1 + 1e-9)).length;
    const below = this.range.log ? finite.filter((value) => value <= 0).length : 0;
    const count = (n) => (n === 1 ? "1 value lies" : `${n} values lie`);
    return [
      above && `${count(above)} above the upper edge, ${lossText(this.range.high)}.`,
      below && `${count(below)} at 0 or below, where a logarithmic scale has no place: drawn on the lower edge.`,
    ].filter(Boolean);
  }

  /** The vertical line at epoch x and a dot where it meets each run's values: dots are [run, [x, y]] pairs. */
  showCursor(x, dots) {
    if (x === null || x > this.high + 1e-6) {
      this.cursor.innerHTML = "";
      return;
    }
    const at = this.x(x).toFixed(1);
    const seen = dots.filter(([, point]) => Number.isFinite(point?.[1]) && point[0] <= this.high + 1e-6);
    const circles = seen.map(([{ style, recorded }, [px, py]]) => {
      const place = `cx="${this.x(px).toFixed(1)}" cy="${this.yInside(py).toFixed(1)}"`;
      return `<circle class="cnnw-run${style}${recorded ? " cnnw-recorded" : ""}" ${place} r="4.5"/>`;
    });
    this.cursor.innerHTML = `<path d="M${at} ${EDGE.top}V${EDGE.top + this.tall}"/>${circles.join("")}`;
  }

  /** The epoch under a place of the window, as a pointer gives it. */
  epochAt(clientX) {
    const { left, width } = this.box.firstChild.getBoundingClientRect();
    const x = ((clientX - left) / width) * this.width;
    return Math.min(Math.max(((x - this.left) / this.wide) * this.high, 0), this.high);
  }
}
