// The widget framework: what every widget of this folder stands on.
//
// To add a widget `cnn-name`:
//   1. Write static/name.js as an ES module. Import from "./shared.js" and its neighbours (view.js: the base of all
//      views; numbers.js: numbers as text; controls.js: buttons and choices; grid.js: a grid of cells; arithmetic.js:
//      sizes, convolution, pooling), put the widget's own arithmetic into exported pure functions, and write
//          export const DEFAULTS = { …every synced trait and its default… };
//          class NameView extends View { … } // what it has to give stands in view.js
//          export default defineElement("cnn-name", DEFAULTS, NameView);
//   2. Add `"cnn-name": "name.js"` to MODULES in widgets/source.py, a class with the same traits in a Python
//      file beside it, and its name to widgets/__init__.py.
//      On paper nobody can step or choose: a fourth argument of defineElement, state → changes, shows what the widget
//      is about while the page is printed, unless the reader has changed it.
//   3. In the view: `this.read()` gives the traits, `commit(this.model, { trait: … })` writes them.
//
// Rules that keep it sound:
//   - Everything the reader does goes into the model, so that it survives a redraw, reaches a second view of
//     the same model, and with a kernel reaches Python. A draw only reads.
//   - Never replace the node that has the focus: make the controls once, call their `show` in every draw.
//   - Top-level names are shared by all files that are joined into one module: keep them distinct. Imports
//     name things in braces, without renaming: they are cut out when the files are joined (source.py).
//   - `say` is for the screen reader; what it says must also stand in the page. The first draw is silent.
//   - Colour is never the only sign; a control is at least 40 px high; wide things scroll in their own box.

const CLICK_MS = 200; // from a press of the button to its release

/** What the arrow keys mean: [down, across]. */
export const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// ---- state ---------------------------------------------------------------------------------------------

/** The part of anywidget's model that a view uses, for a page without a kernel. */
class PlainModel {
  constructor(state) {
    this.state = { ...state };
    this.listeners = new Map();
  }
  get(name) {
    return this.state[name];
  }
  set(name, value) {
    if (sameValue(this.state[name], value)) return;
    this.state[name] = value;
    for (const listener of [...(this.listeners.get(`change:${name}`) ?? [])]) listener();
  }
  on(events, listener) {
    for (const event of events.split(" ")) {
      if (!this.listeners.has(event)) this.listeners.set(event, new Set());
      this.listeners.get(event).add(listener);
    }
  }
  off(events, listener) {
    for (const event of events.split(" ")) this.listeners.get(event)?.delete(listener);
  }
  save_changes() {} // no kernel to send to
}

/** The model of an element: elements of one page with the same tag and `model` attribute share it. */
function modelFor(tag, id, state) {
  if (!id) return new PlainModel(state);
  const models = (globalThis.cnnLessonsModels ??= new Map());
  const key = `${tag} ${id}`;
  if (!models.has(key)) models.set(key, new PlainModel(state));
  return models.get(key);
}

/** Attributes are JSON, except where the default is a string: then they are the text itself. */
function readAttributes(element, defaults) {
  const state = structuredClone(defaults);
  for (const name of Object.keys(defaults)) {
    const text = element.getAttribute(name);
    if (text !== null) state[name] = typeof defaults[name] === "string" ? text : JSON.parse(text);
  }
  return state;
}

/**
 * Register `<tag>`, whose views are made by a subclass of View; harmless when the module is loaded twice, or where there
 * is no document (Node). Returns what anywidget asks for.
 * onPaper(state) → the changes that make a printed widget tell something; without it, it prints as it is.
 */
export function defineElement(tag, defaults, ViewClass, onPaper = () => ({})) {
  const traits = Object.keys(defaults);
  const render = ({ model, el }) => new ViewClass({ model, el, traits }).mount();
  if (typeof customElements === "undefined" || customElements.get(tag)) return { render };
  customElements.define(
    tag,
    class extends HTMLElement {
      connectedCallback() {
        this.first ??= readAttributes(this, defaults);
        this.model ??= modelFor(tag, this.getAttribute("model"), this.first);
        this.style.display = "block"; // an unknown element is inline
        this.summary ??= this.textContent.trim(); // for those who show a picture of the widget
        this.replaceChildren(); // the fallback sentence has served
        const stop = render({ model: this.model, el: this });
        const unwatch = watchPrinting(this.model, this.first, onPaper);
        this.stop = () => {
          unwatch();
          stop();
        };
      }
      disconnectedCallback() {
        this.stop?.();
      }
    },
  );
  return { render };
}

/** While the page is printed, show a telling state in place of the first; what a reader has set stays. */
function watchPrinting(model, first, onPaper) {
  const names = Object.keys(first);
  let before = null;
  const listeners = {
    beforeprint: () => {
      if (before || !sameValue(stateOf(model, names), first)) return;
      before = first;
      commit(model, onPaper(first));
      for (const draw of [...waiting]) draw(); // the paper does not wait for what is queued
    },
    afterprint: () => {
      if (before) commit(model, before);
      before = null;
    },
  };
  for (const [type, listener] of Object.entries(listeners)) globalThis.addEventListener(type, listener);
  return () => {
    for (const [type, listener] of Object.entries(listeners)) globalThis.removeEventListener(type, listener);
  };
}

/** All named traits of a model as one plain object. */
export function stateOf(model, names) {
  return Object.fromEntries(names.map((name) => [name, model.get(name)]));
}

/** Write traits and send them to the kernel, if there is one. */
export function commit(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  model.save_changes();
}

const waiting = new Set(); // draws that follow once the script is at its end

/** Call `draw` once after any batch of changes to the named traits. Returns a function that ends this. */
export function watch(model, names, draw) {
  const once = () => {
    if (waiting.delete(once)) draw();
  };
  const listener = () => {
    waiting.add(once);
    queueMicrotask(once);
  };
  const events = names.map((name) => `change:${name}`).join(" ");
  model.on(events, listener);
  return () => {
    waiting.delete(once);
    model.off(events, listener);
  };
}

export function sameValue(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// ---- the page ------------------------------------------------------------------------------------------

/** Make an element: `on…` properties are listeners, the others attributes; false and null leave one out. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined)
      node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Set the text only where it differs, so that nothing is announced or laid out twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Let a box hold a mouse that is pressed on it until it is released: a drag that began elsewhere is none of its own. */
export function holdMouse(box) {
  box.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType !== "touch") box.setPointerCapture(event.pointerId);
  });
}

/**
 * Do `act` once the click that took the focus from a field has arrived: a message that appeared before would push the
 * clicked button away, or be wiped off by what the click does.
 */
export function afterClick(act) {
  setTimeout(act, CLICK_MS);
}

/** Whether the reader has asked the system for less motion. */
export function prefersCalm() {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}
