"""Normalisation channel by channel, and its inverse: `normalize`, `denormalize`."""

from collections.abc import Callable, Iterator
from random import Random

import torch
from torch import Tensor

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, normal


def _per_channel(x: Tensor, mean: Tensor, std: Tensor, rule: Callable) -> Tensor:
    """Apply rule(channel, its mean, its std) to one channel at a time: (N, C, H, W) → the same."""
    return torch.stack([rule(x[:, c], mean[c], std[c]) for c in range(x.shape[1])], dim=1)


def _mistake(message: str, rule: Callable) -> Mistake:
    """Return the mistake of an answer that applies a wrong rule to every channel."""
    return Mistake(message, lambda x, mean, std: _per_channel(x, mean, std, rule))


def _normalize_cases(random: Random) -> Iterator[Case]:
    x = torch.tensor([[[[0, 1]], [[0, 1]]]], dtype=torch.float64)
    yield Case(x, torch.tensor([0.5, 0], dtype=torch.float64), torch.tensor([0.5, 2], dtype=torch.float64))
    # A gradient of 0, of the first std: in float32, where 0.2 is rounded, it is not quite 0.
    x = torch.tensor([[[[1, 0, 5]], [[1, 1, 1]]]], dtype=torch.float64)
    yield Case(x, torch.zeros(2, dtype=torch.float64), torch.tensor([1, 2], dtype=torch.float64))
    shapes = iter([(1, 3, 1, 2), (2, 3, 3, 3), (2, 1, 2, 3)])
    while True:
        shape = next(shapes, None) or tuple(random.randint(1, top) for top in (3, 4, 5, 5))
        yield Case(normal(random, *shape), normal(random, shape[1]), 0.5 + normal(random, shape[1]).abs())


def _own_statistics(outcome: Outcome) -> bool:
    x, got = outcome.case.args[0], outcome.got
    if not isinstance(got, Tensor) or got.shape != x.shape:
        return False
    found = [
        (x - x.mean(axes, keepdim=True)) / x.std(axes, correction=correction, keepdim=True)
        for axes in ((0, 2, 3), (2, 3), (0, 1, 2, 3))
        for correction in (0, 1)
    ]
    return any(torch.allclose(got.to(x.dtype), own, rtol=1e-3, atol=1e-3, equal_nan=True) for own in found)


LAST_AXIS = Mistake(
    "Your mean and std lie along the last axis, the width. Broadcasting lines up shapes from the right: "
    "(C,) meets W, not C. Give them the shape (C, 1, 1).",
    lambda x, mean, std: (x - mean) / std,
)
ONE_FOR_ALL = "You used one mean and one std for all channels. Each channel has its own."

