"""What the shape of a wrong answer says about a pooling from scratch."""

from collections.abc import Callable

from cnn_lessons.arithmetic import pool_output_size
from cnn_lessons.exercises.exercise import Mistake, Outcome


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
)
