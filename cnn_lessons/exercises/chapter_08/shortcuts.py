"""The exercise on the shortcut without parameters."""

import re
from collections.abc import Callable, Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, normal


def _padded(
    thin: Callable = lambda x, stride: x[:, :, ::stride, ::stride],
    front: Callable = lambda more: more // 2,
    join: Callable = lambda parts: torch.cat(parts, dim=1),
) -> Callable:
    """Return a shortcut; how it thins out the pixels, where the zeros stand and how they are joined vary."""

    def shortcut(x, out_channels, stride):
        kept = thin(x, stride)
        n, channels, height, width = kept.shape
        before = front(out_channels - channels)
        zeros = [kept.new_zeros(n, more, height, width) for more in (before, out_channels - channels - before)]
        return join([zeros[0], kept, zeros[1]])

    return shortcut


_right = _padded()


def _rounded_down(outcome: Outcome) -> bool:
    """Return whether an error tells of a side that was rounded down beside the same side rounded up."""
    told = re.search(r"Expected size (\d+) but got size (\d+)|\((\d+)\) must match .* \((\d+)\)", str(outcome.error))
    x, _, stride = outcome.case.args
    sizes = {int(number) for number in told.groups() if number} if told else set()
    return any(sizes == {side // stride, -(-side // stride)} for side in x.shape[2:])


def _cases(random: Random) -> Iterator[Case]:
    picture = torch.tensor([[[[1.0, 2, 3, 4], [5, 6, 7, 8]]]], dtype=torch.float64)
    yield Case(picture, 3, 2)
    yield Case(picture.float(), 3, 2)  # as feature maps are
    yield Case(picture, 1, 2)
    yield Case(picture, 3, 1)
    yield Case(picture, 4, 2)
    yield Case(-picture, 1, 1)
    while True:
        height, width = random.sample(range(2, 8), 2)
        channels = random.randint(1, 4)
        x = normal(random, random.randint(1, 3), channels, height, width)
        yield Case(x, channels + random.randint(0, 5), random.randint(1, 3))


def _pooled(pool: Callable) -> Callable:
    return lambda x, stride: pool(x, stride, ceil_mode=True)


def _corner(x: Tensor, stride: int) -> Tensor:
    return x[:, :, : -(-x.shape[2] // stride), : -(-x.shape[3] // stride)]


def _repeated(x: Tensor, out_channels: int, stride: int) -> Tensor:
    kept = x[:, :, ::stride, ::stride]
    more = out_channels - x.shape[1]
    return kept[:, [(i - more // 2) % x.shape[1] for i in range(out_channels)]]


def _copied_behind(x: Tensor, out_channels: int, stride: int) -> Tensor:
    return x[:, :, ::stride, ::stride][:, [i % x.shape[1] for i in range(out_channels)]]


def _first_axes(x: Tensor, out_channels: int, stride: int) -> Tensor:
    more = out_channels - x.shape[1]
    return F.pad(x[::stride, ::stride], (0, 0, 0, 0, more // 2, more - more // 2))


def _floored(x: Tensor, stride: int) -> Tensor:
    height, width = (side // stride * stride for side in x.shape[2:])
    return x[:, :, :height:stride, :width:stride]


def _axis(outcome: Outcome, axis: int) -> bool:
    """Return whether the result has zeros along another axis than the channels."""
    x, out_channels, stride = outcome.case.args
    if not isinstance(outcome.got, Tensor) or outcome.got.dim() != 4 or out_channels == x.shape[1]:
        return False
    kept = list(x[:, :, ::stride, ::stride].shape)
    kept[axis] += out_channels - x.shape[1]
    return list(outcome.got.shape) == kept


MEAN = "You take the mean of each window. Every stride-th pixel is kept as it is."
LARGEST = "You take the largest of each window. Every stride-th pixel is kept as it is."
FIRST_AXES = (
    "x[::stride, ::stride] thins out the first two axes, images and channels. Rows and columns are the last two: begin "
    "with `:, :,`."
)

PAD_SHORTCUT = Exercise(
    name="pad_shortcut",
    chapter="08",
    title="The shortcut without parameters",
    parameters="x, out_channels, stride",
    statement=(
        "Option A. Make (N, C, H, W) into (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉) without any parameters: keep "
        "every stride-th pixel of both axes, beginning with the first, and add channels of zeros, in the dtype of "
        "`x`. Of the `out_channels` − C new channels, half (rounded down) come in front of those of x, the rest "
        "behind. `out_channels` is at least C."
    ),
    hints=(
        "Two things happen, and neither needs the other: pixels are dropped, and channels of zeros are added. Do the "
        "first with a slice.",
        "A slice may have a step: `row[::2]` is every second value. F.pad adds zeros; it counts the axes from the "
        "last one backwards, two numbers for each axis.",
        "`F.pad(kept, (0, 0, 0, 0, front, behind))` leaves W and H alone and adds to the channels. With `more = "
        "out_channels - x.shape[1]`, front is `more // 2`. What is left for behind?",
    ),
    cases=first(26, _cases),
    expected=_right,
    gradients=True,
    forbidden=frozenset({"PadShortcut", "PadBlock"}),
    mistakes=(
        Mistake(
            "All your zeros come behind the channels of x. Half of them, rounded down, come in front.",
            _padded(front=lambda more: 0),
        ),
        Mistake(
            "All your zeros come in front of the channels of x. Only half of them do, rounded down.",
            _padded(front=lambda more: more),
        ),
        Mistake(
            "The odd channel of zeros stands in front. Round the front half down; the rest comes behind.",
            _padded(front=lambda more: (more + 1) // 2),
        ),
        Mistake(
            "You begin with the second pixel. A slice with a step begins at 0: x[:, :, ::stride].",
            _padded(lambda x, stride: x[:, :, min(1, stride - 1) :: stride, min(1, stride - 1) :: stride]),
        ),
        Mistake(
            "You begin with the last pixel of each window, stride − 1. A slice with a step begins at 0: "
            "x[:, :, ::stride].",
            _padded(lambda x, stride: x[:, :, stride - 1 :: stride, stride - 1 :: stride]),
        ),
        *(Mistake(MEAN, _padded(pool)) for pool in (_pooled(F.avg_pool2d), F.avg_pool2d)),
        *(Mistake(LARGEST, _padded(pool)) for pool in (_pooled(F.max_pool2d), F.max_pool2d)),
        *(Mistake(FIRST_AXES, answer) for answer in (_padded(lambda x, s: x[::s, ::s]), _first_axes)),
        Mistake(
            "You cut out the top left corner. The stride thins the picture out: every stride-th row and column.",
            _padded(_corner),
        ),
        Mistake("Only your rows are thinned out. The columns need the step too.", _padded(lambda x, s: x[:, :, ::s])),
        Mistake("Only your columns are thinned out. The rows need the step too.", _padded(lambda x, s: x[..., ::s])),
        Mistake("Your stride is always 2. Use `stride`.", _padded(lambda x, stride: x[:, :, ::2, ::2])),
        Mistake("You keep every pixel. Use `stride`, on rows and columns.", _padded(lambda x, stride: x)),
        Mistake(
            "You round the size down and lose the last pixel of an odd side. A slice with a step keeps it.",
            _padded(_floored),
        ),
        Mistake(
            "Your zeros have another size than the pixels that you keep: H/stride and W/stride are rounded up. Take "
            "both sizes from what the slice gives.",
            when=_rounded_down,
        ),
        Mistake("You copy channels of x where zeros should be: the new channels begin empty.", _repeated),
        Mistake("You copy channels of x where zeros should be: the new channels begin empty.", _copied_behind),
        Mistake(
            "Half the channels in front and half behind lose one where their number is odd: what is left goes behind.",
            _padded(join=lambda parts: torch.cat([parts[0], parts[1], parts[2][:, : parts[0].shape[1]]], dim=1)),
        ),
        Mistake(
            "Your result has the channels of x: the channels of zeros are missing.",
            _padded(join=lambda parts: parts[1]),
        ),
        Mistake(
            "You add zeros to the columns. F.pad counts axes from the last: two numbers for W, two for H, then two for "
            "the channels.",
            when=lambda outcome: _axis(outcome, 3),
        ),
        Mistake(
            "You add zeros to the rows. F.pad counts axes from the last: two numbers for W, two for H, then two for "
            "the channels.",
            when=lambda outcome: _axis(outcome, 2),
        ),
        Mistake(
            "You add zeros to the batch: as many empty images. The channels are axis 1.",
            when=lambda outcome: _axis(outcome, 0),
        ),
        Mistake(
            "You add `out_channels` channels of zeros. There are C already: only the difference is missing.",
            when=lambda outcome: (
                isinstance(outcome.got, Tensor)
                and outcome.got.dim() == 4
                and outcome.got.shape[1] == outcome.case.args[0].shape[1] + outcome.case.args[1]
            ),
        ),
    ),
)  # fmt: skip
