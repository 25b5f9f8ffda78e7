// <cnn-conv>: slide a kernel over a small input, one window at a time, with every product written out.
import { defineElement, h } from "./shared.js";
import { checkbox, counter, dropdown, segmented } from "./controls.js";
import { conv2d, convTerms, flipKernel, outSize, pad, reach } from "./arithmetic.js";
import { resized, scaleOf, sizeText, withEntry } from "./grid.js";
import { bothWays, fitted, formatNumber, formatWeight, inParentheses, isExact, sizeSum } from "./numbers.js";
import { IMAGES, KERNELS, kernelName } from "./presets.js";
import { Stepper, digits, steppedHalfWay } from "./stepper.js";
import { STEPS } from "./walk.js";

export const DEFAULTS = {
  image: IMAGES.corner(6, 6),
  kernel: KERNELS["Sobel x"],
  stride: 1,
  padding: 0,
  dilation: 1,
  mode: "zeros",
  flip: false,
  ...STEPS,
};

const MODES = ["zeros", "reflect", "replicate", "circular"];
const LARGEST_KERNEL = 5; // as in the Python class

function convolved({ image, kernel, stride, padding, dilation, mode, flip }) {
  return conv2d(image, kernel, { stride, padding, dilation, mode, flip });
}

class ConvolutionView extends Stepper {
  constructor(context) {
    super(context, "Convolution stepper");
  }

  compute(state) {
    const { image, kernel, padding, mode, flip } = state;
    const output = convolved(state);
    const weights = flip ? flipKernel(kernel) : kernel;
    return { state, output, weights, padded: pad(image, padding, mode) };
  }

  middle() {
    this.kernel = this.editableGrid("Kernel", (row, col, value) => this.editKernel(row, col, value));
    return [[h("span", { class: "cnnw-sign" }, "×"), this.kernel.el]];
  }

  controls() {
    const set = (name) => (value) => this.change({ [name]: value });
    this.more = {
      kernel: dropdown({
        label: "Kernel",
        options: Object.keys(KERNELS).map((name) => [name, name]),
        pick: (name) => this.change({ kernel: KERNELS[name] }),
      }),
      kernelSize: counter({ label: "Kernel size", change: (by) => this.resizeKernel(by) }),
      stride: segmented({ label: "Stride", options: digits([1, 2, 3, 4]), pick: set("stride") }),
      padding: segmented({ label: "Padding", options: digits([0, 1, 2, 3]), pick: set("padding") }),
      mode: dropdown({
        label: "Padding mode",
        options: MODES.map((mode) => [mode, mode]),
        pick: set("mode"),
      }),
      dilation: segmented({ label: "Dilation", options: digits([1, 2, 3]), pick: set("dilation") }),
      flip: checkbox({ label: "True convolution: flip the kernel", pick: set("flip") }),
    };
    return Object.values(this.more).map(({ el }) => el);
  }

  editKernel(row, col, value) {
    const { kernel, flip } = this.read();
    const [i, j] = flip ? [kernel.length - 1 - row, kernel[0].length - 1 - col] : [row, col];
    if (kernel[i][j] === value) return this.uncomplain();
    this.note = `Kernel row ${row + 1}, column ${col + 1} is now ${formatWeight(value)}. `;
    this.change({ kernel: withEntry(kernel, i, j, value) });
  }

  resizeKernel(by) {
    const kernel = this.model.get("kernel");
    const [rows, cols] = [kernel.length + by, kernel[0].length + by];
    if (Math.min(rows, cols) < 1 || Math.max(rows, cols) > LARGEST_KERNEL) return;
    this.note = `The kernel is now ${rows} × ${cols}. `;
    this.change({ kernel: resized(kernel, rows, cols, () => 0) });
  }

  drawMore(state) {
    for (const name of ["stride", "padding", "mode", "dilation", "flip"]) this.more[name].show(state[name]);
    const [rows, cols] = [state.kernel.length, state.kernel[0].length];
    this.more.kernel.show(kernelName(state.kernel));
    this.more.kernelSize.show(
      sizeText(state.kernel),
      Math.min(rows, cols) > 1,
      Math.max(rows, cols) < LARGEST_KERNEL,
    );
    this.drawKernel(state);
  }

