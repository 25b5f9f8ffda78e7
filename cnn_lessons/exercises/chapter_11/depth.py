"""The exercise on depth: N blocks a group, and a refusal that helps."""

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from cnn_lessons.exercises.compare import Compared, difference
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first


class Answer(Compared):
    """What came back: a value, or a refusal with the text of its ValueError."""

    def __init__(self, value: Any = None, refusal: str | None = None):
        self.value, self.refusal = value, refusal
        joined = re.sub(r"(?<=\d),(?=\d{3}\b)", "", refusal or "")  # 1,192
        self.numbers = set(re.findall(r"\d+", f"{refusal} {joined}"))

    def parts(self) -> tuple:
        """Return the value and the refusal."""
        return self.value, self.refusal

    def differs(self, got: Any) -> str | None:
        """Return None if `got` is the same number, or a refusal that names all that this one names."""
        if self.refusal is None:
            return difference(self.value, got.value) if got.refusal is None else f"expected {self.value}, got {got}"
        named = " and ".join(sorted(self.numbers, key=int))
        if got.refusal is None:
            return f"no Wide ResNet is that deep. Expected a ValueError that names {named}, got {got}"
        return None if self.numbers <= got.numbers else f"expected a ValueError that names {named}, got {got}"

    def __str__(self) -> str:
        return f"the result {self.value!r}" if self.refusal is None else f"ValueError: {self.refusal}"


class DepthCase(Case):
    """A call that may be refused by ValueError; anything else that is raised passes through."""

    def call(self, function: Callable) -> Answer:
        """Return what came back."""
        try:
            return Answer(function(*self.args))
        except ValueError as error:
            return Answer(refusal=str(error))

    def copy(self, requires_grad: bool = False) -> "DepthCase":
        """Return the same call."""
        return DepthCase(*self.args)


def _blocks(depth: int) -> int:
    """Find N by counting layers: a stem, three shortcuts, two convolutions a block in three groups."""
    known = {1 + 3 + 3 * 2 * count: count for count in range(1, depth + 2)}
    if depth in known:
        return known[depth]
    below = [allowed for allowed in known if allowed < depth]
    raise ValueError(*((below[-1], below[-1] + 6) if below else (10, 16)))


