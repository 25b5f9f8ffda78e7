"""The lines by which a solution is known: what the scan looks for.

A line counts by itself if it has at least LINE tokens, and so does each line of a long statement that is written in
several. Shorter ones, `for i in range(n):` or `return x`, stand in everybody's code and count only in company: every
few short lines in a row that have RUN tokens together. An answer of a single line always counts. The heads of
functions and classes are part of the question: the notebook's blank shows them.

Both numbers were found by trial: lines of 10 or 11 tokens, `for key, value in table.items():`, are all over the course,
while of those with 12 and more a few dozen occur outside the solutions, each for a reason that can be given (`shared`).
What is found is a line, however it is named, wrapped or packed. An answer that was thought anew is another answer.
"""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from cnn_lessons.classroom.releasing.bytecode import rows_by_line
from cnn_lessons.classroom.releasing.edition import PACKAGE
from cnn_lessons.classroom.releasing.tokens import Row, row, statements, without_comments

LINE, RUN = 12, 20
SOLUTIONS = PACKAGE / "exercises" / "solutions"


@dataclass(frozen=True)
class Answer:
    """One line of a solution, or a few short ones in a row.

    Args:
        exercise: whose solution it belongs to.
        text: the lines in their plain spelling, joined by "; ".
        rows: their tokens, as they are written and as they are spelled plainly.
        compiled: their instructions as this Python compiles them; None for a part of a statement.
    """

    exercise: str
    text: str
    rows: tuple[Row, ...]
    compiled: Row | None = None


@functools.cache
def answers() -> tuple[Answer, ...]:
    """Return what the solutions of all chapters are known by."""
    sources = sorted(SOLUTIONS.glob("chapter_*.py"))
    return tuple(answer for source in sources for answer in known_by(source.read_text(encoding="utf-8")))


def known_by(source: str) -> Iterator[Answer]:
    """Yield what each function and class of a module of solutions is known by."""
    compiled = rows_by_line(compile(source, "solutions", "exec"))
    for answer in ast.parse(source).body:
        if not isinstance(answer, (ast.FunctionDef, ast.ClassDef)):
            continue
        lines = [pair for pair in statements(answer.body) if not isinstance(pair[0], (ast.FunctionDef, ast.ClassDef))]
        for group in groups([(node, text, len(row(text))) for node, text in lines]):
            plain = row("\n".join(text for _, text in group))
            written = row("\n".join(_as_written(source, node) for node, _ in group))
            rows = (plain,) if plain.characters == written.characters else (plain, written)
            first, last = group[0][0].lineno, _end_of_head(group[-1][0])
            yield Answer(answer.name, "; ".join(text for _, text in group), rows, compiled(first, last))
        for node, _ in lines:
            yield from _parts(answer.name, _as_written(source, node))


def groups(lines: list[tuple]) -> Iterator[list[tuple]]:
    """Yield the groups of an answer's lines that count, given (node, text, number of tokens) of each line."""
    for begin, (_, _, length) in enumerate(lines):
        end, total = begin + 1, length
        while length < LINE and total < RUN and end < len(lines) and lines[end][2] < LINE:
            total += lines[end][2]
            end += 1
        if length >= LINE or total >= RUN or len(lines) == 1:
            yield [line[:2] for line in lines[begin:end]]


def _parts(exercise: str, written: str) -> Iterator[Answer]:
    """Yield the lines of a statement that is written in several, where they count by themselves."""
    several = [line.strip() for line in written.splitlines()]
    for line in several if len(several) > 1 else ():
        if len(row(line)) >= LINE:
            yield Answer(exercise, line, (row(line),))


def _as_written(source: str, node: ast.stmt) -> str:
    text = "\n".join(source.splitlines()[node.lineno - 1 : _end_of_head(node)])
    return without_comments(text)


def _end_of_head(node: ast.stmt) -> int:
    """Return the last line of a statement, of a compound one the last of its head."""
    return max(node.lineno, node.body[0].lineno - 1) if hasattr(node, "body") else node.end_lineno
