"""What goes wrong in a convolution as one matrix product."""

import re

import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.chapter_02.channel_mistakes import TURNED
from cnn_lessons.exercises.exercise import Mistake, Outcome


def _padded_once(x, weight, bias, stride, padding):
    return F.conv2d(F.pad(x, (padding[1], 0, padding[0], 0)), weight, bias, stride)


def _columns_first(x, weight, bias, stride, padding):
    out = F.conv2d(x, weight, bias, stride, padding)
    return out.reshape(*out.shape[:2], out.shape[3], out.shape[2])


def _reshaped_for_turned(x, weight, bias, stride, padding):
    """Reshape the weight to (C_in·K_h·K_w, C_out), where it should have been transposed."""
    mixed = weight.reshape(-1, len(weight)).T.reshape(weight.shape)
    return F.conv2d(x, mixed, bias, stride, padding)


def _positions_flat(outcome: Outcome) -> bool:
    if not isinstance(outcome.got, Tensor) or outcome.got.dim() != 3:
        return False
    *_, rows, columns = outcome.case.result_of(F.conv2d).shape
    return outcome.got.shape[2] == rows * columns


def _other_count(outcome: Outcome) -> bool:
    """Return whether a reshape failed on another number of positions than the result has."""
    if "don't multiply up" in str(outcome.error):  # unflatten
        return True
    found = re.search(r"(\d+), (\d+)\]' is invalid for input of size (\d+)", str(outcome.error))
    right = outcome.case.result_of(F.conv2d)
    return bool(found) and (*map(int, found.groups()),) != (*right.shape[2:], right.numel())


def _bias_along_the_last_axis(outcome: Outcome) -> bool:
    found = re.search(r"tensor a \((\d+)\) .* tensor b \((\d+)\) at non-singleton", str(outcome.error))
    filters, rows, columns = outcome.case.result_of(F.conv2d).shape[1:]
    return bool(found) and set(map(int, found.groups())) in ({filters, rows * columns}, {filters, columns})


UNFOLD_MISTAKES = (
    Mistake(TURNED, lambda x, weight, *rest: F.conv2d(x, weight.flip(2, 3), *rest)),
    Mistake(
        "You left out the bias: one number for each filter.", lambda x, w, bias, *rest: F.conv2d(x, w, None, *rest)
    ),
    Mistake(
        "You left out the stride: from one window to the next it is stride[0] rows or stride[1] columns.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, 1, padding),
    ),
    Mistake(
        "You left out the padding: zeros stand around the image before the window starts.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, stride),
    ),
    Mistake(
        "You added the padding on one side. It stands on both sides: left and right, top and bottom.", _padded_once
    ),
    Mistake(
        "You swapped height and width in stride and padding. Both pairs are (height, width).",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, stride[::-1], padding[::-1]),
    ),
    Mistake(
        "You swapped height and width in the padding. The pair is (height, width), while F.pad counts from the "
        "last axis: left, right, top, bottom.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, stride, padding[::-1]),
    ),
    Mistake(
        "All the padding stands after the image. It belongs on both sides: left and right, top and bottom.",
        lambda x, w, bias, stride, pad: F.conv2d(F.pad(x, (0, 2 * pad[1], 0, 2 * pad[0])), w, bias, stride),
    ),
    Mistake(
        "You used the first number of a pair for both directions. The second one is for the width.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, stride[0], padding[0]),
    ),
    Mistake(
        "You used the stride's first number for both directions. The second one is for the width.",
        lambda x, weight, bias, stride, padding: F.conv2d(x, weight, bias, stride[0], padding),
    ),
    Mistake("You folded the positions into (W_out, H_out). Rows come first: (H_out, W_out).", _columns_first),
    Mistake(
        "Your filters are mixed up: reshaping a matrix does not transpose it. Flatten every filter to one row.",
        _reshaped_for_turned,
    ),
    Mistake(
        "The bias went along the last axis. It belongs to the filters: give it an axis of length 1 for every axis "
        "behind C_out before you add it.",
        when=_bias_along_the_last_axis,
    ),
    Mistake(
        "You laid all filters out in a single row. One row for each filter: flatten from axis 1 on.",
        when=lambda outcome: f"vec ({outcome.case.args[1].numel()})" in str(outcome.error),
    ),
    Mistake("All positions are still in one axis. Give it its rows and columns back.", when=_positions_flat),
    Mistake(
        "The number of columns is not H_out·W_out as you counted it. Check your output size (it rounds down), and "
        "hand stride and padding over by name: the third positional argument of unfold is the dilation.",
        when=_other_count,
    ),
)
