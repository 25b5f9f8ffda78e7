// Pure arithmetic of a stack of layers on one square image; no document. What does not fit is a RangeError with advice.
// Tested against torch.nn and cnn_lessons.anatomy on random stacks in tests/test_widget_layers_arithmetic.py.
import STACK from "./stack.json";
import { checkFits, checkPool, outSize } from "./arithmetic.js";
import { grouped, sizeSum } from "./numbers.js";

/** The layer with every field of its kind; a default may be the name of another field. */
export function complete(layer) {
  const full = { kind: layer.kind };
  for (const [name, field] of Object.entries(STACK.kinds[layer.kind].fields))
    full[name] = layer[name] ?? (typeof field.default === "string" ? full[field.default] : field.default);
  return full;
}

/**
 * What lies between two layers: channels × size × size, or a flat vector of `features`. field: input pixels that one
 * value sees along one direction; jump: input pixels between two neighbouring values.
 */
export function inputState(size, channels) {
  return { channels, size, features: null, field: 1, jump: 1, parameters: 0, multiplyAdds: 0 };
}

/** [C, S, S] or [features] */
function shapeOf({ channels, size, features }) {
  return features === null ? [channels, size, size] : [features];
}

export function shapeText(state) {
  return shapeOf(state).map(grouped).join("×");
}

function greatestDivisor(a, b) {
  return b ? greatestDivisor(b, a % b) : a;
}

function checkGroups({ groups, out_channels }, { channels }) {
  if (channels % groups === 0 && out_channels % groups === 0) return;
  const most = greatestDivisor(channels, out_channels);
  const divisors = Array.from({ length: most }, (_, i) => i + 1).filter((one) => most % one === 0);
  const few = divisors.length < 3 ? `Take ${divisors.join(" or ")}` : null;
  const advice = few ?? `Take 1, ${most} or another divisor of ${most}`;
  throw new RangeError(
    `Groups ${groups} must divide both the ${channels} channels that come in and the ${out_channels} that go out. ${advice}.`,
  );
}

/** Where a window slides: how far one value sees, and how far apart two neighbours are. */
function slide(before, { kernel_size, stride, padding, dilation = 1, ceil_mode = false }) {
  const size = outSize(before.size, kernel_size, stride, padding, dilation, ceil_mode);
  if (size < 1 || !ceil_mode) checkFits(before.size, kernel_size, padding, dilation, "pixels");
  const field = before.field + dilation * (kernel_size - 1) * before.jump;
  return { size, field, jump: before.jump * stride };
}

function pool(before, layer) {
  checkPool(null, { kernel: layer.kernel_size, padding: layer.padding });
  return { ...before, ...slide(before, layer) };
}

/** One rule a kind: (state before, layer) → state after, parameters and multiplyAdds only where there are any. */
const LAYER_RULES = {
  conv(before, layer) {
    checkGroups(layer, before);
    const { out_channels, kernel_size, groups, bias } = layer;
    const after = slide(before, layer);
    const weights = out_channels * (before.channels / groups) * kernel_size ** 2;
    return {
      ...before,
      ...after,
      channels: out_channels,
      parameters: weights + (bias ? out_channels : 0),
      multiplyAdds: after.size ** 2 * weights,
    };
  },
  max_pool: pool,
  avg_pool: pool,
  global_pool: (before) => ({
    ...before,
    ...slide(before, { kernel_size: before.size, stride: before.size, padding: 0 }),
  }),
  batch_norm: (before) => ({ ...before, parameters: 2 * before.channels }),
  relu: (before) => before,
  flatten: (before) => ({ ...before, features: before.features ?? before.channels * before.size ** 2 }),
  // a dense layer sees the whole map, as a convolution would whose kernel covers it
  linear: (before, { out_features }) => ({
    ...before,
    field: before.field + (before.size - 1) * before.jump,
    size: 1,
    features: out_features,
    parameters: (before.features + 1) * out_features,
    multiplyAdds: before.features * out_features,
  }),
};

const NEEDS_A_MAP = ["conv", "max_pool", "avg_pool", "global_pool", "batch_norm"];

/** The state after a layer. */
function applyLayer(before, layer) {
  const { name } = STACK.kinds[layer.kind];
  if (NEEDS_A_MAP.includes(layer.kind) && before.features !== null)
    throw new RangeError(
      `${name} needs a map of channels × height × width, and a flat vector of ${before.features} numbers comes in. ` +
        "Move it above the Flatten.",
    );
  if (layer.kind === "linear" && before.features === null)
    throw new RangeError(
      `Linear needs a flat vector, and a map of ${shapeText(before)} comes in. Put a Flatten above it.`,
    );
  return LAYER_RULES[layer.kind]({ ...before, parameters: 0, multiplyAdds: 0 }, layer);
}

