// Names and written-out sums of the shape tracer's layers; no document.
import { outSize } from "./arithmetic.js";
import { grouped } from "./numbers.js";
import { sizesOf, windowOf } from "./shapetrace.js";

const NAMES = {
  conv: "Conv2d",
  max_pool: "MaxPool2d",
  avg_pool: "AvgPool2d",
  adaptive_pool: "AdaptiveAvgPool2d",
  batch_norm: "BatchNorm2d",
  relu: "ReLU",
  dropout: "Dropout",
  pad: "Zero padding",
  flatten: "Flatten",
  linear: "Linear",
};
const SHORT_NAMES = {
  conv: "conv",
  max_pool: "pool",
  avg_pool: "pool",
  adaptive_pool: "pool",
  flatten: "flatten",
  linear: "linear",
  block: "block",
};
const AROUND = { projection: "1×1 convolution around it", pad: "zero padding around it" };

/** "N×64×30×30": N, the number of images, stays a letter. */
export function batchShape(state) {
  return ["N", ...sizesOf(state)].join("×");
}

/** "conv", for the small print under a box; null for a layer that leaves the shape as it is and needs no box. */
export function shortName({ kind, times = 1 }) {
  if (!(kind in SHORT_NAMES)) return null;
  return times > 1 ? `${times} ${SHORT_NAMES[kind]}s` : SHORT_NAMES[kind];
}

/** [name, details] of a step: ["Conv2d", "3×3 to 64, padding 1"]. */
export function stepName(step, channels) {
  const { kind, times = 1 } = step;
  if (kind !== "block") return [NAMES[kind], detailsOf(step)];
  const { to, stride = 1, shortcut, stage } = step;
  const parts = [`to ${to}`];
  if (stride > 1) parts.push(`stride ${stride}`);
  if (stride > 1 || to !== channels) parts.push(AROUND[shortcut]);
  return [`Stage ${stage}: ${times > 1 ? `${times} blocks` : "block"}`, parts.join(", ")];
}

/** What a layer has besides its kind; what is as usual is left out. */
function detailsOf(layer) {
  if (layer.kind === "linear") return `${grouped(layer.from)} to ${grouped(layer.to)}`;
  if (layer.kind === "adaptive_pool") return `to ${layer.size}×${layer.size}`;
  if (layer.kind === "pad") return `to ${layer.to}, every ${layer.stride}nd pixel`;
  if (!layer.kernel) return "";
  const { kernel, stride, padding } = windowOf(layer);
  const parts = [`${kernel}×${kernel}${layer.kind === "conv" ? ` to ${layer.to}` : ""}`];
  if (stride !== (layer.kind === "conv" ? 1 : kernel)) parts.push(`stride ${stride}`);
  if (padding) parts.push(`padding ${padding}`);
  if (layer.bias === false) parts.push("no bias");
  return parts.join(", ");
}

/** The arithmetic of one layer written out, as [what, sum, result]; `after` is missing where it does not fit. */
export function shapeSums({ layer, before, after }) {
  const sums = [];
  if (layer.kernel) {
    const { kernel, stride, padding } = windowOf(layer);
    const size = outSize(before.size, kernel, stride, padding);
    sums.push(["size", `⌊(${before.size} + 2·${padding} − ${kernel}) / ${stride}⌋ + 1`, grouped(size)]);
  }
  if (layer.kind === "pad")
    sums.push(["size", `⌈${before.size} / ${layer.stride}⌉`, grouped(after.size)]);
  if (layer.kind === "flatten")
    sums.push(["features", `${before.channels}·${before.size}·${before.size}`, grouped(after.features)]);
  if (after?.parameters) sums.push(["parameters", parameterSum(layer, before), grouped(after.parameters)]);
  return sums;
}

function parameterSum({ kind, to, from, kernel, bias = true }, { channels }) {
  if (kind === "batch_norm") return `2·${channels}`;
  if (kind === "linear") return `${from}·${to} + ${to}`;
  return `${to}·${channels}·${kernel}·${kernel}${bias ? ` + ${to}` : ""}`;
}

/** One sentence on a step for a screen reader. */
export function spokenStep(index, { step, before, after, problem }) {
  const name = stepName(step, before?.channels).filter(Boolean).join(" ");
  const start = `Step ${index + 1}, ${name}: `;
  if (problem) return `${start}stops here. ${problem.words}`;
  if (!after) return `${start}not reached.`;
  const cost = after.parameters ? `, ${grouped(after.parameters)} parameters` : "";
  return `${start}output ${batchShape(after)}${cost}.`;
}
