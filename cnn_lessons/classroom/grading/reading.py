"""Read a notebook that was handed in, whatever state it is in, and find the exercises in it."""

import ast
import difflib
import io
import re
import tokenize
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

import nbformat

from cnn_lessons.classroom.grading.parsing import Refused, parsed
from cnn_lessons.classroom.grading.reaching import names_of_checks, reaching
from cnn_lessons.classroom.reporting import course
from cnn_lessons.exercises import catalog, names

MOST_LIKENED = 5  # unknown names for which the nearest known one is looked for
MARKER = re.compile(r"^[ \t]*#[ \t]*exercise:[ \t]*(\w+)", re.M)
BY_NAME = "found by its name: no marker"
CHECKED = "found by its check: no marker"
NAMED = re.compile(rf"(?<!\d)({'|'.join(name for name, _ in course.CHAPTERS.values())})[^/]*$", re.IGNORECASE)
CHAPTER = re.compile(r"(?:^|/)(?:[^/]*[_\- ])?(\d\d)[_\- ][A-Za-z][^/]*$")  # "anna_02_convolution (1).ipynb"


@dataclass(frozen=True)
class Place:
    """A cell that answers an exercise.

    Args:
        cell: its number among the code cells, from 0.
        function: the name of what it defines.
        remark: what is odd about it, or "".
    """

    cell: int
    function: str
    remark: str = ""


@dataclass
class Notebook:
    """A notebook that can be run.

    Args:
        cells: the sources of its code cells.
        text: the whole as nbformat 4 text, for nbval.
        saved: how many code cells have saved outputs.
        may_fail: numbers of the cells that are tagged as raising an error.
        uncompared: sentences on exercises whose cells ask nbval not to compare them.
        unrun: numbers of the cells that were saved without having been run: nbval passes them.
        places: of each exercise that is there, the cells that answer it, in order.
        chapters: of these exercises.
        remarks: what is odd about the whole, one line each.
        reaching: what its cells take from inside the checks, one line each.
    """

    cells: list[str]
    text: str
    saved: int
    may_fail: set[int] = field(default_factory=set)
    uncompared: list[str] = field(default_factory=list)
    unrun: set[int] = field(default_factory=set)
    places: dict[str, list[Place]] = field(default_factory=dict)
    chapters: tuple[str, ...] = ()
    remarks: list[str] = field(default_factory=list)
    reaching: list[str] = field(default_factory=list)


def read(content: bytes, file: str) -> Notebook:
    """Return the notebook that these bytes are.

    Args:
        content: of the file.
        file: its path: "02_convolution.ipynb" says which chapter is meant if the cells do not.

    Raises:
        Refused: if they are none that Python can run.
    """
    notebook, old = parsed(content)
    remarks = ["was saved in an old format, and was converted"] if old else []
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not codes:
        raise Refused("holds no code cells: is it the right file?")
    saved = sum(bool(cell.get("outputs")) for cell in codes)
    found = Notebook([cell.source for cell in codes], nbformat.writes(notebook), saved, remarks=remarks)
    found.may_fail = {i for i, cell in enumerate(codes) if "raises-exception" in _tags(cell)}
    found.unrun = {i for i, cell in enumerate(codes) if cell.get("execution_count") is None}
    named = chapter_in_name(file)
    _locate(found, named)
    _keep_own_chapters(found, named)
    for name, places in found.places.items():
        if any(_escapes(codes[place.cell]) for place in places):
            found.uncompared.append(f"the cell of {name} asks not to be compared")
    chapters = {catalog()[name].chapter for name in found.places}
    chapters = chapters or {exercise.chapter for exercise in catalog().values() if exercise.chapter == named}
    if not chapters:
        raise Refused("holds no exercise of the course: is it the right file?")
    found.chapters = tuple(sorted(chapters))
    return found


def chapter_in_name(file: str) -> str:
    """Return the two digits of the chapter that a file is named after; "" if it is named after none."""
    name = file.rsplit("/", 1)[-1]
    named = NAMED.search(name) or CHAPTER.search(name)  # in "03_arithmetic_of_shapes_12_lee.ipynb" 12 is a student's
    return named[1][:2] if named else ""


def _tags(cell) -> list:
    return list(cell.get("metadata", {}).get("tags", []))


def _escapes(cell) -> bool:
    """Return whether a cell asks nbval not to run it or not to compare its output. No exercise of the course does."""
    asked = " ".join([*map(str, _tags(cell)), cell.source]).upper().replace("-", "_")
    return "NBVAL_" in asked or "PYTEST_VALIDATE_" in asked  # both spellings work


