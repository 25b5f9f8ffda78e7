// Leaves the mistakes that hold all typed words, the titles above them included.
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector(".mistake-filter");
  const field = box.querySelector("input");
  const sections = [...document.querySelectorAll(".mistake-filter ~ section, .mistake-filter ~ section section")];
  const plain = (text) => text.toLowerCase().replaceAll("’", "'");
  const split = (text) => text.split(/\s+/).map((word) => word.replace(/^["'`(]+|["'`).,:;]+$/g, "")).filter(Boolean);
  // An error may be pasted as it came: its kind, what stands in brackets and other numbers are not looked for.
  const wordsOf = (typed) => {
    const told = split(plain(typed).replace(/[[(][^\])]*[\])]/g, " ")).filter(
      (word) => !/^([\d.x]+|[\w.]*(error|warning))$/.test(word),
    );
    return told.length ? told : [plain(typed).trim()].filter(Boolean);
  };
  const items = [...document.querySelectorAll(".mistake-filter ~ section li")].map((item) => {
    const above = sections.filter((section) => section.contains(item));
    const titles = above.map((section) => section.querySelector("h2, h3").textContent);
    const quoted = [...item.textContent.matchAll(/“([^”]+)”/g)].map((found) => wordsOf(found[1]));
    return { item, text: plain([...titles, item.textContent].join(" ")), quoted: quoted.filter((words) => words.length > 2) };
  });
  const show = () => {
    const words = wordsOf(field.value);
    for (const { item, text, quoted } of items) {
      const pasted = quoted.some((message) => message.every((word) => words.includes(word))); // with more around it
      item.hidden = !pasted && !words.every((word) => text.includes(word));
    }
    for (const section of sections) section.hidden = words.length > 0 && !section.querySelector("li:not([hidden])");
    const count = items.filter(({ item }) => !item.hidden).length;
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
