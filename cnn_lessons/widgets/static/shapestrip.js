// The maps of a network as a row of boxes, drawn to scale: height H, depth W, thickness C. Decoration: the table has all.
import { h, setText } from "./shared.js";
import { sizesOf } from "./shapetrace.js";
import { shortName } from "./shapewords.js";

const TALL = 96; // px of the largest map's height
const THICK = 34; // px of the most channels
const SLANT = 0.3; // a pixel of depth, in pixels across and up
const BAR = 9; // px, width of a vector

/** A map as a slab seen from the front left, or a flat vector as a bar. */
function drawing({ channels, size, features }, { height, thickness, length }) {
  if (features !== null) {
    const tall = Math.max(features * length, 2);
    return picture(BAR, tall, `<path class="cnnw-front" d="M0 0h${BAR}v${tall}h-${BAR}z"/>`);
  }
  const [tall, thick] = [Math.max(size * height, 2), Math.max(channels * thickness, 1.5)];
  const deep = tall * SLANT;
  const faces = [
    ["front", `M0 ${deep}h${thick}v${tall}h${-thick}z`],
    ["roof", `M0 ${deep}l${deep} ${-deep}h${thick}l${-deep} ${deep}z`],
    ["side", `M${thick} ${deep}l${deep} ${-deep}v${tall}l${-deep} ${deep}z`],
  ];
  const paths = faces.map(([name, d]) => `<path class="cnnw-${name}" d="${d}"/>`);
  return picture(thick + deep, tall + deep, paths.join(""));
}

function picture(width, height, paths) {
  const box = `-1 -1 ${width + 2} ${height + 2}`;
  return `<svg viewBox="${box}" style="width:${width + 2}px;height:${height + 2}px">${paths}</svg>`;
}

const BROKEN = picture(30, 30, '<path class="cnnw-broken" d="M0 0h30v30h-30zM9 9l12 12M21 9 9 21"/>');
const ABSENT = picture(16, 16, '<path class="cnnw-absent" d="M0 0h16v16h-16z"/>');

/** Pixels for one unit of size, channels and features, so that the largest of each fills its room. */
function scalesOf(states) {
  const maps = states.filter(({ features }) => features === null);
  const most = (list, name) => Math.max(...list.map((state) => state[name]), 1);
  return {
    height: TALL / most(maps, "size"),
    thickness: THICK / most(maps, "channels"),
    length: TALL / most(states, "features"),
  };
}

export class ShapeStrip {
  /** select(index): the reader has clicked the box of a step. */
  constructor({ select }) {
    this.select = select;
    this.row = h("div", { class: "cnnw-boxes" });
    this.el = h("div", { class: "cnnw-maps", "aria-hidden": "true", tabindex: "-1" }, this.row);
  }

  /** input: the state that comes in; rows: of traceShapes; selected: index of the chosen row. */
  show({ input, rows, selected }) {
    const boxes = [{ index: null, name: "input", state: input }];
    let owner = 0; // a layer that changes no shape has its box in common with the one above
    rows.forEach(({ step, after, problem }, index) => {
      const name = shortName(step);
      if (name) boxes.push({ index, name, state: after, problem });
      if (index === selected) owner = boxes.length - 1;
    });
    const scales = scalesOf(boxes.map(({ state }) => state).filter(Boolean));
    while (this.row.childElementCount < boxes.length) this.row.append(this.makeBox());
    while (this.row.childElementCount > boxes.length) this.row.lastChild.remove();
    boxes.forEach((box, i) => this.showBox(this.row.children[i], box, scales, i === owner));
    this.owner = this.row.children[owner];
  }

  makeBox() {
    const lines = ["name", "channels", "size"].map((part) => h("span", { class: `cnnw-box-${part}` }));
    const box = h("div", { class: "cnnw-box" }, h("div", { class: "cnnw-box-room" }), ...lines);
    box.addEventListener("click", () => box.dataset.index && this.select(Number(box.dataset.index)));
    return box;
  }

  showBox(box, { index, name, state, problem }, scales, chosen) {
    const [room, title, channels, size] = box.children;
    box.dataset.index = index ?? "";
    const svg = state ? drawing(state, scales) : problem ? BROKEN : ABSENT;
    if (box.svg !== svg) room.innerHTML = svg;
    box.svg = svg;
    box.classList.toggle("cnnw-chosen", chosen);
    box.classList.toggle("cnnw-stopped", Boolean(problem));
    const [first = "", ...rest] = state ? sizesOf(state) : [problem ? "stops" : ""];
    setText(title, name);
    setText(channels, first);
    setText(size, rest.join("×"));
  }

  /** Scroll the strip, never the page. Asks for the layout: call it when all is drawn. */
  bringIntoSight() {
    const [strip, room] = [this.el.getBoundingClientRect(), this.owner.getBoundingClientRect()];
    if (room.left < strip.left) this.el.scrollLeft += room.left - strip.left - 24;
    else if (room.right > strip.right) this.el.scrollLeft += room.right - strip.right + 24;
  }
}
