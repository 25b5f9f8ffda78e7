// What turns a page that paper.js has made ready into a chapter of an e-book: formulas as MathML, widgets as still
// pictures, links between chapters, and no attribute that only a browser with scripts could use.

const MATHML = "http://www.w3.org/1998/Math/MathML";
const OLD = ["border", "align", "valign", "width", "height", "target", "loading", "contenteditable", "tabindex", "summary"];

/** Every formula as MathML, with its TeX as the text for those who cannot show it. */
function formulasAsMathML() {
  for (const item of window.MathJax?.startup?.document?.math ?? []) {
    if (!item.typesetRoot?.isConnected) continue;
    const text = window.MathJax.startup.toMML(item.root);
    const math = new DOMParser().parseFromString(text, "text/xml").documentElement;
    for (const node of [math, ...math.querySelectorAll("*")])
      for (const { name } of [...node.attributes])
        if (name.startsWith("data-") || name === "class") node.removeAttribute(name);
    math.setAttribute("alttext", item.math.trim());
    item.typesetRoot.replaceWith(document.importNode(math, true));
  }
}

/** Widgets by their still pictures; `names` has the files' names. What a widget says of itself is the text. */
function widgetsAsPictures(widgets, names) {
  widgets.forEach((widget, index) => {
    const [summary] = widget.summary.split(" It is live");
    const words = [...widget.querySelectorAll(".cnnw-sum, .cnnw-outcome")].map((node) => node.textContent.trim());
    const picture = make("img", { src: `images/${names[index]}`, alt: [summary, ...words].filter(Boolean).join(" ") });
    const caption = make("figcaption", {}, `${summary} Here it is a picture; in the book for browsers it is live.`);
    widget.replaceWith(make("figure", { class: "widget" }, picture, caption));
  });
}

/** Pictures of the book by name; returns the addresses of their files. */
function picturesOfBook(article) {
  const sources = [];
  for (const image of article.querySelectorAll("img:not(.widget img)")) {
    const { src, alt } = image;
    sources.push(src);
    for (const { name } of [...image.attributes]) image.removeAttribute(name);
    image.setAttribute("alt", alt);
    image.setAttribute("src", `images/${src.split("/").pop()}`);
  }
  return sources;
}

/** Only attributes and elements that an e-book knows; every id once. */
function plainMarkup(article) {
  const seen = new Set();
  for (const node of [article, ...article.querySelectorAll("*")]) {
    if (node.namespaceURI === MATHML) continue;
    for (const { name } of [...node.attributes])
      if (OLD.includes(name) || name.startsWith("data-")) node.removeAttribute(name);
    if (node.id && (seen.has(node.id) || !node.id.trim())) node.removeAttribute("id");
    seen.add(node.id);
  }
  for (const node of article.querySelectorAll("style, script, button, i:empty, link")) node.remove();
}

/** Links between chapters: `files` has the file of every page. */
function linksOfReader(article, own, files) {
  for (const link of article.querySelectorAll("a[href^='book:']")) {
    const [page, place] = decodeURIComponent(link.getAttribute("href").slice("book:".length)).split("#");
    link.setAttribute("href", `${page === own ? "" : files[page]}${place ? `#${place}` : ""}` || files[page]);
  }
}

/** The chapter as XHTML, and the addresses of the pictures that it shows. */
function chapter(own, files, names, widgets) {
  const article = document.querySelector("article.bd-article");
  formulasAsMathML();
  widgetsAsPictures(widgets, names);
  const pictures = picturesOfBook(article);
  linksOfReader(article, own, files);
  plainMarkup(article);
  return { xhtml: new XMLSerializer().serializeToString(article), pictures };
}
