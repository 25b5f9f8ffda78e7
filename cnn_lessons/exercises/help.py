"""Hints, one at a time, and the solution."""

import html
from collections import Counter

from cnn_lessons.exercises.catalog import NoSolutions, find, solution_function, solution_text

_given: Counter[str] = Counter()


class Note(str):
    """A text that a notebook shows as it is written, without quotes."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap;background:none;color:inherit;border:0">{html.escape(self)}</pre>'


def hint(name: str) -> Note:
    """Give the next of the exercise's three hints; after the last one, say so.

    Args:
        name: of the exercise; `names()` lists them.

    Returns:
        The hint, a text that a notebook shows without quotes.

    Raises:
        ValueError: if there is no exercise of that name.
    """
    hints = find(name).hints
    number = _given[name]
    if number == len(hints):
        return Note(f"That was the last hint. {_way_on(name)}")
    _given[name] += 1
    return Note(f"Hint {number + 1} of {len(hints)}: {hints[number]}")


def solution(name: str) -> Note:
    """Show the reference answer. Try the hints first: an answer that you found stays with you.

    In the student's edition of a class there is none to show; the text then says whom to ask.

    Args:
        name: of the exercise; `names()` lists them.

    Returns:
        The answer's source, a text that a notebook shows without quotes.

    Raises:
        ValueError: if there is no exercise of that name.
    """
    try:
        return Note(solution_text(name))
    except NoSolutions as none_here:
        return Note(str(none_here))


def _way_on(name: str) -> str:
    try:
        solution_function(name)
    except NoSolutions as none_here:
        return str(none_here)
    return f'solution("{name}") shows one way to do it.'
