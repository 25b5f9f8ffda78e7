// A formula wider than the text scrolls, and in Safari no key would reach it: it becomes a stop of the keyboard.
(() => {
  const STOP = { tabindex: "0", role: "group", "aria-label": "Formula, scrolls" };
  const look = (changes) => {
    for (const { target: box } of changes) {
      const scrolls = box.scrollWidth > box.clientWidth;
      for (const [name, value] of Object.entries(STOP)) {
        if (scrolls) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    }
  };
  globalThis.addEventListener("load", async () => {
    await Promise.all([globalThis.MathJax?.startup?.promise, document.fonts.ready]);
    const sizes = new ResizeObserver(look); // it looks at once, and again when the column or the window changes
    for (const box of document.querySelectorAll("mjx-container[display]")) sizes.observe(box);
  });
})();
