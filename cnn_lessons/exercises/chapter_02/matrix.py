"""Convolution as one matrix product, and the gradient with respect to the weight."""

import re
from collections.abc import Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.chapter_02.loops import CONVOLUTIONS, TURNED, has_five_axes
from cnn_lessons.exercises.exercise import AUTOGRAD, Case, Exercise, Mistake, Outcome, first, integers, normal


def _unfold_cases(random: Random) -> Iterator[Case]:
    x, weight = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]]).double(), torch.tensor([[[[1.0, 10]]]]).double()
    yield Case(x, weight, torch.tensor([100.0]).double(), (1, 1), (0, 0))
    yield Case(x, weight, torch.tensor([100.0]).double(), (1, 1), (0, 1))
    yield Case(integers(random, 1, 2, 3, 4), integers(random, 2, 2, 1, 2), integers(random, 2), (2, 1), (0, 0))
    for size in ((3_400, 3), (3, 3_400)):  # a loop over rows or columns of positions takes more turns than are allowed
        yield Case(normal(random, 1, 1, *size), normal(random, 1, 1, 2, 2), normal(random, 1), (1, 1), (0, 0))
    while True:
        c_in, c_out = random.sample((1, 2, 3, 4), 2)
        kernel = random.randint(1, 3), random.randint(1, 3)
        image = kernel[0] + random.randint(1, 4), kernel[1] + random.randint(2, 6)
        stride, padding = ((random.randint(least, 3), random.randint(least, 3)) for least in (1, 0))
        x, weight = normal(random, random.randint(1, 2), c_in, *image), normal(random, c_out, c_in, *kernel)
        yield Case(x, weight, normal(random, c_out), stride, padding)


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


CONV2D_UNFOLD = Exercise(
    name="conv2d_unfold",
    chapter="02",
    title="One matrix product",
    parameters="x, weight, bias, stride, padding",
    statement="Convolve as in `conv2d_channels`, with no loop over positions. `stride` and `padding` are pairs, "
    "(height, width): the window moves by `stride` pixels, and `padding` zeros stand around the image. "
    "H_out = (H + 2·padding[0] − K_h) // stride[0] + 1, W_out likewise; return (N, C_out, H_out, W_out).",
    hints=(
        "`F.unfold(x, kernel_size, stride=..., padding=...)` writes every window as a column. Print its shape for a "
        "small x.",
        "The columns are (N, C_in·K_h·K_w, H_out·W_out). Flatten each filter to a row of the same length; then one "
        "`@` makes all the sums.",
        "`weight.flatten(1) @ columns` is (N, C_out, H_out·W_out). Add the bias as a column, `bias[:, None]`, then "
        "give the last axis its rows and columns back with `.reshape`.",
    ),
    cases=first(26, _unfold_cases),
    expected=F.conv2d,
    forbidden=CONVOLUTIONS,
    gradients=True,
    most_calls=4000,
    mistakes=(
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
        Mistake("All positions are still in one axis. Give it its rows and columns back.", when=_positions_flat),
        Mistake(
            "The number of columns is not H_out·W_out as you counted it. Check your output size (it rounds down), and "
            "hand stride and padding over by name: the third positional argument of unfold is the dilation.",
            when=_other_count,
        ),
    ),
)


def _weight_gradient(x: Tensor, grad_output: Tensor) -> Tensor:
    kernel = (size - out + 1 for size, out in zip(x.shape[2:], grad_output.shape[2:], strict=True))
    weight = x.new_zeros(grad_output.shape[1], x.shape[1], *kernel, requires_grad=True)
    with torch.enable_grad():
        return torch.autograd.grad(F.conv2d(x.detach(), weight), weight, grad_output.detach())[0]


def _gradient_cases(random: Random) -> Iterator[Case]:
    yield Case(torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]]).double(), torch.tensor([[[[1.0, 10], [100, 1000]]]]).double())
    yield Case(integers(random, 2, 1, 2, 3), integers(random, 2, 2, 1, 2))
    while True:
        c_in, c_out = random.sample((1, 2, 3, 4), 2)
        batch, out = random.randint(1, 3), (random.randint(1, 3), random.randint(2, 5))
        image = out[0] + random.randint(0, 2), out[1] + random.randint(1, 3)
        yield Case(normal(random, batch, c_in, *image), normal(random, batch, c_out, *out))


