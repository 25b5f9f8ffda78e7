// <cnn-shift>: drag an object in its picture and watch what two networks make of it.
import SHIFT_STYLES from "./shift.css";
import { clamp, commit, defineElement, h, sameValue } from "./shared.js";
import { button, segmented } from "./controls.js";
import { unpackImage } from "./colour.js";
import {
  SIDE,
  dividingShift,
  keyedShift,
  landscape,
  sharesAt,
  spokenVerdicts,
  unpackShares,
  verdictOf,
} from "./shiftmath.js";
import { DraggedPicture, paintImage } from "./shiftpicture.js";
import { NetworkPanel } from "./shiftpanel.js";
import { View } from "./view.js";

const CERTAIN = `1:${"Po".repeat(SIDE * SIDE)}`; // 1000 thousandths everywhere

export const DEFAULTS = {
  images: ["1x1:AAAA"],
  probabilities: [
    ["MLP", CERTAIN],
    ["CNN", CERTAIN],
  ],
  labels: [0],
  classes: ["nothing"],
  fill: [[0, 0, 0]],
  chosen: 0,
  dy: 0,
  dx: 0,
};

const BUTTONS = {
  ArrowLeft: ["back", "left"],
  ArrowUp: ["up", "up"],
  ArrowDown: ["down", "down"],
  ArrowRight: ["next", "right"],
  Home: ["centre", "back to the centre"],
};
const HOW_TO = "Drag the object, or move it with the arrow keys. Home puts it back.";
const KEY_TO_MAPS =
  "Each square of a map is one shift; in the middle, none. The fuller its colour, the more probable the right class, " +
  "whose bar is framed. A cross: the network says another class.";
const HOW_TO_JUMP = " Click a square to go there.";

class ShiftView extends View {
  constructor(context) {
    super(context, "Shift explorer", { name: "shift", text: SHIFT_STYLES });
    const move = (shift) => this.move(shift);
    this.picture = new DraggedPicture({ move });
    this.panels = [new NetworkPanel({ pick: move }), new NetworkPanel({ pick: move })];
    this.buttons = Object.entries(BUTTONS).map(([key, [icon, label]]) => ({
      key,
      ...button({ icon, label, act: () => this.move(keyedShift(this.shift, key)) }),
    }));
    this.choice = h("div", { class: "cnnw-choice" });
  }

  layout() {
    const pad = { class: "cnnw-pad", role: "group", "aria-label": "Move the object" };
    const buttons = h("div", pad, ...this.buttons.map(({ el }) => el));
    const hint = h("p", { class: "cnnw-drag-hint" }, HOW_TO);
    const look = h("div", { class: "cnnw-drag-part" }, this.picture.el, buttons, hint, this.choice);
    const networks = h("div", { class: "cnnw-networks" }, ...this.panels.map(({ el }) => el));
    const jump = h("span", { class: "cnnw-map-hint" }, HOW_TO_JUMP);
    const key = h("p", { class: "cnnw-map-key" }, KEY_TO_MAPS, jump);
    return [h("div", { class: "cnnw-shift" }, look, networks), key];
  }

  // ---- what the reader does ----------------------------------------------------------------------------------

  move([dy, dx]) {
    this.change({ dy, dx });
  }

  /** Write to the model, and tell a screen reader what the networks say now. */
  change(changes) {
    commit(this.model, changes);
    this.sayLater(() => spokenVerdicts(this.shift, this.names, this.verdicts));
  }

  // ---- what the page shows -----------------------------------------------------------------------------------

  draw() {
    const state = this.read();
    this.unpack(state);
    const { classes, fill } = state;
    this.shift = [state.dy, state.dx];
    const { image, label } = this;
    const name = classes[label];
    this.picture.show({ image, fill: fill[fill.length > 1 ? this.chosen : 0], shift: this.shift, name });
    const shares = this.tables.map((table) => sharesAt(table, this.chosen, this.shift));
    this.verdicts = shares.map((each) => verdictOf(each, classes, label));
    this.panels.forEach((panel, i) => {
      const about = { name: this.names[i], shares: shares[i], cells: this.maps[i] };
      panel.show({ ...about, classes, label, shift: this.shift });
    });
    this.chooser?.show(this.chosen);
    for (const { key, el } of this.buttons)
      el.setAttribute("aria-disabled", String(sameValue(keyedShift(this.shift, key), this.shift)));
  }

  /** Read what has come from Python, and survey all shifts of the chosen picture, only where it has changed. */
  unpack({ images, probabilities, labels, classes, chosen }) {
    const given = [images, probabilities, labels, classes];
    const fresh = given.some((part, i) => part !== this.given?.[i]);
    if (fresh) {
      this.given = given;
      this.images = images.map(unpackImage);
      this.names = probabilities.map(([name]) => name);
      this.tables = probabilities.map(([, packed]) => unpackShares(packed));
      this.makeChoice(this.images.map((image, k) => classes[labels[k]] ?? "")); // traits may come one by one
    }
    const k = clamp(chosen, 0, images.length - 1);
    if (!fresh && this.chosen === k) return;
    Object.assign(this, { chosen: k, image: this.images[k], label: labels[k] });
    this.maps = this.tables.map((table) => landscape(table, k, this.label));
  }

  /** A row of small pictures to choose from. */
  makeChoice(names) {
    const options = names.map((name, k) => {
      const canvas = h("canvas", { role: "img", "aria-label": `${name}, picture ${k + 1}` });
      paintImage(canvas, this.images[k]);
      return [k, canvas];
    });
    this.chooser = segmented({ label: "Object", options, pick: (k) => this.change({ chosen: k }) });
    this.choice.hidden = names.length < 2;
    this.choice.replaceChildren(this.chooser.el);
  }
}

/** On paper: the picture moved to where the networks disagree. */
function tellingShift({ probabilities, labels, ...state }) {
  const chosen = clamp(state.chosen, 0, labels.length - 1);
  const tables = probabilities.map(([, text]) => unpackShares(text));
  const [dy, dx] = dividingShift(tables, chosen, labels[chosen]);
  return dy === undefined ? {} : { dy, dx };
}

export default defineElement("cnn-shift", DEFAULTS, ShiftView, tellingShift);
