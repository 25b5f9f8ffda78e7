// A small image, drawn large: point with the mouse, tap, or walk with the arrow keys.
import { ARROWS, clamp, h, holdMouse, setText } from "./shared.js";

const LEAP = 8; // pixels that Shift + arrow moves

export class Picture {
  /** pick(row, col): the reader has chosen a pixel; peek(place): the mouse is over [row, col], or gone (null). */
  constructor({ pick, peek }) {
    Object.assign(this, { pick, peek });
    this.title = h("div", { class: "cnnw-title" });
    this.canvas = h("canvas", {});
    this.region = h("div", { class: "cnnw-region" });
    this.marker = h("div", { class: "cnnw-marker" });
    this.box = h(
      "div",
      {
        class: "cnnw-picture",
        tabindex: "0",
        role: "application", // so that a screen reader leaves the arrow keys to the picture
        "aria-roledescription": "picture to walk on",
        "aria-description": `Arrow keys move by one pixel, with Shift by ${LEAP}; Home and End go to the ends of the row.`,
      },
      this.canvas,
      this.region,
      this.marker,
    );
    this.el = h("div", { class: "cnnw-figure" }, this.title, this.box);
    this.listen();
  }

  listen() {
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.box.addEventListener("click", (event) => this.pick(...this.placeOf(event)));
    holdMouse(this.box);
    this.box.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return; // a finger that moves scrolls the page
      if (this.box.hasPointerCapture(event.pointerId)) this.pick(...this.placeOf(event));
      else this.peek(this.placeOf(event));
    });
    this.box.addEventListener("pointerleave", () => this.peek(null));
  }

  placeOf(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const { rows, cols } = this.image;
    const row = Math.floor(((event.clientY - top) / height) * rows);
    const col = Math.floor(((event.clientX - left) / width) * cols);
    return [clamp(row, 0, rows - 1), clamp(col, 0, cols - 1)];
  }

  onKey(event) {
    if (event.altKey || event.metaKey) return;
    const { rows, cols } = this.image;
    const [row, col] = this.at;
    const far = event.shiftKey ? LEAP : 1;
    const [down, across] = ARROWS[event.key] ?? [0, 0];
    if (event.key === "Home") this.pick(event.ctrlKey ? 0 : row, 0);
    else if (event.key === "End") this.pick(event.ctrlKey ? rows - 1 : row, cols - 1);
    else if (down || across)
      this.pick(clamp(row + far * down, 0, rows - 1), clamp(col + far * across, 0, cols - 1));
    else return;
    event.preventDefault();
  }

  /**
   * image: { rows, cols }; colours: its pixels as the canvas takes them, another array where another picture is to be
   * drawn; at: the chosen pixel; over: the one to mark; radius: how far its neighbourhood reaches.
   */
  show({ title, image, colours, at, over, radius }) {
    Object.assign(this, { image, at });
    setText(this.title, title);
    this.box.setAttribute("aria-label", title);
    if (this.colours !== colours) this.paint(colours);
    this.place(this.marker, over, 0);
    this.place(this.region, over, radius);
  }

  paint(colours) {
    this.colours = colours;
    const { rows, cols } = this.image;
    Object.assign(this.canvas, { width: cols, height: rows });
    this.canvas.getContext("2d").putImageData(new ImageData(colours, cols, rows), 0, 0);
    this.box.style.setProperty("--rows", rows);
    this.box.style.setProperty("--cols", cols);
  }

  /** Lay a box over the pixels around a place, cut at the edges of the image. */
  place(box, [row, col], radius) {
    const [top, left] = [Math.max(row - radius, 0), Math.max(col - radius, 0)];
    const [bottom, right] = [
      Math.min(row + radius, this.image.rows - 1),
      Math.min(col + radius, this.image.cols - 1),
    ];
    const sizes = { top, left, height: bottom - top + 1, width: right - left + 1 };
    for (const [name, pixels] of Object.entries(sizes)) box.style[name] = `calc(${pixels} * var(--pixel))`;
  }
}
