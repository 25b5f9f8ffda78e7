// What turns a page that paper.js has made ready into a chapter of an e-book: formulas as MathML, widgets as still
// pictures, links between chapters, and no attribute that only a browser with scripts could use.

const HTML = "http://www.w3.org/1999/xhtml";
const MATHML = "http://www.w3.org/1998/Math/MathML";
const XML = "http://www.w3.org/XML/1998/namespace";
const MOST_LETTERS = 400; // of a widget's alternative text: few listen to more
const LONG_ROW = /^(?=.{75}).*\S {2,}\S/m; // columns with spaces between them, and more than fits on 600 pixels
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

/** A row of a table in words: "healthy: 0.324; 0.177". */
function inWords(row) {
  const [name, ...cells] = [...row.cells].map((cell) => cell.innerText.replace(/\s+/g, " ").trim());
  return [name, cells.filter(Boolean).join("; ")].filter(Boolean).join(": ");
}

/** What a widget shows, in words: what it says of itself, then its tables row by row, as far as there is room. */
function textOfWidget(widget) {
  const said = [...widget.querySelectorAll(".cnnw-sum, .cnnw-outcome, .cnnw-verdict")].map((node) => node.textContent.trim());
  const tables = [...widget.querySelectorAll("table")].filter((table) => table.checkVisibility());
  const rows = tables.flatMap(({ caption, rows }) => [
    caption?.innerText,
    ...[...rows].filter((row) => !row.hidden).map(inWords),
  ]);
  const [kind] = widget.summary.split(":");
  let text = `${kind}.`;
  for (const piece of [...said, ...rows].filter(Boolean)) {
    const longer = `${text} ${piece.replace(/\.?$/, ".")}`;
    if (longer.length > MOST_LETTERS - 2) return `${text} …`;
    text = longer;
  }
  return text;
}

/** Widgets by their still pictures; `names` has the files' names. */
function widgetsAsPictures(widgets, names) {
  widgets.forEach((widget, index) => {
    const [summary] = widget.summary.split(" It is live");
    const picture = make("img", { src: `images/${names[index]}`, alt: textOfWidget(widget) });
    const browsers = make("a", { href: "book:book/setup#on-your-machine" }, "book for browsers");
    const caption = make("figcaption", {}, `${summary} Here it is a picture; in the `, browsers, " it is live.");
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

/** A printed table that is too wide for a page is set smaller, so that its columns stay columns. */
function wideTablesSmall(article) {
  for (const pre of article.querySelectorAll(".cell_output pre"))
    if (LONG_ROW.test(pre.textContent)) pre.className = "wide";
}

/** Only attributes and elements that an e-book knows; every id once; a language as XML says it, too. */
function plainMarkup(article) {
  const seen = new Set();
  for (const node of [article, ...article.querySelectorAll("*")]) {
    if (node.namespaceURI === MATHML) continue;
    const old = node.namespaceURI === HTML ? OLD : []; // a drawing lives by its widths and heights
    for (const { name } of [...node.attributes])
      if (old.includes(name) || name.startsWith("data-")) node.removeAttribute(name);
    if (node.lang) node.setAttributeNS(XML, "xml:lang", node.lang);
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
  wideTablesSmall(article);
  plainMarkup(article);
  return { xhtml: new XMLSerializer().serializeToString(article), pictures };
}
