"""A chapter as it is handed out: without outputs, with a set-up cell that installs the wheel beside it.

Exercise cells keep their marker `# exercise: name`; by it a handed-in notebook is read again.
"""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import nbformat

from cnn_lessons.classroom.grading.reading import MARKER as ANY_MARKER
from cnn_lessons.classroom.releasing.errors import ClassroomError
from cnn_lessons.exercises import catalog
from cnn_lessons.exercises.catalog import solution_imports, solution_source

MARKER = re.compile(r"# exercise: (\w+)\n")
INSTALL = re.compile(r"%pip install --quiet git\+\S+")
FENCED = re.compile(r"^```.*?^```", re.M | re.S)
SHOWN = re.compile(r'[;,](?: and)? `solution\("\w+"\)` shows one way to do it')
FROM_GIT = "Run this cell first. On Colab it installs the course; elsewhere it finds it."
FROM_WHEEL = (
    "Run this cell first. Where the course is missing, it installs `{wheel}`, which must lie beside this notebook. "
    "On Colab, upload that file first: the folder icon at the left, then *Upload to session storage*."
)


def handout(path: Path, wheel: str, others: set[str], solved: bool) -> bytes:
    """Return the text of a notebook to hand out.

    Args:
        path: the chapter.
        wheel: the file name of the wheel that lies beside the notebook.
        others: the file names of the notebooks that are handed out with it; links to others become plain text.
        solved: True to fill the exercises in.

    Raises:
        ClassroomError: if the file is no chapter as the course has them, or an exercise is not blank.
    """
    notebook = _read(path)
    if not _heading(notebook):
        raise ClassroomError(
            f"release: expected a title in {path.name}, a line that begins with “# ” in a text cell, got none. "
            "Write one, such as “# 02 · Convolution”, or restore the notebook."
        )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            text = _unlinked(_without_badge(cell.source), others)
            cell.source = text if solved else SHOWN.sub("", text)
    _install_from(notebook, wheel, path.name)
    fill = _solved if solved else lambda cell, name, earlier: cell
    _exercises(notebook, path.name, fill)
    return (nbformat.writes(notebook) + "\n").encode("utf-8")


def title(notebook: bytes) -> str:
    """Return the heading of a chapter that `handout` returned, "02 · Convolution"."""
    return _heading(nbformat.reads(notebook.decode("utf-8"), as_version=4))


def _heading(notebook) -> str:
    """Return the first heading "# …" of a notebook, "" if there is none."""
    texts = (FENCED.sub("", cell.source) for cell in notebook.cells if cell.cell_type == "markdown")
    lines = (line for text in texts for line in text.splitlines() if line.startswith("# "))
    return next(lines, "").removeprefix("# ").strip()


def _read(path: Path):
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # a file that is no notebook fails in many ways
        raise ClassroomError(f"release: expected a notebook in {path}, got something else. Restore it.") from error


def _without_badge(source: str) -> str:
    """Return a text without the badge that opens the public chapter, whose set-up brings the solutions."""
    return re.sub(r"\[!\[Open in Colab\]\(\S+\)\]\(\S+\)\n*", "", source)


def _unlinked(source: str, others: set[str]) -> str:
    """Return a text whose links lead to what is handed out; a link to another file of the course becomes its words."""
    link = re.compile(r"\[([^\[\]]*)\]\(((?!https?:)[^()\s]+?\.(?:md|ipynb))(?:#[^()\s]*)?\)")
    return link.sub(lambda found: found[0] if found[2] in others else found[1], source)


def _install_from(notebook, wheel: str, name: str) -> None:
    """Let the set-up cell install the wheel, and the text before it say so."""
    set_up = [number for number, cell in enumerate(notebook.cells) if INSTALL.search(cell.source)]
    if len(set_up) != 1 or notebook.cells[set_up[0]].cell_type != "code":
        raise ClassroomError(
            f"release: expected one set-up cell in {name} that installs the course from git, got {len(set_up)}. "
            "Restore the notebook."
        )
    if set_up[0] == 0 or notebook.cells[set_up[0] - 1].cell_type != "markdown":
        got = f"a {notebook.cells[set_up[0] - 1].cell_type} cell" if set_up[0] else "nothing"
        raise ClassroomError(
            f"release: expected a text cell right before the set-up cell of {name}, which installs the course, "
            f"got {got}. Move it to right below its text, or restore the notebook."
        )
    cell, before = notebook.cells[set_up[0]], notebook.cells[set_up[0] - 1]
    cell.source = INSTALL.sub(f"%pip install --quiet {wheel}", cell.source)
    before.source = f"{before.source.replace(FROM_GIT, '').rstrip()}\n\n{FROM_WHEEL.format(wheel=wheel)}"


def _exercises(notebook, file: str, fill: Callable) -> None:
    """Make sure that every exercise is blank, and let `fill` write it anew, given what the cells before it import."""
    imported: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        marker = MARKER.match(cell.source)
        if not marker and ANY_MARKER.search(cell.source):
            raise ClassroomError(f"{file}: expected a line “# exercise: name” at the very top of {cell.source!r:.60}")
        if marker:
            _refuse_unless_blank(cell.source, marker[1], file)
            cell.source = fill(cell.source, marker[1], imported)
        imported.update(line.strip() for line in cell.source.splitlines())


def _refuse_unless_blank(source: str, name: str, file: str) -> None:
    known = catalog().get(name)
    if known is None:
        raise ClassroomError(
            f"release: expected exercises of the course in {file}, got {name!r}, which has no check. Leave out the "
            f"line “# exercise: {name}” and mark that question by hand, or add it to the package (CONTRIBUTING.md)."
        )
    try:
        blank = ast.unparse(_definition(source, name)) == ast.unparse(_definition(known.blank(), name))
    except SyntaxError:
        blank = False
    if not blank:
        raise ClassroomError(
            f"release: expected the exercise {name} in {file} to be blank, got an answer or another first line. "
            "Restore the notebook, or hand out from a fresh clone."
        )


def _definition(source: str, name: str) -> ast.FunctionDef | ast.ClassDef:
    """Return the function or class of that name in a cell; SyntaxError if there is none."""
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return node
    raise SyntaxError(f"no {name}")


def _solved(source: str, name: str, imported: set[str]) -> str:
    """Return an exercise cell with its solution, and with what the solution imports and the notebook does not."""
    blank, lines = _definition(source, name), source.splitlines()
    needed = [line for line in solution_imports(name) if line not in imported]
    answer = [*needed, *([""] if needed else []), *solution_source(name).splitlines()]
    return "\n".join([*lines[: blank.lineno - 1], *answer, *lines[blank.end_lineno :]])
