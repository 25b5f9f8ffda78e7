// Numbers as text, and back.

const CELL_LENGTH = 6; // characters that a cell of a phone's width holds

/** 2 → "2", 2.25 → "2.25", −0.5 → "−0.5" (a true minus sign), 1/3 → "0.33", −Infinity → "−∞". */
export function formatNumber(value, digits = 2) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const text = String(Number(Math.abs(value).toFixed(digits)));
  return value < 0 && text !== "0" ? `−${text}` : text;
}

/** Whether `formatNumber` with these digits loses nothing that matters (1e−9). */
export function isExact(value, digits = 2) {
  return !Number.isFinite(value) || Math.abs(value - Number(value.toFixed(digits))) < 1e-9;
}

/** As formatNumber, but thirds, sixths, sevenths and ninths below one stay fractions: 1/9, −2/3. */
export function formatWeight(value) {
  if (Math.abs(value) < 1 && !isExact(value, 4)) {
    for (const below of [3, 6, 7, 9]) {
      const above = Math.round(value * below);
      if (Math.abs(value * below - above) < 1e-9) return `${formatNumber(above)}/${below}`;
    }
  }
  return formatNumber(value, 4);
}

/** The text of a value, with fewer decimals where it is too long for a cell: "−1234.57" → "−1235". */
export function fitted(text, value) {
  for (let digits = 3; text.length > CELL_LENGTH && digits >= 0; digits--) text = formatNumber(value, digits);
  return text;
}

/** A number as a reader types it: "3", "-1.5", "−1,5", "1/9". NaN where it is none. */
export function parseNumber(text) {
  const plain = text.trim().replaceAll("−", "-").replaceAll(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(\/\d+\.?\d*)?$/.test(plain)) return NaN;
  const [above, below = "1"] = plain.split("/");
  const value = Number(above) / Number(below);
  return Math.abs(value) < 1e5 ? value : NaN;
}

/** 1769472 → "1,769,472" */
export function grouped(number) {
  return number.toLocaleString("en-GB");
}

/** A factor or summand in a written-out calculation: negative numbers get parentheses. */
export function inParentheses(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

/** What holds for rows and for columns, as lines of text: one where it is the same. */
export function bothWays(down, across) {
  return down === across ? [`rows and columns: ${down}`] : [`rows: ${down}`, `columns: ${across}`];
}

/** The size formula with its numbers: "⌊(6 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1". */
export function sizeSum({ size, kernel, stride, padding, dilation, ceil = false }) {
  const [open, close] = ceil ? "⌈⌉" : "⌊⌋";
  return `${open}(${size} + 2·${padding} − ${dilation}·(${kernel} − 1) − 1) / ${stride}${close} + 1`;
}
