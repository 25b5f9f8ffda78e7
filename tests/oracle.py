"""Ours and torch's, value and gradient, refusal included, in one call; and the random numbers that go in."""

from collections.abc import Callable, Iterator
from random import Random

import torch
from torch import Tensor

TOLERANCE = {torch.float32: {"rtol": 1e-4, "atol": 1e-5}, torch.float64: {"rtol": 1e-9, "atol": 1e-10}}
CASES = 500  # that both accept; each unit's tests count them


def agree(ours: Callable, torchs: Callable, *tensors: Tensor | None, gradient: bool = True, **options) -> bool:
    """Call both functions on the same tensors; assert the same refusal, or the same value and the same gradients.

    Returns:
        Whether they gave a value (True) or both refused (False).
    """
    got, expected = _call(ours, tensors, options), _call(torchs, tensors, options)
    told = f"on {[None if t is None else tuple(t.shape) for t in tensors]}, {options}"
    if isinstance(expected[0], Exception):
        assert isinstance(got[0], ValueError), f"{told}: torch refused ({expected[0]}), ours gave {got[0]!r}"
        return False
    assert isinstance(got[0], Tensor), f"{told}: torch gave a result, ours refused: {got[0]!r}"
    results, oracle = list(_results(*got, gradient)), list(_results(*expected, gradient))
    for index, (mine, theirs) in enumerate(zip(results, oracle, strict=True)):
        what = f"gradient {index}" if index else "value"
        torch.testing.assert_close(mine, theirs, **TOLERANCE[theirs.dtype], msg=lambda m, w=what: f"{told}, {w}: {m}")
    return True


def _call(function: Callable, tensors: tuple, options: dict) -> tuple:
    inputs = [None if t is None else t.detach().clone().requires_grad_() for t in tensors]
    try:
        return function(*inputs, **options), inputs
    except (ValueError, RuntimeError, TypeError) as error:
        return error, inputs


def _results(out: Tensor, inputs: list, gradient: bool) -> Iterator[Tensor]:
    """Yield the value and the gradients of a sum that weighs every output differently, signs included."""
    yield out.detach()
    if gradient and out.numel():
        weights = torch.linspace(-1, 2, out.numel(), dtype=out.dtype).reshape(out.shape)
        given = [x for x in inputs if x is not None]
        yield from torch.autograd.grad((out * weights).sum(), given, materialize_grads=True)


def normal(generator: torch.Generator, *shape: int, dtype=torch.float64, whole: bool = False) -> Tensor:
    """Return normal numbers; `whole` rounds them, so that ties are common."""
    numbers = torch.randn(shape, generator=generator, dtype=dtype)
    return (2 * numbers).round() if whole else numbers


def either(random: Random, low: int, high: int) -> int | tuple[int, int]:
    """Return an int, or as often a pair of two different ones."""
    first, second = random.randint(low, high), random.randint(low, high)
    return first if random.random() < 0.5 else (first, second)


def sources(seed: int) -> tuple[Random, torch.Generator]:
    """Return the two random sources of a test."""
    return Random(seed), torch.Generator().manual_seed(seed)
