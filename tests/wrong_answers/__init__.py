"""Plausible wrong answers, written as learners write them: each must be refused with the message that names its misconception."""

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


from . import chapter_01  # noqa: E402, F401
from . import chapter_02  # noqa: E402, F401
from . import chapter_03  # noqa: E402, F401  (the chapters enter their answers when imported)
from . import chapter_04  # noqa: E402, F401