/**
 * Send an image through the stack. rows: { before, after } for a layer that is reached, { before, problem } for the one
 * that does not fit, {} for those below it. parameters and multiplyAdds: totals of the layers reached.
 */
export function traceStack({ size, channels, layers }) {
  let state = inputState(size, channels);
  let stopped = null;
  const rows = layers.map((layer, index) => {
    if (stopped !== null) return {};
    const before = state;
    try {
      state = applyLayer(before, layer);
      return { before, after: state };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      stopped = index;
      return { before, problem: error.message };
    }
  });
  const total = (name) => rows.reduce((sum, { after }) => sum + (after?.[name] ?? 0), 0);
  return { rows, stopped, end: state, parameters: total("parameters"), multiplyAdds: total("multiplyAdds") };
}

// ---- in words --------------------------------------------------------------------------------------------------

/** "5×5 to 16 channels, stride 2": the settings that differ from doing nothing special. */
export function layerDetails(layer) {
  const { kernel_size, stride, padding, dilation, groups, bias, ceil_mode } = layer;
  if (layer.kind === "linear") return `to ${grouped(layer.out_features)}`;
  if (!kernel_size) return "";
  const parts = [
    layer.kind === "conv"
      ? `${kernel_size}×${kernel_size} to ${layer.out_channels}`
      : `${kernel_size}×${kernel_size}`,
  ];
  if (stride !== (layer.kind === "conv" ? 1 : kernel_size)) parts.push(`stride ${stride}`);
  if (padding) parts.push(`padding ${padding}`);
  if (dilation > 1) parts.push(`dilation ${dilation}`);
  if (groups > 1) parts.push(`groups ${groups}`);
  if (bias === false) parts.push("no bias");
  if (ceil_mode) parts.push("ceil_mode");
  return parts.map((part) => part.replaceAll(" ", "\u00a0")).join(", "); // a line breaks after a comma
}

export function layerName(layer) {
  return [STACK.kinds[layer.kind].name, layerDetails(layer)].filter(Boolean).join(" ");
}

/** The arithmetic of one layer written out, as [what, sum, result]. */
export function layerSums(layer, { before, after }) {
  const sums = [];
  if (layer.kernel_size) {
    const { kernel_size: kernel, stride, dilation = 1 } = layer;
    sums.push(["output size", ...withCeilRule(layer, before, after)]);
    sums.push(...costSums(layer, before, after));
    const field = `${before.field} + ${dilation}·(${kernel} − 1)·${before.jump}`;
    sums.push(["receptive field", field, grouped(after.field)]);
    sums.push(["jump", `${before.jump}·${stride}`, grouped(after.jump)]);
    return sums;
  }
  if (layer.kind === "flatten" && before.features === null)
    return [["output", `${before.channels}·${before.size}·${before.size}`, grouped(after.features)]];
  if (layer.kind === "batch_norm")
    return [
      ["parameters", `a scale and a shift for each channel: 2·${before.channels}`, grouped(after.parameters)],
    ];
  if (layer.kind === "linear" || layer.kind === "global_pool") {
    const field = `${before.field} + (${before.size} − 1)·${before.jump}`;
    return [...costSums(layer, before, after), ["receptive field", field, grouped(after.field)]];
  }
  return [];
}

function withCeilRule(
  { kernel_size: kernel, stride, padding, dilation = 1, ceil_mode: ceil = false },
  before,
  after,
) {
  const sum = sizeSum({ size: before.size, kernel, stride, padding, dilation, ceil });
  const span = before.size + 2 * padding - dilation * (kernel - 1) - 1;
  const dropped = ceil && Math.ceil(span / stride) + 1 > after.size;
  return [dropped ? `${sum} − 1 (the last window would start past the input)` : sum, grouped(after.size)];
}

function costSums(layer, before, after) {
  if (layer.kind === "linear") {
    const product = `${before.features}·${layer.out_features}`;
    return [
      ["parameters", `${product} + ${layer.out_features}`, grouped(after.parameters)],
      ["multiply-adds", product, grouped(after.multiplyAdds)],
    ];
  }
  if (layer.kind !== "conv") return [];
  const { out_channels, kernel_size: kernel, groups, bias } = layer;
  const from = groups > 1 ? `(${before.channels}/${groups})` : before.channels;
  const weights = `${out_channels}·${from}·${kernel}·${kernel}`;
  return [
    ["parameters", bias ? `${weights} + ${out_channels}` : weights, grouped(after.parameters)],
    ["multiply-adds", `${after.size}·${after.size}·${weights}`, grouped(after.multiplyAdds)],
  ];
}
