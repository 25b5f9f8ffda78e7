"""The exercises about AlexNet's other part: its linear layers with dropout, and how many numbers reach them."""

from collections.abc import Callable, Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import nn

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, integers, normal
from cnn_lessons.exercises.module_judge import COMPARED, built


def _classifier(plan: str = "D1RD2R3", drop: Callable = nn.Dropout, act: Callable = nn.ReLU) -> Callable:
    """Return a builder of linear layers as `plan` says: D dropout, 1, 2, 3 the layers, R ReLU, S softmax."""

    def build(in_features, hidden, num_classes, dropout=0.5):
        sizes = [in_features, *hidden, num_classes]
        made = {
            "D": lambda: drop(dropout),
            "R": act,
            "S": lambda: nn.Softmax(dim=1),
            **{str(i + 1): lambda i=i: nn.Linear(sizes[i], sizes[i + 1]) for i in range(3)},
        }
        return nn.Sequential(*(made[letter]() for letter in plan))

    return build


_right = _classifier()


def _cases(random: Random) -> Iterator[Case]:
    yield built(random, _right, integers(random, 2, 12), 12, [8, 6], 3)
    yield built(random, _right, normal(random, 3, 10), 10, [9, 7], 4, dropout=0.2)
    yield built(random, _right, normal(random, 2, 16), 16, [5, 12], 2, 0.0)
    while True:
        into, a, b = (random.randint(6, 14) for _ in range(3))
        x = normal(random, random.randint(2, 4), into)
        yield built(random, _right, x, into, [a, b], random.randint(2, 6), dropout=random.choice((0.3, 0.7)))


ALEXNET_CLASSIFIER = Exercise(
    name="alexnet_classifier",
    chapter="07",
    title="The classifier of AlexNet",
    parameters="in_features, hidden, num_classes, dropout=0.5",
    statement=(
        "Return an `nn.Sequential` with this chapter's classifier: `nn.Dropout`, linear layer, ReLU; dropout, linear "
        "layer, ReLU; linear layer. `hidden` is a list of two numbers, what the first two linear layers give; in the "
        "chapter it is [1024, 512]. `dropout` is the probability that a number is dropped. (N, in_features) becomes "
        "logits (N, num_classes)."
    ),
    hints=(
        "Seven layers, in the order of the statement. Which of them have weights, and what does each of these read?",
        "`nn.Dropout(p)` takes the probability to drop. It stands before the first and before the second linear "
        "layer, nowhere else.",
        "`a, b = hidden`, then `nn.Dropout(dropout), nn.Linear(in_features, a), nn.ReLU()`, and once more with a and "
        "b. The last linear layer stands alone.",
    ),
    cases=first(4, _cases),
    expected=_right,
    compared=COMPARED,
    forbidden=frozenset({"alexnet_cifar", "alexnet", "AlexNet", "AlexNetCIFAR"}),
    mistakes=(
        Mistake("You left out the dropout.", _classifier("1R2R3")),
        Mistake(
            "Dropout stands behind the linear layers' ReLUs in yours, as in 2012. Here it stands before the first and "
            "the second linear layer: what it drops first are features.",
            _classifier("1RD2RD3"),
        ),
        Mistake(
            "You dropped before the last linear layer as well. Here it stands before the first two only.",
            _classifier("D1RD2RD3"),
        ),
        Mistake("The second dropout is missing.", _classifier("D1R2R3")),
        Mistake("The first dropout is missing, the one before the first linear layer.", _classifier("1RD2R3")),
        Mistake("You dropped logits. No dropout stands behind the last layer.", _classifier("D1RD2R3D")),
        Mistake("You left out the ReLUs: three linear layers in a row make no more than one.", _classifier("D1D23")),
        Mistake("The ReLU behind the second linear layer is missing.", _classifier("D1RD23")),
        Mistake(
            "You put a ReLU behind the last layer too: the logits can no longer be negative. End in the linear layer.",
            _classifier("D1RD2R3R"),
        ),
        Mistake(
            "You end in a softmax. The network returns logits: cross-entropy takes the softmax itself.",
            _classifier("D1RD2R3S"),
        ),
        Mistake("You took a tanh where a ReLU was asked for.", _classifier(act=nn.Tanh)),
        Mistake("Your dropout is always 0.5. Use the argument.", _classifier(drop=lambda dropout: nn.Dropout(0.5))),
        Mistake(
            "You took `dropout` as the probability to keep a number. It is the probability to drop it, and "
            "nn.Dropout wants just that.",
            _classifier(drop=lambda dropout: nn.Dropout(1 - dropout)),
        ),
        Mistake(
            "The hidden layers are swapped: hidden[0] comes first.",
            lambda i, hidden, k, dropout=0.5: _right(i, hidden[::-1], k, dropout),
        ),
        Mistake(
            "Your last layer always gives ten numbers. Use num_classes.",
            lambda i, hidden, k, dropout=0.5: _right(i, hidden, 10, dropout),
        ),
        Mistake(
            "A linear layer reads another number of features than the one before it gives.",
            when=lambda outcome: "mat1 and mat2 shapes" in str(outcome.error),
        ),
    ),
)


