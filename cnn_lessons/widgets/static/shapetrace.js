// Pure arithmetic of the shape tracer: what each step of a network makes of a square image; no document.
// Tested layer by layer against the models of cnn_lessons, and where torch refuses, in tests/test_widget_shapes.py.
import SHAPES from "./shapes.json";
import { outSize } from "./arithmetic.js";
import { grouped } from "./numbers.js";

const [LEAST_SIZE, MOST_SIZE] = SHAPES.limits.size;

/** The steps of a network, with the last pooling as chosen: adaptive, or the fixed one, which some do not have. */
export function stepsOf(network, adaptive) {
  return SHAPES.networks[network].steps.flatMap((step) => {
    if (step.kind !== "last_pool") return [step];
    if (adaptive) return [{ kind: "adaptive_pool", size: step.adaptive, last: true }];
    return step.fixed === null ? [] : [{ kind: "avg_pool", kernel: step.fixed, last: true }];
  });
}

/** [N, C, H, W] or [N, features], for people: N stays a letter. */
export function sizesOf({ channels, size, features }) {
  return features === null ? [channels, size, size].map(grouped) : [grouped(features)];
}

/** The window of a layer with everything that it leaves out. */
export function windowOf(layer) {
  const { kernel, padding = 0, stride = layer.kind === "conv" ? 1 : kernel } = layer;
  return { kernel, stride, padding };
}

/** What torch says, word for word, and the same for people. */
class ShapeProblem extends Error {
  constructor(torch, words) {
    super(torch);
    this.words = words;
  }
}

function slideWindow(before, layer) {
  const { kernel, stride, padding } = windowOf(layer);
  const size = outSize(before.size, kernel, stride, padding);
  if (size >= 1) return { ...before, size };
  const [from, to] = [before.size, size].map((side) => `(${before.channels}x${side}x${side})`);
  const [map, window] = [before.size, kernel].map((side) => `${side}×${side}`);
  throw new ShapeProblem(
    `Given input size: ${from}. Calculated output size: ${to}. Output size is too small`,
    `A window of ${window} needs a map at least as large, and this one is ${map}.`,
  );
}

function multiply(before, layer) {
  const { from, to } = layer;
  if (before.features !== from)
    throw new ShapeProblem(
      `mat1 and mat2 shapes cannot be multiplied (1x${before.features} and ${from}x${to})`,
      `Flatten gives ${grouped(before.features)} numbers, the linear layer expects ${grouped(from)}.`,
    );
  return { features: to };
}

/** One rule a kind: (state before, layer) → what changes, with `parameters` where there are any. */
const SHAPE_RULES = {
  conv(before, layer) {
    const { to, kernel, bias = true } = layer;
    const parameters = to * before.channels * kernel ** 2 + (bias ? to : 0);
    return { ...slideWindow(before, layer), channels: to, parameters };
  },
  max_pool: slideWindow,
  avg_pool: slideWindow,
  adaptive_pool: (before, { size }) => ({ size }),
  batch_norm: ({ channels }) => ({ parameters: 2 * channels }),
  relu: () => ({}),
  dropout: () => ({}),
  pad: ({ size }, { to, stride }) => ({ channels: to, size: Math.ceil(size / stride) }),
  flatten: ({ channels, size }) => ({ features: channels * size ** 2 }),
  linear: (before, layer) => ({ ...multiply(before, layer), parameters: (layer.from + 1) * layer.to }),
};

function runLayer(before, layer) {
  const after = { ...before, parameters: 0, ...SHAPE_RULES[layer.kind]({ ...before, parameters: 0 }, layer) };
  return { layer, before, after };
}

function runLayers(before, layers) {
  const runs = [];
  for (const layer of layers) runs.push(runLayer(runs.at(-1)?.after ?? before, layer));
  return runs;
}

/** A residual block as its two paths; `last`: what comes after their sum. */
function blockPaths({ to, stride = 1, shortcut, bias = false }, channels) {
  const conv = (step) => ({ kind: "conv", to, kernel: 3, stride: step, padding: 1, bias });
  const around = {
    projection: [{ kind: "conv", to, kernel: 1, stride, bias: false }, { kind: "batch_norm" }],
    pad: [{ kind: "pad", to, stride }],
  };
  return {
    body: [conv(stride), { kind: "batch_norm" }, { kind: "relu" }, conv(1), { kind: "batch_norm" }],
    around: stride === 1 && to === channels ? [] : around[shortcut],
    last: [{ kind: "relu" }],
  };
}

