"""The exercise that builds the stem of ResNet-C."""

from collections.abc import Callable, Iterator
from random import Random

from torch import nn

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, integers, normal, raised
from cnn_lessons.exercises.module_judge import COMPARED, built


def _stem(
    strides: tuple[int, int, int] = (2, 1, 1),
    widths: Callable = lambda out: (out // 2, out // 2, out),
    padding: int = 1,
    kernel: int = 3,
    bias: bool = False,
    norm: bool = True,
    acts: tuple[bool, bool, bool] = (True, True, True),
    norm_last: bool = False,
    pool: Callable | None = lambda: nn.MaxPool2d(3, 2, 1),
    count: int = 3,
) -> Callable:
    """Return a builder of the stem, with one thing or another changed."""

    def build(in_channels=3, out_channels=64):
        layers, channels = [], in_channels
        for i, width in enumerate(widths(out_channels)[-count:]):
            layers.append(nn.Conv2d(channels, width, kernel, strides[i], padding, bias=bias))
            after = [nn.BatchNorm2d(width)] if norm else []
            after += [nn.ReLU()] if acts[i] else []
            layers += reversed(after) if norm_last else after
            channels = width
        return nn.Sequential(*layers, *([pool()] if pool else []))

    return build


_right = _stem()


def _cases(random: Random) -> Iterator[Case]:
    yield built(random, _right, integers(random, 1, 2, 8, 8), 2, 2)
    yield built(random, _right, normal(random, 2, 3, 9, 12), 3, 4)
    yield built(random, _right, normal(random, 2, 1, 16, 10), 1, out_channels=6)
    yield built(random, _right, normal(random, 1, 3, 10, 9))
    while True:
        into, out = random.randint(1, 4), 2 * random.randint(1, 4)
        x = normal(random, 2, into, random.randint(8, 14), random.randint(8, 14))
        yield built(random, _right, x, into, out)


STEM_C = Exercise(
    name="stem_c",
    chapter="10",
    title="The stem of ResNet-C",
    parameters="in_channels=3, out_channels=64",
    statement=(
        "Return an `nn.Module` with three 3×3 convolutions, padding 1, no bias: the first to `out_channels // 2` with "
        "stride 2, the second keeps that width, the third goes to `out_channels`. Behind each stand a BatchNorm and a "
        "ReLU, and at the end a 3×3 max pool with stride 2 and padding 1. (N, in_channels, H, W) becomes (N, "
        "out_channels, H/4, W/4), rounded up. `out_channels` is even."
    ),
    hints=(
        "Ten layers in one row, and nothing branches: which container runs layers one after the other?",
        "Write down in and out channels of the three convolutions. Two layers halve the size: the first convolution "
        "and the pool.",
        "`nn.Sequential(nn.Conv2d(in_channels, out_channels // 2, 3, stride=2, padding=1, bias=False), "
        "nn.BatchNorm2d(out_channels // 2), nn.ReLU(), …)`: two more such triples with stride 1, then "
        "nn.MaxPool2d(3, stride=2, padding=1).",
    ),
    cases=first(7, _cases),
    expected=_right,
    compared=COMPARED,
    mistakes=(
        Mistake(
            "Your second convolution takes the stride. The first does, so that the other two work on a quarter of "
            "the places.",
            _stem((1, 2, 1)),
        ),
        Mistake(
            "Your last convolution takes the stride. The first does, so that the other two work on a quarter of the "
            "places.",
            _stem((1, 1, 2)),
        ),
        Mistake(
            "All three convolutions stride: the map shrinks to a sixteenth. Only the first does.", _stem((2, 2, 2))
        ),
        Mistake(
            "No convolution strides. Padding keeps the size, stride 2 halves it: the first has it.", _stem((1, 1, 1))
        ),
        Mistake("The max pool is missing.", _stem(pool=None)),
        Mistake(
            "Your pool has a 2×2 window. ResNet's is 3×3 with stride 2: its windows overlap.",
            _stem(pool=lambda: nn.MaxPool2d(2)),
        ),
        Mistake(
            "Your pool has no padding, and its stride is not 2: nn.MaxPool2d(3) steps by 3.",
            _stem(pool=lambda: nn.MaxPool2d(3)),
        ),
        Mistake(
            "Your pool has no padding. With padding 1 the size is halved, rounded up.",
            _stem(pool=lambda: nn.MaxPool2d(3, 2)),
        ),
        Mistake(
            "You took the mean of each window. A max pool was asked for.", _stem(pool=lambda: nn.AvgPool2d(3, 2, 1))
        ),
        Mistake(
            "A layer gets another number of channels than it was made for. Follow them: in_channels, half of "
            "out_channels twice, out_channels.",
            when=raised("to have", "running_mean should contain"),
        ),
        Mistake("Your convolutions have no padding: each takes two rows and two columns away.", _stem(padding=0)),
        Mistake(
            "Each BatchNorm cancels the bias of the convolution before it. Leave the biases out: bias=False.",
            _stem(bias=True),
        ),
        Mistake("The BatchNorms are missing: one follows each convolution.", _stem(norm=False)),
        Mistake("Your BatchNorms come after the ReLUs. They follow the convolutions.", _stem(norm_last=True)),
        Mistake(
            "There is no ReLU between the convolutions: three of them in a row make no more than one large one.",
            _stem(acts=(False, False, True)),
        ),
        Mistake("The ReLUs are missing.", _stem(acts=(False, False, False))),
        Mistake("The last ReLU is missing, before the pool.", _stem(acts=(True, True, False))),
        Mistake(
            "All three convolutions give out_channels. The first two are half as wide: that keeps the stem affordable.",
            _stem(widths=lambda out: (out, out, out)),
        ),
        Mistake(
            "Your second convolution widens already. It keeps out_channels // 2; the third widens.",
            _stem(widths=lambda out: (out // 2, out, out)),
        ),
        Mistake("One convolution is missing: there are three.", _stem(count=2)),
        Mistake("That is the old stem, one 7×7 convolution.", _stem(count=1, kernel=7, padding=3)),
    ),
)
