"""The exercises on pictures that an MLP takes badly: shifted ones, and ones flattened in another order."""

from collections.abc import Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, integers, normal


def shifted(images: Tensor, dy: int, dx: int, mode: str = "constant") -> Tensor:
    """Cut the shifted picture out of a wide frame: (N, C, H, W)."""
    height, width = images.shape[2:]
    down, right = max(-height, min(height, dy)), max(-width, min(width, dx))
    framed = F.pad(images, (width, width, height, height), mode=mode)
    return framed[:, :, height - down : 2 * height - down, width - right : 2 * width - right]


def _cropped(images: Tensor, dy: int, dx: int) -> Tensor:
    height, width = images.shape[2:]
    return images[:, :, max(-dy, 0) : height - max(dy, 0), max(-dx, 0) : width - max(dx, 0)]


def _grown(images: Tensor, dy: int, dx: int) -> Tensor:
    return F.pad(images, (max(dx, 0), max(-dx, 0), max(dy, 0), max(-dy, 0)))


def _shift_cases(random: Random) -> Iterator[Case]:
    picture = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]], dtype=torch.float64)
    for dy, dx in ((1, 1), (0, 1), (1, 0), (0, 0), (-1, 0), (0, -2), (2, 0), (0, -5)):
        yield Case(picture, dy, dx)
    yield Case(integers(random, 2, 2, 2, 3), 1, -1)
    while True:
        height, width = random.sample(range(2, 7), 2)
        x = normal(random, random.randint(1, 2), random.randint(1, 3), height, width)
        yield Case(x, random.randint(-height - 1, height + 1), random.randint(-width - 1, width + 1))


def _fails(outcome: Outcome, zero: bool) -> bool:
    by = outcome.case.args[1:]
    for_zero = min(by) == 0 and not _is_unusual(*outcome.case.args)
    return isinstance(outcome.error, (RuntimeError, IndexError, ValueError)) and for_zero == zero


def _is_unusual(images: Tensor, dy: int, dx: int) -> bool:
    height, width = images.shape[2:]
    return min(dy, dx) < 0 or dy >= height or dx >= width


SHIFT_IMAGES = Exercise(
    name="shift_images",
    chapter="05",
    title="Shift a batch of pictures",
    parameters="images, dy, dx",
    statement=(
        "Move the pictures, (N, C, H, W), down by `dy` and to the right by `dx` pixels; negative numbers move them "
        "up and to the left. What leaves the picture is lost, zeros come in, and the shape stays. A shift may be "
        "larger than the picture."
    ),
    hints=(
        "Do one row on paper: [1, 2, 3], moved right by 1. Which pixels are still there, and where do they stand now?",
        "Begin with zeros and copy one rectangle. For dx ≥ 0 the columns 0 … W − dx − 1 of the picture land in the "
        "columns dx … W − 1. How does it go for dx < 0?",
        "With `top, left = max(dy, 0), max(dx, 0)` the copy lands in `out[:, :, top : H + min(dy, 0), left : W + "
        "min(dx, 0)]`. Take the same rectangle out of the picture, moved back by dy and dx. If |dy| ≥ H or |dx| ≥ W, "
        "all is zero.",
    ),
    cases=first(30, _shift_cases),
    expected=shifted,
    gradients=True,
    mistakes=(
        Mistake(
            "What leaves on one side comes in again on the other: roll goes in a circle. Set what came in to 0.",
            lambda images, dy, dx: images.roll((dy, dx), (2, 3)),
        ),
        Mistake(
            "You exchanged dy and dx: dy moves rows (axis 2), dx columns (axis 3).",
            lambda images, dy, dx: shifted(images, dx, dy),
        ),
        Mistake(
            "Your pictures move the other way: a positive dy moves them down, a positive dx to the right.",
            lambda images, dy, dx: shifted(images, -dy, -dx),
        ),
        Mistake("You moved the rows the wrong way: a positive dy moves down.", lambda x, dy, dx: shifted(x, -dy, dx)),
        Mistake(
            "You moved the columns the wrong way: a positive dx moves right.", lambda x, dy, dx: shifted(x, dy, -dx)
        ),
        Mistake(
            "The pixels at the edge are repeated where zeros should come in.",
            lambda images, dy, dx: shifted(images, dy, dx, "replicate"),
        ),
        Mistake("Only the rows move. dx moves the columns.", lambda images, dy, dx: shifted(images, dy, 0)),
        Mistake("Only the columns move. dy moves the rows.", lambda images, dy, dx: shifted(images, 0, dx)),
        Mistake(
            "You cut off what leaves, but nothing comes in: the shape must stay (N, C, H, W). Fill up with zeros.",
            _cropped,
        ),
        Mistake(
            "You added zeros, but nothing leaves: the shape must stay (N, C, H, W). Cut off what is too much.", _grown
        ),
        Mistake(
            "You moved along the wrong axes. In (N, C, H, W) the rows are axis 2 and the columns axis 3.",
            lambda images, dy, dx: images.roll((dy, dx), (1, 2)),
        ),
        Mistake(
            "You did not use the signs: negative numbers move up and left.",
            lambda x, dy, dx: shifted(x, abs(dy), abs(dx)),
        ),
        Mistake("You do nothing for a negative shift.", lambda x, dy, dx: shifted(x, max(dy, 0), max(dx, 0))),
        Mistake(
            "This fails for a shift of 0: x[:-0] is x[:0], an empty piece, not all of x. Write x[: H - dy] instead.",
            when=lambda outcome: _fails(outcome, zero=True),
        ),
        Mistake(
            "The whole picture does not fit into what is left of the frame: cut off what leaves it before you copy.",
            when=lambda outcome: (
                "must match the existing size" in str(outcome.error) and not _is_unusual(*outcome.case.args)
            ),
        ),
        Mistake(
            "This fails for some shifts: try a negative one and one that is larger than the picture.",
            when=lambda outcome: _fails(outcome, zero=False) and _is_unusual(*outcome.case.args),
        ),
    ),
)