NORMALIZE = Exercise(
    name="normalize",
    chapter="01",
    title="Normalise each channel",
    parameters="x, mean, std",
    statement="`x` is a batch, (N, C, H, W), float; `mean` and `std` have shape (C,). From every value subtract the "
    "mean of its channel, then divide by the std of its channel. Return (N, C, H, W), and leave `x` as it is.",
    hints=(
        "One channel is easy: `(x[:, 0] - mean[0]) / std[0]`. The task is to give each channel its own numbers.",
        "Broadcasting lines up shapes from the right: (C,) would meet the width. Which shape meets the channels?",
        "`mean[:, None, None]` has the shape (C, 1, 1): against (N, C, H, W) it repeats over rows, columns and "
        "pictures. The same for `std`.",
    ),
    cases=first(30, _normalize_cases),
    expected=lambda x, mean, std: _per_channel(x, mean, std, lambda v, m, s: (v - m) / s),
    gradients=True,
    mistakes=(
        LAST_AXIS,
        _mistake(
            "You multiplied by the std. Divide by it: what varies a lot is made to vary less.",
            lambda v, m, s: (v - m) * s,
        ),
        _mistake(
            "You divided before you subtracted. The mean has the units of `x`: take it away first.",
            lambda v, m, s: v / s - m,
        ),
        _mistake(
            "You divided by the variance, std squared. Divide by the std itself.",
            lambda v, m, s: (v - m) / s**2,
        ),
        _mistake(
            "You took the root of the std. It is already the root of the variance.",
            lambda v, m, s: (v - m) / s.sqrt(),
        ),
        _mistake(
            "Python divides before it subtracts: set the difference in parentheses.",
            lambda v, m, s: v - m / s,
        ),
        _mistake("You forgot the mean. Subtract it before you divide.", lambda v, m, s: v / s),
        _mistake("You subtracted the mean and stopped. Divide by the std as well.", lambda v, m, s: v - m),
        _mistake(
            "You cut the result to 0 … 1. Normalised values lie on both sides of 0.",
            lambda v, m, s: ((v - m) / s).clamp(0, 1),
        ),
        _mistake(
            "You added the mean. Subtract it, so that the channel is centred on 0.",
            lambda v, m, s: (v + m) / s,
        ),
        _mistake(
            "You added a small number to the std. It is not 0 here: divide by it as it is.",
            lambda v, m, s: (v - m) / (s + 1e-5),
        ),
        Mistake(
            "You returned the first channel only. Is `return` inside the loop?",
            lambda x, mean, std: (x[:, 0] - mean[0]) / std[0],
        ),
        Mistake(ONE_FOR_ALL, lambda x, mean, std: (x - mean[0]) / std[0]),
        Mistake(ONE_FOR_ALL, lambda x, mean, std: (x - mean.mean()) / std.mean()),
        Mistake(
            "You computed the mean and std of this batch. Use the ones that are given: they belong to the whole data "
            "set, and every batch must be treated alike.",
            when=_own_statistics,
        ),
    ),
)

DENORMALIZE = Exercise(
    name="denormalize",
    chapter="01",
    title="Undo the normalisation",
    parameters="x, mean, std",
    statement="`x`, (N, C, H, W), is a batch that was normalised with `mean` and `std`, each (C,). "
    "Return it as it was before.",
    hints=(
        "Write down what `normalize` does to one number, and solve for the number that went in.",
        "The last step is undone first: normalising ends with a division.",
        "For one channel: `x[:, 0] * std[0] + mean[0]`. For all of them, shape `mean` and `std` as in `normalize`.",
    ),
    cases=first(30, _normalize_cases),
    expected=lambda x, mean, std: _per_channel(x, mean, std, lambda v, m, s: v * s + m),
    gradients=True,
    mistakes=(
        Mistake(LAST_AXIS.message, lambda x, mean, std: x * std + mean),
        _mistake(
            "You added the mean before you multiplied. Undo the last step first: the division.",
            lambda v, m, s: (v + m) * s,
        ),
        _mistake("You subtracted the mean. It was subtracted before: add it.", lambda v, m, s: v * s - m),
        _mistake("You divided by the std. It was divided before: multiply.", lambda v, m, s: v / s + m),
        _mistake("You normalised once more. Do the opposite, in the opposite order.", lambda v, m, s: (v - m) / s),
        _mistake("You multiplied by the variance, std squared. Take the std itself.", lambda v, m, s: v * s**2 + m),
        _mistake("You forgot the mean. After the multiplication, add it.", lambda v, m, s: v * s),
        _mistake("You forgot the std. Multiply by it, then add the mean.", lambda v, m, s: v + m),
        _mistake(
            "You cut the result to 0 … 1. The exact inverse changes nothing else.",
            lambda v, m, s: (v * s + m).clamp(0, 1),
        ),
        _mistake(
            "You went on to 0 … 255. Return the numbers that were normalised.",
            lambda v, m, s: 255 * (v * s + m),
        ),
        Mistake(ONE_FOR_ALL, lambda x, mean, std: x * std[0] + mean[0]),
        Mistake(ONE_FOR_ALL, lambda x, mean, std: x * std.mean() + mean.mean()),
    ),
)
