"""The exercise on the gradient of max pooling."""

from collections.abc import Iterator
from functools import partial
from random import Random

import torch
import torch.nn.functional as F
from torch import Size, Tensor

from cnn_lessons.exercises.chapter_04.pooling import MAX_LAYERS
from cnn_lessons.exercises.exercise import AUTOGRAD, Case, Exercise, Mistake, Outcome, first, integers, normal

GRADIENTS = AUTOGRAD | {"max_unpool2d", "max_pool2d_with_indices_backward"}


def _gradient_cases(random: Random) -> Iterator[Case]:
    yield _gradient_case([[-4, -1], [-3, -2]], 2, [[5]])
    yield _gradient_case([[-4, -1], [-3, -2]], 2, [[5]], torch.float32)
    yield _gradient_case([[-4e40, -1e40], [-3e40, -2e40]], 2, [[5]])  # far below any "very small number"
    yield _gradient_case([[1, 3], [3, 3]], 2, [[6]])  # first or last, by rows or by columns: each another pixel
    yield _gradient_case([[2, 5], [5.001, 5.0001]], 2, [[8]])  # nearly equal is not equal
    yield _gradient_case([[2, -1, 0, 4], [-3, 1, 5, -6]], 2, [[-1, 3]])
    yield _gradient_case([[-1, -7, 2, 9, 1], [-5, -3, 8, 4, 6], [3, 0, 5, 7, -2]], 2, [[2, -3]])
    while True:
        images, channels, kernel, rows, columns = (random.randint(1, top) for top in (2, 3, 3, 3, 3))
        height, width = (kernel * out + random.randrange(kernel) for out in (rows, columns))
        if height != width:
            x = random.choice((integers, normal))(random, images, channels, height, width)
            yield Case(x, kernel, integers(random, images, channels, rows, columns, low=-9, high=9))


def _gradient_case(x: list, kernel_size: int, grad_output: list, dtype: torch.dtype = torch.float64) -> Case:
    pixels, gradient = (torch.tensor([[rows]], dtype=dtype) for rows in (x, grad_output))
    return Case(pixels, kernel_size, gradient)


def max_gradient(x: Tensor, kernel_size: int, grad_output: Tensor) -> Tensor:
    """Return the gradient with respect to `x` as torch's autograd finds it: (N, C, H, W)."""
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad(F.max_pool2d(leaf, kernel_size), leaf, grad_output)[0]


def _spread(values: Tensor, like: Tensor, kernel_size: int) -> Tensor:
    """Give every pixel the value of its window, and 0 where no window reaches."""
    wide = values.repeat_interleave(kernel_size, dim=2).repeat_interleave(kernel_size, dim=3)
    return F.pad(wide, (0, like.shape[3] - wide.shape[3], 0, like.shape[2] - wide.shape[2]))


def _winners(x: Tensor, kernel_size: int) -> Tensor:
    """Mark every largest value of each window, equal ones too."""
    reached = _spread(torch.ones_like(F.max_pool2d(x, kernel_size)), x, kernel_size)
    return (x == _spread(F.max_pool2d(x, kernel_size), x, kernel_size)) * reached


def _shared(x: Tensor, kernel_size: int, grad_output: Tensor) -> Tensor:
    winners = _winners(x, kernel_size)
    count = F.avg_pool2d(winners, kernel_size, divisor_override=1)
    return winners * _spread(grad_output / count, x, kernel_size)


def _last_winner(x: Tensor, kernel_size: int, grad_output: Tensor) -> Tensor:
    rows, columns = (size * kernel_size for size in grad_output.shape[2:])
    turned = max_gradient(x[:, :, :rows, :columns].flip(2, 3), kernel_size, grad_output.flip(2, 3)).flip(2, 3)
    return F.pad(turned, (0, x.shape[3] - columns, 0, x.shape[2] - rows))


def _no_rest(outcome: Outcome) -> bool:
    x, kernel_size, _ = outcome.case.args
    alone = x.shape[:2] == (1, 1)  # else images or channels may be what was mixed up
    return outcome.error is not None and alone and any(size % kernel_size for size in x.shape[2:])


def _in_the_first_window(x: Tensor, kernel_size: int, grad_output: Tensor, add: bool = False) -> Tensor:
    """Put each gradient at the place that its pixel has in its window, without the window's corner."""
    out, (rows, columns) = torch.zeros_like(x), grad_output.shape[2:]
    for i in range(rows):
        for j in range(columns):
            top, left, g = i * kernel_size, j * kernel_size, grad_output[:, :, i : i + 1, j : j + 1]
            window, target = x[:, :, top : top + kernel_size, left : left + kernel_size], out[:, :, :kernel_size]
            wins, target = max_gradient(window, kernel_size, torch.ones_like(g)), target[..., :kernel_size]
            target.copy_(target + wins * g if add else torch.where(wins > 0, g, target))
    return out


def _turned_windows(x: Tensor, kernel_size: int, grad_output: Tensor) -> Tensor:
    """Put each gradient at (column, row) of its window."""
    right, (rows, columns) = max_gradient(x, kernel_size, grad_output), grad_output.shape[2:]
    for i in range(0, rows * kernel_size, kernel_size):
        for j in range(0, columns * kernel_size, kernel_size):
            window = right[:, :, i : i + kernel_size, j : j + kernel_size]
            window.copy_(window.mT.clone())
    return right


