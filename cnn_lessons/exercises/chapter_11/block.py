"""The exercise that builds the wide block."""

from collections.abc import Iterator
from random import Random

import torch.nn.functional as F
from torch import nn

from cnn_lessons.exercises.chapter_11.parts import RawShortcut, Wide
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, integers, normal, raised
from cnn_lessons.exercises.module_judge import COMPARED, built


def _with(**parts: object) -> type:
    """Return the block with some of its parts replaced."""
    return type("Changed", (Wide,), parts)


def _conv(in_channels: int, out_channels: int, stride: int, kernel: int = 1, bias: bool = False) -> nn.Module:
    return nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, bias=bias)


def _strided(in_channels: int, out_channels: int, stride: int) -> bool:
    return stride != 1 or in_channels != out_channels


class _After(Wide):
    """Convolution, BatchNorm, ReLU, as in chapters 08 to 10."""

    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.bn1 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        out = self.drop(F.relu(self.bn1(self.conv1(x))))
        return F.relu(self.bn2(self.conv2(out)) + self.skip(x, x))


class _OneNorm(Wide):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.bn2 = nn.Identity()


class _OutNorm(Wide):
    """The first BatchNorm has the channels that the block gives."""

    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.bn1 = nn.BatchNorm2d(out_channels)


def _always_drops(self, activated):
    return self.conv2(F.dropout(self.act(self.bn2(self.conv1(activated))), self.drop.p))


def _in_place(self, x):
    activated = F.relu(self.bn1(x))
    if self.shortcut is not None:
        return self.branch(activated) + self.shortcut(activated)
    x += self.branch(activated)
    return x


SHORTCUT = (
    "The shortcut reads the raw input. The authors' code convolves, where the shape changes, what the first BatchNorm "
    "and ReLU made of it: the same that the first convolution reads."
)

MISTAKES = (
    Mistake("You return zeros. What do the convolutions add, and to what?", _with(join=lambda s, b, k: 0 * b)),
    Mistake(
        "There is no way around: you return what the convolutions computed, alone. Add the shortcut.",
        _with(join=lambda self, b, skip: b),
    ),
    Mistake(
        "You return the shortcut alone. Add what the convolutions computed.",
        _with(join=lambda self, branch, skip: skip),
    ),
    Mistake("You subtract. The block adds.", _with(join=lambda self, branch, skip: branch - skip)),
    Mistake("You subtract. The block adds.", _with(join=lambda self, branch, skip: skip - branch)),
    Mistake(
        "You add in place, x += …: your function changes its input, which the caller still has, and BatchNorm can no "
        "longer find its gradient. Write x + … instead.",
        _with(forward=_in_place),
    ),
    Mistake("You multiply. The block adds.", _with(join=lambda self, branch, skip: branch * skip)),
    Mistake(
        "You apply a ReLU to the sum. In this block nothing comes after it: the next block begins with a BatchNorm and "
        "a ReLU of its own, and the way around stays free.",
        _with(join=lambda self, branch, skip: F.relu(branch + skip)),
    ),
    Mistake(
        "You apply a ReLU to what the convolutions add: then a block can only add, never take away.",
        _with(join=lambda self, branch, skip: F.relu(branch) + skip),
    ),
    Mistake(SHORTCUT, RawShortcut),
    Mistake(
        "Where the shape stays, the shortcut is the input as it came, not what BatchNorm and ReLU made of it.",
        _with(skip=lambda self, x, activated: activated if self.shortcut is None else self.shortcut(activated)),
    ),
    Mistake(
        "The ReLU between the convolutions is missing: BatchNorm, ReLU, convolution, twice.", _with(act=lambda s, x: x)
    ),
    Mistake(
        "The ReLU before the first convolution is missing: BatchNorm, ReLU, convolution, twice.",
        _with(forward=lambda s, x: s.join(s.branch(s.bn1(x)), s.skip(x, s.bn1(x)))),
    ),
    Mistake(
        "You let dropout work in eval mode too. nn.Dropout knows the mode; F.dropout must be told, training="
        "self.training.",
        _with(branch=_always_drops),
    ),
    Mistake("You never use `dropout`.", _with(branch=lambda s, a: s.conv2(s.act(s.bn2(s.conv1(a)))))),
    Mistake(
        "Your dropout stands behind the second convolution. It belongs between the convolutions: after the second "
        "ReLU, before the second convolution.",
        _with(branch=lambda s, a: s.drop(s.conv2(s.act(s.bn2(s.conv1(a)))))),
    ),
    Mistake(
        "Your dropout stands before the first convolution. It belongs after the second ReLU, before the second "
        "convolution.",
        _with(branch=lambda s, a: s.conv2(s.act(s.bn2(s.conv1(s.drop(a)))))),
    ),
    Mistake(
        "Your dropout stands before the second BatchNorm, which then measures statistics with holes in them, in "
        "training only. Put it behind the second ReLU.",
        _with(branch=lambda s, a: s.conv2(s.act(s.bn2(s.drop(s.conv1(a)))))),
    ),
    Mistake(
        "You drop whole channels, Dropout2d. The authors drop single values: nn.Dropout.", _with(dropping=nn.Dropout2d)
    ),
    Mistake(
        "`dropout` is the share that is set to 0, not the share that is kept.",
        _with(dropping=lambda self, share: nn.Dropout(1 - share)),
    ),
    Mistake(
        "The stride is in the second convolution. It belongs into the first.",
        _with(strides=lambda s, stride: (1, stride)),
    ),
    Mistake(
        "You always build a shortcut convolution. Where stride is 1 and the channels stay, the input itself is added.",
        _with(way=lambda self, i, o, stride: _conv(i, o, stride)),
    ),
    Mistake(
        "A stride changes the shape even if the channels stay: there, too, the shortcut is a 1×1 convolution.",
        _with(way=lambda self, i, o, stride: _conv(i, o, stride) if i != o else None),
    ),
    Mistake(
        "More channels change the shape even with stride 1: there, too, the shortcut is a 1×1 convolution.",
        _with(way=lambda self, i, o, stride: _conv(i, o, stride) if stride != 1 else None),
    ),
    Mistake(
        "Your shortcut has a 3×3 kernel. 1×1 is enough to fit the channels.",
        _with(way=lambda self, i, o, stride: _conv(i, o, stride, 3) if _strided(i, o, stride) else None),
    ),
    Mistake(
        "Your shortcut has a BatchNorm of its own, as in ResNet. Here it reads what is normalised already.",
        _with(
            way=lambda s, i, o, stride: (
                nn.Sequential(_conv(i, o, stride), nn.BatchNorm2d(o)) if _strided(i, o, stride) else None
            )
        ),
    ),
    Mistake(
        "Your shortcut convolution has a bias. None of the block's convolutions has one.",
        _with(way=lambda self, i, o, stride: _conv(i, o, stride, bias=True) if _strided(i, o, stride) else None),
    ),
    Mistake(
        "A change of stride or of channels is enough to change the shape. You build the shortcut convolution only "
        "where both change.",
        _with(way=lambda self, i, o, stride: _conv(i, o, stride) if i != o and stride != 1 else None),
    ),
    Mistake(
        "Your convolutions have biases. None of the block's convolutions has one: bias=False.",
        _with(
            biases=True,
            way=lambda self, i, o, stride: _conv(i, o, stride, bias=True) if _strided(i, o, stride) else None,
        ),
    ),
    Mistake(
        "Your first BatchNorm has the channels that the block gives. It comes before the convolution: it sees those "
        "that go in, `in_channels`.",
        _OutNorm,
    ),
    Mistake("Your 3×3 convolutions have a bias. None of the block's convolutions has one.", _with(biases=True)),
    Mistake(
        "You convolve first and normalise after. In this block BatchNorm and ReLU come before each convolution, so "
        "the first BatchNorm has `in_channels`.",
        _After,
    ),
    Mistake("The second BatchNorm is missing: BatchNorm, ReLU, convolution, twice.", _OneNorm),
    Mistake(
        "Convolutions and shortcut do not fit together. The stride belongs to the first convolution and to the "
        "shortcut, not to the second convolution; the 3×3 convolutions pad by 1, the shortcut does not.",
        when=raised("must match the size of tensor", "must match the existing size", "Kernel size can't be greater"),
    ),
    Mistake(
        "A layer gets another number of channels than it was built for. Which layers read the input, with "
        "`in_channels`, and which read `out_channels`?",
        when=raised("running_mean should contain", "to have"),
    ),
)


