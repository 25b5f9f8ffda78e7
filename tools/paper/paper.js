// What turns a page of the built book into a page on paper or in an e-book: no site around the text, the answers
// of recall questions at the end of the chapter, widgets in a telling state, links that know their chapter.
// tools/editions.py puts this into the page and calls prepare().

/** The part of the page that is the book, alone in the body: a widget that moves draws itself anew. */
function articleAlone() {
  const article = document.querySelector("article.bd-article");
  document.body.removeAttribute("class");
  document.body.replaceChildren(article);
  return article;
}

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Remove what only serves a reader at a screen with a network. */
function withoutSite(article) {
  const site = ".headerlink, .viewcode-link, .take-along, .screen, .mistake-filter, script, .cell_input button";
  for (const node of article.querySelectorAll(site)) node.remove();
  for (const badge of article.querySelectorAll(".colab-link")) badge.closest("p").remove();
}

/** A picture's text for those who cannot see it says what the reader of the code is still to predict. */
function alternativesHidden(article) {
  for (const name of article.querySelectorAll(".cell_input .n")) {
    const equals = name.nextSibling;
    if (name.textContent !== "alt" || equals?.textContent !== "=") continue;
    let [depth, end] = [0, -1];
    const closes = (mark) => {
      if (!depth && ",)".includes(mark)) return true;
      depth += "([{".includes(mark) - ")]}".includes(mark);
      return false;
    };
    while (equals.nextSibling && end < 0) {
      const token = equals.nextSibling;
      const marks = /\b(p|si)\b/.test(token.className ?? "") ? [...token.textContent] : [];
      end = marks.findIndex(closes);
      if (end < 0) token.remove();
      else token.textContent = marks.slice(end).join(""); // "))" is one token: what closes the call stays
    }
    equals.after(make("span", { class: "s2" }, '"…"'));
  }
}

/** Questions stay where they are, numbered; their answers go to a section of their own at the end. */
function answersApart(article) {
  const folded = [...article.querySelectorAll("details")].filter((node) => !node.closest(".answers, .cnnw"));
  const asked = folded.filter((node) => node.closest("#recall"));
  if (!asked.length) return;
  const [questions, answers] = [make("ol", { class: "questions" }), make("ol")];
  asked[0].before(questions);
  asked.forEach((node, index) => {
    const summary = node.querySelector("summary");
    summary.remove();
    const number = index + 1;
    questions.append(make("li", { id: `question-${number}` }, ...summary.childNodes));
    answers.append(make("li", { id: `answer-${number}` }, ...node.childNodes));
    node.remove();
  });
  const note = make("p", { class: "where-answers" }, "The ", make("a", { href: "#answers" }, "answers"));
  note.append(" are at the end of the chapter.");
  questions.after(note);
  const section = make("section", { id: "answers", class: "recall-answers" });
  section.append(make("h2", {}, "Answers"), answers);
  for (const lab of folded.filter((node) => !asked.includes(node))) {
    lab.querySelector("summary").remove();
    section.append(make("p", {}, make("b", {}, "Find the bug:")), ...lab.childNodes);
    lab.replaceWith(note.cloneNode(true));
  }
  article.querySelector("section").append(section);
}

/** Under an exercise of a chapter, where its hints and its solution are; on the solutions' page, all unfolded. */
function solutionsNamed(article) {
  for (const box of article.querySelectorAll(".answers")) {
    const shown = box.parentElement.id.startsWith("solution-");
    if (!shown) {
      const name = box.previousElementSibling.textContent.match(/# exercise: (\w+)/)[1];
      const target = `solutions.html#solution-${name.replaceAll("_", "-")}`;
      const link = make("a", { href: new URL(`../book/${target}`, document.baseURI).href }, "Solutions");
      const where = make("p", { class: "where-answers" }, "Hints and a solution: under “", link, "” · ");
      where.append(make("code", {}, name), ", in the part “Around the chapters”.");
      box.replaceWith(where);
      continue;
    }
    for (const folded of [...box.querySelectorAll("details")]) {
      const title = make("p", { class: "answer-title" }, folded.querySelector("summary").textContent);
      folded.querySelector("summary").remove();
      folded.replaceWith(make("div", { class: "answer" }, title, ...folded.childNodes));
    }
  }
}

/** Links inside the book become `book:page#place`; links to pages that this edition lacks become plain text. */
function linksOfEdition(article, own, pages) {
  const root = new URL(document.baseURI).href.slice(0, -`${own}.html`.length);
  for (const link of article.querySelectorAll("a[href]")) {
    const address = new URL(link.getAttribute("href"), document.baseURI).href; // a link in a drawing has no plain .href
    if (!address.startsWith(root)) continue;
    const [path, place = ""] = address.slice(root.length).split("#");
    const page = path.replace(/\.html$/, "");
    if (pages.includes(page)) link.setAttribute("href", `book:${page}${place && `#${place}`}`);
    else link.replaceWith(...link.childNodes);
  }
}

/** A section's place is its heading: the section itself may begin at the foot of the page before. */
function placesOnHeadings(article) {
  for (const section of article.querySelectorAll("section[id]")) {
    const heading = section.querySelector(":scope > :is(h1, h2, h3, h4)");
    if (!heading || heading.id) continue;
    heading.id = section.id;
    section.removeAttribute("id");
  }
}

/** Titles with their places, for bookmarks and tables of contents: [{ level, title, place }]. */
function outline(article) {
  return [...article.querySelectorAll("h1, h2, h3")].map((heading) => ({
    level: Number(heading.localName[1]),
    title: heading.textContent.trim(),
    place: heading.id,
  }));
}

/** What is short stays on one page: a paragraph of three lines, a few lines of code with what they print. */
function shortTogether(article) {
  const lines = (node) => [...node.querySelectorAll("pre")].reduce((sum, pre) => sum + pre.textContent.split("\n").length, 0);
  const short = {
    p: (node) => node.textContent.length < 330,
    ".highlight": (node) => lines(node) < 9,
    ".cell": (node) => !node.querySelector("img, .cnnw") && lines(node) < 12,
    table: (node) => node.rows.length < 14,
  };
  for (const [selector, isShort] of Object.entries(short))
    for (const node of article.querySelectorAll(selector)) node.classList.toggle("short", isShort(node));
}

/** The browser writes down where an element lies in the PDF only if a link of the same page leads to it. */
function placesKept(article) {
  const ids = [...article.querySelectorAll("[id]")].filter((node) => !node.closest("svg, mjx-container, .cnnw"));
  const links = ids.map(({ id }) => make("a", { href: `#${encodeURIComponent(id)}` }));
  document.body.append(make("div", { style: "display: none" }, ...links));
}

async function prepare(own, pages) {
  document.documentElement.dataset.theme = "light";
  await window.MathJax?.startup?.promise;
  const article = articleAlone();
  withoutSite(article);
  alternativesHidden(article);
  solutionsNamed(article);
  answersApart(article);
  linksOfEdition(article, own, pages);
  shortTogether(article);
  placesOnHeadings(article);
  window.dispatchEvent(new Event("beforeprint")); // widgets show what they are about
  for (const image of article.querySelectorAll("img")) image.loading = "eager";
  await document.fonts.ready;
  await Promise.all([...article.querySelectorAll("img")].map((image) => image.decode()));
  placesKept(article);
  return outline(article);
}
