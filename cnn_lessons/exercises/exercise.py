"""What an exercise is made of, and the random inputs that its cases are built from."""

import contextlib
import copy
import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import torch
from torch import Tensor

from cnn_lessons.exercises.compare import show

# What an exercise forbids that asks for a gradient by hand.
AUTOGRAD = frozenset("grad backward run_backward jvp vjp jacfwd jacrev jacobian hessian make_dual".split())


class NotAsAsked(Exception):
    """Raised by a case when an answer hands back what it cannot work with; the text says what was expected."""


class Case:
    """One call of the learner's function: positional and keyword arguments, as the function gets them."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.args, self.kwargs = args, kwargs
        self._results = {}  # by function: the oracle and the mistakes are asked more than once

    def copy(self, requires_grad: bool = False) -> "Case":
        """Return the same call with its own tensors and lists, so that an answer cannot change the case."""

        def own(value):
            if not isinstance(value, Tensor):
                return copy.deepcopy(value)
            return value.detach().clone().requires_grad_(requires_grad and value.is_floating_point())

        return Case(*map(own, self.args), **{name: own(value) for name, value in self.kwargs.items()})

    def call(self, function: Callable) -> Any:
        """Call `function` with the arguments of this case."""
        return function(*self.args, **self.kwargs)

    def around(self) -> contextlib.AbstractContextManager:
        """Return what has to stand around `call`, such as a folder that is removed afterwards."""
        return contextlib.nullcontext()

    def result_of(self, function: Callable) -> Any:
        """Call a function of the course's own on a copy of this case; the second time, return the same."""
        if function not in self._results:
            own = self.copy()
            with own.around():
                self._results[function] = own.call(function)
        return self._results[function]

    def values(self) -> list[Any]:
        """Return all arguments, positional first."""
        return [*self.args, *self.kwargs.values()]

    def names(self, exercise: "Exercise") -> list[str]:
        """Return the names of all arguments, in the order of their values."""
        return [*exercise.parameter_names()[: len(self.args)], *self.kwargs]

    def told(self, exercise: "Exercise") -> str:
        """Return the first line of a message about this case: "on x = [1, -2]"."""
        names = self.names(exercise)
        call = ", ".join(f"{name} = {show(value)}" for name, value in zip(names, self.values(), strict=True))
        return f"on {call}" if call else "when called"


@dataclass(frozen=True)
class Outcome:
    """What an answer did with one case.

    Args:
        case: the call.
        got: what the answer returned, or `error` what it raised.
        printed: what it printed.
        calls: how often it called torch.
        given: the answer's own copy of the case, as the answer left it.
    """

    case: Case
    got: Any = None
    error: BaseException | None = None
    printed: str = ""
    calls: int = 0
    given: Case | None = None


@dataclass(frozen=True)
class Mistake:
    """A misconception and how to recognise it.

    Args:
        message: says what was probably done and what to do instead; the reader has not seen the correct code.
        produces: what a function with this misconception returns; named if the answer returns the same in every case.
        when: for a mistake that shows otherwise, a test of the first outcome that is not right.
    """

    message: str
    produces: Callable | None = None
    when: Callable[[Outcome], bool] | None = None

    def shows_in(self, outcome: Outcome) -> bool:
        """Return whether `when` recognises the mistake; a result that it cannot look into does not show it."""
        with contextlib.suppress(Exception):
            return self.when is not None and self.when(outcome)
        return False


@dataclass(frozen=True)
class Exercise:
    """An exercise: statement, hints, cases, what is right, and the usual mistakes.

    Args:
        name: of the exercise and of the learner's function or class.
        chapter: two digits, "03".
        title: a few words for headings.
        parameters: as in the function's head, "size, kernel_size, stride=1"; of a class, what builds it.
        statement: one or two sentences: arguments, shapes, result. Markdown.
        hints: three, from a nudge to almost the code.
        cases: given a random source, yields the calls, the smallest and most telling first, then random ones.
        expected: an oracle with the same parameters; torch's own function where there is one.
        judge: instead of `expected`, where many answers are right: given outcome, returns None or what is wrong.
        mistakes: the first that fits is named.
        forbidden: names of torch functions that would make the exercise pointless.
        gradients: also compare the gradients of all floating-point tensors that go in.
        forward: for a class deriving from nn.Module, the parameters of its forward, "x"; see `module_judge`.
        compared: what the cases compare, for the praise at the end.
        most_calls: of torch functions in one case; a loop over pixels exceeds it. None sets no limit.
    """

    name: str
    chapter: str
    title: str
    parameters: str
    statement: str
    hints: tuple[str, str, str]
    cases: Callable[[Random], Iterable[Case]]
    expected: Callable | None = None
    judge: Callable[[Outcome], str | None] | None = None
    mistakes: tuple[Mistake, ...] = ()
    forbidden: frozenset[str] = field(default_factory=frozenset)
    gradients: bool = False
    most_calls: int | None = None
    forward: str = ""
    compared: str = "values"

    def parameter_names(self) -> list[str]:
        """Return the names of the parameters, in order."""
        return [parameter.split("=")[0].strip() for parameter in self.parameters.split(",")]

    def blank(self) -> str:
        """Return what stands in the notebook until the learner replaces it."""
        if not self.forward:
            return f"def {self.name}({self.parameters}):\n    ..."
        lines = [
            f"class {self.name}(nn.Module):",
            f"    def __init__({', '.join(filter(None, ('self', self.parameters)))}):",
            "        super().__init__()\n        ...\n",
            f"    def forward(self, {self.forward}):\n        ...",
        ]
        return "\n".join(lines)


def normal(random: Random, *shape: int) -> Tensor:
    """Return float64 numbers around 0, negative ones among them: (*shape)."""
    return torch.tensor([random.gauss(0, 1) for _ in range(math.prod(shape))], dtype=torch.float64).reshape(shape)


def integers(random: Random, *shape: int, low: int = -4, high: int = 4) -> Tensor:
    """Return whole numbers from `low` to `high`, as float64, easy to check by hand: (*shape)."""
    return torch.tensor([random.randint(low, high) for _ in range(math.prod(shape))], dtype=torch.float64).reshape(
        shape
    )


def first(count: int, cases: Callable[[Random], Iterable[Case]]) -> Callable[[Random], list[Case]]:
    """Cut an endless series of cases to its first `count`."""
    return lambda random: list(itertools.islice(cases(random), count))


def raised(*words: str) -> Callable[[Outcome], bool]:
    """Return a symptom: the answer ended in an error that has one of these words in it."""
    return lambda outcome: any(word in str(outcome.error) for word in words)