def _maps(size: tuple[int, int], first_padding: int = 0, pools: int = 3, ceil: bool = False):
    """Return what the features make of H×W pixels, by torch's own layers, with one channel and no values."""
    x = torch.empty(1, 1, *size, device="meta")
    x = F.conv2d(x, torch.empty(1, 1, 3, 3, device="meta"), padding=first_padding)
    for _ in range(pools):
        x = F.max_pool2d(x, 2, ceil_mode=ceil)
    return x.shape[2:].numel()


def _sized(**changes) -> Callable:
    return lambda height, width: 256 * _maps((height, width), **changes)


def _overlapping(height: int, width: int) -> int:
    sides = [height - 2, width - 2]
    for _ in range(3):
        sides = [max((side - 3) // 2 + 1, 0) for side in sides]
    return 256 * sides[0] * sides[1]


def _five(side: int) -> int:
    """Return a side after convolutions that all take two pixels, and the three poolings."""
    return max((((side - 2) // 2 - 2) // 2 - 2 - 2 - 2) // 2, 0)


def _sizes(random: Random) -> Iterator[Case]:
    for size in ((32, 32), (48, 48), (64, 64), (28, 28), (224, 224), (40, 64), (10, 10), (10, 33)):
        yield Case(*size)
    while True:
        yield Case(random.randint(12, 128), random.randint(12, 128))


def _is_float(outcome: Outcome) -> bool:
    return isinstance(outcome.got, float)


FLAT_FEATURES = Exercise(
    name="flat_features",
    chapter="07",
    title="The flatten size for another input",
    parameters="height, width",
    statement=(
        "How many numbers reach the first linear layer of the AlexNet for CIFAR, if its images have `height`×`width` "
        "pixels, each at least 10? For 32×32 it is 2304. Compute it from the two numbers, without building a network. "
        "Return an integer."
    ),
    hints=(
        "Follow the height alone through the table in the chapter. Which layers change it, and how?",
        "The convolution without padding takes two pixels. The padded ones and the 1×1 keep the size. Each pooling "
        "halves and rounds down, every time anew.",
        "From a side s comes `(s - 2) // 2 // 2 // 2`. Do it for both sides; there are 256 maps of that size.",
    ),
    cases=first(24, _sizes),
    expected=_sized(),
    forbidden=frozenset({"alexnet_cifar", "trace", "Conv2d", "conv2d", "MaxPool2d", "max_pool2d", "zeros", "randn"}),
    mistakes=(
        Mistake(
            "You took the first convolution to keep the size. It has no padding and takes two pixels of each side.",
            _sized(first_padding=1),
        ),
        Mistake("That is the size for 32×32, whatever comes in.", lambda height, width: 2304),
        Mistake("Three poolings stand in the network; you counted two.", _sized(pools=2)),
        Mistake("Three poolings stand in the network; you counted four.", _sized(pools=4)),
        Mistake("You rounded up. Pooling leaves an odd last row and column out: round down.", _sized(ceil=True)),
        Mistake(
            "These are the places of one map. There are 256 maps, and flattening lays all of them into one row.",
            lambda height, width: _maps((height, width)),
        ),
        Mistake(
            "You took the width to be as large as the height.",
            lambda height, width: 256 * _maps((height, height)),
        ),
        Mistake("You took the height to be as large as the width.", lambda height, width: 256 * _maps((width, width))),
        Mistake(
            "You added the sides. A map has height times width places.",
            lambda height, width: 256 * sum((s - 2) // 2 // 2 // 2 for s in (height, width)),
        ),
        Mistake(
            "You took one side only. A map has height times width places.",
            lambda height, width: 256 * ((height - 2) // 8),
        ),
        Mistake(
            "You took one side only. A map has height times width places.",
            lambda height, width: 256 * ((width - 2) // 8),
        ),
        Mistake("Your poolings overlap, as in 2012. Here they are 2×2 and only touch.", _overlapping),
        Mistake(
            "You took two pixels at each of the five convolutions. Three of them are padded, and a 1×1 kernel takes "
            "none.",
            lambda height, width: 256 * _five(height) * _five(width),
        ),
        Mistake(
            "You counted 384 maps, what the third convolution gives. The last one gives 256.",
            lambda height, width: 384 * _maps((height, width)),
        ),
        Mistake("The answer is a whole number: divide with //, which rounds down, not with /.", when=_is_float),
        Mistake(
            "You were asked for how many numbers there are, one integer, not for a shape.",
            when=lambda outcome: isinstance(outcome.got, (tuple, list, torch.Size)),
        ),
    ),
)
