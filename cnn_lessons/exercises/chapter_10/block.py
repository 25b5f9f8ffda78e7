"""The exercise that builds the bottleneck block."""

import warnings
from collections.abc import Callable, Iterator
from random import Random

from torch import Tensor, nn

from cnn_lessons.exercises.chapter_08.blocks import SELDOM
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, integers, normal, raised
from cnn_lessons.exercises.module_judge import COMPARED, built

EXPANSION = 4


class _Block(nn.Module):
    """The bottleneck; the class attributes name one way or another to get it wrong."""

    strides = (0, 1, 0)  # which of the three convolutions takes the stride
    kernels = (1, 3, 1)
    bias = False
    shortcut_bias = False
    expansion = EXPANSION
    inside = staticmethod(lambda in_channels, channels: channels)
    needs = staticmethod(lambda in_channels, out, stride: stride != 1 or in_channels != out)
    norms = True
    shortcut_norm = True
    inner = (True, True)

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        inside = self.inside(in_channels, channels)
        out = channels * self.expansion
        widths = (in_channels, inside, inside, out)
        for i, kernel in enumerate(self.kernels):
            step = stride if self.strides[i] else 1
            conv = nn.Conv2d(widths[i], widths[i + 1], kernel, step, kernel // 2, bias=self.bias)
            setattr(self, f"conv{i + 1}", conv)
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(widths[i + 1]) if self.norms else nn.Identity())
        self.downsample = nn.Identity()
        if self.needs(in_channels, out, stride):
            conv = nn.Conv2d(in_channels, out, 1, stride, bias=self.shortcut_bias)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(out)) if self.shortcut_norm else conv

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn1(self.conv1(x))
        out = self.bn2(self.conv2(out.relu() if self.inner[0] else out))
        out = self.bn3(self.conv3(out.relu() if self.inner[1] else out))
        return self.join(out, self.downsample(x))

    def join(self, out: Tensor, way: Tensor) -> Tensor:
        return (out + way).relu()


