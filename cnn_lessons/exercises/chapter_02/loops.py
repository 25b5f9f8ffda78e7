"""Convolution window by window: one channel, then many."""

from collections.abc import Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.chapter_02.channel_mistakes import (
    CHANNEL_MISTAKES,
    LAST_WINDOWS,
    TURNED,
    UNSUMMED,
    blank,
)
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, integers, normal, raised

CONVOLUTIONS = frozenset(
    {"conv1d", "conv2d", "conv3d", "conv_transpose2d", "conv2d_loops", "convolution", "_convolution"}
    | {"convolution_backward", "mkldnn_convolution", "slow_conv3d", "slow_conv_dilated2d", "thnn_conv2d"}
)


def _windows(image: Tensor, height: int, width: int) -> Tensor:
    """View an image as its windows: (H, W) → (H_out, W_out, height, width)."""
    return image.unfold(0, height, 1).unfold(1, width, 1)


def correlate(image: Tensor, kernel: Tensor) -> Tensor:
    """Slide a kernel over an image: (H, W) and (K_h, K_w) → (H − K_h + 1, W − K_w + 1)."""
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]


def _correlate_cases(random: Random) -> Iterator[Case]:
    yield Case(torch.tensor([[1.0, 2, 3], [4, 5, 6]]).double(), torch.tensor([[1.0, 10]]).double())
    yield Case(integers(random, 3, 4), integers(random, 2, 2))
    yield Case(integers(random, 4, 4), torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).double())
    yield Case(torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[3.0]]))  # float32, in numbers that it holds exactly
    # A gradient of 0, of the kernel's first number: in float32, where 0.4 and 1.4 are rounded, it is not quite 0.
    yield Case(torch.tensor([[0, 3.5, 0, 0, 1, 0, 0]]).double(), torch.tensor([[3.0, 1]]).double())
    while True:
        kernel = random.randint(1, 3), random.randint(1, 4)
        image = kernel[0] + random.randint(0, 4), kernel[1] + random.randint(1, 4)
        yield Case(normal(random, *image), normal(random, *kernel))


def _kernel_taken_for_square(outcome: Outcome) -> bool:
    (height, width), sides = (value.shape for value in outcome.case.args)
    taken = [(height - side + 1, width - side + 1) for side in sides]
    return sides[0] != sides[1] and getattr(outcome.got, "shape", None) in taken


def _as_large_as_the_image(outcome: Outcome) -> bool:
    image, kernel = outcome.case.args
    return getattr(outcome.got, "shape", None) == image.shape and kernel.numel() > 1


def _image_lies_down(outcome: Outcome) -> bool:
    (height, width), (k_h, k_w) = (value.shape for value in outcome.case.args)
    return height != width and getattr(outcome.got, "shape", None) == (width - k_h + 1, height - k_w + 1)


def _kernel_lies_down(outcome: Outcome) -> bool:
    (height, width), (k_h, k_w) = (value.shape for value in outcome.case.args)
    return k_h != k_w and getattr(outcome.got, "shape", None) == (height - k_w + 1, width - k_h + 1)


