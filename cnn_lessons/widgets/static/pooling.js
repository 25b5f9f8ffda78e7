// <cnn-pool>: slide a pooling window over a small input; see which value wins, or what the mean divides by.
import { defineElement, setText } from "./shared.js";
import { checkbox, segmented } from "./controls.js";
import { countWindows, countedCells, lastStartsInside, pool2d, poolCells, reach } from "./arithmetic.js";
import { scaleOf, sizeText } from "./grid.js";
import { bothWays, fitted, formatNumber, inParentheses, isExact, sizeSum } from "./numbers.js";
import { IMAGES } from "./presets.js";
import { Stepper, digits, steppedHalfWay } from "./stepper.js";
import { STEPS } from "./walk.js";

export const DEFAULTS = {
  image: IMAGES["random digits"](6, 6),
  kernel_size: 2,
  stride: null,
  padding: 0,
  dilation: 1,
  mode: "max",
  ceil_mode: false,
  count_include_pad: true,
  ...STEPS,
};

const SHARED = ", read by another window too";

/** The arithmetic's options from the traits: a stride of null is the kernel, an average has no dilation. */
function poolOptions({ kernel_size, stride, padding, dilation, mode, ceil_mode, count_include_pad }) {
  return {
    kernel: kernel_size,
    stride: stride ?? kernel_size,
    padding,
    dilation: mode === "max" ? dilation : 1,
    mode,
    ceil: ceil_mode,
    countIncludePad: count_include_pad,
  };
}

class PoolingView extends Stepper {
  constructor(context) {
    super(context, "Pooling stepper");
  }

  compute(state) {
    const options = poolOptions(state);
    const output = pool2d(state.image, options);
    return { state, options, output, times: this.countReads(state.image, output, options) };
  }

  /** How many windows read each cell of the input, by "row,col". */
  countReads(image, output, options) {
    const times = new Map();
    output.forEach((row, r) =>
      row.forEach((_, c) =>
        poolCells(image, r, c, options).forEach(({ row: y, col: x, kind }) => {
          if (kind === "image") times.set(`${y},${x}`, (times.get(`${y},${x}`) ?? 0) + 1);
        }),
      ),
    );
    return times;
  }

  middle() {
    return []; // nothing but the sign stands between input and output
  }

  controls() {
    const set = (name) => (value) => this.change({ [name]: value });
    this.more = {
      mode: segmented({
        label: "Keep the",
        options: [
          ["max", "max"],
          ["average", "average"],
        ],
        pick: set("mode"),
      }),
      padding: segmented({ label: "Padding", options: digits([0, 1, 2]), pick: set("padding") }),
      kernel_size: segmented({
        label: "Kernel size",
        options: digits([1, 2, 3, 4, 5]),
        pick: set("kernel_size"),
      }),
      stride: segmented({
        label: "Stride",
        options: [[null, "= kernel"], ...digits([1, 2, 3, 4, 5])],
        pick: set("stride"),
      }),
      dilation: segmented({
        label: "Dilation (max only)",
        options: digits([1, 2, 3]),
        pick: set("dilation"),
      }),
      ceil_mode: checkbox({ label: "Round the size up (ceil_mode)", pick: set("ceil_mode") }),
      count_include_pad: checkbox({
        label: "An average counts the padding (count_include_pad)",
        pick: set("count_include_pad"),
      }),
    };
    for (const name of ["kernel_size", "stride"]) this.more[name].el.classList.add("cnnw-wide");
    return Object.values(this.more).map(({ el }) => el);
  }

  drawMore(state) {
    const idle = { dilation: state.mode !== "max", count_include_pad: state.mode === "max" };
    for (const [name, control] of Object.entries(this.more)) control.show(state[name], idle[name] ?? false);
    setText(this.sign, `${state.mode} →`);
  }

  inputView(state, result) {
    const { image, padding } = state;
    const { kernel, stride, dilation } = poolOptions(state);
    const [rows, cols] = [image.length, image[0].length];
    const extent = (size, count) =>
      Math.max(size + 2 * padding, ((count ?? 1) - 1) * stride + reach(kernel, dilation));
    const draw = this.cellPainter(state, result);
    const filling = state.mode === "max" ? "−∞" : "zeros";
    return {
      title: `Input ${sizeText(image)}${padding ? ` + padding ${padding} (${filling})` : ""}`,
      rows: result ? extent(rows, result.output.length) : rows + 2 * padding,
      cols: result ? extent(cols, result.output[0].length) : cols + 2 * padding,
      free: { row: padding, col: padding, rows, cols },
      frame: result && {
        row: this.walk.at[0] * stride,
        col: this.walk.at[1] * stride,
        rows: reach(kernel, dilation),
        cols: reach(kernel, dilation),
      },
      cell: (i, j) => draw(i - padding, j - padding),
    };
  }

