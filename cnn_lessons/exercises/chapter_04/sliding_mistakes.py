"""What goes wrong in max and average pooling from scratch."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.chapter_04.shape_mistakes import ONE_MEAN, SHAPE_MISTAKES, of_all_together, unpadded
from cnn_lessons.exercises.exercise import Mistake, Outcome, raised

Pad = tuple[int, int, int, int]  # left, right, top, bottom


def _maximum(x: Tensor, kernel: int, stride: int, pad: Pad) -> Tensor:
    return F.max_pool2d(F.pad(x, pad, value=-torch.inf), kernel, stride)


def _average(x: Tensor, kernel: int, stride: int, pad: Pad, count_include_pad: bool = True) -> Tensor:
    def add(cells, outside):
        return F.avg_pool2d(F.pad(cells, pad, value=outside), kernel, stride, divisor_override=1)

    return add(x, 0.0) / add(torch.ones_like(x), float(count_include_pad))


def _variant(
    pool: Callable,
    step: Callable = lambda stride, kernel: stride or kernel,
    pad: Callable = lambda padding: (padding,) * 4,
) -> Callable:
    """Return a pooling that moves by step(stride, kernel_size) and pads its four sides by pad(padding)."""

    def produces(x, kernel_size, stride=None, padding=0, **flag):
        return pool(x, kernel_size, step(stride, kernel_size), pad(padding), **flag)

    return produces


def _without_last(pool: Callable, blank: bool = False) -> Callable:
    """Return a pooling that leaves out a window which ends exactly at the edge; `blank` leaves a 0 in its place."""

    def produces(x, kernel_size, stride=None, padding=0, **flag):
        step = stride or kernel_size
        rows, columns = (-(-(size + 2 * padding - kernel_size) // step) for size in x.shape[2:])
        out = pool(x, kernel_size, step, (padding,) * 4, **flag)
        done = out[:, :, :rows, :columns]
        return F.pad(done, (0, out.shape[3] - columns, 0, out.shape[2] - rows)) if blank else done

    return produces


def _without_the_plus_one(pool: Callable) -> Callable:
    return lambda x, kernel_size, stride=None, padding=0, **flag: pool(
        x, kernel_size, stride or kernel_size, (padding,) * 4, **flag
    )[:, :, :-1, :-1]


def _at_every_pixel(pool: Callable) -> Callable:
    """Return a pooling of as many windows as asked for, each one pixel after the other."""

    def produces(x, kernel_size, stride=None, padding=0, **flag):
        rows, columns = pool(x, kernel_size, stride or kernel_size, (padding,) * 4, **flag).shape[2:]
        return pool(x, kernel_size, 1, (padding,) * 4, **flag)[:, :, :rows, :columns]

    return produces


def _sliding_mistakes(pool: Callable, rounded_up: Callable) -> tuple[Mistake, ...]:
    """Return the mistakes that any sliding window invites.

    Args:
        pool: `_maximum` or `_average`.
        rounded_up: the same pooling with its size rounded up.
    """
    return (
        Mistake(
            "With stride=None you moved the window by 1. None stands for the kernel size: the windows touch "
            "and do not overlap.",
            _variant(pool, step=lambda stride, kernel: stride or 1),
        ),
        Mistake(
            "You handed stride=None on as it is. None stands for the kernel size: replace it before you use it.",
            when=lambda outcome: isinstance(outcome.error, TypeError) and "None" in str(outcome.error),
        ),
        Mistake(
            "You always moved the window by the kernel size. That is the default only: use `stride` where it is given.",
            _variant(pool, step=lambda stride, kernel: kernel),
        ),
        Mistake(
            "You rounded the size up. Here it is rounded down: leave out a window that hangs over the edge.",
            rounded_up,
        ),
        *_padding_mistakes(pool),
        Mistake(
            "Your windows move by one pixel each. Window (i, j) starts at i·stride, j·stride.", _at_every_pixel(pool)
        ),
        Mistake(
            "You counted the steps of the window. There is one more window than steps: the first one needs none.",
            _without_the_plus_one(pool),
        ),
        Mistake(
            "You stopped one window too early. A window that ends exactly at the edge still fits, and "
            "range(a, b) leaves b out.",
            _without_last(pool),
        ),
        Mistake(
            "The last row or column of your output keeps its first value, 0: range(a, b) leaves b out, and a window "
            "that ends exactly at the edge still fits.",
            _without_last(pool, blank=True),
        ),
        *SHAPE_MISTAKES,
    )


ONE_SIDE = "You padded on one side only. Padding is added on all four sides."
UNPADDED = "You did not use `padding`. Widen the image on all four sides before the window slides."


def _padding_mistakes(pool: Callable) -> tuple[Mistake, ...]:
    return (
        Mistake(ONE_SIDE, _variant(pool, pad=lambda p: (p, 0, p, 0))),
        Mistake(ONE_SIDE, _variant(pool, pad=lambda p: (0, p, 0, p))),
        Mistake(
            "All the padding stands after the image. It belongs on both sides: left and right, top and bottom.",
            _variant(pool, pad=lambda p: (0, 2 * p, 0, 2 * p)),
        ),
        Mistake(UNPADDED, _variant(pool, pad=lambda p: (0,) * 4), when=unpadded),
    )


def _max_from_zeros(x, kernel_size, stride=None, padding=0):
    return F.max_pool2d(F.pad(x, (padding,) * 4), kernel_size, stride)


def _padded_with_minimum(x, kernel_size, stride=None, padding=0):
    wide = F.pad(x, (padding,) * 4, value=float(x.detach().min()))
    return wide.unfold(2, kernel_size, stride or kernel_size).unfold(3, kernel_size, stride or kernel_size).amax((4, 5))


def _nonzero_counted(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    def add(cells):
        return F.avg_pool2d(cells, kernel_size, stride, padding, divisor_override=1)

    return add(x) / (kernel_size**2 if count_include_pad else add((x != 0).to(x.dtype)))


MAX_MISTAKES = (
    Mistake(
        "amax(dim=(2, 3)) takes several axes, max does not.",
        when=raised("max() received an invalid combination of arguments - got (dim=tuple"),
    ),
    Mistake(
        "You padded with 0. Beside negative numbers a 0 wins. Pad with a value that loses against every number.",
        _max_from_zeros,
    ),
    Mistake(
        "You began the search for the largest value at 0. Where all values are negative, 0 is none of them. "
        "Begin below every number, or at a value of the window.",
        lambda *args, **options: F.max_pool2d(*args, **options).clamp(min=0),
    ),
    Mistake("You returned the mean of each window. Max pooling keeps its largest value.", F.avg_pool2d),
    Mistake(
        "You returned the smallest value of each window. Max pooling keeps the largest.",
        lambda x, *args, **options: -F.max_pool2d(-x, *args, **options),
    ),
    Mistake(
        "Your padding takes part in a tie: where it equals a pixel, it takes a share of the pixel's gradient. Pad with "
        "a value below every number.",
        _padded_with_minimum,
    ),
    Mistake(
        "You compared without signs. The largest value lies furthest to the right on the number line: −1 beats −5.",
        lambda x, *args, **options: F.max_pool2d(x.abs(), *args, **options),
    ),
    Mistake(
        "Your padding won: some results are no values of the image. However small a number is, a pixel may be smaller; "
        "which float is below all of them?",
        when=lambda outcome: (
            outcome.case.kwargs.get("padding", 0) > 0
            and getattr(outcome.got, "dtype", None) == outcome.case.args[0].dtype
            and outcome.got.isfinite().all()
            and not torch.isin(outcome.got, outcome.case.args[0]).all()
        ),
    ),
    Mistake(
        "You took one largest value for all images and channels together. Each keeps its own: leave axes 0 and 1 "
        "alone.",
        of_all_together(F.max_pool2d, Tensor.amax),
    ),
    *_sliding_mistakes(_maximum, lambda *args, **options: F.max_pool2d(*args, ceil_mode=True, **options)),
)


def _counted(outcome: Outcome) -> bool:
    return outcome.case.kwargs.get("count_include_pad", True)


AVERAGE_MISTAKES = (
    Mistake(
        "You counted the padding even with count_include_pad=False. Then divide by the real pixels of the window only.",
        lambda *args, count_include_pad=True, **options: F.avg_pool2d(*args, **options),
    ),
    Mistake(
        "You never counted the padding. With count_include_pad=True its zeros count: divide by kernel_size².",
        lambda *args, count_include_pad=True, **options: F.avg_pool2d(*args, count_include_pad=False, **options),
    ),
    Mistake(
        "You have the flag the wrong way round: count_include_pad=True counts the zeros of the padding.",
        lambda *args, count_include_pad=True, **options: F.avg_pool2d(
            *args, count_include_pad=not count_include_pad, **options
        ),
    ),
    Mistake(
        "With count_include_pad=False you did not pad. The windows stay where they are; only the count changes.",
        lambda x, kernel_size, stride=None, padding=0, count_include_pad=True: F.avg_pool2d(
            x, kernel_size, stride, padding if count_include_pad else 0
        ),
    ),
    Mistake(
        "You counted the values that are not 0. A real pixel may be 0 and still counts. Count places, not values.",
        _nonzero_counted,
    ),
    Mistake(
        "You returned the sum of each window. A mean divides it by the number of values.",
        lambda *args, **options: F.avg_pool2d(*args, divisor_override=1, **options),
    ),
    Mistake(
        "You divided by kernel_size. A window has kernel_size rows and kernel_size columns: how many values is that?",
        lambda x, kernel_size, **options: F.avg_pool2d(x, kernel_size, divisor_override=kernel_size, **options),
    ),
    Mistake(
        "You padded with −∞, as max pooling does. One −∞ in a sum makes the whole sum −∞: an average pads with 0.",
        when=lambda outcome: _counted(outcome) and outcome.got.isinf().any() and not outcome.got.isposinf().any(),
    ),
    Mistake(
        "You divided by 0. Every window has at least one real pixel: look again at how you count them.",
        when=lambda outcome: not _counted(outcome) and bool((outcome.got.isposinf() | outcome.got.isnan()).any()),
    ),
    Mistake(
        "You returned the largest value of each window. Average pooling takes the mean.",
        lambda *args, count_include_pad=True, **options: F.max_pool2d(*args, **options),
    ),
    Mistake(ONE_MEAN, of_all_together(F.avg_pool2d, Tensor.mean)),
    *_sliding_mistakes(_average, lambda *args, **options: F.avg_pool2d(*args, ceil_mode=True, **options)),
)
