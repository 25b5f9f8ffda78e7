// The base of every view: the widget's outermost box, which follows the model and speaks to a screen reader.
import STYLES from "./widgets.css";
import { h, setText, stateOf, watch } from "./shared.js";

const QUIET_MS = 150; // while a key or the pointer is held down, speech waits for the last change
const PRODUCT = /([\d)])·(?=[\d(])/g; // a screen reader passes over this dot

/**
 * A subclass makes its parts in constructor(context), after super(context, label), and gives
 *   layout() → the nodes of the page, from top to bottom,
 *   draw() → brings them up to date with what read() returns.
 */
export class View {
  /** label: what the widget is; styles: { name, text }, a sheet that it alone needs, on top of the common one. */
  constructor({ model, el, traits }, label, styles = null) {
    Object.assign(this, { model, traits });
    installStyles(el, "common", STYLES);
    if (styles) installStyles(el, styles.name, styles.text);
    this.live = h("p", { class: "cnnw-live", role: "status", "aria-live": "polite" });
    this.problem = h("p", { class: "cnnw-problem" }); // for complain(): a view that does puts it into its layout
    this.root = makeRoot(label);
    this.root.append(this.live);
    el.append(this.root);
  }

  /** Show the view and follow the model. Returns a function that ends this. */
  mount() {
    this.root.append(...this.layout());
    this.unwatch = watch(this.model, this.traits, () => this.draw());
    this.draw();
    return () => this.destroy();
  }

  destroy() {
    this.unwatch();
    clearTimeout(this.waiting);
    this.root.remove();
  }

  /** All traits of the model. */
  read() {
    return stateOf(this.model, this.traits);
  }

  /** Tell a screen reader, and tell it again when asked twice. */
  say(text) {
    const spoken = text.replaceAll(PRODUCT, "$1 × ");
    setText(this.live, spoken && this.live.textContent === spoken ? `${spoken}\u00a0` : spoken); // only a change is read
  }

  /** Say what words() returns once the reader pauses: by then all is drawn. */
  sayLater(words) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.say(words()), QUIET_MS);
  }

  /** Write and say why something cannot be. */
  complain(message) {
    clearTimeout(this.waiting); // what still waits to be said is older than this
    setText(this.problem, message);
    this.say(message);
  }
}

/** The outermost box, with keys that stay inside. */
function makeRoot(label) {
  // JupyterLab takes arrow keys as its own shortcuts: the attribute and stopPropagation both tell it not to.
  const root = h("div", {
    class: "cnnw",
    role: "group",
    "aria-label": label,
    "data-lm-suppress-shortcuts": "true",
  });
  for (const type of ["keydown", "keyup", "keypress"])
    root.addEventListener(type, (event) => event.stopPropagation());
  return root;
}

/** Put a style sheet into the page, or the shadow root, that holds `el`: once, whoever asks first. */
function installStyles(el, name, text) {
  const place = el.getRootNode() instanceof ShadowRoot ? el.getRootNode() : document.head;
  if (!place.querySelector(`style[data-cnnw="${name}"]`))
    place.append(h("style", { "data-cnnw": name }, text));
}
