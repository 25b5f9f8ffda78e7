// Leaves the mistakes that hold all typed words, the titles above them included.
(() => {
  const box = document.querySelector(".mistake-filter");
  const field = box.querySelector("input");
  const chapters = [...document.querySelectorAll("section[id^='mistakes-chapter-']")];
  const parts = chapters.flatMap((chapter) => [...chapter.querySelectorAll("section")]);
  const items = parts.flatMap((part) => {
    const titles = part.parentElement.querySelector("h2").textContent + part.querySelector("h3").textContent;
    return [...part.querySelectorAll(".mistakes > li")].map((item) => [item, (titles + item.textContent).toLowerCase()]);
  });
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const [item, text] of items) item.hidden = !words.every((word) => text.includes(word));
    for (const part of [...parts, ...chapters]) {
      part.hidden = words.length > 0 && !part.querySelector(".mistakes > li:not([hidden])");
    }
    const count = items.filter(([item]) => !item.hidden).length;
    box.querySelector("p").textContent = words.length ? `${count} of ${items.length} mistakes` : `${items.length} mistakes`;
  };
  box.hidden = false;
  field.addEventListener("input", show);
  const showTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest("[hidden]")) return; // a link leads to what the words have hidden: show all again
    field.value = "";
    show();
    target.scrollIntoView();
  };
  globalThis.addEventListener("hashchange", showTarget);
  document.addEventListener("click", ({ target }) => {
    if (target.closest("a")?.href === location.href) showTarget(); // the address stays: no hashchange comes
  });
  show();
})();
