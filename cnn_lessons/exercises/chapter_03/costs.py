"""Chapter 03: what a layer costs, in numbers to learn and in multiply-adds."""

import math
from collections.abc import Callable, Iterator
from random import Random

from torch import nn

from cnn_lessons.exercises.chapter_03.sizes import torch_shape
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first

IS_FLOAT = "Counts are whole. `/` gives a float; `//` keeps integers."


def _channels(random: Random) -> tuple[int, int, int]:
    """Draw C_in, C_out and the groups that divide both."""
    groups = random.choice((1, 1, 2, 3, 4))
    return groups * random.randint(1, 4), groups * random.randint(1, 4), groups


def _parameter_cases(random: Random) -> Iterator[Case]:
    yield Case(1, 1, (3, 3))
    yield Case(3, 2, (3, 3))
    yield Case(3, 2, (1, 5), bias=False)
    yield Case(4, 6, (1, 3), groups=2)
    yield Case(8, 8, (3, 3), groups=8, bias=False)
    while True:
        in_channels, out_channels, groups = _channels(random)
        kernel = random.randint(1, 5), random.randint(1, 5)
        yield Case(in_channels, out_channels, kernel, groups=groups, bias=random.random() < 0.5)


def _torch_parameters(in_channels, out_channels, kernel_size, groups=1, bias=True) -> int:
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=bias, device="meta")
    return sum(parameter.numel() for parameter in layer.parameters())


def _counts(formula: Callable[[int, int, int, int], int]) -> Callable:
    """Make a parameter count of `formula(in_channels, out_channels, kernel elements, groups)` and true biases."""

    def count(in_channels, out_channels, kernel_size, groups=1, bias=True):
        return formula(in_channels, out_channels, math.prod(kernel_size), groups) + bias * out_channels

    return count


def _with_biases(biases: Callable[[int, int, int, bool], int]) -> Callable:
    """Make a parameter count of true weights and `biases(in_channels, out_channels, groups, bias)`."""

    def count(in_channels, out_channels, kernel_size, groups=1, bias=True):
        weights = _torch_parameters(in_channels, out_channels, kernel_size, groups, bias=False)
        return weights + biases(in_channels, out_channels, groups, bias)

    return count