def _cases(random: Random) -> Iterator[Case]:
    yield built(random, Wide, integers(random, 1, 2, 2, 3), 2, 2, zero=("conv2",))
    yield built(random, Wide, integers(random, 1, 2, 3, 4), 2, 2)
    yield built(random, Wide, integers(random, 2, 2, 3, 2), 2, 3)
    yield built(random, Wide, normal(random, 2, 3, 4, 6), 3, 3, stride=2)
    yield built(random, Wide, normal(random, 2, 2, 5, 3), 2, 4, 2)
    yield built(random, Wide, normal(random, 2, 3, 4, 3), 3, 3, dropout=0.25)
    while True:
        into, out = random.sample(range(1, 6), 2)
        height, width = random.sample(range(2, 8), 2)
        x = normal(random, random.randint(2, 3), into, height, width)
        yield built(random, Wide, x, into, out, random.choice((1, 2)), random.choice((0.0, 0.3)))


WIDE_BLOCK = Exercise(
    name="WideBlock",
    chapter="11",
    title="The wide block",
    parameters="in_channels, out_channels, stride=1, dropout=0.0",
    forward="x",
    statement=(
        "Fill the class. Beside the shortcut: BatchNorm, ReLU, 3×3 convolution from `in_channels` to `out_channels` "
        "with `stride`; BatchNorm, ReLU, `nn.Dropout`, 3×3 convolution. Padding 1, no biases in the convolutions. It "
        "is added to the shortcut: the input itself or, where the shape changes, a 1×1 convolution (with the stride, "
        "without bias) of the input after the first BatchNorm and ReLU. Nothing comes after the sum. (N, in_channels, "
        "H, W) becomes (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)."
    ),
    hints=(
        "Draw the block: two ways from the input to the sum. How many channels does each of the two BatchNorms see, "
        "and where do the two ways part?",
        "The shape changes if the stride is not 1 or if the channels differ. Decide it once, in `__init__`, and keep "
        "None for the other case. In `forward` give the activated input a name of its own: it may be needed twice.",
        "`a = self.bn1(x).relu()`, then `out = self.conv1(a)`, then `out = self.conv2(self.dropout(self.bn2(out)."
        "relu()))`. Return `out` plus x or, if there is a shortcut, plus the shortcut of … which of the two, x or a?",
    ),
    cases=first(8, _cases),
    expected=Wide,
    compared=COMPARED,
    forbidden=frozenset({"WideBlock", "WideResNet", "wide_resnet"}),
    mistakes=MISTAKES,
)
