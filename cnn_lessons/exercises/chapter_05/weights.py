"""The exercise that counts what a convolution saves: the weights of the dense layer that would replace it."""

from collections.abc import Callable, Iterator
from random import Random

import torch
import torch.nn.functional as F

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first


def _shape(size, into, out, kernel, stride, padding) -> tuple[int, int]:
    """Return (H_out, W_out) as torch finds it, without computing a pixel."""
    x, weight = torch.empty(1, into, *size, device="meta"), torch.empty(out, into, kernel, kernel, device="meta")
    return tuple(F.conv2d(x, weight, stride=stride, padding=padding).shape[2:])


def _count(formula: Callable) -> Callable:
    """Return a counter from a formula of input size, input channels, output channels, kernel size, output size."""

    def count(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
        shape = _shape(size, in_channels, out_channels, kernel_size, stride, padding)
        return formula(size, in_channels, out_channels, kernel_size, shape)

    return count


def _area(size) -> int:
    return size[0] * size[1]


_right = _count(lambda size, i, o, k, out: i * _area(size) * o * _area(out))


def _cases(random: Random) -> Iterator[Case]:
    yield Case((3, 4), 1, 1, 2)
    yield Case((3, 4), 2, 3, 2)
    yield Case((28, 28), 1, 6, 5)
    yield Case((5, 6), 2, 3, 3, padding=1)
    yield Case((6, 9), 2, 3, 3, stride=2)
    while True:
        size, channels = random.sample(range(5, 33), 2), random.sample(range(1, 17), 2)
        yield Case(
            tuple(size), *channels, random.randint(1, 5), stride=random.randint(1, 3), padding=random.randint(0, 3)
        )


DENSE_WEIGHTS = Exercise(
    name="dense_weights",
    chapter="05",
    title="The dense layer that replaces a convolution",
    parameters="size, in_channels, out_channels, kernel_size, stride=1, padding=0",
    statement=(
        "A convolution turns `in_channels` maps of `size`, a pair (H, W), into `out_channels` maps. How many weights "
        "would a dense (linear) layer have that reads all the numbers of the input and gives all the numbers of the "
        "output? Kernel, stride and padding are whole numbers, the same in both directions. Leave the biases out. "
        "Return an integer."
    ),
    hints=(
        "A dense layer has one weight for every pair of an input number and an output number, whatever lies between "
        "them.",
        "Count the numbers that go in, then the numbers that come out. For the second count you need the output size "
        "of chapter 03.",
        "In: C_in · H · W. Out: C_out · H_out · W_out, with H_out = ⌊(H + 2·padding − kernel_size) / stride⌋ + 1, "
        "and W_out likewise. The two counts are multiplied.",
    ),
    cases=first(24, _cases),
    expected=_right,
    forbidden=frozenset({"Linear", "LazyLinear", "Conv2d", "LazyConv2d", "conv2d", "unfold"}),
    mistakes=(
        Mistake(
            "You counted the weights of the convolution itself. The dense layer has a weight of its own for every "
            "pair of an input and an output.",
            _count(lambda size, i, o, k, out: i * o * k * k),
        ),
        Mistake(
            "You counted only the inputs inside each window. That is the convolution's work. A dense layer reads all "
            "of the input for each output.",
            _count(lambda size, i, o, k, out: i * o * k * k * _area(out)),
        ),
        Mistake(
            "You counted the biases too, one for each output. Only the weights were asked for.",
            _count(lambda size, i, o, k, out: (i * _area(size) + 1) * o * _area(out)),
        ),
        Mistake(
            "You added the numbers that go in and those that come out. Each pair has a weight: multiply.",
            _count(lambda size, i, o, k, out: i * _area(size) + o * _area(out)),
        ),
        Mistake(
            "You left the channels out. All maps go in and all maps come out.",
            _count(lambda size, i, o, k, out: _area(size) * _area(out)),
        ),
        Mistake(
            "You took one input map for all. The dense layer reads in_channels maps.",
            _count(lambda size, i, o, k, out: _area(size) * o * _area(out)),
        ),
        Mistake(
            "You took one output map for all. The layer gives out_channels maps.",
            _count(lambda size, i, o, k, out: i * _area(size) * _area(out)),
        ),
        Mistake(
            "You took the output to be as large as the input. Without enough padding, or with a stride, it is smaller.",
            _count(lambda size, i, o, k, out: i * _area(size) * o * _area(size)),
        ),
        Mistake(
            "You took one output number for each map. The output keeps H_out·W_out places in each.",
            _count(lambda size, i, o, k, out: i * _area(size) * o),
        ),
        Mistake(
            "You took H for both sides of the picture.",
            _count(lambda size, i, o, k, out: i * size[0] ** 2 * o * out[0] ** 2),
        ),
        Mistake(
            "You did not use `stride`: it makes the output smaller.",
            lambda size, i, o, k, stride=1, padding=0: _right(size, i, o, k, 1, padding),
        ),
        Mistake(
            "You did not use `padding`: it makes the output larger.",
            lambda size, i, o, k, stride=1, padding=0: (
                i * _area(size) * o * _area([max((s - k) // stride + 1, 0) for s in size])
            ),
        ),
        Mistake(
            "You added the padding once. It stands on both sides: 2 · padding.",
            lambda size, i, o, k, stride=1, padding=0: (
                i * _area(size) * o * _area([(s + padding - k) // stride + 1 for s in size])
            ),
        ),
        Mistake(
            "You counted the padding among the inputs. It is always 0: no number goes in there.",
            lambda size, i, o, k, stride=1, padding=0: (
                i * _area([s + 2 * padding for s in size]) * o * _area(_shape(size, i, o, k, stride, padding))
            ),
        ),
        Mistake(
            "The output size is a whole number: round down with //, not with /.",
            when=lambda outcome: isinstance(outcome.got, float),
        ),
    ),
)
