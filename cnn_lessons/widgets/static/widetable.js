// Two tables: the parts of the chosen network, and the networks of the paper's table.
import { h, setText } from "./shared.js";
import { markCurrent } from "./marks.js";
import WIDE from "./wide.json";
import { grouped } from "./numbers.js";
import { inMillions, paperEntry, roundedCount, wideCounts, wideName } from "./widemath.js";

const PART_HEADERS = ["Part", "Output", "Blocks", "Parameters", "Multiply-adds"];
const PAPER_HEADERS = [
  "Network",
  "Parameters",
  "paper",
  "Multiply-adds",
  "Layers one after another",
  "Error on CIFAR-10, paper",
  "Error on CIFAR-100, paper",
];

function headRow(names) {
  return h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name))));
}

function bodyRow([first, ...rest]) {
  return h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((text) => h("td", {}, text)));
}

/** The parts of one network: where its parameters and its multiply-adds are. */
export class PartsTable {
  constructor() {
    this.caption = h("caption", {});
    this.rows = ["Stem", "Group 1", "Group 2", "Group 3", "Head", "All"].map((name) => {
      const cells = PART_HEADERS.slice(1).map(() => h("td", {}));
      const shape = h("small", {});
      return { cells, shape, el: h("tr", {}, h("th", { scope: "row" }, name, shape), ...cells) };
    });
    const [all, ...parts] = [this.rows.at(-1), ...this.rows.slice(0, -1)].map(({ el }) => el);
    const table = h("table", { class: "cnnw-counts cnnw-parts" }, this.caption, headRow(PART_HEADERS));
    table.append(h("tbody", {}, ...parts), h("tfoot", {}, all));
    this.el = h("div", { class: "cnnw-countwrap" }, table);
  }

  show(network) {
    const counts = wideCounts(network);
    setText(this.caption, `${wideName(network)}, part by part`);
    counts.parts.forEach((part, i) => {
      const { channels, size, parameters, multiplyAdds } = part;
      const shape = size === null ? `N×${channels}` : `N×${channels}×${size}×${size}`;
      const blocks = part.name.startsWith("Group") ? String(counts.blocks) : "–";
      this.fill(this.rows[i], [shape, blocks, grouped(parameters), grouped(multiplyAdds)]);
      const shares = [parameters / counts.parameters, multiplyAdds / counts.multiplyAdds];
      shares.forEach((share, k) => this.rows[i].cells[k + 2].style.setProperty("--share", `${100 * share}%`));
    });
    const sums = [counts.parameters, counts.multiplyAdds].map(grouped);
    this.fill(this.rows.at(-1), ["", String(3 * counts.blocks), ...sums]);
  }

  fill({ cells, shape }, texts) {
    setText(shape, texts[0]);
    texts.forEach((text, i) => setText(cells[i], text));
  }
}

/** Every figure of the paper that the course prints, beside what is counted. */
export class PaperTable {
  constructor() {
    this.body = h("tbody", {});
    const properties = { class: "cnnw-counts", "aria-label": "The paper's networks" };
    const table = h("table", properties, headRow(PAPER_HEADERS), this.body);
    const note =
      "Paper: Zagoruyko and Komodakis 2016, parameters with 10 classes. Errors in %, with flips and shifts: median of " +
      "5 runs from the authors' repository; * a single run. – means that this course has no figure.";
    const scroll = h("div", { class: "cnnw-countwrap", tabindex: "0", role: "group", "aria-label": "Table" }, table);
    const summary = h("summary", { class: "cnnw-more" }, "The paper's networks as a table");
    this.el = h("details", { class: "cnnw-paper" }, summary, scroll, h("p", {}, note));
  }

  show(network) {
    const plain = WIDE.paper.map((one) => ({ ...one, dropout: false }));
    const rows = [...plain, ...WIDE.errors.filter(({ dropout }) => dropout)].map((one) => {
      const row = bodyRow(paperRow(one, network.num_classes));
      const same = wideName(one) === wideName(network) && one.dropout === network.dropout;
      row.classList.toggle("cnnw-chosen", same);
      markCurrent(row.firstChild, same);
      return row;
    });
    const thin = WIDE.thin.map((one) => bodyRow([one.name, "–", "–", "–", "–", one[10], one[100]]));
    this.body.replaceChildren(...rows, ...thin);
  }
}

/** One row of the paper's table, as texts. */
function paperRow(one, classes) {
  const { parameters, multiplyAdds, inSequence } = wideCounts({ ...one, num_classes: classes });
  const [paper, error] = ["paper", "errors"].map((list) => paperEntry(list, one));
  const errors = WIDE.classes.map((data) => (error ? error[data] + (error.runs === "a single run" ? "*" : "") : "–"));
  const name = wideName(one) + (one.dropout ? ", dropout" : "");
  const counts = [inMillions(parameters), paper ? `${paper.millions} M` : "–", roundedCount(multiplyAdds)];
  return [name, ...counts, String(inSequence), ...errors];
}
