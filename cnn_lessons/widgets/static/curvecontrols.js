// What the curve reader can be told: which curves, how far, how smooth, on which scale.
import { h, setText } from "./shared.js";
import { checkbox, segmented } from "./controls.js";
import { PARTS, QUANTITIES } from "./curvedata.js";

const SMOOTHING = { min: 0, max: 0.95, step: 0.05 };

/** A slider. pick(value) while it moves. show(value, text). */
function dial({ label, min, max, step, pick }) {
  const words = h("span", { class: "cnnw-label" });
  const oninput = () => pick(Number(input.value));
  const input = h("input", { type: "range", min, max, step, "aria-label": label, oninput });
  const el = h("label", { class: "cnnw-control cnnw-dial" }, words, input);
  const show = (value, text) => {
    setText(words, `${label}: ${text}`);
    input.setAttribute("aria-valuetext", text);
    if (Number(input.value) !== value) input.value = value;
  };
  return { el, show };
}

export class CurveControls {
  /** pick(changes): traits to write. A screen reader is told by the control itself. */
  constructor({ pick }) {
    const choice = (label, name, values) =>
      segmented({
        label,
        options: values.map((value) => [value, value]),
        pick: (value) => pick({ [name]: value }),
      });
    const spans = [
      ["all", "all"],
      ["own", "as far as yours"],
    ];
    this.quantity = choice("Show", "quantity", [...QUANTITIES, "both"]);
    this.part = choice("Of", "part", [...PARTS, "both"]);
    this.span = segmented({
      label: "Epochs",
      options: spans,
      pick: (span) => pick({ span }),
    });
    this.smoothing = dial({
      label: "Smoothing",
      ...SMOOTHING,
      pick: (smoothing) => pick({ smoothing }),
    });
    this.log = checkbox({
      label: "Log scale for the loss",
      pick: (on) => pick({ log_scale: on }),
    });
    const controls = [this.quantity, this.part, this.span, this.smoothing, this.log];
    this.el = h("div", { class: "cnnw-panel cnnw-dials" }, ...controls.map(({ el }) => el));
  }

  /** mixed: whether own runs and recorded ones are shown together; smooths: whether a curve is there to be smoothed. */
  show({ quantity, part, span, smoothing, log_scale: log }, { mixed, smooths }) {
    this.quantity.show(quantity);
    this.part.show(part);
    this.span.show(span);
    this.smoothing.show(smoothing, smoothing ? smoothing.toFixed(2) : "off");
    this.log.show(log);
    this.span.el.hidden = !mixed;
    this.log.el.hidden = quantity === "accuracy";
    this.smoothing.el.hidden = !smooths;
  }
}
