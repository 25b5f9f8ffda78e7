// <cnn-pixels>: point at a pixel of a small image and read its numbers.
import PIXEL_STYLES from "./pixels.css";
import { clamp, commit, defineElement, h, setText } from "./shared.js";
import { checkbox, segmented } from "./controls.js";
import { formatNumber } from "./numbers.js";
import {
  CHANNEL_NAMES,
  LUMINANCE_WEIGHTS,
  channelView,
  channelWords,
  hasHue,
  hexOf,
  inkOn,
  luminance,
  numberOf,
  pixelAt,
  pixelName,
  pixelWords,
  rgbToHsv,
  unpackImage,
  wholeHsv,
} from "./colour.js";
import { NumberGrid } from "./grid.js";
import { Picture } from "./picture.js";
import { View } from "./view.js";

export const DEFAULTS = { image: "1x1:AAAA", row: 0, column: 0, channels: "RGB", numbers: "red" };

const RADIUS = 2; // the neighbourhood is 5 by 5
const HOW_TO = "Point with the mouse; a click or a tap keeps the pixel. Arrow keys walk, with Shift by 8.";

/** The table of one pixel: stored numbers, numbers from 0 to 1, and where each lies on a scale of colours. */
class Reading {
  constructor() {
    this.code = h("code", {});
    this.swatch = h("span", { class: "cnnw-swatch" });
    this.hex = h("span", {});
    const groups = { "0–255": CHANNEL_NAMES, "°, %": ["hue", "saturation", "value"] };
    this.rows = Object.values(groups).flatMap((names) => names.map((name) => this.makeRow(name)));
    const bodies = Object.keys(groups).map((unit, i) =>
      h(
        "tbody",
        {},
        this.heading(["RGB", "HSV"][i], unit),
        ...this.rows.slice(3 * i, 3 * i + 3).map(({ el }) => el),
      ),
    );
    const place = h("div", { class: "cnnw-here" }, this.swatch, h("div", {}, this.code, this.hex));
    this.el = h("div", {}, place, h("table", { class: "cnnw-numbers" }, ...bodies));
  }

  heading(name, unit) {
    const titles = [name, unit, "0–1"].map((text) => h("th", { scope: "col" }, text));
    return h("tr", {}, ...titles, h("td", { "aria-hidden": "true" }));
  }

  makeRow(name) {
    const [whole, part] = [h("td", {}), h("td", {})];
    const strip = h("span", { class: `cnnw-strip cnnw-${name}` }, h("i", {}));
    const cells = [h("th", { scope: "row" }, name), whole, part, h("td", { "aria-hidden": "true" }, strip)];
    return { el: h("tr", {}, ...cells), whole, part, strip };
  }

  show(row, col, pixel) {
    setText(this.code, pixelName(row, col));
    setText(this.hex, hexOf(pixel));
    const parts = [...pixel.map((x) => x / 255), ...rgbToHsv(pixel)];
    const [hue, saturation, value] = wholeHsv(pixel);
    const wholes = [...pixel, hasHue(pixel) ? `${hue}°` : "none", `${saturation} %`, `${value} %`];
    this.rows.forEach(({ whole, part, strip }, i) => {
      setText(whole, String(wholes[i]));
      setText(part, parts[i].toFixed(3));
      strip.style.setProperty("--at", `${100 * parts[i]}%`);
    });
    this.paint(pixel, parts);
  }

  /** Every scale shows what the pixel would become if this one number changed. */
  paint(pixel, [, , , hue, saturation, value]) {
    const css = (numbers) => `rgb(${numbers.join(" ")})`;
    const ends = CHANNEL_NAMES.map((_, i) =>
      [0, 255].map((end) => css(pixel.map((x, j) => (i === j ? end : x)))),
    );
    const pure = `hsl(${360 * hue} 100% 50%)`;
    const mix = (a, share, b) => `color-mix(in srgb, ${a} ${100 * share}%, ${b})`;
    const scales = [
      ["", ""],
      ["#fff", pure].map((end) => mix(end, value, "#000")),
      ["#000", mix(pure, saturation, "#fff")],
    ];
    [...ends, ...scales].forEach(([from, to], i) => {
      this.rows[i].strip.style.setProperty("--from", from);
      this.rows[i].strip.style.setProperty("--to", to);
    });
    this.swatch.style.background = css(pixel);
  }
}

class PixelView extends View {
  constructor(context) {
    super(context, "Pixel inspector", { name: "pixels", text: PIXEL_STYLES });
    this.hover = null; // the pixel under the mouse: shown while it is there, kept by a click
    this.picture = new Picture({
      pick: (row, col) => this.pick(row, col),
      peek: (place) => this.peek(place),
    });
    this.reading = new Reading();
    this.grid = new NumberGrid({
      name: "Neighbourhood",
      help: "Arrow keys move to the next pixel.",
      pick: (row, col) => this.pick(...this.outward(row, col)),
    });
    this.switches = CHANNEL_NAMES.map((name, i) =>
      checkbox({ label: name, pick: (on) => this.switchChannel("RGB"[i], on) }),
    );
    this.caption = h("p", { class: "cnnw-caption" });
    this.numbers = segmented({
      label: "Neighbours show",
      options: [...CHANNEL_NAMES, "luminance"].map((name) => [name, name]),
      pick: (numbers) => this.change({ numbers }, `The neighbourhood shows ${numbers}.`),
    });
    this.sum = h("p", { class: "cnnw-sum" });
  }

