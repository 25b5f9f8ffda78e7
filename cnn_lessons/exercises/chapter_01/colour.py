"""From three channels to one: `grayscale`."""

import math
from collections.abc import Callable, Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first

BT601 = (0.299, 0.587, 0.114)  # luminance of red, green, blue: Recommendation ITU-R BT.601, section 2.5.1
BT709 = (0.2126, 0.7152, 0.0722)  # the same for high definition: Recommendation ITU-R BT.709
ROUNDED = (0.2989, 0.5870, 0.1140)  # as some libraries write them


def _pixels(random: Random, *shape: int) -> Tensor:
    """Return float64 numbers from 0 to 1. None is negative: so an answer with float32 weights is near enough."""
    return torch.tensor([random.random() for _ in range(math.prod(shape))], dtype=torch.float64).reshape(shape)


def _cases(random: Random) -> Iterator[Case]:
    for colour in ([1, 0, 0], [0, 1, 0]):
        yield Case(torch.tensor(colour, dtype=torch.float32).reshape(1, 3, 1, 1))  # as pictures are
    shapes = iter([(1, 3, 1, 2), (2, 3, 3, 3), (2, 3, 2, 3)])
    while True:
        n, h, w = (random.randint(1, top) for top in (3, 6, 6))
        yield Case(_pixels(random, *(next(shapes, None) or (n, 3, h, w))))


def grayscale(x: Tensor, weights: tuple[float, ...] = BT601) -> Tensor:
    """Return the weighted sum of the channels, as a convolution of one pixel: (N, 3, H, W) → (N, 1, H, W)."""
    return F.conv2d(x, torch.tensor(weights, dtype=x.dtype).reshape(1, 3, 1, 1))


def _weighted(message: str, *weights: float) -> Mistake:
    return Mistake(message, lambda x: grayscale(x, weights))


def _spoilt(message: str, rule: Callable) -> Mistake:
    """Return the mistake of an answer that does the wrong `rule` to the right result."""
    return Mistake(message, lambda x: rule(grayscale(x)))


def _plain(error: BaseException) -> str:
    """Return torch's message; "scalar type" is its older word for dtype."""
    return str(error).replace("scalar type", "dtype")


NO_CHANNEL = (
    "The channel axis is gone. A grey picture has one channel, not none: keep the axis with `keepdim=True`, "
    "or put it back."
)
LAST_AXIS = (
    "Your weights lie along the last axis, the width. The channels are axis 1: give the weights the shape (3, 1, 1)."
)
GRAYSCALE = Exercise(
    name="grayscale",
    chapter="01",
    title="Grey by luminance",
    parameters="x",
    statement="`x` is a batch of colour pictures, (N, 3, H, W), float, 0 to 1, red first. Return their luminance, "
    "(N, 1, H, W), in the dtype of `x`: 0.299 of red, 0.587 of green and 0.114 of blue, the weights of Recommendation "
    "ITU-R BT.601.",
    hints=(
        "Each grey value is a weighted sum of three numbers: those of one pixel. No pixel looks at its neighbours.",
        "`x[:, 0]` is the red of all pictures, but it has lost an axis: `x[:, 0:1]` keeps it, (N, 1, H, W).",
        "Multiply `x[:, 0:1]`, `x[:, 1:2]` and `x[:, 2:3]` by their weights and add. Or give a tensor of the weights "
        "the shape (3, 1, 1), with the dtype of `x`, multiply, and sum over axis 1 with `keepdim=True`.",
    ),
    cases=first(30, _cases),
    expected=grayscale,
    gradients=True,
    mistakes=(
        _weighted(
            "You took the plain mean. The eye sees green as much brighter than blue: weigh the channels.", *[1 / 3] * 3
        ),
        _weighted("Your weights are in the order blue, green, red. In `x` red comes first.", *BT601[::-1]),
        _weighted("These are the weights of BT.709, for high definition. Use those of the exercise.", *BT709),
        _weighted("0.2989 is a rounding that some libraries use. BT.601 says 0.299.", *ROUNDED),
        _weighted("You took the green channel alone. Red and blue count too.", 0, 1, 0),
        _weighted("Blue is missing. It adds little, but it adds.", 0.299, 0.587, 0),
        _weighted("You divided the weighted sum by 3. The weights add up to 1 already.", *[w / 3 for w in BT601]),
        _spoilt(NO_CHANNEL, lambda y: y[:, 0]),
        _spoilt("You put the channel last. The order is N, C, H, W for one channel too.", lambda y: y.movedim(1, 3)),
        _spoilt("You repeated the result in three channels. Return one.", lambda y: y.repeat(1, 3, 1, 1)),
        _spoilt("You rounded to whole numbers. Grey values between 0 and 1 are fractions.", torch.round),
        Mistake("You returned the first picture only. Keep the batch axis.", lambda x: grayscale(x[:1])),
        Mistake(
            "Your weights have another dtype than `x`. Make them with `dtype=x.dtype`.",
            when=lambda outcome: isinstance(outcome.error, RuntimeError) and "dtype" in _plain(outcome.error),
        ),
        Mistake(
            "You returned the brightest channel, the V of HSV. Luminance is a weighted sum.", lambda x: x.amax(1, True)
        ),
        Mistake(
            "You returned the middle between the brightest and the darkest channel. Luminance is a weighted sum.",
            lambda x: (x.amax(1, True) + x.amin(1, True)) / 2,
        ),
        Mistake(
            LAST_AXIS,
            lambda x: (x * torch.tensor(BT601, dtype=x.dtype)).sum(-1),
        ),
        Mistake(
            LAST_AXIS,
            lambda x: (x * torch.tensor(BT601, dtype=x.dtype)).sum(1, keepdim=True),
        ),
    ),
)
