"""What a chapter must look like. Each rule takes a notebook and yields what is wrong with it, one sentence each."""

import copy
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from address import Address
from machine import ROOT
from nbformat import NotebookNode
from notebook import WIDGET_STATE, tidied

from cnn_lessons.exercises import catalog, names

SECTIONS = ("At the end of this chapter", "Set-up")  # … then the chapter's own sections, then:
CLOSING = ("What you measured", "Summary", "Exercises", "Find the bug", "Recall", "From the package", "What's next")
SET_UP = """try:
    import cnn_lessons
except ModuleNotFoundError:
    %pip install --quiet git+{address}
from cnn_lessons.budget import start; budget = start("""
MEMBERS = r"automodule:: ([\w.]+)\n +:members:([\w, ]*)\n"
LONGEST_CELL, MEDIAN_CELL, MOST_WORDS, MOST_BYTES = 20, 5, 3000, 1_000_000


def problems(notebook: NotebookNode, path: Path, address: Address) -> list[str]:
    """Return everything that is wrong with a chapter, sorted by rule."""
    chapter = path.name[:2]
    return [
        *outputs(notebook),
        *pictures(notebook),
        *cell_lengths(notebook),
        *sections(notebook),
        *opening(notebook, path, address),
        *exercises(notebook, chapter),
        *recall(notebook),
        *package_links(notebook),
        *weight(notebook, path),
    ]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def markdown(notebook: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def outputs(notebook: NotebookNode) -> Iterator[str]:
    cells = code_cells(notebook)
    if not any(cell.outputs for cell in cells):
        yield "no stored outputs: nbval would pass it unseen. Run: python tools/notebook.py run"
    for cell in cells:
        if cell.execution_count is None:
            yield f"cell {cell.id}: never run"
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                yield f"cell {cell.id}: stores the error {output.ename}"
            if output.get("name") == "stderr":
                yield f"cell {cell.id}: stores a warning"
            if WIDGET_STATE in output.get("data", {}):
                yield f"cell {cell.id}: stores the state of a widget. Run: python tools/notebook.py tidy"
        if [output.get("name") for output in cell.outputs].count("stdout") > 1:
            yield f"cell {cell.id}: what it prints is stored in pieces. Run: python tools/notebook.py run"
    if tidied(copy.deepcopy(notebook)) != notebook:
        yield "not tidy. Run: python tools/notebook.py tidy"


def pictures(notebook: NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if (
                "image/png" in output.get("data", {})
                and not output.metadata.get("image/png", {}).get("alt", "").strip()
            ):
                yield f"cell {cell.id}: a picture without alt text"
    for alt in re.findall(r"!\[(.*?)\]\(", markdown(notebook)):
        if not alt.strip():
            yield "a picture in the text without alt text"
    for tag in re.findall(r"<img\b[^>]*>", markdown(notebook)):
        if not re.search(r'alt="[^"]+"', tag):
            yield f"a picture in the text without alt text: {tag}"


def cell_lengths(notebook: NotebookNode) -> Iterator[str]:
    lengths = {cell.id: len(cell.source.splitlines()) for cell in code_cells(notebook)}
    for name, length in lengths.items():
        if length > LONGEST_CELL:
            yield f"cell {name}: {length} lines, at most {LONGEST_CELL}"
    if lengths and statistics.median(lengths.values()) > MEDIAN_CELL:
        yield f"median code cell of {statistics.median(lengths.values())} lines, at most {MEDIAN_CELL}"


def sections(notebook: NotebookNode) -> Iterator[str]:
    found = re.findall(r"^## (.+)$", markdown(notebook), re.M)
    if tuple(found[: len(SECTIONS)]) != SECTIONS or tuple(found[-len(CLOSING) :]) != CLOSING:
        yield f"expected the sections {SECTIONS} … {CLOSING}, got {found}"
    words = len(re.findall(r"\w+", re.sub(r"<[^>]+>|\(\S+\)", " ", markdown(notebook))))
    if words > MOST_WORDS:
        yield f"{words} words, at most {MOST_WORDS}"
    previous = None
    for cell in notebook.cells:
        if (
            cell.cell_type == previous == "code"
            and "imports" not in cell.source
            and not cell.source.startswith(("import", "from"))
        ):
            yield f"cell {cell.id}: no sentence before it"
        previous = cell.cell_type


def opening(notebook: NotebookNode, path: Path, address: Address) -> Iterator[str]:
    colab = address.colab(path.name)
    if f"]({colab})" not in notebook.cells[0].source:
        yield f"no Colab badge that opens {colab}"
    if not code_cells(notebook)[0].source.startswith(SET_UP.format(address=address.url)):
        yield f"the first code cell is not the set-up cell for {address.url}"
    if notebook.metadata.get("accelerator") != "GPU":
        yield "no GPU preset in the metadata. Run: python tools/notebook.py tidy"


def exercises(notebook: NotebookNode, chapter: str) -> Iterator[str]:
    here = []
    for cell in code_cells(notebook):
        found = re.match(r"# exercise: (\w+)\n", cell.source)
        if not found:
            continue
        name = found[1]
        here.append(name)
        if name not in catalog():
            yield f"exercise {name}: the package has none of that name"
            continue
        wanted = f'# exercise: {name}\n{catalog()[name].blank()}\n\ncheck("{name}", {name})'
        if re.sub(r"\(\s+", "(", re.sub(r",\s+", ", ", cell.source)) != re.sub(r",\s+", ", ", wanted):
            yield f"exercise {name}: expected the cell\n{wanted}\ngot\n{cell.source}"
        if "not attempted" not in str(cell.outputs):
            yield f"exercise {name}: its stored output is not the verdict on a blank"
    if sorted(here) != sorted(names(chapter)):
        yield f"expected the exercises {names(chapter)}, got {here}"
    if len(here) < 4:
        yield f"expected three exercises and a bug lab at least, got {here}"


def recall(notebook: NotebookNode) -> Iterator[str]:
    text = markdown(notebook).partition("## Recall")[2].partition("\n## ")[0]
    questions = re.findall(r"<details>\s*<summary>.+?\?</summary>\s*\n\n.+?\n\n</details>", text, re.S)
    if len(questions) != 5:
        yield f"expected five recall questions with folded answers, got {len(questions)}"


def package_links(notebook: NotebookNode) -> Iterator[str]:
    text = markdown(notebook).partition("## From the package")[2]
    page = api_page()
    documented = {name for members in page.values() for name in members}
    for module, line in re.findall(
        r"^from (cnn_lessons[\w.]*) import (.+)$", "\n".join(c.source for c in code_cells(notebook)), re.M
    ):
        for name in re.findall(r"\w+", re.sub(r"[();].*| as \w+", "", line)):
            if name != "start" and not re.search(rf"\b{name}\b", text):
                yield f"{name} is imported but not linked under 'From the package'"
            if name not in documented and f"{module}.{name}" not in page and page.get(module) != []:
                yield f"{name} is imported but not on the API page: add it to book/api.md"
    if "../book/api.md" not in text:
        yield "no link to the API page"


def api_page() -> dict[str, list[str]]:
    """The modules of the API page, each with the names that it lists: none where it shows every member."""
    text = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    page = {module: re.findall(r"\w+", listed) for module, listed in re.findall(MEMBERS, text)}
    return page | {"": re.findall(r"autodata:: cnn_lessons[\w.]*\.(\w+)", text)}


def weight(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if path.exists() and path.stat().st_size > MOST_BYTES:
        yield f"{path.stat().st_size:,} bytes, at most {MOST_BYTES:,}"
