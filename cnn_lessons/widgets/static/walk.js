// The walk of a window over the output cells: one step, many steps by a timer, or straight to a cell.
import { ARROWS, clamp, commit, h, prefersCalm } from "./shared.js";
import { button } from "./controls.js";

const STEP_MS = 700;
const CALM_STEP_MS = 1500; // for readers who ask for reduced motion: no gliding (CSS), and time to follow
const WALK_KEYS = { ...ARROWS, Home: [0, -Infinity], End: [0, Infinity] };

// The walk that a timer moves on, by what all views of its widget share.
const PLAYING = new WeakMap();
const USED = new WeakMap(); // the walk of the view that was used last: it speaks, its twin is silent

/** The traits that a walk reads and writes, with their defaults. */
export const STEPS = { row: 0, col: 0, visited: [], filled: false };

/** What all views of a widget share: the model, or where anywidget gives each view one of its own, their layout. */
function sharedPart(model) {
  const layout = model.get("layout");
  return Object(layout) === layout ? layout : model;
}

export class Walk {
  /** tell(note): what has happened, for the screen reader; resume(): a run by the timer has ended. */
  constructor({ model, tell, resume }) {
    Object.assign(this, { model, tell, resume, widget: sharedPart(model) });
    this.size = null; // [rows, columns] of the output, null where there is none
    this.at = [0, 0];
    this.timer = null;
    this.makeButtons();
  }

  makeButtons() {
    const play = button({
      label: "Play",
      icon: "play",
      act: () => (this.timer ? this.pause() : this.play()),
    });
    this.playButton = play;
    const next = button({ label: "Next step", icon: "next", act: () => this.step(1) });
    next.el.classList.add("cnnw-main");
    const back = button({ label: "Back", icon: "back", act: () => this.step(-1) });
    const fill = button({ label: "Fill all", icon: "fill", act: () => this.fill() });
    const clear = button({ label: "Clear", icon: "clear", act: () => this.clear() });
    const buttons = [back, next, play, fill, clear].map(({ el }) => el);
    this.el = h("div", { class: "cnnw-transport", role: "group", "aria-label": "Steps" }, ...buttons);
  }

  /** Follow the model: where the window is in an output of this size; no size ends a run. */
  follow(size, row, col) {
    this.size = size;
    this.at = size ? [clamp(row, 0, size[0] - 1), clamp(col, 0, size[1] - 1)] : [0, 0];
    if (!size) this.pause();
  }

  moveTo(row, col) {
    if (!this.size) return;
    const seen = new Map(
      [...this.model.get("visited"), this.at, [row, col]].map((cell) => [cell.join(), cell]),
    );
    commit(this.model, { row, col, visited: [...seen.values()] });
  }

  move(down, across) {
    if (!this.size) return;
    const [row, col] = [this.at[0] + down, this.at[1] + across];
    this.moveTo(clamp(row, 0, this.size[0] - 1), clamp(col, 0, this.size[1] - 1));
  }

  /** Go `by` steps on in reading order. Returns false at the end. */
  step(by) {
    if (!this.size) return false;
    const [rows, cols] = this.size;
    const index = this.at[0] * cols + this.at[1] + by;
    if (index < 0 || index >= rows * cols) {
      if (!this.timer) this.tell(by > 0 ? "This is the last window." : "This is the first window.");
      return false;
    }
    this.moveTo(Math.floor(index / cols), index % cols);
    return true;
  }

  /** Hear the keys of a view, and note that it is the one in use. */
  listen(root) {
    const use = () => USED.set(this.widget, this);
    for (const kind of ["keydown", "click", "change"]) root.addEventListener(kind, use, true);
    root.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** The view goes: it plays no longer, and its twin may speak. */
  leave() {
    this.pause();
    if (USED.get(this.widget) === this) USED.delete(this.widget);
  }

  /** Whether a step is not to be told here: a timer moves the window, or another view is in use. */
  get silent() {
    return PLAYING.has(this.widget) || (USED.get(this.widget) ?? this) !== this;
  }

  play() {
    if (!this.size) return;
    PLAYING.get(this.widget)?.pause(); // another view's
    const atEnd = this.at[0] === this.size[0] - 1 && this.at[1] === this.size[1] - 1;
    if (atEnd) this.rewind();
    PLAYING.set(this.widget, this);
    this.timer = setInterval(() => this.step(1) || this.pause(), prefersCalm() ? CALM_STEP_MS : STEP_MS);
    this.playButton.show("pause", "Pause");
  }

  pause() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    PLAYING.delete(this.widget);
    this.playButton.show("play", "Play");
    this.resume();
  }

  fill() {
    this.tell("All output cells are filled.");
    commit(this.model, { filled: true });
  }

  clear() {
    this.tell("The output is cleared.");
    this.rewind();
  }

  rewind() {
    commit(this.model, { filled: false, visited: [], row: 0, col: 0 });
  }

  /** Keys that no grid, field or button took. */
  onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("input:not([type=checkbox]), select")) return; // arrows choose there
    const onControl = event.target.closest("button, input");
    if (WALK_KEYS[event.key]) this.move(...WALK_KEYS[event.key]);
    else if (event.key.toLowerCase() === "n" || (event.key === " " && !onControl)) this.step(1);
    else return;
    event.preventDefault();
  }
}
