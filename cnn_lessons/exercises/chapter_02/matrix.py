"""Convolution as one matrix product, and the gradient with respect to the weight."""

from collections.abc import Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.chapter_02.channel_mistakes import has_five_axes
from cnn_lessons.exercises.chapter_02.loops import CONVOLUTIONS
from cnn_lessons.exercises.chapter_02.unfold_mistakes import UNFOLD_MISTAKES
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
    mistakes=UNFOLD_MISTAKES,
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


def _in_windows_of_the_kernel(x: Tensor, grad_output: Tensor) -> Tensor:
    right = _weight_gradient(x, grad_output)
    height, width = right.shape[2:]
    for k, c, u, v in torch.cartesian_prod(*map(torch.arange, right.shape)).tolist():
        right[k, c, u, v] = (x[:, c, u : u + height, v : v + width] * grad_output[:, k]).sum()
    return right


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
            "Your window is as large as the kernel. One weight meets H_out × W_out pixels, not K_h × K_w.",
            _in_windows_of_the_kernel,
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
