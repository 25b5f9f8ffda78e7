"""The exercise that builds ResNet-20 for CIFAR from its blocks."""

from collections.abc import Callable, Iterator
from random import Random

from torch import Tensor, nn

from cnn_lessons.exercises.chapter_09.parts import LightBlock, PaddedBlock, stage
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, normal, raised
from cnn_lessons.exercises.module_judge import COMPARED, built


class Network(nn.Module):
    """ResNet-20; a subclass changes one thing."""

    widths = (16, 32, 64)
    counts = (3, 3, 3)
    strides = (1, 2, 2)
    each = staticmethod(lambda stride, count, same: [stride] + [1] * (count - 1))
    classes = None

    def __init__(self, block: Callable, num_classes: int = 10):
        super().__init__()
        self.stem = self.make_stem()
        channels = (16, *self.widths)
        shapes = zip(channels[:-1], self.widths, self.counts, self.strides, strict=True)
        self.stages = nn.Sequential(*(stage(block, *shape, self.each) for shape in shapes))
        self.head = self.make_head(self.classes or num_classes)

    def make_stem(self) -> nn.Module:
        """Return what stands before the stages."""
        return _stem()

    def make_head(self, num_classes: int) -> nn.Module:
        """Return what stands behind them."""
        return _head(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(self.widths[-1], num_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (N, K) of (N, 3, H, W)."""
        return self.head(self.stages(self.stem(x)))


def _stem(
    kernel: int = 3, stride: int = 1, bias: bool = False, *after: nn.Module, padding: int | None = None
) -> nn.Module:
    conv = nn.Conv2d(3, 16, kernel, stride, kernel // 2 if padding is None else padding, bias=bias)
    return nn.Sequential(conv, *(after or (nn.BatchNorm2d(16), nn.ReLU())))


def _head(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(*layers)


class _Squeezed(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.squeeze()


class _BrokenOff(Network):
    """Every stage reads what it gives: nothing leads from one to the next."""

    def __init__(self, block: Callable, num_classes: int = 10):
        super().__init__(block, num_classes)
        self.stages = nn.Sequential(*(stage(block, width, width, 3, 2) for width in self.widths))


def _with(**parts: object) -> type:
    """Return the network with some of its parts replaced."""
    return type("Changed", (Network,), {n: staticmethod(p) if n == "each" else p for n, p in parts.items()})


def _stems(make: Callable) -> type:
    return _with(make_stem=lambda self: make())


def _heads(make: Callable) -> type:
    return _with(make_head=lambda self, classes: _head(*make(nn.Linear(64, classes))))


def _mean() -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]


def _cases(random: Random) -> Iterator[Case]:
    yield built(random, Network, normal(random, 1, 3, 8, 12), LightBlock)  # a single picture: squeeze() fails
    yield built(random, Network, normal(random, 2, 3, 9, 6), PaddedBlock, 3)
    yield built(random, Network, normal(random, 2, 3, 10, 8), LightBlock, num_classes=7)
    yield built(random, Network, normal(random, 2, 3, 32, 32), LightBlock, random.randint(2, 12))


LOGITS = "You end in a softmax. The network returns logits: cross-entropy takes the softmax itself."
AGAIN = (
    "You give the stage's stride to every block, so the map shrinks again and again. Only the first block of a stage "
    "strides."
)
BROKEN = (
    "A block gets another number of channels than it was built for. Each stage reads what the stage before it gave: "
    "16, 16, 32."
)

BUILD_RESNET20 = Exercise(
    name="build_resnet20",
    chapter="09",
    title="ResNet-20",
    parameters="block, num_classes=10",
    statement=(
        "Return ResNet-20 as an `nn.Module`. Stem: a 3×3 convolution to 16 channels that keeps the size and has no "
        "bias, then BatchNorm and ReLU. Then three stages of three blocks with 16, 32 and 64 channels and strides "
        "1, 2, 2; "
        "`block(in_channels, out_channels, stride)` makes a block. Then the mean over all places, and a linear layer "
        "to `num_classes` logits. (N, 3, H, W) becomes (N, num_classes), for any H and W."
    ),
    hints=(
        "Draw a picture of 32×32 going through: stem, three stages, mean, linear layer. Write the shape behind each.",
        "If you have written `build_stage`, call it three times. It gets 16 channels in the first stage too: what is "
        "its stride there? For the mean over all places there is a layer that asks only for the size of its output.",
        "`nn.Sequential` takes all of it in a row: `nn.Conv2d(3, 16, 3, padding=1, bias=False)`, `nn.BatchNorm2d(16)`, "
        "`nn.ReLU()`, the three stages, `nn.AdaptiveAvgPool2d(1)`, `nn.Flatten()`, `nn.Linear(64, num_classes)`.",
    ),
    cases=first(4, _cases),
    expected=Network,
    compared=COMPARED,
    forbidden=frozenset({"resnet_cifar", "plain_cifar", "resnet_seminar", "CifarResNet", "ResNet", "stage"}),
    mistakes=(
        Mistake(AGAIN, _with(each=lambda stride, count, same: [stride] * count)),
        Mistake(
            "squeeze() removes every axis of length 1: with a single picture, that of the batch too. Take flatten(1).",
            _heads(lambda linear: [nn.AdaptiveAvgPool2d(1), _Squeezed(), linear]),
        ),
        Mistake(
            "No block of yours strides: the map keeps its size through all three stages. The first block of the second "
            "and of the third stage has stride 2.",
            _with(strides=(1, 1, 1)),
        ),
        Mistake("Your first stage strides too. Its stride is 1: the strides are 1, 2, 2.", _with(strides=(2, 2, 2))),
        Mistake(
            "Your stages have two blocks each: that is ResNet-14. 20 = 6n + 2, so n is 3.", _with(counts=(2, 2, 2))
        ),
        Mistake(
            "Your stages have four blocks each: that is ResNet-26. `count` includes the first block of a stage.",
            _with(counts=(4, 4, 4)),
        ),
        Mistake(
            "Your stages have six blocks each: that is ResNet-38. A block has two layers: 20 = 6n + 2, and n is 3.",
            _with(counts=(6, 6, 6)),
        ),
        Mistake("Your stages have one block each: that is ResNet-8.", _with(counts=(1, 1, 1))),
        Mistake(
            "You built four stages, as in ResNet-18. The CIFAR family has three: 16, 32 and 64 channels.",
            _with(widths=(16, 32, 64, 128), counts=(3, 3, 3, 3), strides=(1, 2, 2, 2)),
        ),
        Mistake(
            "The BatchNorm of the stem is missing: convolution, BatchNorm, ReLU.",
            _stems(lambda: _stem(3, 1, False, nn.ReLU())),
        ),
        Mistake(
            "The ReLU of the stem is missing: convolution, BatchNorm, ReLU.",
            _stems(lambda: _stem(3, 1, False, nn.BatchNorm2d(16))),
        ),
        Mistake(
            "Only the stem's convolution is there: BatchNorm and ReLU follow it.",
            _stems(lambda: _stem(3, 1, False, nn.Identity())),
        ),
        Mistake(
            "The stem's convolution has a bias. The BatchNorm behind it would subtract it again: bias=False.",
            _stems(lambda: _stem(bias=True)),
        ),
        Mistake(
            "Your stem is ImageNet's, 7×7. For small pictures it is 3×3 with stride 1.",
            _stems(lambda: _stem(7, 2)),
        ),
        Mistake(
            "Your stem strides. It keeps the size: 32×32 is small enough as it is.", _stems(lambda: _stem(stride=2))
        ),
        Mistake("The stem has to keep the size: padding=1.", _stems(lambda: _stem(padding=0))),
        Mistake(
            "Your stem has a max pool, as for ImageNet. Here nothing shrinks before the second stage.",
            _stems(lambda: _stem(3, 1, False, nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(3, 2, 1))),
        ),
        Mistake(
            "Your last layer always gives ten numbers. Use num_classes.",
            _with(classes=10),
        ),
        Mistake(LOGITS, _heads(lambda linear: [*_mean(), linear, nn.Softmax(dim=1)])),
        Mistake(LOGITS, _heads(lambda linear: [*_mean(), linear, nn.LogSoftmax(dim=1)])),
        Mistake(
            "You put a ReLU behind the last layer: the logits can no longer be negative.",
            _heads(lambda linear: [*_mean(), linear, nn.ReLU()]),
        ),
        Mistake(
            "You take the largest value of each map. The network takes the mean over all places.",
            _heads(lambda linear: [nn.AdaptiveMaxPool2d(1), nn.Flatten(), linear]),
        ),
        Mistake(
            "You have the linear layer look at every map with all its places. First comes their mean: then it reads 64 "
            "numbers, whatever the size of the picture.",
            _with(make_head=lambda self, classes: _head(nn.Flatten(), nn.Linear(64 * 8 * 8, classes))),
        ),
        Mistake(
            "Your pooling's window does not fit this map. A fixed one suits pictures of one size, one as wide as the "
            "map square pictures only. nn.AdaptiveAvgPool2d(1) takes the mean over all places, however many there are.",
            when=raised("Output size is too small", "Kernel size can't be greater"),
        ),
        Mistake(
            "The linear layer does not fit what comes before it. After the mean the shape is (N, 64, 1, 1): flatten "
            "it. And is it the mean over all places? A window of fixed size leaves more than one.",
            when=raised("mat1 and mat2 shapes"),
        ),
        Mistake(
            "You build one kind of block, whatever `block` is. Call the `block` that you are given.",
            lambda block, num_classes=10: Network(PaddedBlock, num_classes),
        ),
        Mistake(BROKEN, _BrokenOff),
        Mistake(BROKEN, when=raised("to have", "running_mean should contain")),
    ),
)