MAX_POOL_GRADIENT = Exercise(
    name="max_pool2d_gradient",
    chapter="04",
    title="The gradient of max pooling",
    parameters="x, kernel_size, grad_output",
    statement=(
        "A max pooling with stride = kernel_size has turned `x`, (N, C, H, W), into (N, C, H_out, W_out). "
        "`grad_output` has that shape: the gradient of the loss with respect to the output. Return the "
        "gradient with respect to `x`, (N, C, H, W). In each window it goes to the largest value; if "
        "several are equal, to the first, row by row. Compute it yourself, without autograd."
    ),
    hints=(
        "Change one value of a window by a little. When does the output change, and by how much? The others get 0.",
        "Begin with `torch.zeros_like(x)`. For each window, find the place of the first largest value and "
        "write the gradient of that output there. Rows and columns that no window reaches keep their 0.",
        "Four loops, over n, c, i and j of `grad_output`. The window begins at `top, left = i * kernel_size, j * "
        "kernel_size`. Its `argmax()` is the place of the first largest value, counted row by row: the row is "
        "`top + place // kernel_size`, the column `left + place % kernel_size`. Write the gradient there.",
    ),
    cases=first(30, _gradient_cases),
    expected=max_gradient,
    forbidden=MAX_LAYERS | GRADIENTS,
    mistakes=(
        Mistake(
            "You shared the gradient among equal largest values. PyTorch gives all of it to the first of them, row by "
            "row.",
            _shared,
        ),
        Mistake(
            "You gave the gradient to every one of the equal largest values. Only the first of them, row by row, gets "
            "it.",
            lambda x, k, grad_output: _winners(x, k) * _spread(grad_output, x, k),
        ),
        Mistake(
            "Of equal largest values you took the last. The first one counts, row by row: compare with > and not with "
            ">=.",
            _last_winner,
        ),
        Mistake(
            "Of equal largest values you took the first column by column. Go through the window row by row.",
            lambda x, k, grad_output: max_gradient(x.mT, k, grad_output.mT).mT,
        ),
        Mistake(
            "Height and width are exchanged inside the window. argmax counts row by row: what is the row?",
            _turned_windows,
        ),
        Mistake(
            "You took the smallest value of each window. The gradient goes to the largest.",
            lambda x, k, grad_output: max_gradient(-x, k, grad_output),
        ),
        Mistake(
            "You compared without signs. The largest value lies furthest to the right on the number line.",
            lambda x, k, grad_output: max_gradient(x.abs(), k, grad_output),
        ),
        Mistake(
            "Your sign is turned. If the largest value grows, the output grows with it.",
            lambda x, k, grad_output: -max_gradient(x, k, grad_output),
        ),
        Mistake(
            "You began the search for the largest value at 0. A window of negative numbers has a largest value too.",
            lambda x, k, grad_output: max_gradient(x, k, grad_output * (F.max_pool2d(x, k) > 0)),
        ),
        Mistake(
            "You began the search at some small number, or compute in float32, which does not reach so far. Begin at "
            "−∞, or at a value of the window, in the dtype of x.",
            when=lambda outcome: not outcome.error and bool((outcome.case.args[0] < -1e39).all()),
        ),
        Mistake(
            "You spread the gradient evenly over the window, as average pooling does. Only the largest value "
            "moves the maximum.",
            lambda x, k, grad_output: _spread(grad_output, x, k) / k**2,
        ),
        Mistake(
            "You gave the whole gradient to every pixel of the window. Only the largest value moves the "
            "maximum; the others get 0.",
            lambda x, k, grad_output: _spread(grad_output, x, k),
        ),
        Mistake(
            "You put the largest values themselves in place. What belongs there is the gradient of the output.",
            lambda x, k, grad_output: max_gradient(x, k, F.max_pool2d(x, k)),
        ),
        Mistake(
            "You marked the largest values with 1. Multiply by the gradient of the output: that is how much the "
            "loss changes with each of them.",
            lambda x, k, grad_output: max_gradient(x, k, torch.ones_like(grad_output)),
        ),
        Mistake(
            "Your result is smaller than x. Rows and columns that no window reaches are part of it, with 0.",
            when=lambda outcome: (
                isinstance(outcome.got, Tensor)
                and outcome.got.shape != outcome.case.args[0].shape
                and outcome.got.shape[2:]
                == Size(side * outcome.case.args[1] for side in outcome.case.args[2].shape[2:])
            ),
        ),
        *(
            Mistake(
                "You wrote into the first window. Add the window's corner, i * kernel_size and j * kernel_size.",
                partial(_in_the_first_window, add=add),
            )
            for add in (False, True)
        ),
        Mistake(
            "You returned one value for each window. The gradient with respect to x has the shape of x: mostly zeros.",
            when=lambda outcome: (
                getattr(outcome.got, "shape", None) == outcome.case.args[2].shape != outcome.case.args[0].shape
            ),
        ),
        Mistake(
            "The kernel size does not divide this image. Rows and columns that no window reaches get 0.",
            when=_no_rest,
        ),
    ),
)