def _reordered(weight: Tensor, channels: int, height: int, width: int) -> Tensor:
    """Pick the columns one by one from where they stand in the order (H, W, C): (m, C·H·W)."""
    order = [
        (row * width + column) * channels + channel
        for channel in range(channels)
        for row in range(height)
        for column in range(width)
    ]
    return weight[:, order]


def _axes(names: str, order: str, flatten: bool = True):
    """Return an answer that unflattens the columns to the axes `names` and puts these into `order`."""

    def reorder(weight, channels, height, width):
        sizes = {"c": channels, "h": height, "w": width}
        axes = weight.unflatten(1, [sizes[name] for name in names])
        axes = axes.permute(0, *(1 + names.index(name) for name in order))
        return axes.flatten(1) if flatten else axes

    return reorder


def _reorder_cases(random: Random) -> Iterator[Case]:
    yield Case(torch.tensor([[11.0, 21, 12, 22, 13, 23]], dtype=torch.float64), 2, 1, 3)
    yield Case(integers(random, 2, 12), 2, 2, 3)
    while True:
        sizes = random.sample(range(1, 6), 3)
        yield Case(normal(random, random.randint(1, 4), sizes[0] * sizes[1] * sizes[2]), *sizes)


CHANNELS_FIRST_WEIGHT = Exercise(
    name="channels_first_weight",
    chapter="05",
    title="Repair: the order of the pixels",
    parameters="weight, channels, height, width",
    statement=(
        "`weight`, (m, H·W·C), belongs to the first layer of an MLP that was trained on pictures flattened in the "
        "order (H, W, C). Return the weight, (m, C·H·W), with which the network gives the same results for the same "
        "pictures flattened in the order (C, H, W)."
    ),
    hints=(
        "Nothing is learnt anew: every column keeps its numbers and moves to where its pixel now stands. How many "
        "columns does the first channel have in the new order, and how far apart were they in the old one?",
        "A row of the weight is a flat picture. Give it back its axes with `reshape`, in the order in which it was "
        "flattened; then put the axes into the new order.",
        "`weight.reshape(-1, height, width, channels)` has the axes (m, H, W, C). `permute` numbers them as they "
        "should follow one another, and `.flatten(1)` makes rows again.",
    ),
    cases=first(26, _reorder_cases),
    expected=_reordered,
    mistakes=(
        Mistake("The weight is as it was. Its columns must change places.", lambda weight, c, h, w: weight.clone()),
        Mistake(
            "You went the other way: from (C, H, W) to (H, W, C). The columns that you get are in the order (H, W, C).",
            _axes("chw", "hwc"),
        ),
        Mistake(
            "You exchanged rows and columns of the picture on the way: the new order is (C, H, W).", _axes("hwc", "cwh")
        ),
        Mistake(
            "You gave the columns the axes (W, H, C). They were flattened from (H, W, C), rows first.",
            _axes("whc", "chw"),
        ),
        Mistake("You only moved the axes (H, W, C) to (W, C, H).", _axes("hwc", "wch")),
        Mistake(
            "Your result still has four axes. A linear layer's weight has two: flatten all but the first.",
            _axes("hwc", "chw", False),
        ),
        Mistake(
            "You returned a matrix that is transposed. A linear layer's weight is (outputs, inputs).",
            lambda *args: _reordered(*args).T,
        ),
        Mistake(
            "You reversed the columns. The pixels keep their order inside each channel.",
            lambda weight, c, h, w: weight.flip(1),
        ),
        Mistake(
            "You moved the rows of the weight: each is one output. The pixels are its columns, axis 1.",
            when=lambda outcome: isinstance(outcome.error, IndexError) and "dimension 0" in str(outcome.error),
        ),
        Mistake(
            "reshape cuts the numbers anew, in the order in which they stand: it moves none of them. After it comes "
            "permute.",
            lambda weight, c, h, w: weight.reshape(-1, c, h, w),
        ),
    ),
)
