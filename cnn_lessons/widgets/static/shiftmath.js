// Pure arithmetic of the shift explorer; no document. A shift is [dy, dx]: pixels down and to the right.
// Tested against torch in tests/test_widget_shift.py.
import { ARROWS, clamp } from "./shared.js";

/** How far an object moves, in pixels, each way: as in the Python class. */
export const REACH = 8;
/** How many shifts there are along one direction. */
export const SIDE = 2 * REACH + 1;

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"; // base64's

/** "10:" and two base64 digits a probability → { count: 10, shares }: thousandths, [k, dy + 8, dx + 8, class]. */
export function unpackShares(text) {
  const [count, packed] = text.split(":");
  const value = Object.fromEntries([...DIGITS].map((digit, i) => [digit, i]));
  const shares = new Uint16Array(packed.length / 2);
  shares.forEach((_, i) => (shares[i] = 64 * value[packed[2 * i]] + value[packed[2 * i + 1]]));
  return { count: Number(count), shares };
}

/** The thousandths of all classes for picture k at a shift. */
export function sharesAt({ count, shares }, k, [dy, dx]) {
  const start = ((k * SIDE + dy + REACH) * SIDE + dx + REACH) * count;
  return [...shares.slice(start, start + count)];
}

/** The number of the most probable class; of equals, the first. */
export function topClass(shares) {
  return shares.indexOf(Math.max(...shares));
}

/** 714 thousandths → 71 percent; a half is rounded up. */
export function percentOf(share) {
  return Math.floor((share + 5) / 10);
}

/** For each of the 17 × 17 shifts, row by row: { share } of the right class, and whether it is on { top }. */
export function landscape(table, k, label) {
  return Array.from({ length: SIDE * SIDE }, (_, i) => {
    const shares = sharesAt(table, k, shiftOfCell(i));
    return { share: shares[label], top: topClass(shares) === label };
  });
}

/** The shift that a square of the map stands for, squares counted row by row. */
export function shiftOfCell(i) {
  return [Math.floor(i / SIDE) - REACH, (i % SIDE) - REACH];
}

/** The picture { rows, cols, data } moved by [dy, dx]; `fill`, [red, green, blue], comes in. As torch does it. */
export function shiftImage({ rows, cols, data }, [dy, dx], fill) {
  const moved = new Uint8Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++) {
      const [y, x] = [row - dy, col - dx];
      const inside = y >= 0 && y < rows && x >= 0 && x < cols;
      for (let c = 0; c < 3; c++)
        moved[3 * (row * cols + col) + c] = inside ? data[3 * (y * cols + x) + c] : fill[c];
    }
  return { rows, cols, data: moved };
}

/** The nearest shift that is allowed: whole pixels, at most REACH each way. */
function nearestShift([dy, dx]) {
  return [dy, dx].map((x) => clamp(Math.round(x), -REACH, REACH) + 0); // + 0: no −0
}

/** Where a drag has come to: from a shift, by [down, across] on the screen, a picture's pixel being so large there. */
export function draggedShift([dy, dx], [down, across], pixel) {
  return nearestShift([dy + down / pixel, dx + across / pixel]);
}

/** Where a click in a map of this size goes. */
export function clickedShift([down, across], [height, width]) {
  const cells = [Math.floor((SIDE * down) / height), Math.floor((SIDE * across) / width)];
  return nearestShift(cells.map((cell) => cell - REACH));
}

/** Where a key goes from a shift, or null where it is none of ours. */
export function keyedShift([dy, dx], key) {
  if (key === "Home") return [0, 0];
  const move = ARROWS[key];
  return move ? nearestShift([dy + move[0], dx + move[1]]) : null;
}

/** A shift that the last network survives and the first does not, the last as sure as it gets; else none: []. */
export function dividingShift(tables, k, label) {
  const [first, last] = [tables[0], tables.at(-1)].map((table) => landscape(table, k, label));
  const dividing = last.map(({ share, top }, i) => (top && !first[i].top ? share : -1));
  const best = Math.max(...dividing);
  return best < 0 ? [] : shiftOfCell(dividing.indexOf(best));
}

// ---- words -------------------------------------------------------------------------------------------------

/** [−2, 3] → "3 right, 2 up" */
export function shiftWords([dy, dx]) {
  return `${Math.abs(dx)} ${dx < 0 ? "left" : "right"}, ${Math.abs(dy)} ${dy < 0 ? "up" : "down"}`;
}

/** What a network says of a picture of class `label`: { says, percent, right }. */
export function verdictOf(shares, classes, label) {
  const top = topClass(shares);
  return { says: classes[top], percent: percentOf(shares[top]), right: top === label };
}

/** "shift 3 right, 0 down: MLP says ring, 71 percent, wrong; CNN says circle, 96 percent, right" */
export function spokenVerdicts(shift, names, verdicts) {
  const parts = verdicts.map(
    ({ says, percent, right }, i) =>
      `${names[i]} says ${says}, ${percent} percent, ${right ? "right" : "wrong"}`,
  );
  return `shift ${shiftWords(shift)}: ${parts.join("; ")}`;
}
