"""Chapter 03: what a layer costs, in numbers to learn."""

import math
from collections.abc import Callable, Iterator
from random import Random

from torch import nn

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first

SQUARED = "You squared the kernel's height. The kernel need not be square: K_h·K_w."
TWICE = (
    "You divided by groups twice. A group has fewer input channels and fewer filters, but there are `groups` such "
    "groups."
)
NO_GROUPS = "You ignored groups. A filter sees only the channels of its own group."
IS_FLOAT = "Counts are whole. `/` gives a float; `//` keeps integers."


def draw_channels(random: Random) -> tuple[int, int, int]:
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
        in_channels, out_channels, groups = draw_channels(random)
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
            NO_GROUPS,
            _counts(lambda i, o, k, g: i * o * k),
        ),
        Mistake(
            TWICE,
            _counts(lambda i, o, k, g: (i // g) * (o // g) * k),
        ),
        Mistake("More groups mean fewer weights: divide by groups.", _counts(lambda i, o, k, g: i * o * k * g)),
        Mistake(
            "Your filters are one channel deep. A filter has a slice for every input channel of its group.",
            _counts(lambda i, o, k, g: o * k),
        ),
        Mistake("That is one filter. The layer has out_channels of them.", _counts(lambda i, o, k, g: i // g * k)),
        Mistake(
            SQUARED,
            lambda i, o, kernel, groups=1, bias=True: i // groups * o * kernel[0] ** 2 + bias * o,
        ),
        Mistake(
            "You added the kernel's height and width. A window holds K_h·K_w numbers.",
            lambda i, o, kernel, groups=1, bias=True: i // groups * o * sum(kernel) + bias * o,
        ),
        Mistake(IS_FLOAT, when=lambda outcome: isinstance(outcome.got, float)),
    ),
)
