// <cnn-wide>: choose depth and width of a Wide ResNet, and see what it costs.
import WIDE_STYLES from "./wide.css";
import WIDE from "./wide.json";
import { commit, defineElement, h, setText } from "./shared.js";
import { checkbox, segmented } from "./controls.js";
import { grouped } from "./numbers.js";
import { View } from "./view.js";
import { blocksOf, paperEntry, paperError, roundedCount, spokenNetwork, wideCounts, wideName } from "./widemath.js";
import { WidePlot } from "./wideplot.js";
import { PaperTable, PartsTable } from "./widetable.js";

export const DEFAULTS = { depth: 28, widen_factor: 10, num_classes: 10, dropout: false };

const KEY_TO_PLOT =
  "Each point is a network; a filled one stands in the paper's table. Grey lines join networks of equal parameter " +
  "count, the coloured one those with as many as the chosen one. Click a point, or use the arrow keys.";

class WideView extends View {
  constructor(context) {
    super(context, "Depth and width explorer", { name: "wide", text: WIDE_STYLES });
    const choice = (label, name, values) =>
      segmented({
        label,
        options: values.map((value) => [value, String(value)]),
        pick: (value) => this.change({ [name]: value }),
      });
    this.depth = choice("Depth", "depth", WIDE.depths);
    this.widenFactor = choice("Widen factor K", "widen_factor", WIDE.widen_factors);
    this.classes = choice("Classes", "num_classes", WIDE.classes);
    this.dropout = checkbox({
      label: "Dropout in the blocks (adds no parameters)",
      pick: (dropout) => this.change({ dropout }),
    });
    this.plot = new WidePlot({ pick: (changes) => this.change(changes) });
    this.parts = new PartsTable();
    this.paper = new PaperTable();
    this.name = h("p", { class: "cnnw-widename" });
    this.facts = ["Parameters", "Multiply-adds", "Layers one after another", "Test error"].map((title) => {
      const [value, note] = [h("b", {}), h("span", {})];
      const el = h("div", {}, h("dt", {}, title), h("dd", {}, value, note));
      return { el, value, note };
    });
    this.depthSum = h("p", {});
  }

  layout() {
    const controls = [this.depth, this.widenFactor, this.classes, this.dropout].map(({ el }) => el);
    const facts = h("dl", { class: "cnnw-facts" }, ...this.facts.map(({ el }) => el));
    return [
      h("div", { class: "cnnw-panel cnnw-widepanel" }, ...controls),
      h("div", { class: "cnnw-chosennet" }, this.name, facts),
      this.plot.el,
      h("p", { class: "cnnw-hint" }, KEY_TO_PLOT),
      this.parts.el,
      h("div", { class: "cnnw-formula" }, this.depthSum),
      this.paper.el,
    ];
  }

  /** Write to the model, and tell a screen reader what the network costs now. */
  change(changes) {
    commit(this.model, changes);
    this.sayLater(() => spokenNetwork(this.read()));
  }

  draw() {
    const network = this.read();
    this.depth.show(network.depth);
    this.widenFactor.show(network.widen_factor);
    this.classes.show(network.num_classes);
    this.dropout.show(network.dropout);
    setText(this.name, `${wideName(network)}${network.dropout ? " with dropout" : ""}`);
    factsOf(network).forEach(([value, note], i) => {
      setText(this.facts[i].value, value);
      setText(this.facts[i].note, note);
    });
    this.plot.show(network);
    this.parts.show(network);
    this.paper.show(network);
    setText(this.depthSum, depthWords(network));
  }
}

/** What the depth in the name counts, and how many layers stand one after another. */
export function depthWords({ depth, widen_factor: widenFactor }) {
  const blocks = blocksOf(depth);
  const around = widenFactor > 1 ? "" : " (here 2: with K = 1 the first group changes no shape)";
  return (
    `6·${blocks} + 4 = ${depth} counts the stem, 3 groups of ${blocks} block${blocks > 1 ? "s" : ""} of 2, and 3 convolutions around the blocks` +
    `${around}. One after another: 1 + 6·${blocks} + 1 = ${6 * blocks + 2}, from the stem to the linear layer.`
  );
}

/** The four figures of the chosen network, each with a remark. */
function factsOf(network) {
  const { blocks, parameters, multiplyAdds, inSequence } = wideCounts(network);
  const paper = paperEntry("paper", network);
  const data = `CIFAR-${network.num_classes}`;
  const [error, runs] = paperError(network)?.split(", ") ?? ["–", null];
  return [
    [grouped(parameters), paper ? `paper: ${paper.millions} M, 10 classes` : "not in the paper's table"],
    [roundedCount(multiplyAdds), `${grouped(multiplyAdds)} for one 32×32 image`],
    [String(inSequence), `${blocks} ${blocks === 1 ? "block" : "blocks"} in each of 3 groups`],
    [error, runs ? `paper: ${data}, ${runs}` : `no figure of the paper for ${data} here`],
  ];
}

export default defineElement("cnn-wide", DEFAULTS, WideView);
