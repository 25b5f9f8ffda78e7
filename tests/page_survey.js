// Questions to a page of the book, asked in a browser by page_survey.py. Each answer is plain data.
globalThis.survey = (() => {
  const visible = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0;
  const sketch = (node) => node.outerHTML.replace(/\s+/g, " ").slice(0, 100);
  const STOPS = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";
  const reachable = (node) => visible(node) && !node.disabled && node.tabIndex >= 0;

  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const opaque = (colour) => channels(colour)[3] === undefined || channels(colour)[3] === 1;
  const paper = (node) => {
    for (let at = node.parentElement; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour.startsWith("rgb") && opaque(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };

  /** What a focus can change about a node, where its mark may be drawn: on itself, around it, on its label. */
  const looks = (node) =>
    [node, node.parentElement, node.parentElement.parentElement, node.nextElementSibling].filter(Boolean).map((part) => {
      const { outlineStyle, outlineWidth, outlineColor, boxShadow, backgroundColor, borderColor } = getComputedStyle(part);
      const outline = outlineStyle === "none" ? "" : `${outlineWidth} ${outlineColor}`;
      return { part, outline, outlineWidth, outlineColor, rest: [boxShadow, backgroundColor, borderColor].join() };
    });
  const marked = (before, after) =>
    after.some((now, i) => {
      if (now.rest !== before[i].rest) return true;
      if (!now.outline || now.outline === before[i].outline || parseFloat(now.outlineWidth) < 2) return false;
      return !now.outlineColor.startsWith("rgb") || contrast(now.outlineColor, paper(now.part)) >= 3;
    });

  const HANGUL = /[\uac00-\ud7a3]/;
  /** The texts in Korean that nothing says are in Korean; what stands in code keeps its letters. */
  const unnamed = () => {
    const [texts, found] = [document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), []];
    while (texts.nextNode()) if (HANGUL.test(texts.currentNode.data)) found.push(texts.currentNode.parentElement);
    return found.filter((node) => visible(node) && !node.closest("[lang=ko], code, pre"));
  };

  const words = (text) => new Set(text.toLowerCase().match(/\p{L}{4,}/gu) ?? []);

  return {
    settled: () => Promise.all([globalThis.MathJax?.startup?.promise, document.fonts.ready]),

    paint: () =>
      new Promise((answer) => {
        new PerformanceObserver((list) => answer(list.getEntries().at(-1).startTime)).observe({
          type: "largest-contentful-paint",
          buffered: true,
        });
      }),

    head: () => ({
      title: document.title.trim(),
      language: document.documentElement.lang,
      mains: document.querySelectorAll("main").length,
      navigations: [...document.querySelectorAll("nav")].map(
        (nav) => nav.ariaLabel || document.getElementById(nav.getAttribute("aria-labelledby"))?.textContent.trim(),
      ),
      windows: [...document.querySelectorAll("dialog")].map((dialog) => dialog.ariaLabel),
      broken: [...document.images].filter((i) => visible(i) && !i.naturalWidth).map(sketch),
      faults: [...document.querySelectorAll("mjx-merror")].map(sketch),
      korean: unnamed().map(sketch),
    }),

    /** The formulas that scroll and are no stop of the keyboard; a script sees to them once the page is drawn. */
    unreached: async () => {
      for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
      const formulas = [...document.querySelectorAll("mjx-container[display]")];
      return formulas.filter((box) => box.scrollWidth > box.clientWidth && box.tabIndex < 0).map(sketch);
    },

    onTop: (node) => {
      const { x, y, width, height } = node.getBoundingClientRect();
      return node.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    },

    /** The headings of the text as a reader meets them: level, words, height on the page. */
    headings: () =>
      [...document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6, [role=heading])")].filter(visible).map((node) => [
        Number(node.ariaLevel ?? node.localName[1]),
        node.textContent.replace("#", "").trim(),
        Math.round(node.getBoundingClientRect().top + scrollY),
      ]),

    /** The pictures of the text that are drawn in another shape than they have. */
    distorted: () =>
      [...document.querySelectorAll("article img")]
        .filter((image) => visible(image) && image.naturalWidth)
        .map((image) => [image, (image.width / image.height) * (image.naturalHeight / image.naturalWidth)])
        .filter(([, ratio]) => Math.abs(ratio - 1) > 0.03)
        .map(([image, ratio]) => `${sketch(image)}: ${ratio.toFixed(2)}`),

    /** The pictures of the text: alternative text, file, the words of the section around it that the text shares. */
    figures: () =>
      [...document.querySelectorAll("article img")].filter(visible).map((image) => {
        const told = [...image.closest("section, article").querySelectorAll("p, li, td, th, h1, h2, h3")];
        const prose = told.filter((part) => !part.closest(".cell_input, pre")); // a cell holds the very alternative text
        const near = words(prose.map((part) => part.textContent).join(" "));
        return [image.alt, image.getAttribute("src"), [...words(image.alt)].filter((word) => near.has(word))];
      }),

    /** Every stop of the keyboard that shows no mark when it has the focus. Ask after a key was pressed. */
    unmarked: () => {
      const stops = [...document.querySelectorAll(STOPS)].filter(reachable);
      const faults = stops.filter((stop) => {
        document.activeElement.blur();
        const before = looks(stop);
        stop.focus({ preventScroll: true });
        return document.activeElement === stop && !marked(before, looks(stop));
      });
      return { stops: stops.length, faults: faults.map(sketch) };
    },

    /** The contrast of a link under the mouse. */
    hovered: () => {
      const link = [...document.querySelectorAll("article a:hover")].at(-1);
      return link ? contrast(getComputedStyle(link).color, paper(link)) : 0;
    },

    moving: () => {
      const long = (times) => times.split(",").some((time) => parseFloat(time) > 0.01);
      const moves = (style) =>
        long(style.transitionDuration) || (style.animationName !== "none" && long(style.animationDuration));
      const nodes = [...document.querySelectorAll("*")].filter((node) =>
        [null, "::before", "::after"].some((part) => {
          const style = getComputedStyle(node, part);
          return moves(style) || (!part && style.scrollBehavior === "smooth");
        }),
      );
      return nodes.map(sketch);
    },

    /** Show what a reader can bring to light: folded answers, menus, the button that leads back to the top. */
    unfold: () => {
      for (const details of document.querySelectorAll("details")) details.open = true;
      for (const menu of document.querySelectorAll(".dropdown-menu")) menu.classList.add("show");
      document.getElementById("pst-back-to-top")?.style.setProperty("display", "block");
    },

    /** The theme makes what scrolls a stop of the keyboard 300 ms after a change: wait for that, but not for ever. */
    stops: async () => {
      const scrolls = (pre) => pre.scrollWidth > pre.clientWidth || pre.scrollHeight > pre.clientHeight;
      const waits = () => [...document.querySelectorAll("pre")].some((pre) => scrolls(pre) && pre.tabIndex < 0);
      const end = performance.now() + 5000;
      while (waits() && performance.now() < end) await new Promise((done) => setTimeout(done, 50));
    },

    /**
     * Take what is there many times out of the page, before axe looks at all there is: of coloured words in listings
     * and of drawn formulas one of each kind stays. (A formula's text for screen readers stays, whatever its kind.)
     */
    thin: () => {
      const papers = new Map();
      const seen = new Set();
      const again = (node, kind) => {
        const place = node.closest("pre, p, li, td, dd, section");
        if (!papers.has(place)) papers.set(place, [getComputedStyle(place).color, paper(node)].join());
        const key = [kind, node.className, papers.get(place)].join();
        return seen.has(key) || !seen.add(key);
      };
      const words = [...document.querySelectorAll(".highlight pre span[class], .sig span[class]")].filter((word) => again(word, "word"));
      const drawn = [...document.querySelectorAll("mjx-container > mjx-math")].filter((math) => again(math, "math"));
      for (const word of words) word.replaceWith(...word.childNodes);
      for (const math of drawn) math.remove();
    },

    axe: async (only) => {
      const options = { resultTypes: ["violations"], preload: false, ...(only && { runOnly: only }) };
      const { violations } = await axe.run(document, options);
      return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html }) => `${id} (${impact}): ${html.slice(0, 160)}`));
    },

    beyond: () => {
      const width = document.documentElement.clientWidth;
      const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1);
      return [document.documentElement.scrollWidth - width, wide.slice(0, 5).map(sketch)];
    },

    /** What the page has loaded, and what lies in it: addresses, and bytes of script, style and pictures. */
    loaded: () => ({
      addresses: performance.getEntriesByType("resource").map(({ name }) => name),
      inline: [...document.querySelectorAll("script:not([src]), style:not(#MJX-CHTML-styles)")]
        .map((part) => new Blob([part.textContent]).size)
        .reduce((sum, size) => sum + size, 0),
      pictures: [...document.images].reduce((sum, { src }) => sum + (src.startsWith("data:") ? src.length * 0.75 : 0), 0),
    }),

    /**
     * The milliseconds from a key or click to the new layout, for each control that steps, and those of the ruler, a
     * piece of work that is always the same: what it takes says how fast the machine is at this moment. The best of some.
     */
    steps: async (tags) => {
      const OTHERS = "select, [type=checkbox], summary, a"; // these show something else; a step goes on in what is shown
      const press = (control) => {
        const key = (name) => control.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
        const tell = (name) => control.dispatchEvent(new Event(name, { bubbles: true }));
        if (control.matches("button, [type=radio]")) return control.click();
        if (!control.matches("input")) return key("ArrowRight"), key("ArrowLeft");
        control.stepUp();
        return tell("input"), tell("change");
      };
      const ruler = document.body.appendChild(document.createElement("div"));
      const measure = () => {
        ruler.innerHTML = "<p><b>1</b> <i>2</i></p>".repeat(500);
      };
      const taken = async (work) => {
        const start = performance.now();
        work();
        await Promise.resolve().then(() => {}); // the widgets draw in a microtask
        document.body.getBoundingClientRect();
        return performance.now() - start;
      };
      const times = [];
      for (const widget of document.querySelectorAll(tags))
        for (const control of widget.querySelectorAll(STOPS)) {
          if (!reachable(control) || control.matches(OTHERS)) continue;
          let [best, unit] = [Infinity, Infinity];
          for (let i = 0; i < 40 && best >= 16; i++) {
            if (i) await new Promise((go) => setTimeout(go, Math.min(10 * i, 100))); // another program may have had the processor
            unit = Math.min(unit, await taken(measure));
            ruler.replaceChildren();
            best = Math.min(best, await taken(() => press(control)));
          }
          times.push([best, unit, `${widget.localName}: ${sketch(control)}`]);
        }
      ruler.remove();
      return times;
    },
  };
})();
