// Depth against widen factor: the networks as points, and lines of equal parameter count.
import { h, setText } from "./shared.js";
import { quietName } from "./marks.js";
import WIDE from "./wide.json";
import { equalLine, inMillions, keyedNetwork, paperEntry, wideCounts, wideName } from "./widemath.js";

const DEPTHS = [7, 50]; // from the left edge to the right one
const WIDEST = 13.2; // at the top
const LEVELS = [1e6, 3e6, 10e6, 30e6, 100e6];

function across(depth) {
  return (100 * (depth - DEPTHS[0])) / (DEPTHS[1] - DEPTHS[0]);
}

function up(widenFactor) {
  return (100 * widenFactor) / WIDEST;
}

function place(left, bottom) {
  return `left:${left.toFixed(2)}%;bottom:${bottom.toFixed(2)}%`;
}

function pathOf(points) {
  return `M${points.map(([depth, k]) => `${across(depth).toFixed(2)} ${(100 - up(k)).toFixed(2)}`).join("L")}`;
}

export class WidePlot {
  /** pick(changes): the reader has chosen a network, by key or by click. */
  constructor({ pick }) {
    this.pick = pick;
    this.lines = h("div", { class: "cnnw-equal" });
    this.marks = h("div", {});
    this.points = this.makePoints();
    this.ring = h("i", { class: "cnnw-ring" });
    this.box = h(
      "div",
      {
        class: "cnnw-widebox",
        tabindex: "0",
        role: "application", // so that a screen reader leaves the arrow keys to the plot
        "aria-roledescription": "plot of depth against width",
        "aria-description": "Left and right change the depth, up and down the widen factor.",
      },
      this.lines,
      this.marks,
      ...axisMarks(),
      ...this.points.map(({ el }) => el),
      this.ring,
    );
    const title = h("p", { class: "cnnw-title" }, "Widen factor K");
    const below = h("p", { class: "cnnw-title cnnw-below" }, "Depth");
    this.el = h("div", { class: "cnnw-wideplot" }, title, this.box, below);
    this.nameBox = quietName(this.box);
    this.box.addEventListener("keydown", (event) => this.onKey(event));
  }

  makePoints() {
    return WIDE.depths.flatMap((depth) =>
      WIDE.widen_factors.map((widenFactor) => {
        const network = { depth, widen_factor: widenFactor };
        const known = paperEntry("paper", network) !== null;
        const label = h("b", {});
        const el = h("span", {
          class: `cnnw-point${known ? " cnnw-known" : ""}`,
          style: place(across(depth), up(widenFactor)),
          "aria-hidden": "true",
          onclick: () => this.pick(network),
        });
        if (known) el.append(h("small", {}, label, h("span", {}, " M")));
        return { el, label, network };
      }),
    );
  }

  onKey(event) {
    const changed = event.altKey || event.ctrlKey || event.metaKey ? null : keyedNetwork(this.network, event.key);
    if (!changed) return;
    this.pick(changed);
    event.preventDefault();
  }

  show(network) {
    this.network = network;
    const { parameters } = wideCounts(network);
    this.nameBox(`${wideName(network)}, ${inMillions(parameters)} parameters`);
    this.drawLines(network.num_classes, parameters);
    this.ring.style.left = `${across(network.depth)}%`;
    this.ring.style.bottom = `${up(network.widen_factor)}%`;
    for (const { el, label, network: point } of this.points) {
      const { parameters: count } = wideCounts({ ...point, num_classes: network.num_classes });
      setText(label, inMillions(count).replace(" M", ""));
      el.title = wideName(point);
      el.classList.toggle("cnnw-chosen", el.title === wideName(network));
    }
  }

  drawLines(classes, parameters) {
    if (this.classes !== classes) this.drawLevels(classes);
    this.own.setAttribute("d", pathOf(equalLine(parameters, classes, DEPTHS)));
  }

  /** The grey lines, which only the number of classes moves. */
  drawLevels(classes) {
    this.classes = classes;
    const lines = LEVELS.map((level) => [level, equalLine(level, classes, DEPTHS)]);
    const paths = lines.map(([, points]) => `<path class="cnnw-level" d="${pathOf(points)}"/>`);
    const svg = '<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">';
    this.lines.innerHTML = `${svg}${paths.join("")}<path class="cnnw-own"/></svg>`;
    this.own = this.lines.querySelector(".cnnw-own");
    const labels = lines.map(([level, points]) => {
      const style = place(100, up(points.at(-1)[1]));
      return h("span", { class: "cnnw-levelname", style, "aria-hidden": "true" }, `${level / 1e6} M`);
    });
    this.marks.replaceChildren(...labels);
  }
}

/** Numbers along both axes, and a faint rule for each. */
function axisMarks() {
  const below = WIDE.depths.map((depth) =>
    h("span", { class: "cnnw-tickx", style: `left:${across(depth)}%`, "aria-hidden": "true" }, String(depth)),
  );
  const beside = WIDE.widen_factors.map((k) =>
    h("span", { class: "cnnw-ticky", style: `bottom:${up(k)}%`, "aria-hidden": "true" }, String(k)),
  );
  return [...below, ...beside];
}
