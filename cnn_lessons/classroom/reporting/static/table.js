// Sorts the class's table by the buttons in its heads, and keeps the rows whose name holds what is looked for.
const table = document.querySelector("table.class");
const body = table.tBodies[0];
const heads = [...table.tHead.rows[0].cells];
const letters = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const said = document.querySelector("#said");

const valueOf = (row, column) => row.cells[column].dataset.value;

function compare(first, second, numeric) {
  if (!numeric) return letters.compare(first, second);
  return Number(first) - Number(second);
}

function sortBy(column) {
  const head = heads[column];
  const numeric = head.dataset.kind === "number";
  const way = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  const sign = way === "ascending" ? 1 : -1;
  for (const other of heads) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", way);
  // What has no value stands last, whichever way: nothing handed in is neither little nor much.
  const rows = [...body.rows].map((row) => ({ row, value: valueOf(row, column) }));
  rows.sort((one, two) => (one.value === "") - (two.value === "") || sign * compare(one.value, two.value, numeric));
  body.append(...rows.map(({ row }) => row));
}

function find(wanted) {
  const plain = (text) => text.normalize("NFKC").toLocaleLowerCase();
  let shown = 0;
  for (const row of body.rows) {
    row.hidden = !plain(row.cells[0].textContent).includes(plain(wanted.trim()));
    shown += !row.hidden;
  }
  said.textContent = wanted.trim() ? `${shown} of ${body.rows.length} shown` : "";
}

heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => sortBy(column)));
const field = document.querySelector("#find");
field.addEventListener("input", () => find(field.value));
document.querySelector(".find").hidden = false;
if (field.value) find(field.value); // a browser fills the field again when it goes back to the page
