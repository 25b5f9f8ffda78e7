// Pure arithmetic of pixels and colours; no document. A pixel is [red, green, blue], 0 to 255.
// Tested against colorsys and matplotlib in tests/test_widget_pixels.py.

/** The three channels of a pixel, in the order of its numbers. */
export const CHANNEL_NAMES = ["red", "green", "blue"];

/** ITU-R BT.601: how much each channel adds to the brightness that an eye sees. */
export const LUMINANCE_WEIGHTS = [0.299, 0.587, 0.114];

/** "75x64:" and base64 of the bytes, as the Python class packs them → { rows, cols, data }. */
export function unpackImage(text) {
  const [size, packed] = text.split(":");
  const [rows, cols] = size.split("x").map(Number);
  return { rows, cols, data: Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0)) };
}

/** [red, green, blue] at a place of the image. */
export function pixelAt({ cols, data }, row, col) {
  const start = 3 * (row * cols + col);
  return [...data.subarray(start, start + 3)];
}

/** [hue, saturation, value], each 0 to 1, as matplotlib and colorsys have it; a grey has hue 0. */
export function rgbToHsv(pixel) {
  const [red, green, blue] = pixel.map((x) => x / 255);
  const value = Math.max(red, green, blue);
  const spread = value - Math.min(red, green, blue);
  if (spread === 0) return [0, 0, value];
  let sector; // a place on the colour wheel: red at 0, green at 2, blue at 4
  if (red === value) sector = (green - blue) / spread;
  else if (green === value) sector = 2 + (blue - red) / spread;
  else sector = 4 + (red - green) / spread;
  return [(sector / 6 + 1) % 1, spread / value, value];
}

/** The weighted sum of the channels, 0 to 255. */
export function luminance(pixel) {
  return pixel.reduce((sum, x, i) => sum + LUMINANCE_WEIGHTS[i] * x, 0);
}

/** "#C9B42C" */
export function hexOf(pixel) {
  return `#${pixel.map((x) => x.toString(16).padStart(2, "0")).join("")}`.toUpperCase();
}

/** [degrees, percent, percent] in whole numbers; 359.6° is 0°, not 360°. */
export function wholeHsv(pixel) {
  const [hue, saturation, value] = rgbToHsv(pixel);
  return [Math.round(hue * 360) % 360, Math.round(saturation * 100), Math.round(value * 100)];
}

/** Whether a pixel is no grey, be its colour ever so weak. */
export function hasHue(pixel) {
  return Math.max(...pixel) > Math.min(...pixel);
}

/** "image[12, 20]": by its indices, which begin at 0. Rows and columns, as a screen reader counts them, begin at 1. */
export function pixelName(row, col) {
  return `image[${row}, ${col}]`;
}

/** What a screen reader says of a pixel. */
export function pixelWords(row, col, pixel) {
  const rgb = CHANNEL_NAMES.map((name, i) => `${name} ${pixel[i]}`).join(", ");
  const [hue, saturation, value] = wholeHsv(pixel);
  const hueWords = hasHue(pixel) ? `hue ${hue}°` : "no hue";
  return `${pixelName(row, col)}: ${rgb}; ${hueWords}, saturation ${saturation} %, value ${value} %`;
}

/** Red, green, blue, opacity of every pixel for these channels: those switched off are 0, one alone is a grey. */
export function channelView({ data }, channels) {
  const on = ["R", "G", "B"].map((letter) => channels.includes(letter));
  const alone = channels.length === 1 ? on.indexOf(true) : -1;
  const view = new Uint8ClampedArray((data.length / 3) * 4);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    for (let i = 0; i < 3; i++) view[to + i] = alone >= 0 ? data[from + alone] : on[i] ? data[from + i] : 0;
    view[to + 3] = 255;
  }
  return view;
}

/** What the picture shows, in words. */
export function channelWords(channels) {
  const [on, off] = [true, false].map((wanted) =>
    CHANNEL_NAMES.filter((_, i) => channels.includes("RGB"[i]) === wanted),
  );
  if (!off.length) return "All three channels together.";
  if (!on.length) return "No channel: every number is 0, and that is black.";
  if (on.length === 1) return `The ${on[0]} channel alone, drawn in grey: 0 is black, 255 is white.`;
  return `${on.join(" and ")}, with ${off[0]} set to 0.`.replace(/^./, (letter) => letter.toUpperCase());
}

/** The number of one channel, or the luminance, of a pixel. */
export function numberOf(pixel, name) {
  const channel = CHANNEL_NAMES.indexOf(name);
  return channel < 0 ? Math.round(luminance(pixel)) : pixel[channel];
}

/** Black or white, whichever is easier to read on a colour (WCAG's relative luminance). */
export function inkOn(pixel) {
  const linear = pixel.map((x) => (x <= 10 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
  const light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return light > 0.179 ? "#000" : "#fff"; // contrast is then at least 4.5
}
