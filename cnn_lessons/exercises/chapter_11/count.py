"""The exercise that counts the parameters of a Wide ResNet from its two numbers."""

from collections.abc import Callable, Iterator
from math import prod
from random import Random

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first


def _shapes(
    depth: int,
    factor: int,
    classes: int,
    *,
    stem: int = 16,
    narrow: tuple = (16, 32, 64),
    blocks: Callable = lambda depth: (depth - 4) // 6,
    shortcut: Callable = lambda i, o, is_first: [(o, i, 1, 1)] if i != o else [],
    kernel: int = 3,
    norm: int = 2,
    post: bool = False,
    bias: bool = False,
    last_norm: bool = True,
    head_bias: bool = True,
    grow: bool = True,
    second: bool = True,
) -> Iterator[tuple[int, ...]]:
    """Yield the shape of every parameter, with one thing or another changed: (out, in, rows, columns) or (number,)."""
    if stem:
        yield (stem, 3, 3, 3)
    into = stem or 16
    for width in narrow:
        out = width * factor
        for place in range(blocks(depth)):
            reads = into if grow else out
            yield (norm, out if post else reads)
            yield (out, reads, kernel, kernel)
            if second:
                yield (norm, out)
                yield (out, out, kernel, kernel)
            yield from [(out,)] * (2 * bias)
            yield from shortcut(reads, out, place == 0)
            into = out
    if last_norm:
        yield (norm, into)
    yield (classes, into)
    if head_bias:
        yield (classes,)


def _count(**changes: object) -> Callable:
    """Return an answer that adds up the shapes, with something changed."""

    def count(depth, widen_factor, num_classes=10):
        return sum(map(prod, _shapes(depth, widen_factor, num_classes, **changes)))

    return count


_right = _count()


def _scaled(power: int) -> Callable:
    return lambda depth, factor, classes=10: _right(depth, 1, classes) * factor**power


def _stem_wide(depth: int, factor: int, classes: int = 10) -> int:
    """Count with a stem of 16K channels: then the first group never changes the shape."""
    return _count(stem=16 * factor)(depth, factor, classes)


def _cases(random: Random) -> Iterator[Case]:
    yield Case(10, 1)
    yield Case(10, 2)
    yield Case(16, 1, 3)
    yield Case(16, 4)
    yield Case(28, 10)
    yield Case(40, 8, 100)
    while True:
        yield Case(6 * random.randint(1, 12) + 4, random.randint(1, 12), random.randint(2, 200))


def _float(outcome: Outcome) -> bool:
    return isinstance(outcome.got, float)


NORMS = "BatchNorm learns two numbers a channel, weight and bias."