# ---- where the exercises are ---------------------------------------------------------------------------------


def _locate(notebook: Notebook, named: str) -> None:
    """Find the cells of each exercise, by marker, check or name of the function, and what reaches into the checks.

    What has no marker counts only for a chapter that markers, or else the file's name (`named`), give: who needs a
    class of an earlier chapter may copy it.
    """
    everywhere = [name for source in notebook.cells for name in _markers(source) if name in catalog()]
    chapters = {catalog()[name].chapter for name in everywhere} or {named} - {""}
    checks = names_of_checks([statement for source in notebook.cells for statement in _body(source)])
    bound = {}  # name → whether the cell that last gave it a value marks it
    for number, source in enumerate(notebook.cells):
        notebook.reaching += [f"{reach:.90} in code cell {number + 1}" for reach in reaching(_body(source), checks)]
        marked, defined = _markers(source), _definitions(source)
        bound |= {name: name in marked for name in (*defined, *_assigned(source))}
        checked = [name for name, given in _given(source).items() if given == name and bound.get(name) is False]
        for name in marked:
            if name not in catalog():
                few = len(notebook.remarks) < MOST_LIKENED
                near = difflib.get_close_matches(name, catalog(), n=1) if few else ()
                advice = f", did it mean {near[0]}?" if near else ""
                notebook.remarks.append(f"code cell {number + 1} marks an unknown exercise, {name!r:.60}{advice}")
        known = [name for name in marked if name in catalog()]
        for name in known:
            notebook.places.setdefault(name, []).append(_marked_place(number, name, known, source))
        for name in dict.fromkeys([*checked, *defined]):
            ours = name in catalog() and (not chapters or catalog()[name].chapter in chapters)
            if ours and name not in known:
                place = Place(number, name, CHECKED if name in checked else BY_NAME)
                notebook.places.setdefault(name, []).append(place)


def _keep_own_chapters(notebook: Notebook, named: str) -> None:
    """Leave out the exercises of another chapter than the file's, `named`, of which only a few were copied into it."""
    there = Counter(catalog()[name].chapter for name in notebook.places)
    if named not in there:
        return
    for chapter in sorted(set(there) - {named}):
        if 2 * there[chapter] < len(names(chapter)):
            copied = [name for name in notebook.places if catalog()[name].chapter == chapter]
            notebook.remarks.append(f"holds {', '.join(copied)} of chapter {chapter}: not counted there")
            for name in copied:
                del notebook.places[name]


def _marked_place(number: int, name: str, known: list[str], source: str) -> Place:
    """Return where the answer to a marked exercise is: what the cell gives to the check, or its only function."""
    defined = _definitions(source)
    others = [other for other in defined if other not in catalog()]
    given = _given(source).get(name, name)
    renamed = given if given != name else None
    if not renamed and name not in [*defined, *_assigned(source)] and len(known) == 1 and len(others) == 1:
        renamed = others[0]
    return Place(number, renamed, f"the function is called {renamed}") if renamed else Place(number, name)


def _given(source: str) -> dict[str, str]:
    """Return by exercise the name of what a cell last gives to its check."""
    found = {}
    for node in (node for statement in _body(source) for node in ast.walk(statement)):
        named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "check"
        if named and len(node.args) == 2:
            exercise, answer = node.args
            if isinstance(exercise, ast.Constant) and isinstance(answer, ast.Name):
                found[exercise.value] = answer.id
    return found


def _assigned(source: str) -> list[str]:
    """Return the names to which a cell assigns at its top."""
    targets = [target for node in _body(source) if isinstance(node, ast.Assign) for target in node.targets]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _markers(source: str) -> list[str]:
    """Return the exercises that comments of a cell mark; a marker inside a string is none."""
    if not MARKER.search(source):
        return []
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        comments = "\n".join(token.string for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError):
        comments = source  # no valid Python: the marker still says which exercise this was to be
    return list(dict.fromkeys(MARKER.findall(comments)))


def _definitions(source: str) -> list[str]:
    """Return the names of the functions and classes that a cell defines at its top, magics left out."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in _body(source) if isinstance(node, kinds)]


@lru_cache(maxsize=1)  # asked several times for one cell; a long one takes a second
def _body(source: str) -> list[ast.stmt]:
    """Return the statements of a cell, magics left out; none if it is no valid Python."""
    plain = re.sub(r"^([ \t]*)[%!].*$", r"\1pass", source, flags=re.M)
    try:
        return ast.parse(plain).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
