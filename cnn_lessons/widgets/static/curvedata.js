// Runs as the curve reader has them: unpacked, looked up at an epoch, and put into words.
import { formatNumber } from "./numbers.js";
import { breaks, countUpTo, nearest, smoothed } from "./curvemath.js";

export const QUANTITIES = ["loss", "accuracy"];
export const PARTS = ["training", "validation"];
// The columns of a packed run's epochs after the first; the names as the page shows them.
export const MEASURES = [
  { part: "training", quantity: "loss", column: 1 },
  { part: "validation", quantity: "loss", column: 3 },
  { part: "training", quantity: "accuracy", column: 2 },
  { part: "validation", quantity: "accuracy", column: 4 },
];
const RUN_STYLES = 8; // own and recorded runs count apart: a run that is added while training changes no other's look

function unpackNumber(value) {
  return value === null || typeof value === "number" ? value : { nan: NaN, inf: Infinity, "-inf": -Infinity }[value];
}

/** Packed runs (widgets/runs.py) with numbers, a label and a style each, and all curves as lists of points. */
export function unpackRuns(packed) {
  const counts = [0, 0];
  return packed.map(({ name, recorded = false, steps = [], epochs = [] }) => {
    const rank = counts[Number(recorded)]++;
    const rows = epochs.map((row) => row.map(unpackNumber));
    const fine = steps.map(([x, y]) => [x, unpackNumber(y)]);
    const curves = {};
    for (const { part, quantity, column } of MEASURES) {
      curves[part] ??= {};
      curves[part][quantity] = rows.map((row) => [row[0], row[column]]);
    }
    if (fine.length) curves.training.loss = fine;
    const end = Math.max(fine.at(-1)?.[0] ?? 0, rows.at(-1)?.[0] ?? 0);
    const style = rank % RUN_STYLES;
    const label = recorded ? `${name}, recorded` : name;
    const run = { name, recorded, label, style, rows, curves, end };
    return { ...run, break: firstBreak(run), fine: fine.length > 0 };
  });
}

/** Where the loss of a run stops being a number: { x, value, words: "NaN at epoch 2.3" }, or null. */
function firstBreak({ curves }) {
  const [found] = PARTS.flatMap((part) => breaks(curves[part].loss)).sort((a, b) => a.x - b.x);
  return found ? { ...found, words: breakWords(found) } : null;
}

export function breakWords({ x, value }) {
  return `${lossText(value)} at epoch ${epochText(x)}`;
}

/** Where to mark that a run broke: on its loss where that breaks, on its accuracy at the same epoch. */
export function breaksOf(run, quantity, points) {
  if (quantity === "loss") return breaks(points);
  if (!run.break) return [];
  const before = points.filter(([x, y]) => x <= run.break.x + 1e-6 && Number.isFinite(y)).at(-1) ?? null;
  return [{ ...run.break, before }];
}

/** The training loss as it is drawn: smoothed, where it is a fine curve. */
export function smoothedCurve(run, weight) {
  const curve = run.curves.training.loss;
  if (!run.fine || !weight) return curve;
  const values = smoothed(
    curve.map(([, y]) => y),
    weight,
  );
  return curve.map(([x], i) => [x, values[i]]);
}

/** The epochs at which the cursor stops on its way: those measured, else the points of the curve; where a run broke. */
export function cursorStops(runs, high) {
  const inside = (x) => x <= high + 1e-6;
  const measured = runs.flatMap(({ rows }) => rows.map(([epoch]) => epoch)).filter(inside);
  const points = measured.length ? measured : runs.flatMap(({ curves }) => curves.training.loss.map(([x]) => x));
  const broken = runs.flatMap((run) => (run.break ? [run.break.x] : []));
  const stops = [...new Set([...points, ...broken])].filter(inside).sort((a, b) => a - b);
  return stops.length ? stops : [...new Set(runs.map(({ end }) => Math.min(end, high)))].sort((a, b) => a - b);
}

/** The stop a number of steps from `x`; from nowhere (null) the first or the last. */
export function nextStop(stops, x, by) {
  if (!stops.length) return null;
  if (x === null) return by > 0 ? stops[0] : stops.at(-1);
  const upTo = countUpTo(stops, x); // so many lie at x or before
  const here = upTo > 0 && Math.abs(stops[upTo - 1] - x) <= 1e-6;
  const index = by > 0 ? upTo - 1 + by : upTo - (here ? 1 : 0) + by;
  return stops[Math.min(Math.max(index, 0), stops.length - 1)];
}

