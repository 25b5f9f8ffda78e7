// Ready-made inputs and kernels. An input is a rule for one cell, so that it fits every size.
import { sameValue } from "./shared.js";

/** Digits that look random and are the same everywhere: a 32-bit linear congruential generator, seed 7. */
function randomDigits(rows, cols) {
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes, "quick and dirty" generators
    return Math.floor((state / 2 ** 32) * 10);
  };
  return Array.from({ length: rows }, () => Array.from({ length: cols }, next));
}

const fromRule = (rule) => (rows, cols) =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (_, j) => rule(i, j, rows, cols)));

export const IMAGES = {
  ramp: fromRule((i, j) => j),
  edge: fromRule((i, j, rows, cols) => (j >= cols / 2 ? 9 : 0)),
  corner: fromRule((i, j, rows, cols) => (i >= rows / 2 && j >= cols / 2 ? 9 : 0)),
  cross: fromRule((i, j, rows, cols) => (i === Math.floor(rows / 2) || j === Math.floor(cols / 2) ? 9 : 0)),
  checkerboard: fromRule((i, j) => ((i + j) % 2 ? 9 : 0)),
  "single dot": fromRule((i, j, rows, cols) =>
    i === Math.floor((rows - 1) / 2) && j === Math.floor((cols - 1) / 2) ? 1 : 0,
  ),
  "random digits": randomDigits,
};

export const KERNELS = {
  identity: [
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ],
  blur: [
    [1 / 9, 1 / 9, 1 / 9],
    [1 / 9, 1 / 9, 1 / 9],
    [1 / 9, 1 / 9, 1 / 9],
  ],
  sharpen: [
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ],
  "Sobel x": [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ],
  "Sobel y": [
    [-1, -2, -1],
    [0, 0, 0],
    [1, 2, 1],
  ],
  Laplacian: [
    [0, 1, 0],
    [1, -4, 1],
    [0, 1, 0],
  ],
  emboss: [
    [-2, -1, 0],
    [-1, 1, 1],
    [0, 1, 2],
  ],
};

/** The name of the input preset that `image` is, the preferred one if it can be that, or null. */
export function imageName(image, preferred = null) {
  const names = preferred ? [preferred, ...Object.keys(IMAGES)] : Object.keys(IMAGES);
  return names.find((name) => sameValue(IMAGES[name](image.length, image[0].length), image)) ?? null;
}

/** The name of the kernel preset that `kernel` is, or null; Python may differ in a last digit. */
export function kernelName(kernel) {
  const near = (a, b) =>
    a.length === b.length &&
    a.every((row, i) => row.length === b[i].length && row.every((x, j) => Math.abs(x - b[i][j]) < 1e-6));
  return Object.keys(KERNELS).find((name) => near(KERNELS[name], kernel)) ?? null;
}
