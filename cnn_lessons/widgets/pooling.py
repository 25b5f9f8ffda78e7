"""The pooling stepper."""

import traitlets

from cnn_lessons.widgets.base import LessonWidget, Matrix, Whole
from cnn_lessons.widgets.source import module_source

DIGITS = [
    [2, 9, 6, 9, 0, 8],
    [3, 0, 0, 9, 9, 5],
    [4, 5, 6, 7, 7, 4],
    [4, 8, 3, 4, 0, 7],
    [8, 3, 1, 9, 1, 4],
    [4, 1, 1, 6, 7, 0],
]


class PoolingStepper(LessonWidget):
    """Slide a window over a small image and keep its largest value, or its mean, as ``F.max_pool2d`` does.

    Args:
        image: matrix of numbers, at most 10 by 10; a list of rows, an array or a tensor.
        kernel_size: 1 to 5, the same in both directions.
        stride: 1 to 5, or None for the kernel size.
        padding: 0 to 2 cells on every side; −∞ for max, 0 for average.
        dilation: 1 to 3; for max only, average pooling has none.
        mode: ``"max"`` or ``"average"``.
        ceil_mode: round the size up, so that a last window may hang over the edge.
        count_include_pad: let an average divide by the padding cells too.
        row: row of the window's output cell, from 0; beyond the last it shows the last.
        col: column of the window's output cell, from 0.
        visited: ``[row, col]`` of the output cells that already show their value.
        filled: show every output value.

    Raises:
        traitlets.TraitError: if a value is not as described above, here or when it is set later.
        TypeError: if there is no setting of that name.

    Taught in: 04.
    """

    _tag = "cnn-pool"
    _esm = module_source(_tag)

    image = Matrix(DIGITS, max_size=10)
    kernel_size = Whole(2, min=1, max=5).tag(sync=True)
    stride = Whole(None, min=1, max=5, allow_none=True).tag(sync=True)
    padding = Whole(0, min=0, max=2).tag(sync=True)
    dilation = Whole(1, min=1, max=3).tag(sync=True)
    mode = traitlets.Enum(["max", "average"], "max").tag(sync=True)
    ceil_mode = traitlets.Bool(False).tag(sync=True)
    count_include_pad = traitlets.Bool(True).tag(sync=True)
    row = Whole(0, min=0).tag(sync=True)
    col = Whole(0, min=0).tag(sync=True)
    visited = traitlets.List(traitlets.List(Whole(min=0), minlen=2, maxlen=2)).tag(sync=True)
    filled = traitlets.Bool(False).tag(sync=True)

    def summary(self) -> str:
        """Input, window and settings in one sentence."""
        stride = self.kernel_size if self.stride is None else self.stride
        return (
            f"Pooling stepper: {self.mode} of {self.kernel_size}×{self.kernel_size} windows over an input "
            f"{len(self.image)}×{len(self.image[0])}, stride {stride}, padding {self.padding}"
        )