def _gradient_of_bias(outcome: Outcome) -> bool:
    return isinstance(outcome.got, Tensor) and outcome.got.shape == outcome.case.args[1].shape[1:2]


def _one_less(outcome: Outcome) -> bool:
    x, grad_output = outcome.case.args
    sizes = [a - b for a, b in zip(x.shape[2:], grad_output.shape[2:], strict=True)]
    return isinstance(outcome.got, Tensor) and list(outcome.got.shape[2:]) == sizes


CONV2D_WEIGHT_GRADIENT = Exercise(
    name="conv2d_weight_gradient",
    chapter="02",
    title="How a filter learns",
    parameters="x, grad_output",
    statement="A convolution with stride 1 and no padding has read `x`, (N, C_in, H, W). `grad_output`, (N, C_out, "
    "H_out, W_out), is the gradient of a loss with respect to its output. Return the gradient with respect to its "
    "weight, (C_out, C_in, K_h, K_w), without autograd.",
    hints=(
        "The size of the kernel is not given, but H_out = H − K_h + 1 says what it was.",
        "Follow one weight, [k, c, u, v]. In window (i, j) of image n it is multiplied with x[n, c, i + u, j + v], "
        "and the product goes into output [n, k, i, j]. Its gradient is the sum of grad_output times that pixel, over "
        "n, i and j.",
        "Four loops, over k, c, u and v: `seen = x[:, c, u : u + H_out, v : v + W_out]` holds what this weight has "
        "met, in every image. Multiply it with `grad_output[:, k]`, number by number, and add up.",
    ),
    cases=first(25, _gradient_cases),
    expected=_weight_gradient,
    forbidden=AUTOGRAD | {"convolution_backward", "conv2d_weight"},
    mistakes=(
        Mistake(
            "Your result is turned by half a turn. Weight [u, v] met the pixels u rows down and v columns to the "
            "right of the windows' corners.",
            lambda x, g: _weight_gradient(x, g).flip(2, 3),
        ),
        Mistake(
            "You took the mean over the batch. Gradients of the images add up.",
            lambda x, g: _weight_gradient(x, g) / len(x),
        ),
        Mistake(
            "You used the first image only. Every image of the batch adds its part.",
            lambda x, g: _weight_gradient(x[:1], g[:1]),
        ),
        Mistake(
            "You took the mean over the positions. The weight is used at every position, and its gradients add up.",
            lambda x, g: _weight_gradient(x, g) / g[0, 0].numel(),
        ),
        Mistake(
            "You swapped in and out channels. The gradient has the shape of the weight: (C_out, C_in, K_h, K_w).",
            lambda x, g: _weight_gradient(x, g).transpose(0, 1),
        ),
        Mistake(
            "You left out grad_output: every pixel counts as much as the output that it went into matters to the loss.",
            lambda x, g: _weight_gradient(x, torch.ones_like(g)),
        ),
        Mistake(
            "You added up the input channels. Every input channel has weights of its own.",
            lambda x, g: _weight_gradient(x.sum(1, keepdim=True), g).expand(-1, x.shape[1], -1, -1),
        ),
        Mistake(
            "Your sign is turned. That is the direction in which a descent goes; the gradient points up.",
            lambda x, g: -_weight_gradient(x, g),
        ),
        Mistake(
            "You exchanged the kernel's rows and columns: u counts rows, v columns.",
            lambda x, g: _weight_gradient(x, g).mT,
        ),
        Mistake(
            "Your result has the shape of x. Asked for is the gradient with respect to the weight.",
            when=lambda outcome: getattr(outcome.got, "shape", None) == outcome.case.args[0].shape,
        ),
        Mistake("You kept the images of the batch apart. One weight serves them all: add over n.", when=has_five_axes),
        Mistake(
            "That is the gradient of the bias, which meets no pixel. A weight's gradient is weighed with the pixels "
            "it met.",
            when=_gradient_of_bias,
        ),
        Mistake(
            "Your kernel is one row and one column too small: H_out = H − K_h + 1, so K_h = H − H_out + 1.",
            when=_one_less,
        ),
    ),
)
