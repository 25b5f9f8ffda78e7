"""Chapter 03: the padding that keeps the size."""

import warnings
from collections.abc import Iterator
from random import Random

import torch
from torch.nn import functional as F

from cnn_lessons.exercises.chapter_03.sizes import FRACTION, WRONG_DILATION, has_fraction
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first


def _torch_same(kernel_size: int, dilation: int = 1) -> tuple[int, int]:
    """Read off torch's padding="same" how many zeros it puts before and after the axis."""
    axis = torch.ones(1, 1, dilation * kernel_size + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that odd totals cost it a copy
        first_element, last_element = (
            F.conv1d(axis, torch.eye(kernel_size)[end][None, None], padding="same", dilation=dilation)
            for end in (0, -1)
        )
    return int((first_element == 0).sum()), int((last_element == 0).sum())


def _same_cases(random: Random) -> Iterator[Case]:
    yield Case(3)
    yield Case(5)
    yield Case(3, dilation=2)
    yield Case(4)
    yield Case(2)
    yield Case(4, dilation=2)
    while True:
        yield Case(random.randint(1, 11), dilation=random.randint(1, 5))


SAME_PADDING = Exercise(
    name="same_padding",
    chapter="03",
    title="The padding that keeps the size",
    parameters="kernel_size, dilation=1",
    statement="At stride 1, how many pixels must be added before an axis and how many after it, so that the output is "
    "as long as the input? Return (before, after). If the total is odd, the extra pixel goes after, as in PyTorch.",
    hints=(
        "Without padding, a row of 7 under a window of 3 becomes 5. How many pixels are lost? That many must be added.",
        "What is lost is what the window covers beyond its first pixel: dilation·(K − 1) in all, for both sides "
        "together.",
        "`before` is half of that total, rounded down. `after` is what is left of the total.",
    ),
    cases=first(40, _same_cases),
    expected=_torch_same,
    forbidden=frozenset({"conv1d", "conv2d", "conv_output_size", "Conv1d", "Conv2d", "Conv3d"}),
    mistakes=(
        Mistake(
            "You ignored the dilation. A dilated kernel covers more pixels, so more are lost at the ends.",
            lambda k, dilation=1: ((k - 1) // 2, k // 2),
        ),
        Mistake(
            "You halved the kernel and left out the dilation. On both sides together, dilation·(K − 1) is lost.",
            lambda k, dilation=1: (k // 2,) * 2,
        ),
        Mistake(
            "You took dilation·K − 1 for what is lost. A dilated kernel covers dilation·(K − 1) + 1 pixels, the first "
            "of which costs nothing.",
            lambda k, dilation=1: ((dilation * k - 1) // 2, dilation * k - 1 - (dilation * k - 1) // 2),
        ),
        Mistake(
            "An odd total cannot be split evenly: with half of it, rounded down, on both sides, one pixel is missing.",
            lambda k, dilation=1: (dilation * (k - 1) // 2,) * 2,
        ),
        Mistake(
            "With K // 2 on both sides, an even kernel gets more than it loses. Work out the total first, then split "
            "it.",
            lambda k, dilation=1: (dilation * (k // 2),) * 2,
        ),
        Mistake(
            "Half of what the kernel covers is too much where it covers an even number of pixels. Work out the total "
            "that is lost first, then split it.",
            lambda k, dilation=1: ((dilation * (k - 1) + 1) // 2,) * 2,
        ),
        Mistake(
            "The total is right, the extra pixel is on the wrong side. PyTorch puts it after.",
            lambda k, dilation=1: (dilation * (k - 1) - dilation * (k - 1) // 2, dilation * (k - 1) // 2),
        ),
        Mistake(
            "That is the total, on each side. Both sides share it.",
            lambda k, dilation=1: (dilation * (k - 1),) * 2,
        ),
        Mistake(
            "You counted K gaps in a kernel of K elements. There are K − 1.",
            lambda k, dilation=1: (dilation * k // 2, dilation * k - dilation * k // 2),
        ),
        Mistake(
            "You halved before you multiplied by the dilation. Only the whole total can be halved.",
            lambda k, dilation=1: (dilation * ((k - 1) // 2), dilation * (k // 2)),
        ),
        Mistake(
            WRONG_DILATION,
            lambda k, dilation=1: (
                (k - 1) * (dilation + 1) // 2,
                (k - 1) * (dilation + 1) - (k - 1) * (dilation + 1) // 2,
            ),
        ),
        Mistake(
            "Return two numbers, (before, after). They differ where the total is odd.",
            when=lambda outcome: isinstance(outcome.got, (int, float)),
        ),
        Mistake(FRACTION, when=has_fraction),
        Mistake(
            "There is an answer for every kernel, also for an even one: the two sides then differ by one pixel.",
            when=lambda outcome: isinstance(outcome.error, (ValueError, AssertionError)),
        ),
    ),
)
