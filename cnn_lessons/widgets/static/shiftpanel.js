// What one network says: its verdict, a bar for each class, and its map of all shifts.
import { h, sameValue, setText } from "./shared.js";
import { percentOf, topClass, verdictOf } from "./shiftmath.js";
import { ShiftMap } from "./shiftmap.js";

const SIGNS = { right: "M3 8.5 6.5 12 13 4.5", wrong: "M4 4l8 8M12 4l-8 8" };

export class NetworkPanel {
  /** pick(shift): the reader has chosen a square of the map. */
  constructor({ pick }) {
    this.name = h("b", {});
    this.claim = h("span", {});
    this.sign = h("span", { class: "cnnw-verdict-sign", "aria-hidden": "true" });
    this.word = h("b", {});
    const claim = h("span", { class: "cnnw-claim" }, this.claim, h("span", { class: "cnnw-live" }, ": "));
    const judged = h("span", { class: "cnnw-verdict-word" }, this.sign, this.word);
    this.verdict = h("p", { class: "cnnw-verdict" }, this.name, " says ", claim, judged);
    this.bars = h("div", { class: "cnnw-bars", role: "list" });
    this.map = new ShiftMap({ pick });
    this.el = h("div", { class: "cnnw-network", role: "group" }, this.verdict, this.bars, this.map.el);
  }

  /** name; shares: thousandths of all classes; classes; label: the right one; cells and shift: as the map has them. */
  show({ name, shares, classes, label, cells, shift }) {
    const { says, percent, right } = verdictOf(shares, classes, label);
    const word = right ? "right" : "wrong";
    this.el.setAttribute("aria-label", name);
    setText(this.name, name);
    setText(this.claim, `${says} ${percent}\u00a0%`);
    setText(this.word, word);
    if (this.verdict.dataset.verdict !== word)
      this.sign.innerHTML = `<svg viewBox="0 0 16 16"><path d="${SIGNS[word]}"/></svg>`;
    this.verdict.dataset.verdict = word;
    this.showBars(shares, classes, label);
    this.map.show({ name, cells, shift });
  }

  showBars(shares, classes, label) {
    if (!sameValue(this.classes, classes)) this.makeBars(classes);
    const top = topClass(shares);
    this.rows.forEach(({ el, percent, note }, i) => {
      el.style.setProperty("--share", `${shares[i] / 10}%`);
      el.classList.toggle("cnnw-bar-true", i === label);
      el.classList.toggle("cnnw-bar-top", i === top);
      setText(percent, `${percentOf(shares[i])} %`);
      setText(note, i === label ? ", the right class" : "");
    });
  }

  makeBars(classes) {
    this.classes = classes;
    this.rows = classes.map((name) => {
      const [percent, note] = [h("span", {}), h("span", { class: "cnnw-live" })];
      const track = h("span", { class: "cnnw-bar-track", "aria-hidden": "true" }, h("i", {}));
      const title = h("span", { class: "cnnw-bar-name" }, name);
      return {
        el: h("div", { class: "cnnw-bar", role: "listitem" }, title, track, percent, note),
        percent,
        note,
      };
    });
    this.bars.replaceChildren(...this.rows.map(({ el }) => el));
  }
}
