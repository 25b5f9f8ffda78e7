// Pure arithmetic of convolution and pooling on one channel; no document. Errors are RangeErrors with advice.
// Tested against torch.nn.functional on random cases in tests/test_widget_arithmetic.py.

/** round((size + 2·padding − dilation·(kernel − 1) − 1) / stride) + 1; round: Math.floor or Math.ceil. */
export function countWindows(size, kernel, stride, padding, dilation, round) {
  return round((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** PyTorch's rule for ceil_mode: the last window must start inside the input or its left padding. */
export function lastStartsInside(count, size, stride, padding) {
  return (count - 1) * stride < size + padding;
}

/** How many windows fit along one direction: the output size. */
export function outSize(size, kernel, stride = 1, padding = 0, dilation = 1, ceil = false) {
  const count = countWindows(size, kernel, stride, padding, dilation, ceil ? Math.ceil : Math.floor);
  return ceil && !lastStartsInside(count, size, stride, padding) ? count - 1 : count;
}

/** Where a padded position reads from: an index of 0 … size−1, or −1 for a zero. */
function padIndex(index, size, mode) {
  if (index >= 0 && index < size) return index;
  if (mode === "reflect") return index < 0 ? -index : 2 * (size - 1) - index;
  if (mode === "replicate") return index < 0 ? 0 : size - 1;
  if (mode === "circular") return (index + size) % size;
  return -1;
}

function checkPadding(size, padding, mode) {
  if (mode === "reflect" && padding >= size) {
    throw new RangeError(
      `Reflect padding ${padding} needs an input of at least ${padding + 1}, this one has ${size}: ` +
        "it mirrors pixels without repeating the edge. Take less padding, a larger input or another mode.",
    );
  }
  if (mode === "circular" && padding > size) {
    throw new RangeError(
      `Circular padding ${padding} would wrap round an input of ${size} more than once. ` +
        "Take less padding, a larger input or another mode.",
    );
  }
}

/** The image with `padding` more cells on every side. */
export function pad(image, padding, mode = "zeros") {
  const [rows, cols] = [image.length, image[0].length];
  [rows, cols].forEach((size) => checkPadding(size, padding, mode));
  return Array.from({ length: rows + 2 * padding }, (_, i) =>
    Array.from({ length: cols + 2 * padding }, (_, j) => {
      const [row, col] = [padIndex(i - padding, rows, mode), padIndex(j - padding, cols, mode)];
      return row < 0 || col < 0 ? 0 : image[row][col];
    }),
  );
}

/** How far a kernel reaches: dilation·(kernel − 1) + 1. */
export function reach(kernel, dilation = 1) {
  return dilation * (kernel - 1) + 1;
}

/** Turned by 180°: what true convolution does to a kernel before it slides. */
export function flipKernel(kernel) {
  return kernel.map((row) => [...row].reverse()).reverse();
}

/** Throws where the kernel does not fit into the padded input along this direction. */
export function checkFits(size, kernel, padding, dilation, direction) {
  const [needs, has] = [reach(kernel, dilation), size + 2 * padding];
  if (needs > has) {
    throw new RangeError(
      `The kernel reaches over ${needs} ${direction}, the padded input has only ${has}. ` +
        `Take a smaller kernel${dilation > 1 ? " or dilation" : ""}, a larger input or more padding.`,
    );
  }
}

/** The products of one window: [{row, col, value, weight}], row and col counted in the padded image. */
export function convTerms(padded, kernel, row, col, stride = 1, dilation = 1) {
  return kernel.flatMap((weights, u) =>
    weights.map((weight, v) => {
      const [y, x] = [row * stride + u * dilation, col * stride + v * dilation];
      return { row: y, col: x, value: padded[y][x], weight };
    }),
  );
}

/** Cross-correlation as PyTorch's conv2d computes it; with `flip`, true convolution. */
export function conv2d(
  image,
  kernel,
  { stride = 1, padding = 0, dilation = 1, mode = "zeros", flip = false } = {},
) {
  const padded = pad(image, padding, mode);
  const weights = flip ? flipKernel(kernel) : kernel;
  checkFits(image.length, kernel.length, padding, dilation, "rows");
  checkFits(image[0].length, kernel[0].length, padding, dilation, "columns");
  const rows = outSize(image.length, kernel.length, stride, padding, dilation);
  const cols = outSize(image[0].length, kernel[0].length, stride, padding, dilation);
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: cols }, (_, c) =>
      convTerms(padded, weights, r, c, stride, dilation).reduce(
        (sum, term) => sum + term.value * term.weight,
        0,
      ),
    ),
  );
}

/**
 * The cells that one pooling window covers: [{row, col, kind, value}], row and col counted in the input,
 * so that padding is negative or past the end. kind: "image", "padding", or "outside" (over the edge, with
 * ceil).
 */
export function poolCells(
  image,
  row,
  col,
  { kernel, stride = kernel, padding = 0, dilation = 1, mode = "max" },
) {
  const [rows, cols] = [image.length, image[0].length];
  const steps = Array.from({ length: kernel }, (_, i) => i * dilation);
  return steps.flatMap((down) =>
    steps.map((across) => {
      const [y, x] = [row * stride - padding + down, col * stride - padding + across];
      if (y >= 0 && y < rows && x >= 0 && x < cols)
        return { row: y, col: x, kind: "image", value: image[y][x] };
      const kind = y < rows + padding && x < cols + padding ? "padding" : "outside";
      return { row: y, col: x, kind, value: mode === "max" ? -Infinity : 0 };
    }),
  );
}

/** The cells that an average divides by: those outside never count, padding only if asked to. */
export function countedCells(cells, countIncludePad = true) {
  return cells.filter(({ kind }) => kind === "image" || (kind === "padding" && countIncludePad));
}

/** Throws where these pooling settings do not go together. */
export function checkPool(image, { kernel, padding = 0, dilation = 1, mode = "max" }) {
  if (2 * padding > kernel) {
    throw new RangeError(
      `Padding ${padding} is more than half of the kernel ${kernel}: a window could then lie in the ` +
        `padding alone. Take padding up to ${Math.floor(kernel / 2)} or a larger kernel.`,
    );
  }
  if (mode !== "max" && dilation !== 1)
    throw new RangeError("Average pooling has no dilation. Set dilation to 1.");
  if (mode !== "max" && mode !== "average")
    throw new RangeError(`Unknown mode "${mode}". Take "max" or "average".`);
}

/** Max or average pooling as PyTorch computes it. */
export function pool2d(image, options) {
  const {
    kernel,
    stride = kernel,
    padding = 0,
    dilation = 1,
    mode = "max",
    ceil = false,
    countIncludePad = true,
  } = options;
  checkPool(image, options);
  const [rows, cols] = [image.length, image[0].length].map((size, axis) => {
    const count = outSize(size, kernel, stride, padding, dilation, ceil);
    if (count < 1) checkFits(size, kernel, padding, dilation, ["rows", "columns"][axis]);
    return count;
  });
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: cols }, (_, c) => {
      const cells = poolCells(image, r, c, options);
      if (mode === "max") return Math.max(...cells.map(({ value }) => value));
      const counted = countedCells(cells, countIncludePad);
      return counted.reduce((sum, { value }) => sum + value, 0) / Math.max(counted.length, 1);
    }),
  );
}