/** All layers of one step in the order in which torch runs them: [{ layer, before, after, path }]. */
function runStep(before, step) {
  if (step.kind !== "block") return runLayers(before, [step]);
  const runs = [];
  for (let i = 0; i < (step.times ?? 1); i++) {
    const input = runs.at(-1)?.after ?? before;
    const { body, around, last } = blockPaths(step, input.channels);
    const inside = runLayers(input, body).map((run) => ({ ...run, path: "body" }));
    const outside = runLayers(input, around).map((run) => ({ ...run, path: "shortcut" }));
    const end = runLayers(inside.at(-1).after, last).map((run) => ({ ...run, path: "after the sum" }));
    runs.push(...inside, ...outside, ...end);
  }
  return runs;
}

/**
 * Send one image of size × size through a network. rows: { step, before, after, layers } for a step that is reached,
 * { step, before, problem } for the one where torch stops, { step } for those below it. problem: { torch, words }.
 */
export function traceShapes({ network, size, adaptive }) {
  let state = { channels: SHAPES.channels, size, features: null };
  let stopped = null;
  const rows = stepsOf(network, adaptive).map((step, index) => {
    if (stopped !== null) return { step };
    const before = state;
    try {
      const layers = runStep(before, step);
      state = layers.at(-1).after;
      const parameters = layers.reduce((sum, { after }) => sum + after.parameters, 0);
      return { step, before, after: { ...state, parameters }, layers };
    } catch (error) {
      if (!(error instanceof ShapeProblem)) throw error;
      stopped = index;
      return { step, before, problem: { torch: error.message, words: error.words } };
    }
  });
  const parameters = rows.reduce((sum, { after }) => sum + (after?.parameters ?? 0), 0);
  return { rows, stopped, parameters };
}

const reaches = new Map();

/** For every size that can be set: how many steps the image gets through. */
function stepsReached(network, adaptive) {
  const key = `${network} ${adaptive}`;
  if (!reaches.has(key)) {
    const sizes = Array.from({ length: MOST_SIZE - LEAST_SIZE + 1 }, (_, i) => LEAST_SIZE + i);
    const reached = sizes.map((size) => {
      const { rows, stopped } = traceShapes({ network, size, adaptive });
      return stopped ?? rows.length;
    });
    reaches.set(key, reached);
  }
  return reaches.get(key);
}

/** The sizes that fit, as [[first, last], …]. */
export function fittingSizes(network, adaptive) {
  const reached = stepsReached(network, adaptive);
  const all = stepsOf(network, adaptive).length;
  const spans = [];
  reached.forEach((count, i) => {
    const size = LEAST_SIZE + i;
    if (count < all) return;
    if (spans.at(-1)?.[1] === size - 1) spans.at(-1)[1] = size;
    else spans.push([size, size]);
  });
  return spans;
}

/** What would mend the step where a network stops, as sentences. */
export function mendings({ network, size, adaptive }) {
  const { rows, stopped } = traceShapes({ network, size, adaptive });
  if (stopped === null) return [];
  const { step, before } = rows[stopped];
  const pool = SHAPES.networks[network].steps.find(({ kind }) => kind === "last_pool");
  const side = `${pool.adaptive}×${pool.adaptive}`;
  const ways = [];
  if (step.last || step.kind === "linear") {
    const gives = `nn.AdaptiveAvgPool2d(${pool.adaptive}) makes ${side} of whatever map comes`;
    ways.push(`Adaptive pooling mends it for every size that gets this far: ${gives}.`);
    const spans = fittingSizes(network, adaptive).map((span) => spanText(span, adaptive));
    if (spans.length) ways.push(`Or take an input of ${spans.join(" or ")} pixels.`);
  } else {
    const least = LEAST_SIZE + stepsReached(network, adaptive).findIndex((count) => count > stopped);
    ways.push(`Take a larger input: from ${least}×${least} on, this layer has enough to look at.`);
  }
  if (step.kind === "linear")
    ways.push(`Or write nn.Linear(${before.features}, ${step.to}), which fits only inputs that leave a map of ${before.size}×${before.size}.`);
  return ways;
}

/** Adaptive pooling takes whatever is larger too; without it, larger sizes than are tried here may fail again. */
export function spanText([first, last], adaptive) {
  if (last === MOST_SIZE && adaptive) return `${first} or more`;
  if (first === last) return String(first);
  return `${first} to ${last}`;
}

/** Of the layers of a step, those on one path of its first block. */
export function runsToShow(layers, path) {
  const end = layers.findIndex((run) => run.path === "after the sum");
  return layers.slice(0, end + 1).filter((run) => run.path === path);
}