def _changed(number: Callable = lambda depth: (depth - 4) // 6, names: Callable | None = None, least: int = 10):
    """Return an answer with another formula, other depths in its refusal, another smallest depth."""

    def blocks(depth):
        if depth >= least and (depth - 4) % 6 == 0:
            return number(depth)
        if names is None:
            _blocks(depth)
        raise ValueError(*(names(depth) if names else ()))

    return blocks


def _cases(random: Random) -> Iterator[Case]:
    for depth in (28, 10, 40, 30, 16, 20, 27, 4, 7, 9, 1):
        yield DepthCase(depth)
    while True:
        yield DepthCase(6 * random.randint(1, 200) + 4)
        yield DepthCase(6 * random.randint(2, 200) + random.choice((5, 6, 7, 8, 9)))


def _of_chapter_09(depth: int) -> int:
    if (depth - 2) % 6:
        raise ValueError  # with any text
    return (depth - 2) // 6


def _is_raised_on_purpose(error: BaseException | None) -> bool:
    by_accident = any(
        words in str(error) for words in ("concatenate", "unsupported operand", "must be str", "expected str")
    )
    return isinstance(error, Exception) and not isinstance(error, (NameError, AttributeError)) and not by_accident


def _named(outcome: Outcome) -> list[bool] | None:
    """Return, for each number that a refusal names besides `depth` and those in a formula, whether it is 6N + 4."""
    depth = outcome.case.args[0]
    if not isinstance(outcome.got, Answer) or outcome.got.refusal is None or (depth >= 10 and depth % 6 == 4):
        return None
    text = re.sub(r"6\s*[·*×]?\s*[nN]\s*\+\s*4", "", outcome.got.refusal)
    return [number % 6 == 4 for number in set(map(int, re.findall(r"\d+", text))) - {depth}]


def _names_none(outcome: Outcome) -> bool:
    named = _named(outcome)
    return named is not None and not any(named)


def _is(kind: type) -> Callable[[Outcome], bool]:
    return lambda outcome: isinstance(outcome.error, kind)


def _value(test: Callable[[Any], bool]) -> Callable[[Outcome], bool]:
    return lambda outcome: isinstance(outcome.got, Answer) and outcome.got.refusal is None and test(outcome.got.value)


BLOCKS_PER_GROUP = Exercise(
    name="blocks_per_group",
    chapter="11",
    title="N from depth",
    parameters="depth",
    statement=(
        "Return N, the number of blocks in each of the three groups of a Wide ResNet of this `depth`, an integer. If "
        "no such network is that deep, raise a ValueError whose message names the two nearest depths that exist, "
        "one below and one above. The smallest is 10, so for less than 10 name 10 and 16."
    ),
    hints=(
        "Which layers does the depth count, and how many of them are there for N = 1? How many more for each further "
        "N?",
        "depth = 6N + 4. Solve it for N with whole numbers, //. The remainder, %, says whether a depth is one of them.",
        "`count, rest = divmod(depth - 4, 6)`. If `rest` is not 0 or `count` is less than 1, raise. The depth below "
        "is `6 * count + 4`, the one above is 6 more; below 10 it is `max(1, count)` that you start from.",
    ),
    cases=first(30, _cases),
    expected=_blocks,
    mistakes=(
        Mistake(
            "You check with `assert`, which is for yourself, not for a user: `python -O` removes every assert. Test "
            "with `if` and raise ValueError.",
            when=_is(AssertionError),
        ),
        Mistake(
            "You raise another kind of error. A value that does not fit is a ValueError.",
            when=lambda outcome: outcome.case.args[0] % 6 != 4 and _is_raised_on_purpose(outcome.error),
        ),
        Mistake(
            "You return text where an error was asked for. The caller goes on with a text instead of a number: raise.",
            when=_value(lambda value: isinstance(value, str)),
        ),
        Mistake(
            "For a depth that does not exist you return None. The caller only notices later, somewhere else: raise.",
            when=lambda outcome: (
                outcome.case.args[0] % 6 != 4
                and isinstance(outcome.got, Answer)
                and outcome.got.value is None
                and outcome.got.refusal is None
            ),
        ),
        Mistake("N is a whole number: divide with //.", when=_value(lambda value: isinstance(value, float))),
        Mistake(
            "You take every depth and round. A network of depth 30 does not exist, and 28 is not what was asked for.",
            lambda depth: (depth - 4) // 6,
        ),
        Mistake(
            "You take every depth and round. A network of depth 30 does not exist, and 28 is not what was asked for.",
            lambda depth: round((depth - 4) / 6),
        ),
        Mistake(
            "6N + 2 is the family of chapter 09. Here the shortcuts are convolutions, and three of them count.",
            lambda depth: (depth - 2) // 6,
        ),
        Mistake(
            "6N + 2 is the family of chapter 09. Here the shortcuts are convolutions, and three of them count.",
            _of_chapter_09,
        ),
        Mistake("You counted the blocks of all three groups.", _changed(lambda depth: (depth - 4) // 2)),
        Mistake(
            "You counted the convolutions of a group. A block holds two.", _changed(lambda depth: (depth - 4) // 3)
        ),
        Mistake(
            "Depth 4 would have no block at all: N is at least 1. Below 10 the nearest two are 10 and 16.",
            lambda depth: 0 if depth == 4 else _blocks(depth),
        ),
        Mistake(
            "Depth 4 would have no block at all: N is at least 1. Below 10 the nearest two are 10 and 16.",
            _changed(names=lambda depth: ((depth - 4) // 6 * 6 + 4, (depth - 4) // 6 * 6 + 10), least=4),
        ),
        Mistake(
            "Below 10 there is no depth that you could name: depth 4 has no block. Name 10 and 16.",
            _changed(names=lambda depth: ((depth - 4) // 6 * 6 + 4, (depth - 4) // 6 * 6 + 10)),
        ),
        Mistake(
            "You name the neighbours of the number. They do not exist either: name the nearest depths 6N + 4.",
            _changed(names=lambda depth: (depth - 1, depth + 1)),
        ),
        Mistake(
            "Your error names one depth only. The reader may want to go up or down: name both.",
            when=lambda outcome: _named(outcome) == [True],
        ),
        Mistake(
            "The depth above is 6 more than the one below, not as far above `depth` as the other is below.",
            _changed(names=lambda d: (d - (d - 4) % 6, d + (d - 4) % 6) if d > 10 else (10, 16)),
        ),
        Mistake(
            "Your error says that the depth is wrong, but not what would be right. Name the two nearest depths.",
            when=_names_none,
        ),
    ),
)
