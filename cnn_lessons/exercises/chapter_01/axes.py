"""The order of the axes, on disk and in PyTorch: `to_nchw`, and the way back, the bug lab `to_picture`."""

import math
from collections.abc import Callable, Iterator
from random import Random

import torch
from torch import Tensor

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first


def photo(random: Random, height: int, width: int, channels: int) -> Tensor:
    """Return random pixels as they lie on disk: (H, W, C), uint8."""
    values = [random.randint(0, 255) for _ in range(height * width * channels)]
    return torch.tensor(values, dtype=torch.uint8).reshape(height, width, channels)


def _to_nchw_cases(random: Random) -> Iterator[Case]:
    yield Case(torch.tensor([[[255, 0, 51], [0, 255, 102]]], dtype=torch.uint8))
    yield Case(torch.tensor([[[0], [1]], [[1], [0]]], dtype=torch.uint8))  # nearly black, and it stays so
    yield Case(photo(random, 2, 2, 3))
    yield Case(photo(random, 3, 2, 1))
    yield Case(photo(random, 4, 4, 4))
    while True:
        height, width, channels = (random.randint(1, top) for top in (7, 7, 6))
        yield Case(photo(random, height, width, channels))


def to_nchw(image: Tensor) -> Tensor:
    """Return the picture as a batch of one, channel by channel: (H, W, C) uint8 → (1, C, H, W) float32."""
    planes = [image[:, :, c].to(torch.float64) / 255 for c in range(image.shape[2])]
    return torch.stack(planes).unsqueeze(0).to(torch.float32)


def _spoilt(message: str, rule: Callable) -> Mistake:
    """Return the mistake of an answer that does the wrong `rule` to the right result."""
    return Mistake(message, lambda image: rule(to_nchw(image)))


def _stretched(x: Tensor) -> Tensor:
    return (x - x.min()) / (x.max() - x.min())


def _only_zero_and_one(outcome: Outcome) -> bool:
    got = outcome.got
    return isinstance(got, Tensor) and got.numel() > 0 and bool(((got == 0) | (got == 1)).all())


STRETCHED = "You stretched the picture to its own darkest and brightest value. 0 stays 0 and 255 becomes 1, always."
TO_NCHW = Exercise(
    name="to_nchw",
    chapter="01",
    title="From the order on disk to PyTorch's",
    parameters="image",
    statement="Take a picture `image`, (H, W, C), uint8, 0 to 255, with any number of channels. "
    "Return it as a batch of one, (1, C, H, W), float32, 0 to 1.",
    hints=(
        "Three things have to change: the order of the axes, their number, and the numbers. Do one at a time.",
        "`permute` takes the old axes in their new order: the channels were axis 2 and come first. `unsqueeze` "
        "or `[None]` adds an axis of length 1. Convert to float before you divide.",
        "Start with `image.permute(2, 0, 1)`, which is (C, H, W). Add an axis in front, convert with "
        "`.to(torch.float32)`, and divide by the largest value that a uint8 can hold.",
    ),
    cases=first(31, _to_nchw_cases),
    expected=to_nchw,
    mistakes=(
        Mistake(
            "You cut the row of numbers into other pieces, but no number moved. reshape and view do not exchange axes: "
            "the red of one pixel lands beside the green of another. Name the axes in their new order with permute.",
            lambda image: image.reshape(1, image.shape[2], *image.shape[:2]).to(torch.float32) / 255,
        ),
        _spoilt("You exchanged height and width: the picture lies on its side. H comes before W.", lambda y: y.mT),
        _spoilt(
            "The batch axis is missing. A batch of one picture has an axis of length 1 in front.",
            lambda y: y[0],
        ),
        _spoilt("The axis of length 1 counts the pictures: it comes first.", lambda y: y.transpose(0, 1)),
        _spoilt(
            "The channels are still last. They come second, before height and width.",
            lambda y: y.movedim(1, 3),
        ),
        _spoilt("The axes are right, the numbers still go up to 255. Divide by it.", lambda y: 255 * y),
        _spoilt(
            "The axes are right, but the numbers are still whole. Convert them to float32, and bring 255 to 1.",
            lambda y: (y * 255).round().to(torch.uint8),
        ),
        _spoilt("You divided by 256. The largest value is 255, and white is exactly 1.", lambda y: y * 255 / 256),
        _spoilt(
            "You divided by the picture's own maximum. That turns a dark picture bright: always divide by 255.",
            lambda y: y / y.max(),
        ),
        _spoilt(STRETCHED, lambda y: _stretched((255 * y).round())),
        _spoilt(STRETCHED, _stretched),
        _spoilt("You stretched to −1 … 1. Here black stays 0.", lambda y: 2 * y - 1),
        _spoilt(
            "You reversed the channels, as OpenCV's pictures need it. Here red stays first.",
            lambda y: y.flip(1),
        ),
        _spoilt(
            "You kept three channels. A picture can have one, four or more: take what comes.",
            lambda y: y[:, [0, 1, 2]],
        ),
        _spoilt(
            "The numbers are right, in another dtype. PyTorch's layers hold float32: convert to it.",
            lambda y: y.double(),
        ),
        Mistake(
            "You divide only where a number is above 1. In a nearly black picture none is: always divide by 255.",
            lambda image: to_nchw(image) * (1 if image.max() > 1 else 255),
        ),
        Mistake(
            "Every value is 0 or 1: the fractions are lost. A whole-number division does that, a conversion to uint8, "
            "or a clamp without a division. Divide with /, and stay with floats.",
            when=_only_zero_and_one,
        ),
        Mistake(
            "uint8 has no room for fractions, and the picture is not yours to change: make a new tensor of floats.",
            when=lambda outcome: "can't be cast" in str(outcome.error),
        ),
    ),
)


