"""The convolution stepper."""

import traitlets

from cnn_lessons.widgets.base import LessonWidget, Matrix, Whole
from cnn_lessons.widgets.source import module_source

CORNER = [[9 if row >= 3 and col >= 3 else 0 for col in range(6)] for row in range(6)]
SOBEL_X = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


class ConvolutionStepper(LessonWidget):
    """Slide a kernel over a small image and read every sum; the arithmetic is that of ``F.conv2d``.

    Args:
        image: matrix of numbers, at most 10 by 10; a list of rows, an array or a tensor.
        kernel: matrix of numbers, at most 5 by 5.
        stride: 1 to 4.
        padding: 0 to 3 cells on every side.
        dilation: 1 to 3.
        mode: what the padding holds, ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        flip: turn the kernel by 180° first (true convolution), as PyTorch does not.
        row: row of the window's output cell, from 0; beyond the last it shows the last.
        col: column of the window's output cell, from 0.
        visited: ``[row, col]`` of the output cells that already show their value.
        filled: show every output value.

    Raises:
        traitlets.TraitError: if a value is not as described above, here or when it is set later.
        TypeError: if there is no setting of that name.

    Taught in: 02, 03.
    """

    _tag = "cnn-conv"
    _esm = module_source(_tag)

    image = Matrix(CORNER, max_size=10)
    kernel = Matrix(SOBEL_X, max_size=5)
    stride = Whole(1, min=1, max=4).tag(sync=True)
    padding = Whole(0, min=0, max=3).tag(sync=True)
    dilation = Whole(1, min=1, max=3).tag(sync=True)
    mode = traitlets.Enum(["zeros", "reflect", "replicate", "circular"], "zeros").tag(sync=True)
    flip = traitlets.Bool(False).tag(sync=True)
    row = Whole(0, min=0).tag(sync=True)
    col = Whole(0, min=0).tag(sync=True)
    visited = traitlets.List(traitlets.List(Whole(min=0), minlen=2, maxlen=2)).tag(sync=True)
    filled = traitlets.Bool(False).tag(sync=True)

    def summary(self) -> str:
        """Input, kernel and settings in one sentence."""
        image, kernel = (f"{len(m)}×{len(m[0])}" for m in (self.image, self.kernel))
        return (
            f"Convolution stepper: input {image}, kernel {kernel}, stride {self.stride}, "
            f"padding {self.padding} ({self.mode}), dilation {self.dilation}"
        )
