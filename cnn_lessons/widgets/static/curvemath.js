// The arithmetic of curves: smoothing, scales, ticks, thinning, looking up. Nothing here knows of the page.
// A curve is a list of [epoch, value] pairs, epochs ascending; a value may be null (not measured), NaN or infinite.

/**
 * The exponential moving average of values, with the bias of its start taken out: every value is the mean of those so
 * far, one that is k steps back with weight^k. What is no finite number stays what it is and counts for nothing.
 */
export function smoothed(values, weight) {
  let [sum, total] = [0, 0];
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    sum = weight * sum + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return sum / total;
  });
}

// ---- ticks and scales --------------------------------------------------------------------------------------

/** digit·10^power·i, as near to the decimal number as a double can be. */
function decimal(i, digit, power) {
  return power < 0 ? (i * digit) / 10 ** -power : i * digit * 10 ** power;
}

/** The finest step of 1, 2, 5, 10, … that is at least `smallest` and leaves at most `most` multiples in a range. */
function niceStep(low, high, most, smallest) {
  for (let power = Math.floor(Math.log10((high - low) / (most + 1))); ; power += 1)
    for (const digit of [1, 2, 5]) {
      const step = decimal(1, digit, power);
      if (step < smallest) continue;
      const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
      if (last - first < most) return { digit, power, first, last, step };
    }
}

/** The multiples of a nice step from low to high, at most `most` of them; [low] where there is no range. */
export function niceTicks(low, high, most, smallest = 0) {
  if (!(high > low)) return [low];
  const { digit, power, first, last } = niceStep(low, high, most, smallest);
  return Array.from({ length: last - first + 1 }, (_, i) => decimal(first + i, digit, power));
}

/** Ticks of a logarithmic scale: powers of ten and, where there is room, 2 and 5 or all digits between them. */
export function logTicks(low, high, most) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const inside = (ticks) => ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  for (const digits of [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]]) {
    const ticks = inside(powers.flatMap((power) => digits.map((digit) => decimal(1, digit, power))));
    if (ticks.length <= most && ticks.length >= 2) return ticks;
  }
  const every = Math.ceil(powers.length / most);
  const spread = inside(powers.filter((power) => power % every === 0).map((power) => decimal(1, 1, power)));
  return spread.length >= 2 ? spread : niceTicks(low, high, most); // less than a decade: as on a linear scale
}

/** Where a value lies in a range, 0 at low and 1 at high; a logarithmic one has no place below its low end. */
export function fractionOf(value, { low, high, log = false }) {
  if (!log) return (value - low) / (high - low);
  return value < low ? 0 : Math.log(value / low) / Math.log(high / low);
}

/** The range of an accuracy axis, with its ticks: nice ends around the values, never beyond 0 and 1. */
export function accuracyRange(values, most = 6) {
  const finite = values.filter(Number.isFinite);
  const [least, top] = finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  const from = least < 0.4 * top || top - least < 0.01 ? 0 : least; // a range of nothing would magnify noise
  const { step } = niceStep(from, Math.max(top, from + 0.01), most, 0);
  const low = Math.max(Math.floor(from / step + 1e-9) * step, 0);
  const high = Math.min(Math.ceil(top / step - 1e-9) * step, 1) || 1;
  return { low, high, log: false, ticks: niceTicks(low, high, most + 2) };
}

/**
 * The range of a loss axis, with its ticks. A run that explodes must not press the others flat: the upper end is at
 * most twice (on a logarithmic scale 1000 times) the largest loss that any run begins with.
 */
export function lossRange(curves, log, most = 6) {
  const within = (value) => Math.abs(value) < 1e100 && (!log || value > 1e-100); // beyond, sums overflow
  const usable = (value) => Number.isFinite(value) && within(value);
  const finite = curves.map((curve) => curve.filter(usable)).filter((curve) => curve.length);
  if (!finite.length) return { low: log ? 0.1 : 0, high: 1, log, ticks: log ? [0.1, 1] : [0, 0.5, 1] };
  const all = finite.flat();
  const limit = Math.max(...finite.map(([first]) => first)) * (log ? 1000 : 2);
  const least = extreme(Math.min, all);
  const top = Math.max(limit > 0 ? Math.min(extreme(Math.max, all), limit) : extreme(Math.max, all), least);
  if (log) {
    const space = Math.max((top / least) ** 0.04, 1.05);
    const [low, high] = [least / space, top * space];
    return { low, high, log, ticks: logTicks(low, high, most + 1) };
  }
  const from = Math.min(least, 0);
  const to = top - from > 1e-100 ? top : from + 1;
  const { step } = niceStep(from, to, most, 0);
  const low = Math.floor(from / step + 1e-9) * step;
  const high = to + 0.03 * (to - low);
  return { low, high, log, ticks: niceTicks(low, high, most + 1) };
}

/** Math.min or Math.max of a list that may be too long for a call. */
function extreme(choose, values) {
  return values.reduce((a, b) => choose(a, b));
}

// ---- curves ------------------------------------------------------------------------------------------------

/** The stretches of a curve that can be drawn as one line: they end where a value is missing or not finite. */
export function segments(points) {
  const found = [];
  let open = false;
  for (const point of points) {
    const finite = Number.isFinite(point[1]);
    if (finite && open) found.at(-1).push(point);
    else if (finite) found.push([point]);
    open = finite;
  }
  return found;
}

/**
 * A curve with no more points than a screen can show: of all that fall into one column of pixels the first, the
 * lowest, the highest and the last remain. What lies left or right of the range counts as one more column there.
 */
export function thinColumns(points, low, high, columns) {
  const kept = [];
  let [column, inside] = [null, []];
  const close = () => {
    if (!inside.length) return;
    const ys = inside.map((i) => points[i][1]);
    const [least, most] = [extreme(Math.min, ys), extreme(Math.max, ys)];
    const chosen = [inside[0], inside[ys.indexOf(least)], inside[ys.indexOf(most)], inside.at(-1)];
    kept.push(...[...new Set(chosen)].sort((a, b) => a - b).map((i) => points[i]));
  };
  points.forEach(([x], i) => {
    const at = Math.min(Math.max(Math.floor(((x - low) / (high - low)) * columns), -1), columns);
    if (at !== column) {
      close();
      [column, inside] = [at, []];
    }
    inside.push(i);
  });
  close();
  return kept;
}

/** Where a curve stops being a number: the first point of every stretch of NaN and infinities, with what came before. */
export function breaks(points) {
  const found = [];
  let before = null;
  let broken = false;
  for (const [x, y] of points) {
    if (y === null) continue;
    if (Number.isFinite(y)) [before, broken] = [[x, y], false];
    else {
      if (!broken) found.push({ x, value: y, before });
      broken = true;
    }
  }
  return found;
}

/** How many of a sorted list of numbers are at most `x`, forgiving the last digit. */
export function countUpTo(sorted, x) {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] <= x + 1e-6) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Index of the number of a sorted list that is nearest to `x`, the earlier of two; −1 in an empty list. */
export function nearest(sorted, x) {
  const after = countUpTo(sorted, x);
  if (after === 0) return sorted.length ? 0 : -1;
  if (after === sorted.length) return after - 1;
  return sorted[after] - x < x - sorted[after - 1] ? after : after - 1;
}
