// The chosen step: what goes in, what comes out, and its arithmetic written out; of a block, both paths.
import { h, setText } from "./shared.js";
import { runsToShow } from "./shapetrace.js";
import { batchShape, shapeSums, stepName } from "./shapewords.js";

const PATHS = { body: "Through the block", shortcut: "Around it", "after the sum": "Both are added, then" };

export class ShapeDetail {
  constructor() {
    this.title = h("p", { class: "cnnw-detail-title" });
    this.flow = h("p", { class: "cnnw-flow" });
    this.lines = h("div", { class: "cnnw-sums" });
    this.el = h("div", { class: "cnnw-detail", role: "group" }, this.title, this.flow, this.lines);
  }

  /** index and row: the chosen step; problem: whether the network stops there is told elsewhere. */
  show(index, row) {
    const { step, before, after, problem } = row;
    setText(this.title, `Step ${index + 1}: ${stepName(step, before?.channels).filter(Boolean).join(" ")}`);
    this.el.setAttribute("aria-label", this.title.textContent);
    const end = after ? batchShape(after) : "stops here";
    setText(this.flow, before ? `${batchShape(before)} → ${end}` : "The image does not get here.");
    this.lines.replaceChildren(...this.sums(row, problem));
  }

  sums({ step, before, layers }, problem) {
    if (problem) return sumLines({ layer: step, before });
    if (!layers) return [];
    if (step.kind !== "block") {
      const lines = sumLines(layers[0]);
      return lines.length ? lines : [h("p", {}, REMARKS[step.kind])];
    }
    return Object.entries(PATHS).map(([path, title]) => pathPart(step, title, runsToShow(layers, path)));
  }
}

const REMARKS = {
  relu: "Every number by itself: the shape stays.",
  dropout: "Sets some numbers to zero while training: the shape stays.",
  adaptive_pool: "Cuts the map into as many windows as it shall give, however large it is, and takes their means.",
};

function sumLines(run) {
  return shapeSums(run).map(([name, sum, result]) =>
    h("p", {}, h("span", { class: "cnnw-name" }, `${name}: `), `${sum} = `, h("b", {}, result)),
  );
}

/** One path of a block: its layers with their shapes and sums. */
function pathPart(step, title, runs) {
  const empty = h("li", {}, "nothing: the input itself, as it came");
  const items = runs.map((run) => {
    const name = stepName(run.layer, run.before.channels).filter(Boolean).join(" ");
    return h("li", {}, h("span", { class: "cnnw-part-name" }, name), ...sumLines(run));
  });
  const repeats = step.times > 1 && title === PATHS.body ? `, in each of the ${step.times}` : "";
  const list = h("ul", {}, ...(items.length ? items : [empty]));
  return h("div", {}, h("p", { class: "cnnw-path" }, title + repeats), list);
}