COUNT_WIDE_RESNET = Exercise(
    name="count_wide_resnet",
    chapter="11",
    title="Count WRN-28-10 without building it",
    parameters="depth, widen_factor, num_classes=10",
    statement=(
        "Return the number of parameters of the Wide ResNet of this `depth`, 6N + 4, and `widen_factor` K, an integer, "
        "without building it. Count the stem (3×3, 3 → 16, no bias), the blocks with their shortcuts, the last "
        "BatchNorm, and the linear layer with its bias."
    ),
    hints=(
        "Count one block on paper first, from i to o channels: two BatchNorms, two convolutions and, if i and o "
        "differ, a shortcut. Then see which pairs of i and o there are.",
        "Loop over the three widths 16K, 32K, 64K, and inside over the N blocks. Keep the channels that the last "
        "block gave: only the first block of a group reads another number than it gives.",
        "A block counts `2*i + 9*i*o + 2*o + 9*o*o`, and `i*o` more if i differs from o. (For K = 1 the first group "
        "begins with 16 → 16: no shortcut.) Begin with 432 for the stem and i = 16; at the end come `2*i` and "
        "`(i + 1) * num_classes`.",
    ),
    cases=first(24, _cases),
    expected=_right,
    forbidden=frozenset("wide_resnet WideResNet Conv2d Linear BatchNorm2d numel trace".split()),
    mistakes=(
        Mistake(
            "You gave the first group a shortcut convolution for every K. With K = 1 it begins with 16 → 16, stride 1: "
            "the shape stays, and nothing is built.",
            _count(shortcut=lambda i, o, is_first: [(o, i, 1, 1)] if is_first else []),
        ),
        Mistake(
            "You left out the first group's shortcut convolution. Unless K is 1, its first block goes from 16 to 16K "
            "channels.",
            lambda d, k, c=10: _right(d, k, c) - 16 * 16 * k * (k > 1),
        ),
        Mistake("You left out the shortcut convolutions.", _count(shortcut=lambda i, o, is_first: [])),
        Mistake(
            "You counted a shortcut convolution for every block. Only where the shape changes is there one.",
            _count(shortcut=lambda i, o, is_first: [(o, i, 1, 1)]),
        ),
        Mistake(
            "You gave the shortcuts a BatchNorm, as ResNet has it. Here they have none.",
            _count(shortcut=lambda i, o, is_first: [(o, i), (2, o)] if i != o else []),
        ),
        Mistake(
            "You gave the shortcuts a bias. No convolution of this network has one.",
            _count(shortcut=lambda i, o, is_first: [(o, i), (o,)] if i != o else []),
        ),
        Mistake(
            "You counted 3×3 weights for the shortcuts. They are 1×1.",
            _count(shortcut=lambda i, o, is_first: [(o, i, 3, 3)] if i != o else []),
        ),
        Mistake("You left out the BatchNorms. " + NORMS, _count(norm=0)),
        Mistake("You counted one number a channel for the BatchNorms. " + NORMS, _count(norm=1)),
        Mistake(
            "You counted four numbers a channel for the BatchNorms. " + NORMS + " Running mean and variance are not "
            "learned.",
            _count(norm=4),
        ),
        Mistake(
            "Your first BatchNorm of a block has the channels that the block gives. It comes before the convolution: "
            "it sees those that go in.",
            _count(post=True),
        ),
        Mistake("The convolutions have no biases: a BatchNorm follows, now or in the next block.", _count(bias=True)),
        Mistake("The last BatchNorm, after the three groups, is missing.", _count(last_norm=False)),
        Mistake("The linear layer has a bias, one number a class.", _count(head_bias=False)),
        Mistake("The stem is missing: a 3×3 convolution from 3 to 16 channels.", _count(stem=0)),
        Mistake("You widened the stem too. It has 16 channels whatever K is.", _stem_wide),
        Mistake(
            "The first convolution of each group reads what the group before gave, not yet its own width.",
            _count(grow=False),
        ),
        Mistake("You counted one convolution a block. There are two, each with a BatchNorm.", _count(second=False)),
        Mistake("Your N is wrong: depth = 6N + 4.", _count(blocks=lambda depth: (depth - 4) // 3)),
        Mistake("Your N is wrong: depth = 6N + 4.", _count(blocks=lambda depth: (depth - 4) // 6 + 1)),
        Mistake("Your N is wrong: depth = 6N + 4.", _count(blocks=lambda depth: (depth - 4) // 2)),
        Mistake("The widths of the three groups are 16K, 32K and 64K.", _count(narrow=(16, 16, 16))),
        Mistake("The widths of the three groups are 16K, 32K and 64K.", _count(narrow=(64, 128, 256))),
        Mistake("You did not use K: the groups have 16K, 32K and 64K channels.", lambda d, k, c=10: _right(d, 1, c)),
        Mistake(
            "You did not use num_classes: the linear layer has that many outputs.", lambda d, k, c=10: _right(d, k)
        ),
        Mistake(
            "You multiplied the thin network's number by K. A convolution K times as wide on both sides has K² times "
            "the weights; a BatchNorm has K times as many.",
            _scaled(1),
        ),
        Mistake(
            "You multiplied the thin network's number by K². That holds for convolutions with both sides widened, "
            "not for the stem, what reads its 16 channels, BatchNorms and the linear layer.",
            _scaled(2),
        ),
        Mistake("Parameters come in whole numbers: divide with //.", when=_float),
    ),
)
