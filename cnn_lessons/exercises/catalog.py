"""All exercises, and the source of their solutions."""

import ast
import difflib
import importlib
import inspect
import pkgutil
import sys
from functools import cache

import cnn_lessons.exercises as package
from cnn_lessons.exercises.exercise import Exercise


class NoSolutions(ValueError):
    """Raised where this edition of the package, the student's, holds no reference answers."""


@cache
def catalog() -> dict[str, Exercise]:
    """Return every exercise by its name, in the order of the chapters.

    Raises:
        ValueError: if two exercises bear one name.
    """
    found: dict[str, Exercise] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name.startswith("chapter_")):
        for exercise in importlib.import_module(f"{package.__name__}.{module}").EXERCISES:
            if exercise.name in found:
                raise ValueError(f"exercises: two bear the name {exercise.name!r}. Rename one.")
            found[exercise.name] = exercise
    return found


def names(chapter: str | int | None = None) -> list[str]:
    """Return the names of all exercises, or of one chapter's ("03" or 3); none if there is no such chapter."""
    wanted = None if chapter is None else str(chapter).zfill(2)
    return [name for name, exercise in catalog().items() if wanted in (None, exercise.chapter)]


def find(name: str) -> Exercise:
    """Return the exercise of that name; ValueError with the nearest names if there is none."""
    if isinstance(name, str) and name in catalog():
        return catalog()[name]
    if callable(name):
        raise ValueError(f"exercise: expected a known name, in quotes and before the answer, got {name!r:.60}.")
    near = difflib.get_close_matches(str(name), catalog(), n=3)
    raise ValueError(
        f"exercise: expected a known name, got {name!r}. "
        + (f"Did you mean {' or '.join(map(repr, near))}?" if near else "names() lists them all.")
    )


def solution_function(name: str):
    """Return the reference answer: the function of that name in the chapter's module of `solutions`.

    Raises:
        NoSolutions: if this is the student's edition, which has none.
    """
    module = f"{package.__name__}.solutions.chapter_{find(name).chapter}"
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith(f"{package.__name__}.solutions"):
            raise NoSolutions("This edition holds no solutions; ask your instructor.") from error
        raise


def solution_source(name: str) -> str:
    """Return the text of the reference answer to the exercise `name`."""
    return inspect.getsource(solution_function(name)).rstrip()


def solution_imports(name: str) -> list[str]:
    """Return the import statements of the chapter's solutions that the answer to `name` uses."""
    module = sys.modules[solution_function(name).__module__]
    used = {node.id for node in ast.walk(ast.parse(solution_source(name))) if isinstance(node, ast.Name)}
    statements = ast.parse(inspect.getsource(module)).body
    return [
        ast.unparse(node)
        for node in statements
        if isinstance(node, ast.Import | ast.ImportFrom)
        and used & {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    ]


def solution_text(name: str) -> str:
    """Return the reference answer to `name` as it can be pasted into its chapter, which has PyTorch's names already."""
    own = [line for line in solution_imports(name) if "torch" not in line]
    return "\n".join([*own, *([""] if own else []), solution_source(name)])
