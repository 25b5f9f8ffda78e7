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
from . import (  # noqa: E402
    chapter_01,  # noqa: F401
    chapter_02,  # noqa: F401
    chapter_03,  # noqa: F401
    chapter_04,  # noqa: F401
    chapter_05,  # noqa: F401
    chapter_06,  # noqa: F401
    chapter_07,  # noqa: F401
    chapter_08,  # noqa: F401
    chapter_09,  # noqa: F401
    chapter_10,  # noqa: F401
    chapter_11,  # noqa: F401
    chapter_12,  # noqa: F401
    further,  # noqa: F401
    shortcuts,  # noqa: F401
)