CONV_PARAMETERS = Exercise(
    name="conv_parameters",
    chapter="03",
    title="Numbers to learn",
    parameters="in_channels, out_channels, kernel_size, groups=1, bias=True",
    statement="Return how many numbers a convolution learns. `kernel_size` is a (height, width) pair; both "
    "channel counts are multiples of `groups`.",
    hints=(
        "Count one filter first. How many input channels does it look at, and how many weights has it for each?",
        "The weight has the shape (C_out, C_in/groups, K_h, K_w). The bias is one number for each filter.",
        "Multiply the four numbers of that shape, with // for C_in/groups. If there is a bias, add out_channels.",
    ),
    cases=first(40, _parameter_cases),
    expected=_torch_parameters,
    forbidden=frozenset({"conv_parameters", "trace", "Conv2d"}),
    mistakes=(
        Mistake("The biases are missing: one for each filter, where bias is True.", _with_biases(lambda i, o, g, b: 0)),
        Mistake("You counted biases also where bias is False.", _with_biases(lambda i, o, g, b: o)),
        Mistake(
            "You counted one bias for the whole layer. Every filter has its own.", _with_biases(lambda i, o, g, b: b)
        ),
        Mistake(
            "You counted a bias for each input channel. Each filter has one.", _with_biases(lambda i, o, g, b: b * i)
        ),
        Mistake(
            "You counted a bias for each slice of each filter. A filter sums over its slices and then adds one bias.",
            _with_biases(lambda i, o, g, b: b * i // g * o),
        ),
        Mistake(
            "You divided the biases by groups too. Every filter has one, in every group.",
            _with_biases(lambda i, o, g, b: b * o // g),
        ),
        Mistake(
            "You ignored groups. A filter sees only the channels of its own group.",
            _counts(lambda i, o, k, g: i * o * k),
        ),
        Mistake(
            "You divided by groups twice. A group has fewer input channels and fewer filters, but there are `groups` "
            "such groups.",
            _counts(lambda i, o, k, g: (i // g) * (o // g) * k),
        ),
        Mistake("More groups mean fewer weights: divide by groups.", _counts(lambda i, o, k, g: i * o * k * g)),
        Mistake(
            "Your filters are one channel deep. A filter has a slice for every input channel of its group.",
            _counts(lambda i, o, k, g: o * k),
        ),
        Mistake("That is one filter. The layer has out_channels of them.", _counts(lambda i, o, k, g: i // g * k)),
        Mistake(
            "You squared the kernel's height. The kernel need not be square: K_h·K_w.",
            lambda i, o, kernel, groups=1, bias=True: i // groups * o * kernel[0] ** 2 + bias * o,
        ),
        Mistake(
            "You added the kernel's height and width. A window holds K_h·K_w numbers.",
            lambda i, o, kernel, groups=1, bias=True: i // groups * o * sum(kernel) + bias * o,
        ),
        Mistake(IS_FLOAT, when=lambda outcome: isinstance(outcome.got, float)),
    ),
)


def _work_cases(random: Random) -> Iterator[Case]:
    yield Case((3, 3), 1, 1, (3, 3))
    yield Case((4, 5), 1, 1, (3, 3))
    yield Case((6, 6), 2, 3, (3, 3), padding=(1, 1))
    yield Case((6, 8), 1, 1, (3, 3), stride=(2, 1))
    yield Case((5, 5), 4, 4, (1, 3), groups=2)
    while True:
        in_channels, out_channels, groups = _channels(random)
        kernel, stride, padding, dilation = (
            (random.randint(*span), random.randint(*span)) for span in ((1, 4), (1, 3), (0, 2), (1, 2))
        )
        size = random.randint(7, 12), random.randint(7, 12)  # at least what the widest dilated kernel covers
        settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        yield Case(size, in_channels, out_channels, kernel, **settings)


def _places(size, kernel_size, stride, padding, dilation) -> int:
    return math.prod(torch_shape(size, kernel_size, stride, padding, dilation))


def _work(formula: Callable[[int, int, int, int, int], int], places: Callable = _places) -> Callable:
    """Make a count of `formula(places, in_channels, out_channels, elements of the kernel, groups)`."""

    def count(
        size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
    ) -> int:
        windows = places(size, kernel_size, stride, padding, dilation)
        return formula(windows, in_channels, out_channels, math.prod(kernel_size), groups)

    return count


def _right(places: int, in_channels: int, out_channels: int, elements: int, groups: int) -> int:
    return places * out_channels * (in_channels // groups) * elements


def _rounded_up(size, kernel_size, stride, padding, dilation) -> int:
    slides = [a - 1 for a in torch_shape(size, kernel_size, (1, 1), padding, dilation)]
    return math.prod(-(-slide // step) + 1 for slide, step in zip(slides, stride, strict=True))


CONV_MULTIPLY_ADDS = Exercise(
    name="conv_multiply_adds",
    chapter="03",
    title="Work for one picture",
    parameters="size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1",
    statement="Return how many multiply-adds a convolution needs for one picture. `size`, `kernel_size`, `stride`, "
    "`padding` and `dilation` are (height, width) pairs. A multiplication and the addition that follows count as one; "
    "the bias does not count.",
    hints=(
        "How many multiply-adds does a single output value need? And how many output values are there?",
        "One output value needs one multiply-add for each weight of its filter: (C_in/groups)·K_h·K_w. There are "
        "H_out·W_out·C_out output values.",
        "conv_output_shape gives H_out and W_out; conv_parameters with bias=False gives C_out·(C_in/groups)·K_h·K_w. "
        "Multiply.",
    ),
    cases=first(40, _work_cases),
    expected=_work(_right),
    forbidden=frozenset({"conv_multiply_adds", "trace", "conv2d"}),
    mistakes=(
        Mistake(
            "You counted the pixels of the input. The filters run once for each pixel of the output.",
            _work(_right, lambda size, *rest: math.prod(size)),
        ),
        Mistake(
            "Your output size takes no notice of the stride.",
            _work(_right, lambda size, k, s, p, d: _places(size, k, (1, 1), p, d)),
        ),
        Mistake(
            "Your output size takes no notice of the padding.",
            _work(_right, lambda size, k, s, p, d: _places(size, k, s, (0, 0), d)),
        ),
        Mistake(
            "Your output size takes no notice of the dilation.",
            _work(_right, lambda size, k, s, p, d: _places(size, k, s, p, (1, 1))),
        ),
        Mistake(
            "You took the padding's two numbers the wrong way round: (height, width).",
            _work(_right, lambda size, k, s, p, d: _places(size, k, s, p[::-1], d)),
        ),
        Mistake(
            "You added H_out and W_out. The places of the window are H_out·W_out.",
            _work(_right, lambda *axes: sum(torch_shape(*axes))),
        ),
        Mistake(
            "Your output size is rounded up. A window that does not fit entirely is left out.",
            _work(_right, _rounded_up),
        ),
        Mistake(
            "You took the stride's two numbers the wrong way round: (height, width).",
            _work(_right, lambda size, k, s, p, d: _places(size, k, s[::-1], p, d)),
        ),
        Mistake(
            "You used the height for both directions. Multiply H_out by W_out.",
            _work(_right, lambda *axes: torch_shape(*axes)[0] ** 2),
        ),
        Mistake(
            "That is the number of weights. Each of them is used once for every place of the window.",
            _work(_right, lambda *axes: 1),
        ),
        Mistake(
            "You counted two for a multiplication with its addition. Here the two together count as one multiply-add.",
            _work(lambda *count: 2 * _right(*count)),
        ),
        Mistake(
            "You counted the bias too. It is left out: it multiplies nothing.",
            _work(lambda n, i, o, k, g: n * o * (i // g * k + 1)),
        ),
        Mistake(
            "You ignored groups. A filter sees only the channels of its own group.",
            _work(lambda n, i, o, k, g: n * o * i * k),
        ),
        Mistake(
            "You divided by groups twice. A group has fewer input channels and fewer filters, but there are `groups` "
            "such groups.",
            _work(lambda n, i, o, k, g: n * (o // g) * (i // g) * k),
        ),
        Mistake(
            "That is the work of one filter. There are out_channels.", _work(lambda n, i, o, k, g: n * (i // g) * k)
        ),
        Mistake(
            "Your filters are one channel deep. Each has a slice for every input channel of its group.",
            _work(lambda n, i, o, k, g: n * o * k),
        ),
        Mistake(IS_FLOAT, when=lambda outcome: isinstance(outcome.got, float)),
    ),
)
