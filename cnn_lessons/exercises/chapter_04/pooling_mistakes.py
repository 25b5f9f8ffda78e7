"""What goes wrong in adaptive and global pooling."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.chapter_04.shape_mistakes import ONE_MEAN, of_all_together
from cnn_lessons.exercises.exercise import Mistake


def _windows(begin: Callable, end: Callable, sides: Callable = lambda x: x.shape[2:]) -> Callable:
    """Return an adaptive average whose window i, of `out` on `size` pixels, goes from begin to end(i, size, out)."""

    def pool(x, output_size):
        spans = [
            [slice(begin(i, size, out), end(i, size, out)) for i in range(out)]
            for size, out in zip(sides(x), output_size, strict=True)
        ]
        return torch.stack([torch.stack([x[:, :, r, c].mean(dim=(2, 3)) for c in spans[1]], -1) for r in spans[0]], -2)

    return pool


def _split_means(x: Tensor, parts: int, axis: int) -> Tensor:
    """Average the parts into which tensor_split cuts an axis."""
    return torch.stack([part.mean(dim=axis) for part in x.tensor_split(parts, dim=axis)], dim=axis)


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
        "Your end, the quotient rounded down plus 1, is one too many where the division leaves no rest. Round up.",
        _windows(lambda i, size, out: i * size // out, lambda i, size, out: (i + 1) * size // out + 1),
    ),
    Mistake(
        "You used H for the columns too. Their windows lie along W.",
        _windows(
            lambda i, size, out: i * size // out,
            lambda i, size, out: -(-(i + 1) * size // out),
            lambda x: (x.shape[2],) * 2,
        ),
    ),
    Mistake(
        "Your windows begin at i times the rounded H/H_out. Multiply before you divide.",
        _windows(lambda i, size, out: i * (size // out), lambda i, size, out: -(-(i + 1) * size // out)),
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
    Mistake(ONE_MEAN, of_all_together(F.adaptive_avg_pool2d, Tensor.mean)),
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


def _first(pool: Callable) -> Callable:
    """Return what is wrong with the channels in place 1, for both orders."""
    return lambda x, channels_last=False: pool(x.movedim(-1, 1) if channels_last else x)


STILL_THERE = "The numbers are right, but height and width are still there as axes of length 1. The result is (N, C)."
GLOBAL_MISTAKES = (
    Mistake(
        "You do not look at `channels_last`: with it, x is (N, H, W, C), and the channels come last.",
        lambda x, channels_last=False: x.mean(dim=(2, 3)),
    ),
    Mistake(
        "You took the two orders the wrong way round: with `channels_last=True`, x is (N, H, W, C).",
        lambda x, channels_last=False: x.mean(dim=(2, 3) if channels_last else (1, 2)),
    ),
    Mistake(
        "You averaged over axes 1 and 2 in both orders. In (N, C, H, W) these are channels and rows: the columns are "
        "left.",
        lambda x, channels_last=False: x.mean(dim=(1, 2)),
    ),
    Mistake(
        "You averaged over channels and columns: the rows are left. The channels must stay.",
        _first(lambda x: x.mean(dim=(1, 3))),
    ),
    Mistake(
        "You only relabelled the axes: reshape keeps the numbers in their order and moves no axis, so "
        "channels were mixed.",
        _first(lambda x: x.reshape(x.shape[0], -1, x.shape[1]).mean(dim=1)),
    ),
    Mistake(
        "You only relabelled the axes: reshape keeps the numbers in their order and moves no axis. permute does.",
        lambda x, channels_last=False: (x.reshape(len(x), -1, *x.shape[1:3]) if channels_last else x).mean(dim=(2, 3)),
    ),
    Mistake(
        "You averaged over the batch too. Every image keeps its own numbers.", _first(lambda x: x.mean(dim=(0, 2, 3)))
    ),
    Mistake(
        "You averaged over the channels too. Every channel keeps its own number.",
        _first(lambda x: x.mean(dim=(1, 2, 3))),
    ),
    Mistake("You averaged over the channels alone. They are what should stay.", _first(lambda x: x.mean(dim=1))),
    Mistake(
        STILL_THERE,
        _first(lambda x: x.mean(dim=(2, 3), keepdim=True)),
    ),
    Mistake(
        STILL_THERE,
        lambda x, channels_last=False: (
            x.mean(dim=(1, 2), keepdim=True) if channels_last else x.mean(dim=(2, 3), keepdim=True)
        ),
    ),
    Mistake(
        "squeeze() removes every axis of length 1, the batch or the channels among them. Name the two that go.",
        _first(lambda x: x.mean(dim=(2, 3)).squeeze()),
    ),
    Mistake(
        "You divided by the width squared. A map has H·W pixels.", _first(lambda x: x.sum(dim=(2, 3)) / x.shape[3] ** 2)
    ),
    Mistake("You averaged over one of height and width. Both have to go.", _first(lambda x: x.mean(dim=2))),
    Mistake("You averaged over one of height and width. Both have to go.", _first(lambda x: x.mean(dim=3))),
    Mistake("You returned sums. A mean divides by the number of pixels, H·W.", _first(lambda x: x.sum(dim=(2, 3)))),
    Mistake(
        "You divided by the wrong number. A map has H·W pixels; the channels do not count.",
        _first(lambda x: x.sum(dim=(2, 3)) / (x.shape[1] * x.shape[2])),
    ),
    Mistake(
        "You returned the largest value of each map. This is average pooling.", _first(lambda x: x.amax(dim=(2, 3)))
    ),
)
