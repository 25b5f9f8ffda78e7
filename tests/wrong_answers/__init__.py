"""Plausible wrong answers, as learners write them: each must be refused with the message that names its mistake."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class WrongAnswer:
    """A wrong answer to an exercise and the words that its message must hold."""

    exercise: str
    says: str
    function: Callable


BANK: list[WrongAnswer] = []


def wrong(exercise: str, says: str) -> Callable:
    """Enter the decorated function into the bank."""

    def enter(function: Callable) -> Callable:
        BANK.append(WrongAnswer(exercise, says, function))
        return function

    return enter


# The chapters enter their answers when they are imported.
from . import chapter_01, chapter_02, chapter_03, chapter_04, chapter_05, chapter_06, chapter_07, chapter_08, chapter_10, chapter_11, further, shortcuts  # noqa: E402, F401