  drawKernel({ kernel, flip }) {
    const weights = flip ? flipKernel(kernel) : kernel;
    const scale = scaleOf(weights);
    this.kernel.show({
      title: `Kernel ${sizeText(kernel)}${flip ? ", flipped" : ""}`,
      rows: weights.length,
      cols: weights[0].length,
      cell: (i, j) => {
        const weight = weights[i][j];
        const text = formatWeight(weight);
        const label = `row ${i + 1}, column ${j + 1}: ${text}`;
        return { text: fitted(text, weight), label, tone: weight / scale };
      },
    });
  }

  inputView(state, result) {
    const { image, kernel, stride, padding, dilation, mode } = state;
    const [rows, cols] = [image.length, image[0].length];
    const taps = new Map(
      (result ? this.terms(result) : []).map((term) => [`${term.row},${term.col}`, term.weight]),
    );
    const scale = scaleOf(image);
    const frame = {
      row: this.walk.at[0] * stride,
      col: this.walk.at[1] * stride,
      rows: reach(kernel.length, dilation),
      cols: reach(kernel[0].length, dilation),
    };
    return {
      title: `Input ${sizeText(image)}${padding ? ` + padding ${padding} (${mode})` : ""}`,
      rows: rows + 2 * padding,
      cols: cols + 2 * padding,
      free: { row: padding, col: padding, rows, cols },
      frame: result && frame,
      cell: (i, j) => {
        const [y, x] = [i - padding, j - padding];
        const inside = y >= 0 && y < rows && x >= 0 && x < cols;
        const value = inside ? image[y][x] : result?.padded[i][j];
        const text = value === undefined ? "?" : formatNumber(value);
        const weight = taps.get(`${i},${j}`);
        const place = inside ? `row ${y + 1}, column ${x + 1}` : "padding";
        const used = weight === undefined ? "" : `, times ${formatWeight(weight)}`;
        const classes = `${inside ? "" : "cnnw-padding"} ${weight === undefined ? "" : "cnnw-tap"}`;
        return {
          text: fitted(text, value),
          label: `${place}: ${text}${used}`,
          tone: (value ?? 0) / scale,
          corner: weight === undefined ? "" : `×${fitted(formatWeight(weight), weight)}`,
          classes,
        };
      },
    };
  }

  terms({ state, padded, weights }) {
    return convTerms(padded, weights, ...this.walk.at, state.stride, state.dilation);
  }

  explain(result) {
    const pairs = this.terms(result);
    const whole = (weight) => isExact(weight, 4) || formatWeight(weight).includes("/");
    const rounded = pairs.some(({ value, weight }) => !isExact(value, 4) || !whole(weight));
    const terms = pairs.map(({ value, weight }, i) => {
      const first = formatNumber(value, 4);
      return `${i ? inParentheses(first) : first}·${inParentheses(formatWeight(weight))}`;
    });
    return { terms, rounded, joint: " + ", value: result.output[this.walk.at[0]][this.walk.at[1]] };
  }

  formula({ image, kernel, stride, padding, dilation }) {
    const line = (size, width) => {
      const count = outSize(size, width, stride, padding, dilation);
      const end = count < 1 ? ", no window fits" : ` = ${count}`;
      return sizeSum({ size, kernel: width, stride, padding, dilation }) + end;
    };
    const sizes = bothWays(line(image.length, kernel.length), line(image[0].length, kernel[0].length));
    return ["output size = ⌊(input + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1", ...sizes];
  }

  settings({ stride, padding, dilation, mode, flip }) {
    const turned = flip ? ", kernel flipped" : "";
    return `Stride ${stride}, padding ${padding} (${mode}), dilation ${dilation}${turned}.`;
  }
}

export default defineElement("cnn-conv", DEFAULTS, ConvolutionView, steppedHalfWay(convolved));
