"""The exercise on a fair comparison: two networks judged on the same images."""

import statistics
from collections.abc import Callable, Iterator
from random import Random

import torch
from torch import Tensor

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first


def _cases(random: Random) -> Iterator[Case]:
    yield Case(torch.tensor([True, True, True, False]), torch.tensor([True, False, False, False]))
    yield Case(torch.tensor([True, False, False, False]), torch.tensor([True, True, True, False]))  # b is better
    yield Case(
        torch.tensor([True, True, False, True] * 2), torch.tensor([False, True, True, True, True, True, True, False])
    )
    while True:
        # Shares of a power of two are exact in 32 bits too, so an answer that computes in them is as right.
        count, hard = random.choice((32, 64, 128)), random.uniform(0.2, 0.8)
        pairs = [_answers(random, hard) for _ in range(count - 3)]
        pairs += [(True, False), (False, True), (random.random() < 0.5, True)]
        yield Case(torch.tensor([a for a, _ in pairs]), torch.tensor([b for _, b in pairs]))


def _answers(random: Random, hard: float) -> tuple[bool, bool]:
    """Say whether two networks get one image right; they tend to fail on the same ones."""
    if random.random() < 0.6:
        same = random.random() > hard
        return same, same
    return random.random() < 0.7, random.random() < 0.5


def _differences(a: Tensor, b: Tensor) -> list[int]:
    """Return +1 where only a is right, −1 where only b is, and 0 elsewhere."""
    return [int(x) - int(y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]


def _right(a: Tensor, b: Tensor) -> tuple[float, float]:
    apart = _differences(a, b)
    return statistics.fmean(apart), statistics.stdev(apart) / len(apart) ** 0.5


def _with(error: Callable[[list[int]], float]) -> Callable:
    """Return the right difference with another standard error, computed from the list of differences."""
    return lambda a, b: (_right(a, b)[0], error(_differences(a, b)))


def _unpaired(combine: Callable = lambda x, y: (x + y) ** 0.5, correction: int = 0) -> Callable:
    """Return an answer that combines the variances of two accuracies; with correction 1 they divide by n − 1."""

    def answer(a: Tensor, b: Tensor) -> tuple[float, float]:
        shares = [right.double().mean().item() for right in (a, b)]
        return shares[0] - shares[1], combine(*(p * (1 - p) / (len(a) - correction) for p in shares))

    return answer


def _only_apart(a: Tensor, b: Tensor) -> tuple[float, float]:
    """Forget the images on which the two agree."""
    apart = [d for d in _differences(a, b) if d]
    return statistics.fmean(apart), statistics.stdev(apart) / len(apart) ** 0.5


def _bools_subtracted(outcome: Outcome) -> bool:
    return isinstance(outcome.error, RuntimeError) and "bool" in str(outcome.error)


def _integers_averaged(outcome: Outcome) -> bool:
    return isinstance(outcome.error, RuntimeError) and "floating point" in str(outcome.error)


VARIANCES = (
    "Your error adds up the variances of two accuracies, as if each network had seen pictures of its own. They saw the "
    "same: take the differences image by image."
)
ERRORS = (
    "You added two standard errors, as if each network had seen pictures of its own. They saw the same: take the "
    "differences image by image."
)

PAIRED_DIFFERENCE = Exercise(
    name="paired_difference",
    chapter="12",
    title="Two networks on the same images",
    parameters="right_a, right_b",
    statement=(
        "`right_a` and `right_b` are (N,) and bool: did network a, and network b, get the image right? Return two "
        "numbers: the accuracy of a minus that of b, and the standard error of this difference. For each image take "
        "a − b, which is +1, 0 or −1; the error is the sample standard deviation (n − 1) of these N numbers, divided "
        "by √N."
    ),
    hints=(
        "Make one list out of the two: for each image +1 if only a is right, −1 if only b is, 0 if they agree.",
        "The mean of that list is the difference. Its sample standard deviation over √N is the error. The zeros count.",
        "`d = right_a.double() - right_b.double()`, then `d.mean()` and `d.std() / len(d) ** 0.5`.",
    ),
    cases=first(26, _cases),
    expected=_right,
    mistakes=(
        Mistake(
            "PyTorch does not subtract bools. Turn them into numbers first: right_a.double().", when=_bools_subtracted
        ),
        Mistake(
            "Whole numbers have no mean in PyTorch, for it would not be whole. Take .double() instead of .int().",
            when=_integers_averaged,
        ),
        *(Mistake(VARIANCES, _unpaired(correction=less)) for less in (0, 1)),
        *(Mistake(ERRORS, _unpaired(lambda x, y: x**0.5 + y**0.5, less)) for less in (0, 1)),
        Mistake(
            "Your error is the standard deviation of single images. Divide it by √N: the mean of many is steadier.",
            _with(statistics.stdev),
        ),
        Mistake(
            "You divided by N. The error of a mean falls with √N.",
            _with(lambda apart: statistics.stdev(apart) / len(apart)),
        ),
        Mistake(
            "Your error is a variance. Take the root of it.",
            _with(lambda apart: statistics.variance(apart) / len(apart)),
        ),
        Mistake(
            "Your standard deviation divides by N. The sample standard deviation divides by N − 1.",
            _with(lambda apart: statistics.pstdev(apart) / len(apart) ** 0.5),
        ),
        Mistake(
            "You left the images out on which the two agree. They say that the networks are alike: their zeros count.",
            _only_apart,
        ),
        Mistake(
            "Your sign is turned round: you return b minus a.",
            lambda a, b: (-_right(a, b)[0], _right(a, b)[1]),
        ),
        Mistake(
            "You return how often the two differ, whichever is right. a's and b's lone successes must cancel.",
            lambda a, b: (a ^ b).double().mean().item(),
        ),
        Mistake(
            "You return how often the two differ, whichever is right. a's and b's lone successes must cancel.",
            lambda a, b: (
                (a ^ b).double().mean().item(),
                (a ^ b).double().std().item() / len(a) ** 0.5,
            ),
        ),
        Mistake(
            "The sign is lost. A negative difference says that b is the better one: no abs().",
            lambda a, b: (abs(_right(a, b)[0]), _right(a, b)[1]),
        ),
        Mistake(
            "A byte cannot be negative: 0 − 1 gives 255. Take .double() instead of .byte().",
            lambda a, b: (
                (a.byte() - b.byte()).double().mean().item(),
                (a.byte() - b.byte()).double().std().item() / len(a) ** 0.5,
            ),
        ),
        Mistake(
            "Your first number counts images. The accuracy of a minus that of b is a share: divide by N.",
            lambda a, b: (float(sum(_differences(a, b))), _right(a, b)[1]),
        ),
        Mistake(
            "Only the difference comes back. Return the error too: without it nobody can judge the difference.",
            lambda a, b: _right(a, b)[0],
        ),
    ),
)
