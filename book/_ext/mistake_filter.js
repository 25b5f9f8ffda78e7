// Leaves the mistakes that hold all typed words, the titles above them included.
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector(".mistake-filter");
  const field = box.querySelector("input");
  const sections = [...document.querySelectorAll(".mistake-filter ~ section, .mistake-filter ~ section section")];
  const items = [...document.querySelectorAll(".mistake-filter ~ section li")].map((item) => {
    const above = sections.filter((section) => section.contains(item));
    const titles = above.map((section) => section.querySelector("h2, h3").textContent);
    return [item, [...titles, item.textContent].join(" ").toLowerCase().replaceAll("’", "'")];
  });
  // An error may be pasted as it came: its kind, the sizes in brackets and other numbers are not looked for.
  const wordsOf = (typed) => {
    const outside = typed.toLowerCase().replaceAll("’", "'").replace(/[[(][^\])]*[\])]/g, " ");
    const all = outside.split(/\s+/).map((word) => word.replace(/^["'(]+|["').,:;]+$/g, "")).filter(Boolean);
    const told = all.filter((word) => !/^([\d.x]+|\w+error)$/.test(word));
    return told.length ? told : all;
  };
  const show = () => {
    const words = wordsOf(field.value);
    for (const [item, text] of items) item.hidden = !words.every((word) => text.includes(word));
    for (const section of sections) section.hidden = words.length > 0 && !section.querySelector("li:not([hidden])");
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
});
