// A small map of all shifts: where a network is right, how sure it is of the right class, and where we are.
import { h, holdMouse, setText } from "./shared.js";
import { REACH, SIDE, clickedShift } from "./shiftmath.js";

const CROSS = "m.3 .3 .4 .4m0-.4-.4 .4"; // from the corner of a square

export class ShiftMap {
  /** pick(shift): the reader has chosen a square. */
  constructor({ pick }) {
    this.squares = h("div", { class: "cnnw-map-squares" });
    this.frame = h("div", { class: "cnnw-map-frame" });
    this.box = h("div", { class: "cnnw-map", role: "img" }, this.squares, this.frame);
    this.title = h("div", { class: "cnnw-title" });
    this.el = h("div", { class: "cnnw-map-part" }, this.title, this.box);
    const go = (event) => pick(this.shiftOf(event));
    this.box.addEventListener("click", go);
    holdMouse(this.box);
    this.box.addEventListener("pointermove", (event) => this.box.hasPointerCapture(event.pointerId) && go(event));
  }

  shiftOf(event) {
    const { left, top, width, height } = this.squares.getBoundingClientRect();
    return clickedShift([event.clientY - top, event.clientX - left], [height, width]);
  }

  /** name: the network's; cells: its landscape, a new array where another is to be drawn; shift: where we are. */
  show({ name, cells, shift: [dy, dx] }) {
    if (this.cells !== cells) this.paint(name, cells);
    this.frame.style.setProperty("--row", dy + REACH);
    this.frame.style.setProperty("--col", dx + REACH);
  }

  paint(name, cells) {
    this.cells = cells;
    const at = (i) => [i % SIDE, Math.floor(i / SIDE)];
    const squares = cells.map(({ share }, i) => {
      const [x, y] = at(i);
      return `<rect x="${x}" y="${y}" width="1" height="1" style="--share:${share / 10}%"/>`;
    });
    const crosses = cells.map(({ top }, i) => (top ? "" : `M${at(i).join(" ")}${CROSS}`));
    const svg = `<svg viewBox="0 0 ${SIDE} ${SIDE}" aria-hidden="true">`;
    this.squares.innerHTML = `${svg}${squares.join("")}<path d="${crosses.join("")}"/></svg>`;
    const count = cells.filter(({ top }) => top).length;
    setText(this.title, `right: ${count} of ${cells.length} shifts`);
    this.box.setAttribute("aria-label", `Map of all shifts: ${name} is right at ${count} of ${cells.length}`);
  }
}