class _NormLast(_Block):
    """BatchNorm behind the ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn1(self.conv1(x).relu())
        out = self.bn2(self.conv2(out).relu())
        return self.join(self.bn3(self.conv3(out)), self.downsample(x))


def _faulty(join: Callable | None = None, **attributes) -> type:
    methods = {"join": lambda self, out, way: join(out, way)} if join else {}
    rules = {name: staticmethod(attributes[name]) for name in ("inside", "needs") if name in attributes}
    return type("_Faulty", (_Block,), attributes | rules | methods)


def _narrowed(inside: Callable) -> Callable:
    """Return a builder of blocks that end in `channels`; torch warns of layers without any number in them."""

    def build(*shape, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _faulty(inside=inside, expansion=1)(*shape, **options)

    return build


def _cases(random: Random) -> Iterator[Case]:
    x = integers(random, 1, 4, 2, 3)
    yield built(random, _Block, x + (x == 0), 4, 1, zero=("bn3",))  # ReLU(x) is left; its slope at 0 is open
    yield built(random, _Block, integers(random, 2, 4, 3, 2), 4, 1)
    yield built(random, _Block, integers(random, 2, 3, 3, 4), 3, 2)
    yield built(random, _Block, integers(random, 2, 3, 4, 6), 3, 2, stride=2)
    yield built(random, _Block, normal(random, 2, 8, 5, 4), 8, 2, stride=2)  # the channels fit, the size does not
    while True:
        into, channels = random.choice(((3, 1), (5, 2), (6, 3), (2, 3)))
        x = normal(random, 2, into, random.randint(4, 6), random.randint(4, 6))
        yield built(random, _Block, x, into, channels, random.choice((1, 2)))


BIASES = "Each BatchNorm cancels the bias of the convolution before it. Leave the biases out: bias=False."
NARROW = "`channels` is the narrow width; what comes out has 4 · channels."
QUARTERS = (lambda into, channels: channels // EXPANSION, lambda into, channels: max(channels // EXPANSION, 1))

BOTTLENECK_BLOCK = Exercise(
    name="BottleneckBlock",
    chapter="10",
    title="The bottleneck block",
    parameters="in_channels, channels, stride=1",
    forward="x",
    statement=(
        "Fill the class: a 1×1 convolution to `channels`, a 3×3 convolution with `stride` and padding 1, a 1×1 "
        "convolution to `4 * channels`, none with a bias, each followed by a BatchNorm, with a ReLU after the first "
        "two; add the shortcut; ReLU. The shortcut is x itself, or a strided 1×1 convolution with BatchNorm where "
        "the shape changes. (N, in_channels, H, W) becomes (N, 4·channels, ⌈H/stride⌉, ⌈W/stride⌉)."
    ),
    hints=(
        "Write the channels down from left to right: in_channels, channels, channels, 4 · channels. Which convolution "
        "stands between each two, and which of the three shrinks the map?",
        "Three pairs of convolution and BatchNorm, and a shortcut that depends on two questions: does the size "
        "change? Does the number of channels? Compare `in_channels` with what comes out.",
        "In `forward`: `out = self.bn1(self.conv1(x)).relu()`, the same with the second pair, the third pair without "
        "a ReLU; then the shortcut of x is added, and the ReLU of the sum is returned. Where the shape stays, "
        "`nn.Identity()` is a shortcut.",
    ),
    cases=first(8, _cases),
    expected=_Block,
    compared=COMPARED,
    forbidden=frozenset({"Bottleneck", "WideBottleneck", "BasicBlock", "shortcut", "stage"}),
    mistakes=(
        Mistake(
            "Your stride sits on the first 1×1 convolution, as in the paper of 2015: it skips three of four places. "
            "Here the 3×3 convolution takes it.",
            _faulty(strides=(1, 0, 0)),
        ),
        Mistake(
            "Your stride sits on the last 1×1 convolution. The 3×3 convolution takes it.", _faulty(strides=(0, 0, 1))
        ),
        Mistake("You left out the ReLUs inside the block.", _faulty(inner=(False, False))),
        Mistake("You left out the ReLU after the first BatchNorm.", _faulty(inner=(False, True))),
        Mistake("You left out the ReLU after the second BatchNorm.", _faulty(inner=(True, False))),
        Mistake("You left out the last ReLU, after the sum.", _faulty(lambda out, way: out + way)),
        Mistake(
            "You took the last ReLU before the sum: then a block can only add, never take away. Sum first.",
            _faulty(lambda out, way: out.relu() + way),
        ),
        Mistake(
            "There is a ReLU before the sum and one after it. The third BatchNorm goes into the sum as it is.",
            _faulty(lambda out, way: (out.relu() + way).relu()),
        ),
        Mistake("The shortcut is not added.", _faulty(lambda out, way: out.relu())),
        Mistake("Only the shortcut is left: the three convolutions are lost.", _faulty(lambda out, way: way.relu())),
        Mistake("You subtract the shortcut. Add it.", _faulty(lambda out, way: (out - way).relu())),
        Mistake("You multiply with the shortcut. Add it.", _faulty(lambda out, way: (out * way).relu())),
        Mistake(
            "Your shortcut has a convolution even where the shape stays. There it is x itself.",
            _faulty(needs=lambda *shape: True),
        ),
        *(Mistake(message, _faulty(needs=rule)) for message, rule in SELDOM.items()),
        *(Mistake(BIASES, _faulty(bias=True, shortcut_bias=both)) for both in (True, False)),
        Mistake(
            "Your shortcut's convolution has a bias, which its BatchNorm cancels: bias=False.",
            _faulty(shortcut_bias=True),
        ),
        *(Mistake(NARROW, _narrowed(rule)) for rule in QUARTERS),
        Mistake("The convolution of your shortcut has no BatchNorm.", _faulty(shortcut_norm=False)),
        Mistake("The BatchNorms are missing: one follows each convolution.", _faulty(norms=False, shortcut_norm=False)),
        Mistake(
            "Your last convolution gives `channels` channels. It widens again, to four times as many.",
            _faulty(expansion=1),
        ),
        Mistake(
            "The width inside is `channels`, whatever comes in. You took a quarter of in_channels.",
            _faulty(inside=lambda in_channels, channels: max(in_channels // EXPANSION, 1)),
        ),
        Mistake(
            "All your kernels are 3×3. The first and the last are 1×1: they only change the number of channels.",
            _faulty(kernels=(3, 3, 3)),
        ),
        Mistake("Your BatchNorms come after the ReLUs. They follow the convolutions.", _NormLast),
        Mistake(
            "The block and its shortcut do not fit together. Two things can change the shape, the stride and the "
            "number of channels: compare in_channels with 4 · channels, and mind the padding of the 3×3.",
            when=raised("must match the size", "Kernel size can't be greater"),
        ),
        Mistake(
            "A layer gets another number of channels than it was made for. Follow them: in_channels, channels, "
            "channels, 4 · channels.",
            when=raised("to have", "running_mean should contain"),
        ),
    ),
)