def _to_picture_cases(random: Random) -> Iterator[Case]:
    yield Case(torch.tensor([[[[1, 0]], [[0, 1]], [[0.2, 0.4]]]], dtype=torch.float64))
    yield Case(torch.tensor([[[[0.999], [1.2]], [[-0.1], [0.502]]]], dtype=torch.float64))
    shapes = iter([(3, 2, 2), (1, 3, 2), (4, 4, 4)])
    while True:
        shape = next(shapes, None) or tuple(random.randint(1, top) for top in (6, 7, 7))
        yield Case(
            torch.tensor([_level(random) for _ in range(math.prod(shape))], dtype=torch.float64).reshape(1, *shape)
        )


def _level(random: Random) -> float:
    """Return a number around 0 … 1 that is not half-way between two of the 256 levels."""
    return (random.randint(-40, 295) + random.uniform(-0.4, 0.4)) / 255


def _levels(x: Tensor) -> Tensor:
    return (255 * x).round().clamp(0, 255).to(torch.uint8)


def _last(x: Tensor, height: int = 1, width: int = 2) -> Tensor:
    """Return the first picture of a batch with its channels last."""
    return x[0].permute(height, width, 0)


def _torn(x: Tensor) -> Tensor:
    return x.reshape(*x.shape[2:], x.shape[1])


def to_picture(x: Tensor) -> Tensor:
    """Return the batch of one as it lies on disk: (1, C, H, W) float → (H, W, C) uint8."""
    return torch.stack([_levels(plane) for plane in x.squeeze(0)], dim=-1)


def _still_float(outcome: Outcome) -> bool:
    return isinstance(outcome.got, Tensor) and outcome.got.is_floating_point()


TORN = (
    "reshape cuts the row of numbers into other pieces, but no number moves: channels, rows and columns are mixed. "
    "To exchange axes, name them in their new order with permute."
)
CUT_OFF = "You cut off the fraction: 254.9 became 254. A step that is nearly done counts: round before you convert."
WRAPPED = (
    "You converted numbers outside 0 … 255, and they wrapped round: 306 became 50. Cut them to the ends with clamp "
    "before you convert."
)
TO_PICTURE = Exercise(
    name="to_picture",
    chapter="01",
    title="Find the bug: the torn picture",
    parameters="x",
    statement="Take a batch of one, `x`, (1, C, H, W), float, 0 to 1 and a little beyond. Return the picture as it "
    "lies on disk, (H, W, C), uint8: 0 becomes 0, 1 becomes 255, what lies between goes to the nearest level, what "
    "lies beyond to the end.",
    hints=(
        "Mend one fault at a time. How did this chapter move the channels to another place? And what does "
        "`.to(torch.uint8)` make of 254.9?",
        "`reshape` gives the numbers a new shape and moves none of them; `permute` moves axes. `.to(torch.uint8)` cuts "
        "the fraction off: 254.9 becomes 254.",
        "Keep the clamp. Put `.round()` between the multiplication and the conversion. Take the picture out of the "
        "batch, `x[0]`, and name its axes (C, H, W) in the order that is wanted, with permute.",
    ),
    cases=first(30, _to_picture_cases),
    expected=to_picture,
    mistakes=(
        Mistake(TORN, lambda x: _torn(_levels(x))),
        Mistake(TORN, lambda x: _torn((255 * x).clamp(0, 255).to(torch.uint8))),
        Mistake(CUT_OFF, lambda x: _last((255 * x).clamp(0, 255).to(torch.uint8))),
        Mistake(CUT_OFF, lambda x: _last((255 * x.clamp(0, 1)).to(torch.uint8))),
        Mistake(WRAPPED, lambda x: _last((255 * x).round().to(torch.uint8))),
        Mistake(WRAPPED, lambda x: _last((255 * x).to(torch.uint8))),
        Mistake("You exchanged height and width: the picture lies on its side.", lambda x: _last(_levels(x), 2, 1)),
        Mistake(
            "The batch axis is still there. One picture on disk has three axes.", lambda x: _last(_levels(x))[None]
        ),
        Mistake("The channels are still first. On disk they come last.", lambda x: _levels(x)[0]),
        Mistake("You multiplied by 256. White, 1, becomes 255.", lambda x: _last(_levels(x * 256 / 255))),
        Mistake("The colours come out in reverse order: red should stay first.", lambda x: _last(_levels(x).flip(1))),
        Mistake(
            "You stretched the picture to its own darkest and brightest value. 0 becomes 0 and 1 becomes 255, always.",
            lambda x: _last(_levels(_stretched(x))),
        ),
        Mistake(
            "You rounded too early: only black and white are left. Multiply by 255 first.",
            lambda x: _last(_levels(x.round())),
        ),
        Mistake("You return floats. A file holds uint8, 0 … 255: convert at the very end.", when=_still_float),
    ),
)
