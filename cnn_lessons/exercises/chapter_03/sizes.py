"""Chapter 03: how large the output is, on one axis and on two."""

from collections.abc import Callable, Iterator
from random import Random

import torch
from torch.nn import functional as F

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, raised

OWN_SIZES = frozenset(
    {"conv_output_size", "pool_output_size", "_floor_windows", "_ceil_windows"}
    | {"conv1d", "conv2d", "conv3d", "max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d", "unfold"}
)

FRACTION = "Pixels are whole. `/` gives a float; `//` divides and rounds down."
WRONG_DILATION = (
    "You took dilation for the number of pixels left out between two elements. It is the distance from one element to "
    "the next: dilation 1 leaves none out."
)
# What a misconception makes of one axis: size, kernel, stride, padding, dilation. Both size exercises share them.
AXIS_MISTAKES: tuple[tuple[str, Callable], ...] = (
    (
        "You rounded up. A convolution rounds down: a window that does not fit entirely is left out.",
        lambda size, k, s, p, d: -(-(size + 2 * p - d * (k - 1) - 1) // s) + 1,
    ),
    (
        "You rounded to the nearest number. A window that fits only partly is left out, so round down: // does that.",
        lambda size, k, s, p, d: round((size + 2 * p - d * (k - 1) - 1) / s) + 1,
    ),
    (
        "You counted the steps of the window. There is one more window than steps: the first one needs none.",
        lambda size, k, s, p, d: (size + 2 * p - d * (k - 1) - 1) // s,
    ),
    (
        "Your window slides one pixel too far. Test a window as wide as the axis: it has one place, not two.",
        lambda size, k, s, p, d: (size + 2 * p - d * (k - 1)) // s + 1,
    ),
    (
        "You added the padding once. It is added on both sides.",
        lambda size, k, s, p, d: (size + p - d * (k - 1) - 1) // s + 1,
    ),
    (
        "Your result takes no notice of the padding. It makes the axis longer, on both sides.",
        lambda size, k, s, p, d: (size - d * (k - 1) - 1) // s + 1,
    ),
    (
        "Your result takes no notice of the stride. The window moves `stride` pixels at each step.",
        lambda size, k, s, p, d: size + 2 * p - d * (k - 1),
    ),
    (
        "Your result takes no notice of the dilation. It spreads the kernel, which then covers more pixels.",
        lambda size, k, s, p, d: (size + 2 * p - k) // s + 1,
    ),
    (
        "You let a dilated kernel cover dilation·K pixels. Between K elements lie K − 1 gaps; after the last, none.",
        lambda size, k, s, p, d: (size + 2 * p - d * k) // s + 1,
    ),
    (WRONG_DILATION, lambda size, k, s, p, d: (size + 2 * p - k - (k - 1) * d) // s + 1),
    (
        "You put the + 1 under the division. Divide how far the window slides by the stride, then add 1.",
        lambda size, k, s, p, d: (size + 2 * p - d * (k - 1)) // s,
    ),
    (
        "Your result does not depend on the kernel, as if padding kept the size. A wide window has fewer places.",
        lambda size, k, s, p, d: -(-size // s),
    ),
    (
        "You took the padding away. It is added: the axis grows on both sides.",
        lambda size, k, s, p, d: (size - 2 * p - d * (k - 1) - 1) // s + 1,
    ),
    (
        "You divided by the stride before taking the kernel away. Find how far the window can slide, then divide.",
        lambda size, k, s, p, d: (size + 2 * p) // s - d * (k - 1),
    ),
)


def has_fraction(outcome: Outcome) -> bool:
    """Return whether the answer is a float, or holds one."""
    got = outcome.got if isinstance(outcome.got, (tuple, list)) else [outcome.got]
    return any(isinstance(number, float) for number in got)


def _window(random: Random) -> tuple[int, ...]:
    """Draw size, kernel, stride, padding, dilation of an axis on which a window fits."""
    while True:
        axis = tuple(random.randint(*span) for span in ((1, 40), (1, 7), (1, 5), (0, 4), (1, 3)))
        size, kernel, _, padding, dilation = axis
        if dilation * (kernel - 1) < size + 2 * padding:
            return axis


def _size_cases(random: Random) -> Iterator[Case]:
    yield Case(7, 3)
    yield Case(8, 3, stride=2)
    yield Case(10, 3, stride=4)  # 7 / 4: rounded to the nearest it would be one more
    yield Case(7, 3, padding=1)
    yield Case(9, 3, dilation=2)
    yield Case(11, 5, stride=3, padding=2, dilation=2)
    while True:
        size, kernel, stride, padding, dilation = _window(random)
        yield Case(size, kernel, stride=stride, padding=padding, dilation=dilation)


def _on_one_axis(one_axis: Callable) -> Callable:
    """Give a misconception the parameters of the exercise."""
    return lambda size, kernel_size, stride=1, padding=0, dilation=1: one_axis(
        size, kernel_size, stride, padding, dilation
    )


def _torch_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    return F.conv1d(torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size), None, stride, padding, dilation).shape[2]


CONV_OUTPUT_SIZE = Exercise(
    name="conv_output_size",
    chapter="03",
    title="The size of the output",
    parameters="size, kernel_size, stride=1, padding=0, dilation=1",
    statement="Return how many places a window has along an axis of `size` pixels. All arguments are whole numbers, "
    "and so is the result.",
    hints=(
        "Start without stride and dilation. On a padded axis of P pixels, at how many pixels can a window of K start?",
        "A dilated window of K elements covers dilation·(K − 1) + 1 pixels. What is left of the padded axis is how "
        "far it can slide.",
        "If the window covers `span` pixels, it can slide `size + 2 * padding - span`. Each step takes `stride` of "
        "them, and half a step does not count: `//`. The first window needs no step.",
    ),
    cases=first(40, _size_cases),
    expected=_torch_size,
    forbidden=OWN_SIZES,
    mistakes=(
        *(Mistake(message, _on_one_axis(one_axis)) for message, one_axis in AXIS_MISTAKES),
        Mistake(FRACTION, when=has_fraction),
    ),
)


def _on_both_axes(one_axis: Callable) -> Callable:
    """Turn a function of one axis into one of (height, width) pairs."""

    def shape(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
        return tuple(one_axis(*axis) for axis in zip(size, kernel_size, stride, padding, dilation, strict=True))

    return shape


# The formula as it stands: unlike torch it has an answer, of 0 or less, also where a mistaken window does not fit.
PLAIN_SHAPE = _on_both_axes(lambda size, k, s, p, d: (size + 2 * p - d * (k - 1) - 1) // s + 1)


def torch_shape(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)) -> tuple[int, int]:
    """Return the (height, width) that torch gives a convolution's output."""
    out = F.conv2d(torch.zeros(1, 1, *size), torch.zeros(1, 1, *kernel_size), None, stride, padding, dilation)
    return tuple(out.shape[2:])


def _with_height_only(name: str) -> Callable:
    """Return the right shape, but with the height's number of argument `name` for the width too."""

    def shape(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
        settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        return PLAIN_SHAPE(size, **{**settings, name: (settings[name][0],) * 2})

    return shape


def _padding_before_and_after(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)) -> tuple[int, int]:
    longer = tuple(pixels + sum(padding) for pixels in size)
    return PLAIN_SHAPE(longer, kernel_size, stride, (0, 0), dilation)


def _with_whole_pairs(outcome: Outcome) -> bool:
    kinds = "unsupported operand type", "can't multiply sequence", "can only concatenate tuple"
    return isinstance(outcome.error, TypeError) and "tuple" in str(outcome.error) and raised(*kinds)(outcome)


def _shape_cases(random: Random) -> Iterator[Case]:
    yield Case((5, 7), (3, 3))
    yield Case((5, 7), (1, 3))
    yield Case((8, 6), (3, 3), stride=(2, 1))
    yield Case((6, 6), (3, 3), padding=(1, 0))
    yield Case((9, 7), (3, 2), dilation=(2, 3))
    while True:
        size, kernel, stride, padding, dilation = zip(_window(random), _window(random), strict=True)
        yield Case(size, kernel, stride=stride, padding=padding, dilation=dilation)


CONV_OUTPUT_SHAPE = Exercise(
    name="conv_output_shape",
    chapter="03",
    title="Height and width",
    parameters="size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)",
    statement="The same for a picture. Every argument is a (height, width) pair of whole numbers. Return (H_out, "
    "W_out).",
    hints=(
        "The two directions know nothing of each other. Height needs the first number of every pair, width the second.",
        "Call your conv_output_size once with all the first numbers and once with all the second ones.",
        "The height is `conv_output_size(size[0], kernel_size[0], …)`, with the [0] of all five. The width is the same "
        "with [1]. Return both, height first.",
    ),
    cases=first(40, _shape_cases),
    expected=torch_shape,
    forbidden=OWN_SIZES,
    mistakes=(
        Mistake(
            "You returned (width, height). Rows come first: (height, width), in the arguments and in the result.",
            lambda *args, **kwargs: torch_shape(*args, **kwargs)[::-1],
        ),
        Mistake(
            "You returned the height twice. The width has numbers of its own, the second of each pair.",
            lambda *args, **kwargs: (torch_shape(*args, **kwargs)[0],) * 2,
        ),
        *(
            Mistake(
                f"The width uses the height's {name}. Each direction takes its own number from every pair.",
                _with_height_only(name),
            )
            for name in ("kernel_size", "stride", "padding", "dilation")
        ),
        Mistake(
            "The width gets the height's settings and the height the width's. The first number of each pair is the "
            "height's.",
            lambda size, *rest, **named: PLAIN_SHAPE(
                size, *(pair[::-1] for pair in rest), **{name: pair[::-1] for name, pair in named.items()}
            ),
        ),
        Mistake(
            "You read padding as (before, after). It is (height, width): padding[0] rows above and as many below.",
            _padding_before_and_after,
        ),
        *(Mistake(message, _on_both_axes(one_axis)) for message, one_axis in AXIS_MISTAKES),
        Mistake(
            "You compute with whole pairs. conv_output_size takes one axis: call it once with the [0] of every pair, "
            "once with the [1].",
            when=_with_whole_pairs,
        ),
        Mistake(
            "Return both numbers, as (H_out, W_out); do not multiply or add them.",
            when=lambda outcome: isinstance(outcome.got, (int, float)),
        ),
        Mistake(
            "If the None comes from your conv_output_size: finish that function first, and run its cell again.",
            when=lambda outcome: any(number is None for number in outcome.got),
        ),
        Mistake(FRACTION, when=has_fraction),
    ),
)
