"""The scan that proves an edition free of solutions: every line of every answer against all that can be read in it."""

import ast
import functools
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cnn_lessons.classroom.releasing.answers import Answer, answers
from cnn_lessons.classroom.releasing.bytecode import codes_in, row_of
from cnn_lessons.classroom.releasing.shared import SHARED
from cnn_lessons.classroom.releasing.texts import Text, texts
from cnn_lessons.classroom.releasing.tokens import place_in, row, statements


@dataclass(frozen=True)
class Leak:
    """A line of a solution where none may be.

    Args:
        place: the file, with its archive and the notebook's cell.
        line: in that file or cell; None if it has no lines.
        exercise: whose solution it is; "" if the file cannot be read, so that nothing can be said about it.
        text: the line, as the solution has it.
    """

    place: str
    line: int | None
    exercise: str
    text: str

    def __str__(self) -> str:
        where = f"{self.place}, line {self.line}" if self.line else self.place
        if not self.exercise:
            return f"{where} cannot be read, so it may hold a solution. {self.text}"
        return f"{where} holds a line of the solution of {self.exercise}: {self.text}"


def leaks(files: Mapping[str, bytes]) -> Iterator[Leak]:
    """Yield every line of a solution that stands in the files of an edition, and every file that cannot be read.

    Args:
        files: their contents, by name.
    """
    found = (leak for name, content in files.items() for text in texts(name, content) for leak in _leaks_in(text))
    yield from dict.fromkeys(found)  # a line in a string stands in the statement around it, too


def _leaks_in(text: Text) -> Iterator[Leak]:
    if text.content is None:
        yield Leak(text.place, None, "", "An edition is made of text, wheels and what this Python compiles.")
    elif isinstance(text.content, types.CodeType):
        yield from _compiled_leaks_in(text)
    else:
        whole = row(text.content)
        for answer in answers() if len(whole) >= _fewest_tokens() else ():
            place = max(whole.find(known) for known in answer.rows)
            if place >= 0 and not _shared(text.place, answer):
                line = text.lines(text.content.count("\n", 0, place_in(text.content, place)))
                yield Leak(text.place, line, answer.exercise, answer.text)


def _compiled_leaks_in(text: Text) -> Iterator[Leak]:
    for code in codes_in(text.content):
        instructions = row_of(code)
        for answer in answers():
            if answer.compiled and instructions.find(answer.compiled) >= 0 and not _shared(text.place, answer):
                yield Leak(text.place, code.co_firstlineno, answer.exercise, answer.text)


@functools.cache
def _fewest_tokens() -> int:
    return min(len(known) for answer in answers() for known in answer.rows)


def _shared(place: str, answer: Answer) -> bool:
    """Whether the list of shared lines allows this one in the file: its own name is the last in `place`."""
    file = place.rpartition(": ")[2].partition(",")[0]
    source = re.sub(r"(?:__pycache__/)?([^/]+?)(?:\.cpython-\d+)?\.pyc$", r"\1.py", file)
    return answer.text in _allowed(source)


@functools.cache
def _allowed(file: str) -> set[str]:
    """Return the lines that may stand in a file, as they are listed and as this Python spells them."""
    listed = SHARED.get(file, {})
    return {*listed, *("; ".join(map(_spelled, text.split("; "))) for text in listed)}


def _spelled(line: str) -> str:
    head = line.endswith(":")
    return next(text for _, text in statements(ast.parse(f"{line} pass" if head else line).body))
