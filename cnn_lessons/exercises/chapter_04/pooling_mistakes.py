"""What goes wrong in adaptive and global pooling, and in the gradient of max pooling."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Size, Tensor

from cnn_lessons.exercises.exercise import Mistake, Outcome


def _windows(begin: Callable, end: Callable) -> Callable:
    """Return an adaptive average whose window i, of `out` on `size` pixels, goes from begin to end(i, size, out)."""

    def pool(x, output_size):
        spans = [
            [slice(begin(i, size, out), end(i, size, out)) for i in range(out)]
            for size, out in zip(x.shape[2:], output_size, strict=True)
        ]
        return torch.stack([torch.stack([x[:, :, r, c].mean(dim=(2, 3)) for c in spans[1]], -1) for r in spans[0]], -2)

    return pool


def _split_means(x: Tensor, parts: int, axis: int) -> Tensor:
    """Average the parts into which tensor_split cuts an axis."""
    return torch.stack([part.mean(dim=axis) for part in x.tensor_split(parts, dim=axis)], dim=axis)


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


def _turned_windows(x: Tensor, kernel_size: int, grad_output: Tensor) -> Tensor:
    """Put each gradient at (column, row) of its window."""
    right, (rows, columns) = max_gradient(x, kernel_size, grad_output), grad_output.shape[2:]
    for i in range(0, rows * kernel_size, kernel_size):
        for j in range(0, columns * kernel_size, kernel_size):
            window = right[:, :, i : i + kernel_size, j : j + kernel_size]
            window.copy_(window.mT.clone())
    return right


ADAPTIVE_MISTAKES = (
    Mistake(
        "You exchanged height and width: output_size is (H_out, W_out), rows first.",
        lambda x, output_size: F.adaptive_avg_pool2d(x, output_size[::-1]),
    ),
    Mistake(
        "You used one number of output_size for both directions. The first is for rows, the second for columns.",
        lambda x, output_size: F.adaptive_avg_pool2d(x, output_size[0]),
    ),
    Mistake(
        "You used windows of equal size. When H_out does not divide H they differ, and pixels at the end "
        "were left out: take begin and end of every window from the formula.",
        _windows(lambda i, size, out: i * (size // out), lambda i, size, out: (i + 1) * (size // out)),
    ),
    Mistake(
        "You used one kernel size and one stride for all windows. That reaches the last pixel, but no "
        "single pair gives the windows of the formula: take begin and end of each from it.",
        _windows(lambda i, size, out: i * (size // out), lambda i, size, out: size - (out - 1 - i) * (size // out)),
    ),
    Mistake(
        "You let each window end where the next one begins. The end is rounded up, the begin down: "
        "neighbours may share pixels.",
        _windows(lambda i, size, out: i * size // out, lambda i, size, out: (i + 1) * size // out),
    ),
    Mistake(
        "You rounded to the nearest pixel. The begin is rounded down and the end is rounded up.",
        _windows(lambda i, size, out: round(i * size / out), lambda i, size, out: round((i + 1) * size / out)),
    ),
    Mistake(
        "You took one row and column too many: the end, ⌈(i + 1)·H/H_out⌉, is not included, and a Python "
        "slice leaves its end out already.",
        _windows(lambda i, size, out: i * size // out, lambda i, size, out: -(-(i + 1) * size // out) + 1),
    ),
    Mistake(
        "You cut the axis into windows that share no pixel, and gave the last one what was left. Take begin and end of "
        "every window from the formula.",
        _windows(
            lambda i, size, out: i * (size // out), lambda i, size, out: [(i + 1) * (size // out), size][i == out - 1]
        ),
    ),
    Mistake(
        "You cut the axis into windows that share no pixel. By the formula neighbours share one where H_out does not "
        "divide H: take begin and end of every window from it.",
        lambda x, output_size: _split_means(_split_means(x, output_size[0], 2), output_size[1], 3),
    ),
    Mistake("You returned the largest value of each window. This exercise averages.", F.adaptive_max_pool2d),
    Mistake(
        "You averaged over the channels too. Every channel is pooled by itself.",
        lambda x, output_size: (
            F.adaptive_avg_pool2d(x, output_size).mean(dim=1, keepdim=True).expand(-1, x.shape[1], -1, -1)
        ),
        when=lambda outcome: (
            getattr(outcome.got, "ndim", 0) == 4 and outcome.got.shape[1] < outcome.case.args[0].shape[1]
        ),
    ),
    Mistake(
        "You averaged over the channels too, or took one image only: an axis is missing. The result keeps N and C.",
        when=lambda outcome: getattr(outcome.got, "ndim", 4) < 4,
    ),
)

GRADIENT_MISTAKES = (
    Mistake(
        "You shared the gradient among equal largest values. PyTorch gives all of it to the first of them, row by row.",
        _shared,
    ),
    Mistake(
        "You gave the gradient to every one of the equal largest values. Only the first of them, row by row, gets it.",
        lambda x, k, grad_output: _winners(x, k) * _spread(grad_output, x, k),
    ),
    Mistake(
        "Of equal largest values you took the last. The first one counts, row by row: compare with > and not with >=.",
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
            and outcome.got.shape[2:] == Size(side * outcome.case.args[1] for side in outcome.case.args[2].shape[2:])
        ),
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
)

GLOBAL_MISTAKES = (
    Mistake(
        "You averaged over channels and rows: the columns are left. That would be right for (N, H, W, C); "
        "here the channels come second.",
        lambda x: x.mean(dim=(1, 2)),
    ),
    Mistake(
        "You averaged over channels and columns: the rows are left. The channels must stay.",
        lambda x: x.mean(dim=(1, 3)),
    ),
    Mistake(
        "You only relabelled the axes: reshape keeps the numbers in their order and moves no axis, so "
        "channels were mixed.",
        lambda x: x.reshape(x.shape[0], -1, x.shape[1]).mean(dim=1),
    ),
    Mistake("You averaged over the batch too. Every image keeps its own numbers.", lambda x: x.mean(dim=(0, 2, 3))),
    Mistake(
        "You averaged over the channels too. Every channel keeps its own number.",
        lambda x: x.mean(dim=(1, 2, 3)),
    ),
    Mistake("You averaged over the channels alone. They are what should stay.", lambda x: x.mean(dim=1)),
    Mistake(
        "The numbers are right, but height and width are still there as axes of length 1. The result is (N, C).",
        lambda x: x.mean(dim=(2, 3), keepdim=True),
    ),
    Mistake(
        "squeeze() removes every axis of length 1, the batch or the channels among them. Name the two that go.",
        lambda x: x.mean(dim=(2, 3)).squeeze(),
    ),
    Mistake("You divided by the width squared. A map has H·W pixels.", lambda x: x.sum(dim=(2, 3)) / x.shape[3] ** 2),
    Mistake("You averaged over one of height and width. Both have to go.", lambda x: x.mean(dim=2)),
    Mistake("You averaged over one of height and width. Both have to go.", lambda x: x.mean(dim=3)),
    Mistake("You returned sums. A mean divides by the number of pixels, H·W.", lambda x: x.sum(dim=(2, 3))),
    Mistake(
        "You divided by the wrong number. A map has H·W pixels; the channels do not count.",
        lambda x: x.sum(dim=(2, 3)) / (x.shape[1] * x.shape[2]),
    ),
    Mistake("You returned the largest value of each map. This is average pooling.", lambda x: x.amax(dim=(2, 3))),
)
