"""What the shape of a wrong answer says about a pooling from scratch, and what all poolings share."""

from collections.abc import Callable

from cnn_lessons.arithmetic import pool_output_size
from cnn_lessons.exercises.exercise import Mistake, Outcome, raised

ONE_MEAN = "You took one mean for all images and channels together. Each keeps its own: leave axes 0 and 1 alone."


def of_all_together(pool: Callable, reduce: Callable) -> Callable:
    """Return a pooling that takes one value of each window for all images and channels, by Tensor.amax or .mean."""
    return lambda x, *args, **options: pool(reduce(x, (0, 1), keepdim=True), *args, **options).expand(
        *x.shape[:2], -1, -1
    )


def _shape_is(wrong: Callable) -> Callable:
    """Test whether an answer has a shape in wrong(N, C, H_out, W_out), a tuple of shapes, and not the right one."""

    def test(outcome: Outcome) -> bool:
        (x, kernel), options = outcome.case.args, outcome.case.kwargs
        size = pool_output_size(tuple(x.shape[2:]), kernel, options.get("stride"), options.get("padding", 0))
        right = (*x.shape[:2], *size)
        got = tuple(getattr(outcome.got, "shape", ()))
        return got != right and got in wrong(*right)

    return test


def unpadded(outcome: Outcome) -> bool:
    """Test whether an answer has the shape that it would have without padding."""
    (x, kernel), options = outcome.case.args, outcome.case.kwargs
    inside = all(size >= kernel for size in x.shape[2:]) and options.get("padding")
    size = inside and pool_output_size(tuple(x.shape[2:]), kernel, options.get("stride"))
    return bool(inside) and getattr(outcome.got, "shape", None) == (*x.shape[:2], *size)


def _empty_window(outcome: Outcome) -> bool:
    """Test whether padded windows were cut beside the image: an error, or nan, but not in the first, on a pixel."""
    padded = outcome.case.kwargs.get("padding", 0) > 0
    if outcome.error is not None:
        return padded and raised("to have non-zero size", "numel() == 0")(outcome)
    lost = outcome.got.isnan()
    return padded and bool(lost.any() and not lost[:, :, 0, 0].any())


SHAPE_MISTAKES = (
    Mistake(
        "You exchanged height and width. The order is (N, C, H, W): rows come before columns.",
        when=_shape_is(lambda n, c, rows, columns: ((n, c, columns, rows),)),
    ),
    Mistake(
        "You used one of height and width for both directions. They differ: count rows and columns separately.",
        when=_shape_is(lambda n, c, rows, columns: ((n, c, rows, rows), (n, c, columns, columns))),
    ),
    Mistake(
        "You pooled over the channels too, or took one image only: an axis is missing. The result keeps N and C.",
        when=_shape_is(lambda n, c, rows, columns: ((1, rows, columns),) if n == c == 1 else ()),
    ),
    Mistake(
        "You pooled over the channels too. A window lies in one channel: every channel is pooled by itself.",
        when=_shape_is(lambda n, c, rows, columns: ((n, rows, columns), (n, 1, rows, columns))),
    ),
    Mistake(
        "You pooled one image only. The result has N images, as x has.",
        when=_shape_is(lambda n, c, rows, columns: ((c, rows, columns), (1, c, rows, columns))),
    ),
    Mistake(
        "A window of yours is empty: your output size counts the padding, but the image that you cut from has none. "
        "Widen it on all four sides before the window slides.",
        when=_empty_window,
    ),
)
