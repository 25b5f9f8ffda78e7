// The picture, drawn large: drag the object in it, or move it with the arrow keys.
import { h, sameValue, setText } from "./shared.js";
import { quietName } from "./marks.js";
import { channelView } from "./colour.js";
import { draggedShift, keyedShift, shiftImage, shiftWords } from "./shiftmath.js";

/** Draw { rows, cols, data } on a canvas, a pixel for a pixel. */
export function paintImage(canvas, image) {
  Object.assign(canvas, { width: image.cols, height: image.rows });
  const colours = channelView(image, "RGB");
  canvas.getContext("2d").putImageData(new ImageData(colours, image.cols, image.rows), 0, 0);
}

export class DraggedPicture {
  /** move(shift): the reader has moved the object. */
  constructor({ move }) {
    this.move = move;
    this.title = h("div", { class: "cnnw-title" });
    this.canvas = h("canvas", {});
    this.box = h(
      "div",
      {
        class: "cnnw-drag",
        tabindex: "0",
        role: "application", // so that a screen reader leaves the arrow keys to the picture
        "aria-roledescription": "picture to move",
        "aria-description": "Arrow keys move the object by one pixel; Home puts it back.",
      },
      this.canvas,
    );
    this.nameBox = quietName(this.box);
    this.el = h("div", { class: "cnnw-figure" }, this.title, this.box);
    this.listen();
  }

  listen() {
    this.box.addEventListener("keydown", (event) => {
      const shift = event.altKey || event.metaKey || event.ctrlKey ? null : keyedShift(this.shift, event.key);
      if (!shift) return;
      this.move(shift);
      event.preventDefault();
    });
    this.box.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.box.setPointerCapture(event.pointerId);
      this.start = { id: event.pointerId, x: event.clientX, y: event.clientY, shift: this.shift };
    });
    this.box.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"])
      this.box.addEventListener(end, () => (this.start = null));
  }

  drag({ pointerId, buttons, clientX, clientY }) {
    if (!(buttons & 1)) this.start = null; // a menu has swallowed the end
    if (this.start?.id !== pointerId) return;
    const pixel = this.canvas.getBoundingClientRect().width / this.image.cols;
    const by = [clientY - this.start.y, clientX - this.start.x];
    const shift = draggedShift(this.start.shift, by, pixel);
    if (!sameValue(shift, this.shift)) this.move(shift);
  }

  /** image: { rows, cols, data }, not shifted; fill: the colour that comes in; name: of its class. */
  show({ image, fill, shift, name }) {
    Object.assign(this, { image, shift });
    const title = `${name}, shift ${shiftWords(shift)}`;
    setText(this.title, title);
    this.nameBox(title);
    paintImage(this.canvas, shiftImage(image, shift, fill));
    this.box.style.setProperty("--rows", image.rows);
    this.box.style.setProperty("--cols", image.cols);
  }
}