  layout() {
    const group = { class: "cnnw-switches", role: "group", "aria-label": "Channels of the picture" };
    const switches = h("div", group, ...this.switches.map(({ el }) => el));
    const hint = h("p", { class: "cnnw-howto" }, HOW_TO);
    const left = h("div", { class: "cnnw-look" }, this.picture.el, switches, this.caption, hint);
    const neighbours = h("div", { class: "cnnw-neighbours" }, this.grid.el, this.numbers.el);
    return [h("div", { class: "cnnw-pixels" }, left, this.reading.el, neighbours), this.sum];
  }

  // ---- what the reader does ----------------------------------------------------------------------------------

  pick(row, column) {
    this.peek(null);
    this.change({ row, column });
  }

  peek(place) {
    if (place?.join() === this.hover?.join()) return;
    this.hover = place;
    this.draw();
  }

  switchChannel(letter, on) {
    const before = this.model.get("channels");
    const channels = [..."RGB"].filter((x) => (x === letter ? on : before.includes(x))).join("");
    this.change({ channels }, channelWords(channels));
  }

  /** Write to the model, and tell a screen reader: the note, or else the pixel. */
  change(changes, note = null) {
    commit(this.model, changes);
    this.sayLater(() => note ?? pixelWords(...this.at, this.pixel));
  }

  // ---- what the page shows -----------------------------------------------------------------------------------

  draw() {
    const state = this.read();
    this.unpack(state);
    const { rows, cols } = this.image;
    this.at = [clamp(state.row, 0, rows - 1), clamp(state.column, 0, cols - 1)];
    this.over = this.hover ?? this.at;
    this.pixel = pixelAt(this.image, ...this.at);
    const shown = pixelAt(this.image, ...this.over);
    this.picture.show({
      title: `Image ${rows} × ${cols}`,
      image: this.image,
      colours: this.colours,
      at: this.at,
      over: this.over,
      radius: RADIUS,
    });
    this.switches.forEach((control, i) => control.show(state.channels.includes("RGB"[i])));
    setText(this.caption, channelWords(state.channels));
    this.reading.show(...this.over, shown);
    this.numbers.show(state.numbers);
    this.drawNeighbours(state.numbers);
    this.drawSum(shown);
  }

  /** Read the image and colour it anew only where something has changed: a mouse moves often. */
  unpack({ image, channels }) {
    if (this.packed === image && this.channels === channels) return;
    if (this.packed !== image) Object.assign(this, { image: unpackImage(image), hover: null });
    Object.assign(this, { packed: image, channels, colours: channelView(this.image, channels) });
  }

  /** From a cell of the neighbourhood's part inside the image to a pixel. */
  outward(row, col) {
    return [row + Math.max(this.over[0] - RADIUS, 0), col + Math.max(this.over[1] - RADIUS, 0)];
  }

  drawNeighbours(name) {
    const { rows, cols } = this.image;
    const [top, left] = this.over.map((x) => x - RADIUS);
    const side = 2 * RADIUS + 1;
    const inside = (i, j) => top + i >= 0 && top + i < rows && left + j >= 0 && left + j < cols;
    const look = (i, j) => numberOf(pixelAt(this.image, top + i, left + j), name);
    const free = { row: Math.max(-top, 0), col: Math.max(-left, 0) };
    free.rows = Math.min(side, rows - top) - free.row;
    free.cols = Math.min(side, cols - left) - free.col;
    this.grid.show({
      title: `Neighbourhood: ${name}, 0–255`,
      rows: side,
      cols: side,
      free,
      at: [RADIUS - free.row, RADIUS - free.col],
      frame: { row: RADIUS, col: RADIUS, rows: 1, cols: 1 },
      first: this.outward(0, 0).map((index) => index + 1),
      whole: [rows, cols].map((count) => Math.max(count, side)),
      cell: (i, j) => {
        if (!inside(i, j)) return { text: "", label: "outside the image", classes: "cnnw-outside" };
        const value = look(i, j);
        return { text: String(value), label: `${pixelName(top + i, left + j)}: ${name} ${value}` };
      },
    });
    this.grid.each((cell, i, j) => {
      const grey = inside(i, j) ? Array(3).fill(look(i, j)) : null; // one channel alone is grey, as in the image
      cell.style.background = grey ? `rgb(${grey.join(" ")})` : "";
      cell.style.color = grey ? inkOn(grey) : "";
    });
  }

  drawSum(pixel) {
    const terms = pixel.map((x, i) => h("span", {}, `${i ? " + " : ""}${LUMINANCE_WEIGHTS[i]}·${x}`));
    const name = h("span", { class: "cnnw-place" }, "luminance, the brightness that an eye sees:");
    this.sum.replaceChildren(name, ...terms, h("b", {}, ` = ${formatNumber(luminance(pixel), 3)}`));
  }
}

export default defineElement("cnn-pixels", DEFAULTS, PixelView);