CORRELATE2D = Exercise(
    name="correlate2d",
    chapter="02",
    title="One window after the other",
    parameters="image, kernel",
    statement="Slide `kernel`, (K_h, K_w), over `image`, (H, W), with Python loops. Return all the sums, "
    "(H − K_h + 1, W − K_w + 1), as a tensor of the image's dtype.",
    hints=(
        "Take the window with its top left corner at row i, column j. Which rows and columns of the image does it "
        "cover?",
        "With `H, W = image.shape` and `K_h, K_w = kernel.shape` the output has H − K_h + 1 rows: `for i in range(H - "
        "K_h + 1):` goes through them all, the last one too. A second loop inside does the same for the columns.",
        "Make `out` with `image.new_zeros(rows, columns)`. The window is `image[i : i + K_h, j : j + K_w]`. Multiply "
        "it with the kernel, number by number, add up the products, and write the sum to `out[i, j]`.",
    ),
    cases=first(26, _correlate_cases),
    expected=correlate,
    forbidden=CONVOLUTIONS | {"unfold"},
    gradients=True,
    mistakes=(
        Mistake(TURNED, lambda image, kernel: correlate(image, kernel.flip(0, 1))),
        Mistake(LAST_WINDOWS, lambda image, kernel: correlate(image, kernel)[:-1, :-1]),
        Mistake(LAST_WINDOWS, lambda image, kernel: blank(correlate(image, kernel))),
        Mistake(
            "Only the first row of your output is filled. Is `return` inside the loop?",
            lambda image, kernel: F.pad(correlate(image, kernel)[:1], (0, 0, 0, len(image) - len(kernel))),
        ),
        Mistake(
            "You wrote row i, column j of the output to row j, column i.",
            lambda image, kernel: correlate(image, kernel).T,
        ),
        Mistake(
            "You swapped the kernel's height and width. A shape is always rows first: K_h, K_w = kernel.shape.",
            when=_kernel_lies_down,
        ),
        Mistake(
            "You swapped the image's height and width. A shape is always rows first: H, W = image.shape.",
            when=_image_lies_down,
        ),
        Mistake(
            "Your output is as large as the image: some windows ran over its edge, or you took one side of the kernel "
            "for both. Count only the places where the whole window fits.",
            when=_as_large_as_the_image,
        ),
        Mistake(
            "You took the kernel for square. It has a height and a width of its own: K_h, K_w = kernel.shape.",
            when=_kernel_taken_for_square,
        ),
        Mistake(
            "You added up the window without weighing it. Every pixel is first multiplied with the number of the "
            "kernel on it.",
            lambda image, kernel: _windows(image, *kernel.shape).sum((-2, -1)),
        ),
        Mistake(
            "You took the mean of the products. The output is their sum; a kernel that should average has it in its "
            "numbers.",
            lambda image, kernel: correlate(image, kernel) / kernel.numel(),
        ),
        Mistake(
            "Your windows stand side by side. Move the window by one pixel, not by its own size: windows overlap.",
            lambda image, kernel: correlate(image, kernel)[:: kernel.shape[0], :: kernel.shape[1]],
        ),
        Mistake(UNSUMMED, when=raised("number of sizes provided (0)")),
        Mistake(
            "`@` is the product of matrices. A window and a kernel are multiplied number by number, with `*`.",
            lambda image, kernel: (_windows(image, *kernel.shape) @ kernel).sum((-2, -1)),
            raised("cannot be multiplied"),
        ),
    ),
)


def _channels_cases(random: Random) -> Iterator[Case]:
    x, weight = torch.tensor([[[[1.0, 2]], [[3, 4]]]]), torch.tensor([[[[1.0]], [[10]]]])
    yield Case(x, weight, torch.tensor([100.0]))  # in float32, as pictures are: so is the result
    yield Case(integers(random, 1, 2, 2, 3), integers(random, 3, 2, 1, 2), integers(random, 3))
    yield Case(normal(random, 2, 3, 4, 5), normal(random, 2, 3, 3, 2), normal(random, 2))
    yield Case(normal(random, 2, 1, 4, 5), normal(random, 3, 1, 2, 3), normal(random, 3))  # W_out = C_out
    while True:
        c_in, c_out = random.sample((1, 2, 3, 4), 2)
        kernel = random.randint(1, 3), random.randint(1, 3)
        image = kernel[0] + random.randint(1, 2), kernel[1] + random.randint(0, 3)
        yield Case(
            normal(random, random.randint(1, 2), c_in, *image),
            normal(random, c_out, c_in, *kernel),
            normal(random, c_out),
        )


CONV2D_CHANNELS = Exercise(
    name="conv2d_channels",
    chapter="02",
    title="Channels in, filters out",
    parameters="x, weight, bias",
    statement="Convolve a batch `x`, (N, C_in, H, W), with the filters `weight`, (C_out, C_in, K_h, K_w), and add "
    "`bias`, (C_out,). Return (N, C_out, H − K_h + 1, W − K_w + 1), in the dtype of `x`. Loops are welcome.",
    hints=(
        "Begin with one output number: image n, filter k, row i, column j. How many products go into it?",
        "The window now has depth: (C_in, K_h, K_w), and so has one filter. Add up all products, then the filter's "
        "one bias.",
        "`window = x[n, :, i : i + K_h, j : j + K_w]` meets `weight[k]`. Four loops, over n, k, i and j, fill the "
        "output.",
    ),
    cases=first(25, _channels_cases),
    expected=F.conv2d,
    forbidden=CONVOLUTIONS,
    gradients=True,
    mistakes=CHANNEL_MISTAKES,
)