  /** How to draw a cell of the input, its padding, or the space beyond that a ceil window hangs into. */
  cellPainter(state, result) {
    const { image, mode, padding } = state;
    const [rows, cols] = [image.length, image[0].length];
    const cells = result ? this.cellsHere(result) : [];
    const taps = new Set(cells.map(({ row, col }) => `${row},${col}`));
    const winner = mode === "max" && result ? this.winner(cells) : null;
    const counted = mode === "max" || state.count_include_pad;
    const scale = scaleOf(image);
    return (y, x) => {
      const tap = taps.has(`${y},${x}`) ? "cnnw-tap" : "";
      if (y >= 0 && y < rows && x >= 0 && x < cols) {
        const [won, shared] = [
          winner?.row === y && winner.col === x,
          tap && result.times.get(`${y},${x}`) > 1,
        ];
        const text = formatNumber(image[y][x]);
        const part = `${tap && ", in the window"}${won ? ", the largest" : ""}${shared ? SHARED : ""}`;
        const label = `row ${y + 1}, column ${x + 1}: ${text}${part}`;
        return {
          text: fitted(text, image[y][x]),
          label,
          tone: image[y][x] / scale,
          corner: won ? "max" : "",
          classes: `${tap} ${won ? "cnnw-winner" : ""} ${shared ? "cnnw-shared" : ""}`,
        };
      }
      if (y >= rows + padding || x >= cols + padding)
        return { text: "", label: "outside, ignored", classes: `cnnw-outside ${tap}` };
      const text = counted ? formatNumber(mode === "max" ? -Infinity : 0) : "·";
      return { text, label: `padding: ${counted ? text : "not counted"}`, classes: `cnnw-padding ${tap}` };
    };
  }

  cellsHere({ state, options }) {
    return poolCells(state.image, ...this.walk.at, options);
  }

  /** The cell of the image whose value a max window keeps: the first of the largest, in reading order. */
  winner(cells) {
    const image = cells.filter(({ kind }) => kind === "image");
    return image.find(({ value }) => value === Math.max(...image.map((cell) => cell.value))) ?? null;
  }

  explain(result) {
    const value = result.output[this.walk.at[0]][this.walk.at[1]];
    const cells = this.cellsHere(result);
    const rounded = cells.some((cell) => cell.kind === "image" && !isExact(cell.value, 4));
    const text = (cell) => formatNumber(cell.value, 4);
    if (result.options.mode === "max") {
      const inside = cells.filter(({ kind }) => kind !== "outside");
      return { before: "max(", terms: inside.map(text), joint: ", ", after: ")", value, rounded };
    }
    const counted = countedCells(cells, result.options.countIncludePad);
    const terms = counted.map((cell, i) => (i ? inParentheses(text(cell)) : text(cell)));
    return { before: "(", terms, joint: " + ", after: `) / ${counted.length}`, value, rounded };
  }

  formula(state, result) {
    const { ceil } = poolOptions(state);
    const [open, close] = ceil ? "⌈⌉" : "⌊⌋";
    const steps = "(input + 2·padding − dilation·(kernel − 1) − 1) / stride";
    const general = `output size = ${open}${steps}${close} + 1`;
    const sizes = bothWays(...this.imageSize().map((size) => this.sizeLine(size, poolOptions(state))));
    const rule = "A last window may hang over the edge if it starts inside the input or its left padding.";
    return [general, ...sizes, ...(ceil ? [rule] : []), ...(result ? [this.overlap(result)] : [])];
  }

  /** The size formula for one direction, with PyTorch's rule on the last window where it is at work. */
  sizeLine(size, { kernel, stride, padding, dilation, ceil }) {
    const count = countWindows(size, kernel, stride, padding, dilation, ceil ? Math.ceil : Math.floor);
    const sum = sizeSum({ size, kernel, stride, padding, dilation, ceil });
    if (count < 1) return `${sum}, no window fits`;
    if (!ceil) return `${sum} = ${count}`;
    const start = `(${count} − 1)·${stride} = ${(count - 1) * stride}`;
    if (lastStartsInside(count, size, stride, padding)) {
      return `${sum} = ${count}; the last window starts at ${start} < ${size} + ${padding}`;
    }
    const late = `the last window would start at ${start} ≥ ${size} + ${padding}`;
    return `${sum} = ${count}, less 1 = ${count - 1}; ${late}`;
  }

  /** Whether windows share cells, touch, or leave some out. */
  overlap({ state, options, times }) {
    const { kernel, stride, dilation } = options;
    const here = this.cellsHere(this.result).filter(({ kind }) => kind === "image");
    const shared = here.filter(({ row, col }) => times.get(`${row},${col}`) > 1).length;
    const unread = state.image.flat().length - times.size;
    const cells = (count) => `${count} input ${count === 1 ? "cell" : "cells"}`;
    const skip = unread ? ` No window reads ${cells(unread)}.` : "";
    if (!shared) return `No other window reads a cell of this one.${skip}`;
    const both = `this one holds ${cells(here.length)}, and other windows read ${shared} of them too (striped)`;
    const spread = dilation > 1 ? `, dilation ${dilation}` : "";
    return `Windows overlap (stride ${stride}, kernel ${kernel}${spread}): ${both}.${skip}`;
  }

  settings(state) {
    const { kernel, stride, padding, dilation, mode, ceil, countIncludePad } = poolOptions(state);
    const counts = mode === "average" ? `, count_include_pad ${countIncludePad}` : "";
    const sizes = `kernel ${kernel}, stride ${stride}, padding ${padding}, dilation ${dilation}`;
    return `${mode} pooling: ${sizes}, ceil_mode ${ceil}${counts}.`;
  }
}

export default defineElement(
  "cnn-pool",
  DEFAULTS,
  PoolingView,
  steppedHalfWay((state) => pool2d(state.image, poolOptions(state))),
);
