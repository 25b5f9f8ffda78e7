// Paper is white: while a page is printed it wears the light theme, whichever the reader has.
(() => {
  const { dataset } = document.documentElement;
  let own;
  globalThis.addEventListener("beforeprint", () => {
    own ??= dataset.theme;
    dataset.theme = "light";
  });
  globalThis.addEventListener("afterprint", () => {
    dataset.theme = own ?? dataset.theme;
    own = undefined;
  });
})();
