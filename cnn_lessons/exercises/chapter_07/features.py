"""The exercise that builds the convolutional part of the AlexNet for CIFAR."""

from collections.abc import Callable, Iterator
from random import Random

from torch import nn

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, integers, normal
from cnn_lessons.exercises.module_judge import COMPARED, built

KERNELS, PADDINGS, POOLED = (3, 3, 3, 3, 1), (0, 1, 1, 1, 0), (0, 1, 4)


def _features(
    kernels: tuple = KERNELS,
    paddings: tuple = PADDINGS,
    pooled: tuple = POOLED,
    pool: Callable = lambda: nn.MaxPool2d(2),
    act: Callable = nn.ReLU,
    silent: tuple = (),
    end: tuple = (),
    bias: bool = True,
) -> Callable:
    """Return a builder of the convolutional part, with one thing or another changed."""

    def build(in_channels, channels):
        layers = []
        for i, out in enumerate(channels):
            layers.append(nn.Conv2d(in_channels, out, kernels[i], padding=paddings[i], bias=bias))
            behind = [] if i in silent else [act()]
            if i in pooled:
                behind.append(pool())
            layers, in_channels = layers + behind, out
        return nn.Sequential(*layers, *end)

    return build


_right = _features()


def _cases(random: Random) -> Iterator[Case]:
    yield built(random, _right, integers(random, 1, 3, 26, 26), 3, [2, 3, 4, 3, 2])
    yield built(random, _right, normal(random, 2, 1, 32, 32), 1, [3, 2, 4, 5, 3])
    yield built(random, _right, normal(random, 2, 3, 34, 27), 3, [4, 4, 4, 4, 4])
    while True:
        x = normal(random, 1, 2, random.randint(26, 36), random.randint(26, 36))
        yield built(random, _right, x, 2, [random.randint(1, 5) for _ in range(5)])


def _unjoined(in_channels, channels):
    """Return the convolutions alone, each for the image: they cannot work one after the other."""
    convs = zip(channels, KERNELS, PADDINGS, strict=True)
    return nn.Sequential(*(nn.Conv2d(in_channels, out, k, padding=padding) for out, k, padding in convs))


ALEXNET_FEATURES = Exercise(
    name="alexnet_features",
    chapter="07",
    title="The features of AlexNet",
    parameters="in_channels, channels",
    statement=(
        "Return an `nn.Sequential` with the convolutional part of the AlexNet for CIFAR. `channels` is a list of five "
        "numbers, what the convolutions give; in the chapter it is [64, 192, 384, 256, 256]. Kernels 3, 3, 3, 3, 1; "
        "padding 0, 1, 1, 1, 0. A ReLU follows each convolution, and 2×2 max pooling the first, second and fifth ReLU. "
        "(N, in_channels, H, W) becomes (N, channels[4], h, w)."
    ),
    hints=(
        "Write down for each convolution what it reads and what it gives. What one gives, the next one reads.",
        "Thirteen layers: five convolutions, five ReLUs, three poolings. Unpack the list, `a, b, c, d, e = channels`, "
        "and write them one below the other.",
        "It begins `nn.Conv2d(in_channels, a, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(a, b, 3, padding=1), …`. "
        "The next pooling follows the ReLU of the second convolution; then there is none until the end.",
    ),
    cases=first(4, _cases),
    expected=_right,
    compared=COMPARED,
    forbidden=frozenset({"alexnet_cifar", "alexnet", "AlexNet", "AlexNetCIFAR"}),
    mistakes=(
        Mistake(
            "You padded the first convolution too. It has no padding: 32 becomes 30.",
            _features(paddings=(1, 1, 1, 1, 0)),
        ),
        Mistake(
            "You padded the 1×1 convolution. A 1×1 window fits on every pixel, so it keeps the size without; with "
            "padding=1 the map grows by two, and the new border holds nothing but the bias.",
            _features(paddings=(0, 1, 1, 1, 1)),
        ),
        Mistake("You left all the padding out. The second to fourth convolution have 1.", _features(paddings=(0,) * 5)),
        Mistake(
            "Your last convolution has a 3×3 kernel. It is 1×1: it mixes channels and looks at no neighbours.",
            _features(kernels=(3,) * 5, paddings=(0, 1, 1, 1, 1)),
        ),
        Mistake(
            "Your last convolution has a 3×3 kernel. It is 1×1: it mixes channels and looks at no neighbours.",
            _features(kernels=(3,) * 5),
        ),
        Mistake("You left out the ReLUs.", _features(act=nn.Identity)),
        *(
            Mistake(
                f"One ReLU is missing, the one behind the {which} convolution. A ReLU follows each of them.",
                _features(silent=(place,)),
            )
            for place, which in enumerate(("first", "second", "third", "fourth", "fifth"))
        ),
        Mistake(
            "The third and fourth convolution have no ReLU in yours. No pooling follows there, but a ReLU does: two "
            "convolutions without one between them make no more than one.",
            _features(silent=(2, 3)),
        ),
        Mistake(
            "You pooled behind every convolution. Only the first, second and fifth are pooled.",
            _features(pooled=tuple(range(5))),
        ),
        Mistake("The last pooling is missing, the one behind the fifth convolution.", _features(pooled=(0, 1))),
        Mistake(
            "You pooled after the first, second and third convolution. The third pooling comes last.",
            _features(pooled=(0, 1, 2)),
        ),
        Mistake(
            "You took the mean of each window. Max pooling takes the largest value.",
            _features(pool=lambda: nn.AvgPool2d(2)),
        ),
        Mistake(
            "Your windows overlap, 3×3 with stride 2, as in the AlexNet of 2012. Here they are 2×2 and only touch.",
            _features(pool=lambda: nn.MaxPool2d(3, 2)),
        ),
        Mistake(
            "Your pooling moves by one pixel. nn.MaxPool2d(2) moves by its own size, two.",
            _features(pool=lambda: nn.MaxPool2d(2, 1)),
        ),
        Mistake(
            "Your pooling rounds up. Leave ceil_mode alone: an odd last row and column are left out.",
            _features(pool=lambda: nn.MaxPool2d(2, ceil_mode=True)),
        ),
        Mistake(
            "You flattened at the end. That belongs to the network's forward; return the maps.",
            _features(end=(nn.Flatten(),)),
        ),
        Mistake("Your convolutions have no bias. nn.Conv2d has one as it comes.", _features(bias=False)),
        Mistake(
            "Your first convolution always reads three channels. Use in_channels.",
            lambda in_channels, channels: _right(3, channels),
        ),
        Mistake(
            "The channels are the chapter's own, whatever the list says. Use the five numbers in `channels`.",
            lambda in_channels, channels: _right(in_channels, [64, 192, 384, 256, 256]),
        ),
        Mistake(
            "Every convolution of yours reads `in_channels`. From the second on, a convolution reads what the one "
            "before it gives.",
            _unjoined,
        ),
    ),
)