/**
 * What a run was at epoch x, or at its end (null): the values of MEASURES with the points they stand at, null where
 * nothing was measured. The training loss is the drawn line's nearest point, the others are of the last finished epoch.
 */
export function readingsAt(run, line, x) {
  const over = x !== null && x > run.end + 1e-6;
  const points = MEASURES.map(({ part, quantity }) => {
    const fine = run.fine && part === "training" && quantity === "loss";
    const curve = fine ? line : run.curves[part][quantity];
    const xs = curve.map(([at]) => at);
    if (over) return null;
    if (x === null) return curve.at(-1) ?? null;
    const index = fine ? nearest(xs, x) : countUpTo(xs, x) - 1;
    return curve[index] ?? null;
  });
  const broken = run.break && (x === null || x >= run.break.x - 1e-6);
  const ended = run.end ? `ended at epoch ${epochText(run.end)}` : "no values yet";
  return { points, note: broken ? run.break.words : over ? ended : "" };
}

// ---- words -------------------------------------------------------------------------------------------------

/** 0.7123 → "0.712", 1234.5 → "1230", 0.00001234 → "1.23·10⁻⁵", null → "–". */
export function lossText(value) {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return formatNumber(value);
  if (size >= 1e-3 && size < 1e5) return formatNumber(Number(value.toPrecision(3)), 6);
  const [digits, power] = value.toExponential(2).split("e");
  const raised = [...power.replace("+", "")].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
  return `${formatNumber(Number(digits))}·10${raised}`;
}

/** 0.8123 → "81.2 %". */
export function accuracyText(value) {
  return Number.isFinite(value) && value !== null ? `${(100 * value).toFixed(1)} %` : lossText(value);
}

function valueText(quantity, value) {
  return quantity === "loss" ? lossText(value) : accuracyText(value);
}

/** As valueText, for a column of numbers: 0.9 → "0.900". */
export function columnText(quantity, value) {
  const plain = quantity === "loss" && value !== null && Math.abs(value) >= 1e-3 && Math.abs(value) < 999.5;
  return plain ? value.toPrecision(3).replace("-", "−") : valueText(quantity, value);
}

export function epochText(x) {
  return formatNumber(x, 2);
}

/** "epoch 3: residual, training loss 0.71, validation accuracy 81.2 %". */
export function spokenReading(run, readings, x, { quantity, part, smoothing = 0 }) {
  const wanted = MEASURES.map((measure, i) => ({ ...measure, value: readings.points[i]?.[1] ?? null })).filter(
    (one) => (part === "both" || part === one.part) && (quantity === "both" || quantity === one.quantity),
  );
  const known = wanted.filter(({ value }) => value !== null);
  // four numbers at once are too many for an ear: with both of both, the two that tell most
  const telling = known.filter((one) => (one.part === "training") === (one.quantity === "loss"));
  const chosen = known.length > 2 && telling.length ? telling : known;
  const averaged = (one) => smoothing > 0 && run.fine && one.part === "training" && one.quantity === "loss";
  const name = (one) => `${one.part} ${one.quantity}${averaged(one) ? ", smoothed," : ""}`;
  const texts = chosen.map((one) => `${name(one)} ${valueText(one.quantity, one.value)}`);
  const place = x === null ? "at the end" : `epoch ${epochText(x)}`;
  return `${place}: ${[run.label, ...texts, readings.note].filter(Boolean).join(", ")}`;
}

/** The rows of the table of all numbers: a run, an epoch and the four MEASURES, as texts. */
export function numberRows(runs) {
  return runs.flatMap((run) => {
    const rows = run.rows.map((row) => [row[0], MEASURES.map(({ column }) => row[column])]);
    const at = run.break?.x;
    if (at !== undefined && !rows.some(([epoch]) => epoch === at)) {
      const value = run.curves.training.loss.find(([x]) => x === at)?.[1] ?? null;
      rows.push([at, [value, null, null, null]]);
      rows.sort((a, b) => a[0] - b[0]);
    }
    return rows.map(([epoch, values]) => ({
      label: run.label,
      epoch: epochText(epoch),
      values: values.map((value, i) => columnText(MEASURES[i].quantity, value)),
    }));
  });
}
