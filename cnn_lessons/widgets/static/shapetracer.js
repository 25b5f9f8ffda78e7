// <cnn-shapes>: step through a network, change the input size, and see where it breaks.
import SHAPE_STYLES from "./shapes.css";
import SHAPES from "./shapes.json";
import { clamp, commit, defineElement, h, setText } from "./shared.js";
import { button, checkbox, dropdown } from "./controls.js";
import { ShapeDetail } from "./shapedetail.js";
import { SizeControl } from "./shapesize.js";
import { ShapeStrip } from "./shapestrip.js";
import { ShapeTable } from "./shapetable.js";
import { fittingSizes, mendings, stepsOf, traceShapes } from "./shapetrace.js";
import { batchShape, spokenStep } from "./shapewords.js";
import { View } from "./view.js";

/** All traits for a network of shapes.json. */
export function networkState(network) {
  const { size, adaptive } = SHAPES.networks[network];
  return { network, size, adaptive, selected: 0 };
}

export const DEFAULTS = networkState("alexnet_cifar");

const [min, max] = SHAPES.limits.size;
const LIMITS = { min, max };
const SCALE = "A box to scale: its height and depth are H and W, its thickness C. A bar: a flat vector.";
const KEYS = "In the table, arrow keys go from step to step.";

class ShapeView extends View {
  constructor(context) {
    super(context, "Shape tracer", { name: "shapes", text: SHAPE_STYLES });
    const select = (selected) => this.change({ selected });
    this.strip = new ShapeStrip({ select });
    this.table = new ShapeTable({ select });
    this.detail = new ShapeDetail();
    this.outcome = h("div", { class: "cnnw-outcome" });
    this.network = dropdown({
      label: "Network",
      options: Object.entries(SHAPES.networks).map(([name, { title }]) => [name, title]),
      pick: (name) => this.change(networkState(name)),
    });
    this.size = new SizeControl({
      limits: LIMITS,
      pick: (size) => this.change({ size }),
      refuse: (message) => this.complain(message),
    });
    this.adaptive = checkbox({
      label: "Adaptive pooling before the linear layers",
      pick: (adaptive) => this.setAdaptive(adaptive),
    });
    this.back = button({ label: "Back", icon: "back", act: () => this.step(-1) });
    this.next = button({ label: "Next step", icon: "next", act: () => this.step(1) });
  }

  layout() {
    const choices = h("div", { class: "cnnw-panel cnnw-setup" }, this.network.el, this.adaptive.el, this.size.el);
    this.next.el.classList.add("cnnw-main");
    const steps = { class: "cnnw-transport", role: "group", "aria-label": "Step through the network" };
    const transport = h("div", steps, this.back.el, this.next.el);
    const scale = h("p", { class: "cnnw-hint", "aria-hidden": "true" }, SCALE);
    const look = h("div", { class: "cnnw-split" }, this.table.el, this.detail.el);
    const hint = h("p", { class: "cnnw-hint cnnw-keys" }, KEYS);
    return [choices, this.problem, this.strip.el, scale, this.outcome, transport, look, hint];
  }

  // ---- what the reader does ----------------------------------------------------------------------------------

  /** Write to the model, then tell a screen reader what has become of the image and of the chosen step. */
  change(changes) {
    setText(this.problem, "");
    commit(this.model, changes);
    const stepped = Object.keys(changes).length === 1 && "selected" in changes;
    this.sayLater(() => (stepped ? this.spoken : `${this.verdict} ${this.spoken}`));
  }

  /** The chosen layer stays chosen, where a step comes in before it or goes. */
  setAdaptive(adaptive) {
    const [before, after] = [!adaptive, adaptive].map((on) => stepsOf(this.model.get("network"), on));
    const by = after.length - before.length;
    const at = (by > 0 ? after : before).findIndex(({ last }) => last);
    const moves = by > 0 ? this.selected >= at : this.selected > at;
    this.change({ adaptive, selected: this.selected + (moves ? by : 0) });
  }

  step(by) {
    const selected = clamp(this.selected + by, 0, this.count - 1);
    if (selected !== this.selected) this.change({ selected });
  }

  // ---- what the page shows -----------------------------------------------------------------------------------

  draw() {
    setText(this.problem, "");
    const state = this.read();
    const traced = traceShapes(state);
    const { rows } = traced;
    const input = { channels: SHAPES.channels, size: state.size, features: null };
    this.count = rows.length;
    this.selected = clamp(state.selected, 0, rows.length - 1);
    this.network.show(state.network);
    this.adaptive.show(state.adaptive);
    this.size.show(state.size, fittingSizes(state.network, state.adaptive), state.adaptive);
    this.strip.show({ input, rows, selected: this.selected });
    this.table.show({ input, traced, selected: this.selected });
    this.detail.show(this.selected, rows[this.selected]);
    this.drawOutcome(state, traced, input);
    this.back.el.setAttribute("aria-disabled", String(this.selected === 0));
    this.next.el.setAttribute("aria-disabled", String(this.selected === rows.length - 1));
    this.spoken = spokenStep(this.selected, rows[this.selected]);
    const shown = `${this.selected} of ${this.count}`;
    if (shown === this.shown) return; // a reader who has scrolled elsewhere stays there
    this.shown = shown;
    this.strip.bringIntoSight();
    this.table.bringIntoSight();
  }

  /** Either what comes out, or what torch says, what it means and what mends it. */
  drawOutcome(state, { rows, stopped }, input) {
    const broken = stopped !== null;
    this.outcome.classList.toggle("cnnw-broke", broken);
    if (!broken) {
      this.verdict = `The image passes: ${batchShape(input)} becomes ${batchShape(rows.at(-1).after)}.`;
      return this.outcome.replaceChildren(h("p", {}, this.verdict));
    }
    const { torch, words } = rows[stopped].problem;
    this.verdict = `Step ${stopped + 1} stops the image. ${words}`;
    const ways = mendings(state).map((way) => h("li", {}, way));
    return this.outcome.replaceChildren(
      h("p", {}, h("b", {}, this.verdict)),
      h("p", { class: "cnnw-torch" }, h("code", {}, `RuntimeError: ${torch}`)),
      h("ul", {}, ...ways),
    );
  }
}

/** On paper: the step where the network breaks, or else the one that holds most of the parameters. */
function tellingStep(state) {
  const { rows, stopped } = traceShapes(state);
  const parameters = rows.map(({ after }) => after?.parameters ?? 0);
  return { selected: stopped ?? parameters.indexOf(Math.max(...parameters)) };
}

export default defineElement("cnn-shapes", DEFAULTS, ShapeView, tellingStep);
