// Pure arithmetic of Wide ResNets on 32×32 images; no document.
// Tested against cnn_lessons.models.wide_resnet and anatomy.trace in tests/test_widget_wide.py.
import WIDE from "./wide.json";
import { ARROWS, clamp } from "./shared.js";
import { formatNumber } from "./numbers.js";

const STEM = 16; // channels after the first convolution
const PIXELS = 32; // height and width of the image

/** N of depth 6N + 4. */
export function blocksOf(depth) {
  return (depth - 4) / 6;
}

/**
 * `blocks` blocks of two 3×3 convolutions, each behind a BatchNorm; where the shape changes, a 1×1 convolution goes
 * around the first. Parameters, and weights of all convolutions: each is used once for every output pixel.
 */
function groupCounts(from, to, stride, blocks) {
  const around = stride > 1 || from !== to ? from * to : 0;
  const convolutions = 9 * from * to + 9 * to * to + around + (blocks - 1) * 18 * to * to;
  const normalisations = 2 * from + 2 * to + (blocks - 1) * 4 * to;
  return { convolutions, parameters: convolutions + normalisations };
}

/** The parts of a network, first to last; blocks and widen factor may lie between whole numbers. */
function partsOf(blocks, widenFactor, classes) {
  const stem = 3 * STEM * 9;
  const parts = [{ name: "Stem", channels: STEM, size: PIXELS, parameters: stem, multiplyAdds: stem * PIXELS ** 2 }];
  let from = STEM;
  for (const [i, base] of [16, 32, 64].entries()) {
    const [channels, size] = [base * widenFactor, PIXELS / 2 ** i];
    const { convolutions, parameters } = groupCounts(from, channels, i ? 2 : 1, blocks);
    parts.push({ name: `Group ${i + 1}`, channels, size, parameters, multiplyAdds: convolutions * size ** 2 });
    from = channels;
  }
  const weights = from * classes;
  const head = { name: "Head", channels: classes, size: null, multiplyAdds: weights };
  return [...parts, { ...head, parameters: 2 * from + weights + classes }];
}

function total(parts, name) {
  return parts.reduce((sum, part) => sum + part[name], 0);
}

/** What a network costs. inSequence: layers with weights on the longest way, one after another. */
export function wideCounts({ depth, widen_factor: widenFactor, num_classes: classes }) {
  const blocks = blocksOf(depth);
  const parts = partsOf(blocks, widenFactor, classes);
  return {
    blocks,
    parts,
    parameters: total(parts, "parameters"),
    multiplyAdds: total(parts, "multiplyAdds"),
    inSequence: 1 + 6 * blocks + 1,
  };
}

/** The widen factor at which a network of this depth has so many parameters. */
export function widenFactorFor(parameters, depth, classes) {
  let [low, high] = [0, 64];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (total(partsOf(blocksOf(depth), middle, classes), "parameters") < parameters) low = middle;
    else high = middle;
  }
  return high;
}

/** A line of equal parameter count: [[depth, widen factor], …] from one depth to another. */
export function equalLine(parameters, classes, [first, last], points = 90) {
  return Array.from({ length: points }, (_, i) => {
    const depth = first + ((last - first) * i) / (points - 1);
    return [depth, widenFactorFor(parameters, depth, classes)];
  });
}

/** What an arrow key makes of a network: left and right change the depth, up and down the widen factor; else null. */
export function keyedNetwork({ depth, widen_factor: widenFactor }, key) {
  if (!ARROWS[key]) return null;
  const step = (values, now, by) => values[clamp(values.indexOf(now) + by, 0, values.length - 1)];
  const [down, across] = ARROWS[key];
  return {
    depth: step(WIDE.depths, depth, across),
    widen_factor: step(WIDE.widen_factors, widenFactor, -down),
  };
}

// ---- in words --------------------------------------------------------------------------------------------------

export function wideName({ depth, widen_factor: widenFactor }) {
  return `WRN-${depth}-${widenFactor}`;
}

/** 36479194 → "36.5 M" */
export function inMillions(number) {
  return `${(number / 1e6).toFixed(1)} M`;
}

/** 5245972480 → "5.2 billion", 75497472 → "75 million" */
export function roundedCount(number) {
  if (number >= 1e9) return `${formatNumber(number / 1e9, 1)} billion`;
  return `${formatNumber(number / 1e6, 0)} million`;
}

/** The entry of a list of wide.json for a network, with dropout where that matters; null where the paper has none. */
export function paperEntry(list, { depth, widen_factor: widenFactor, dropout }) {
  const same = (entry) => entry.depth === depth && entry.widen_factor === widenFactor;
  const found = WIDE[list].find((entry) => same(entry) && (entry.dropout ?? dropout) === dropout);
  return found ?? null;
}

/** "4.00 %, median of 5 runs", or null where the course has no figure of the paper. */
export function paperError(network) {
  const entry = paperEntry("errors", network);
  return entry && `${entry[network.num_classes]} %, ${entry.runs}`;
}

export function spokenNetwork(network) {
  const { parameters, multiplyAdds, inSequence } = wideCounts(network);
  const error = paperError(network);
  const costs = `${inMillions(parameters)} parameters, ${roundedCount(multiplyAdds)} multiply-adds`;
  const end = error ? ` The paper's test error: ${error}.` : "";
  return `${wideName(network)}: ${costs}, ${inSequence} layers one after another.${end}`;
}
