"""What goes wrong in a convolution with channels, and what other exercises of the chapter share with it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.exercise import Mistake, Outcome, raised

TURNED = (
    "You turned the kernel by half a turn: that is convolution as mathematics defines it. Here the first number of the "
    "kernel belongs on the first pixel of the window, and the last on the last."
)
LAST_WINDOWS = (
    "You left out the last row and the last column of windows. The last window starts H − K_h rows down, and there is "
    "one that starts at row 0 as well."
)
UNSUMMED = "You put all the products of a window where one number belongs. Add them up first, with .sum()."


def blank(out: Tensor) -> Tensor:
    """Return the output with its last row and column left at 0."""
    out[..., -1, :], out[..., -1] = 0, 0
    return out


def has_five_axes(outcome: Outcome) -> bool:
    """Return whether an axis that should have been added up is left: of input channels, or of images."""
    return isinstance(outcome.got, Tensor) and outcome.got.dim() == 5


def _only_first_image(outcome: Outcome) -> bool:
    return isinstance(outcome.got, Tensor) and outcome.got.dim() == 4 and len(outcome.got) < len(outcome.case.args[0])


def _only_first_filled(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    out = F.conv2d(x, weight, bias)
    return torch.cat([out[:1], torch.zeros_like(out[1:])])


CHANNEL_MISTAKES = (
    Mistake(TURNED, lambda x, weight, bias: F.conv2d(x, weight.flip(2, 3), bias)),
    Mistake(
        "You left out the bias. It is added once to every number of its map.",
        lambda x, weight, bias: F.conv2d(x, weight),
    ),
    Mistake(
        "You added the bias once for each product. Add up the products first, then add the bias once.",
        lambda x, weight, bias: F.conv2d(x, weight, bias * weight[0].numel()),
    ),
    Mistake(
        "You added the bias once for each input channel. A filter has one bias, whatever the number of channels "
        "it reads.",
        lambda x, weight, bias: F.conv2d(x, weight, bias * weight.shape[1]),
    ),
    Mistake(
        "You used the first input channel only. A filter has a slice for every input channel, and all products "
        "are added.",
        lambda x, weight, bias: F.conv2d(x[:, :1], weight[:, :1], bias),
    ),
    Mistake(
        "Only the last input channel counts: add with +=.",
        lambda x, weight, bias: F.conv2d(x[:, -1:], weight[:, -1:], bias),
    ),
    Mistake(
        "You used the first slice of the filter for every input channel. Channel c meets slice c.",
        lambda x, weight, bias: F.conv2d(x, weight[:, :1].expand_as(weight), bias),
    ),
    Mistake(
        "Only the maps of the first image are filled. Loop over n as well; is `return` inside the loop?",
        _only_first_filled,
    ),
    Mistake(
        "You took the mean over the input channels. Their products are added, not averaged.",
        lambda x, weight, bias: F.conv2d(x, weight / weight.shape[1], bias),
    ),
    Mistake(
        "You used the first filter for every output channel. Output channel k belongs to filter k.",
        lambda x, weight, bias: F.conv2d(x, weight[:1].expand_as(weight), bias),
    ),
    Mistake(
        "You used the first image for the whole batch. Every image gets its own maps.",
        lambda x, weight, bias: F.conv2d(x[:1].expand_as(x), weight, bias),
    ),
    Mistake(
        "You added up the images of the batch. Each has sums of its own: loop over n as well, or leave axis 0 out of "
        "the sum.",
        lambda x, weight, bias: F.conv2d(x.sum(0, keepdim=True).expand_as(x), weight, bias),
    ),
    Mistake(LAST_WINDOWS, lambda x, weight, bias: F.conv2d(x, weight, bias)[:, :, :-1, :-1]),
    Mistake(LAST_WINDOWS, lambda x, weight, bias: blank(F.conv2d(x, weight, bias))),
    Mistake(
        "You put the channels last. A batch in PyTorch is (N, C_out, H_out, W_out).",
        lambda x, weight, bias: F.conv2d(x, weight, bias).permute(0, 2, 3, 1),
    ),
    Mistake(
        "You cut negative results to 0. That is a ReLU, a layer of its own; a convolution keeps them.",
        lambda x, weight, bias: F.conv2d(x, weight, bias).relu(),
    ),
    Mistake(
        "The bias went along the width. It belongs to the channels: give it the shape (C_out, 1, 1) before you add it.",
        lambda x, weight, bias: F.conv2d(x, weight) + bias,
    ),
    Mistake(
        "You swapped in and out channels. The shape of the weight is (C_out, C_in, K_h, K_w), the filters first; "
        "that of the bias is (C_out,).",
        when=lambda outcome: (
            raised("out of bounds for dimension 0")(outcome)
            and outcome.case.args[1].shape[0] < outcome.case.args[1].shape[1]
        ),
    ),
    Mistake(
        "You kept the input channels apart. One filter gives one map: add the products of all its input channels.",
        when=has_five_axes,
    ),
    Mistake(UNSUMMED, when=raised("number of sizes provided (0)")),
    Mistake("Some images of the batch are missing from your output. Loop over n as well.", when=_only_first_image),
)
