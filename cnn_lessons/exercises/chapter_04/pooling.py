"""The exercises on pooling: cases, hints, and what is right."""

from collections.abc import Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.arithmetic import pool_output_size
from cnn_lessons.exercises.chapter_04.pooling_mistakes import ADAPTIVE_MISTAKES, GLOBAL_MISTAKES
from cnn_lessons.exercises.chapter_04.sliding_mistakes import AVERAGE_MISTAKES, MAX_MISTAKES
from cnn_lessons.exercises.exercise import Case, Exercise, first, integers, normal

MAX_LAYERS = frozenset(
    {"max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "mkldnn_max_pool2d"}
    | {"adaptive_max_pool2d", "lp_pool2d"}
)
AVERAGE_LAYERS = frozenset(
    {"avg_pool1d", "avg_pool2d", "avg_pool3d", "adaptive_avg_pool2d", "lp_pool2d", "interpolate"}
)
ADAPTIVE_LAYERS = frozenset(
    {"adaptive_avg_pool1d", "adaptive_avg_pool2d", "_adaptive_avg_pool2d", "adaptive_avg_pool3d", "interpolate"}
)


def _distinct(random: Random, *shape: int) -> Tensor:
    """Return different whole numbers, negative ones among them.

    Where two values are equal, several gradients of their maximum are right: only its own exercise asks for one.
    """
    count = torch.Size(shape).numel()
    return torch.tensor(random.sample(range(-2 * count, count), count), dtype=torch.float64).reshape(shape)


def _max_cases(random: Random) -> Iterator[Case]:
    x = torch.tensor([[[[-5.0, -2, -7, -1], [-8, -3, -4, -6]]]])
    yield Case(x.double(), 2)
    yield Case(x, 2)  # in float32, as pictures are: so is the result
    # The smallest value is in a corner: padding that is as small takes half of its gradient.
    yield Case(torch.tensor([[[[-9.0, -2, -7, -1], [-8, -3, -4, -6]]]], dtype=torch.float64), 2, padding=1)
    yield Case(_distinct(random, 1, 1, 3, 6), 2)
    yield Case(_distinct(random, 1, 1, 3, 4), 2, stride=1)
    yield Case(_distinct(random, 1, 1, 2, 4) - 20, 2, padding=1)
    yield Case(_distinct(random, 2, 3, 2, 4), 2)
    yield Case((_distinct(random, 1, 1, 2, 4) - 20) * 1e40, 2, padding=1)  # far below any "very small number"
    yield from _sliding_cases(random)


def _average_cases(random: Random) -> Iterator[Case]:
    x = torch.tensor([[[[1.0, -3, 0, 8], [5, -7, 4, 0]]]])
    yield Case(x.double(), 2)
    yield Case(x, 2)
    yield Case(integers(random, 1, 1, 3, 6), 2)
    yield Case(integers(random, 1, 1, 3, 4), 2, stride=1)
    for count_include_pad in (True, False):
        x = torch.tensor([[[[4.0, -8, 12, 4], [8, 0, 16, -4]]]], dtype=torch.float64)
        yield Case(x, 2, padding=1, count_include_pad=count_include_pad)
    yield Case(integers(random, 2, 3, 2, 4), 2)
    for case in _sliding_cases(random):
        x, kernel_size = case.args
        x = random.choice((x, x.round()))  # rounded, some pixels are 0
        yield Case(x, kernel_size, **case.kwargs, count_include_pad=random.choice((True, False)))


def _sliding_cases(random: Random) -> Iterator[Case]:
    while True:
        images, channels, height, width = (random.randint(*span) for span in ((1, 2), (1, 3), (2, 7), (2, 7)))
        kernel, stride = random.randint(1, 4), random.choice((None, 1, 2, 3))
        padding = random.randint(0, kernel // 2)
        step = stride or kernel
        free = [size + 2 * padding - kernel for size in (height, width)]
        if height == width or min(free) < 0:
            continue
        sizes = (height, width), kernel, stride, padding
        if pool_output_size(*sizes, ceil_mode=True) != tuple(-(-f // step) + 1 for f in free):
            continue  # PyTorch drops a last window of nothing but padding: a learner who rounds up need not know that
        yield Case(
            normal(random, images, channels, height, width) - random.choice((0, 3)),
            kernel,
            stride=stride,
            padding=padding,
        )


MAX_POOL = Exercise(
    name="max_pool2d",
    chapter="04",
    title="Max pooling",
    parameters="x, kernel_size, stride=None, padding=0",
    statement=(
        "Return the largest value of every window. `x` is (N, C, H, W); `kernel_size`, `stride` and "
        "`padding` are whole numbers, the same in both directions; `stride=None` means the kernel size. The "
        "result is (N, C, H_out, W_out), sizes rounded down. Padding never wins."
    ),
    hints=(
        "Every channel of every image is pooled by itself. Where does window (i, j) start, and how many "
        "windows fit along each axis?",
        "Widen the image first: `F.pad(x, (left, right, top, bottom), value=…)`. Which value loses against every "
        "number, also against negative ones?",
        "`value=-torch.inf` is −∞. Fill `x.new_zeros(N, C, H_out, W_out)` in two loops. With `r, c = i * stride, j * "
        "stride`, the window of all images and channels is `padded[:, :, r : r + kernel_size, c : c + kernel_size]`, "
        "and `.amax(dim=(2, 3))` takes its largest values.",
    ),
    cases=first(31, _max_cases),
    expected=F.max_pool2d,
    forbidden=MAX_LAYERS,
    gradients=True,
    mistakes=MAX_MISTAKES,
)


AVG_POOL = Exercise(
    name="avg_pool2d",
    chapter="04",
    title="Average pooling",
    parameters="x, kernel_size, stride=None, padding=0, count_include_pad=True",
    statement=(
        "Return the mean of every window, arguments and shapes as in `max_pool2d`. The padding is zeros. "
        "With `count_include_pad=True` they count like pixels: divide by kernel_size². With `False`, divide "
        "by the number of real pixels in the window."
    ),
    hints=(
        "Begin with `count_include_pad=True`: it is your max pooling with another last step and another padding value.",
        "A mean is a sum divided by a count. The padding adds 0 to the sum in both cases, so only the count "
        "depends on the flag.",
        "Which windows hold how many real pixels? Take `torch.ones_like(x)`, pad it with zeros, and sum its "
        "windows in the same way: each sum is a count.",
    ),
    cases=first(33, _average_cases),
    expected=F.avg_pool2d,
    forbidden=AVERAGE_LAYERS,
    gradients=True,
    mistakes=AVERAGE_MISTAKES,
)


def _adaptive_cases(random: Random) -> Iterator[Case]:
    x = torch.tensor([[[[4.0, -2, 6, 0], [2, -4, 8, 2]]]])
    yield Case(x.double(), (1, 2))
    yield Case(x, (1, 2))
    yield Case(12 * integers(random, 1, 1, 2, 5), (1, 3))
    yield Case(12 * integers(random, 1, 1, 5, 2), (2, 1))
    while True:
        images, channels, height, width, rows, columns = (random.randint(1, top) for top in (2, 3, 9, 9, 5, 5))
        if height != width and rows != columns and rows <= height and columns <= width:
            yield Case(normal(random, images, channels, height, width), (rows, columns))


ADAPTIVE_POOL = Exercise(
    name="adaptive_avg_pool2d",
    chapter="04",
    title="Adaptive average pooling",
    parameters="x, output_size",
    statement=(
        "Average `x`, (N, C, H, W), down to `output_size`, a pair (H_out, W_out) no larger than (H, W). Row "
        "i of the output averages the input rows from ⌊i·H/H_out⌋ up to, not including, ⌈(i + 1)·H/H_out⌉; "
        "columns likewise. The result is (N, C, H_out, W_out)."
    ),
    hints=(
        "Do one axis on paper: 5 pixels, 3 windows. Where does each begin and end? They are not all of one "
        "size, and they share pixels.",
        "Where the window begins you need the floor, where it ends the ceiling: `floor` and `ceil`, as in the "
        "chapter's cell for five pixels and three windows.",
        "Fill `x.new_zeros(N, C, H_out, W_out)` in two loops: rows `floor(i * H / H_out)` to `ceil((i + 1) * H / "
        "H_out)`, columns likewise, then the mean over axes 2 and 3.",
    ),
    cases=first(29, _adaptive_cases),
    expected=F.adaptive_avg_pool2d,
    forbidden=ADAPTIVE_LAYERS,
    gradients=True,
    mistakes=ADAPTIVE_MISTAKES,
)


def _global_cases(random: Random) -> Iterator[Case]:
    yield Case(torch.tensor([[[[1.0, 3], [5, 7]], [[-2, -2], [-2, -2]]]], dtype=torch.float64))
    yield Case(12 * integers(random, 1, 2, 2, 3))
    yield Case(12 * integers(random, 1, 2, 3, 4), channels_last=True)
    while True:
        images, channels, height, width = random.sample(range(1, 7), 4)
        x = normal(random, images, channels, height, width)
        yield random.choice((Case(x), Case(x, channels_last=True)))


def _global_pool(x: Tensor, channels_last: bool = False) -> Tensor:
    return F.adaptive_avg_pool2d(x.movedim(-1, 1) if channels_last else x, 1).flatten(1)


GLOBAL_POOL = Exercise(
    name="global_average_pool",
    chapter="04",
    title="Repair: global average pooling",
    parameters="x, channels_last=False",
    statement=(
        "Repair the function of the lab: `x` is (N, C, H, W) or, with `channels_last=True`, (N, H, W, C). The result, "
        "(N, C) in both cases, holds the mean of each map: one number for each channel of each image."
    ),
    hints=(
        "One map is one channel of one image: H rows and W columns, of which one mean is left. Which axes does that "
        "mean run over?",
        "Try the broken function on maps with C, H and W all different and look at the shape. Which axis is "
        "still there that should not be?",
        "`mean` takes the axes that are to vanish: `x.mean(dim=(…, …))`. In (N, C, H, W), counting from 0, "
        "where do the rows and columns stand? And in (N, H, W, C)?",
    ),
    cases=first(24, _global_cases),
    expected=_global_pool,
    gradients=True,
    mistakes=GLOBAL_MISTAKES,
)
