"""The exercise that counts the layers of a network from its blocks."""

from collections.abc import Iterator
from math import prod
from random import Random

from torch import nn

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first


def _layers(counts, layers_per_block):
    """Count by building: a stem, the blocks, a linear layer, all of them tiny."""
    block = lambda: nn.Sequential(*(nn.Conv2d(1, 1, 1) for _ in range(layers_per_block)))  # noqa: E731
    stages = (nn.Sequential(*(block() for _ in range(count))) for count in counts)
    network = nn.Sequential(nn.Conv2d(1, 1, 1), *stages, nn.Linear(1, 1))
    return sum(isinstance(layer, (nn.Conv2d, nn.Linear)) for layer in network.modules())


def _cases(random: Random) -> Iterator[Case]:
    yield Case([2, 2, 2], 2)
    yield Case([2, 2, 2, 2], 2)
    yield Case([3, 4, 6, 3], 3)
    yield Case([1], 2)
    yield Case([9, 9, 9], 2)
    while True:
        counts = [random.randint(1, 9) for _ in range(random.randint(1, 5))]
        yield Case(counts, random.randint(1, 4))


NETWORK_DEPTH = Exercise(
    name="network_depth",
    chapter="09",
    title="Depth from block counts",
    parameters="counts, layers_per_block",
    statement=(
        "How many layers does the name of a ResNet count? Convolutions and the linear layer count, those of the "
        "shortcuts do not; BatchNorms do not either. The stem is one convolution, stage i has `counts[i]` blocks with "
        "`layers_per_block` convolutions each, and one linear layer ends the network. Return an integer."
    ),
    hints=(
        "Take ResNet-14, three stages of two blocks with two convolutions each. Draw every layer with weights that a "
        "picture passes on the main road, and count.",
        "The stages may have different numbers of blocks. How many blocks are there in all? And which two layers are "
        "in no block?",
        "`sum(counts)` blocks have `layers_per_block` convolutions each. Two layers are still missing.",
    ),
    cases=first(25, _cases),
    expected=_layers,
    mistakes=(
        Mistake(
            "You forgot the two layers outside the blocks: the stem and the linear layer.", lambda c, k: k * sum(c)
        ),
        Mistake(
            "You are one short. The stem's convolution and the linear layer both count.", lambda c, k: k * sum(c) + 1
        ),
        Mistake(
            "You counted the blocks. Each of them has `layers_per_block` layers with weights.", lambda c, k: sum(c) + 2
        ),
        Mistake(
            "You counted the stages, not the blocks in them. counts[i] is the number of blocks in stage i.",
            lambda c, k: k * len(c) + 2,
        ),
        Mistake(
            "You took every stage to have as many blocks as the first. Add them all up.",
            lambda c, k: k * c[0] * len(c) + 2,
        ),
        Mistake(
            "You took every stage to have as many blocks as the last. Add them all up.",
            lambda c, k: k * c[-1] * len(c) + 2,
        ),
        Mistake(
            "6n + 2 holds for three equal stages of blocks with two layers. Here the counts may differ, and so may "
            "the number of stages.",
            lambda c, k: 6 * c[0] + 2,
        ),
        Mistake(
            "You took two layers for every block. Use `layers_per_block`: a bottleneck has three.",
            lambda c, k: 2 * sum(c) + 2,
        ),
        Mistake(
            "You counted the shortcuts that change the shape, one for each stage after the first. The name counts the "
            "main road only.",
            lambda c, k: k * sum(c) + 2 + len(c) - 1,
        ),
        Mistake(
            "You counted a shortcut for every stage. The name counts the main road only.",
            lambda c, k: k * sum(c) + 2 + len(c),
        ),
        Mistake(
            "You counted a shortcut for every block. The name counts the main road only.",
            lambda c, k: (k + 1) * sum(c) + 2,
        ),
        Mistake(
            "You counted the BatchNorms too. They have parameters, but names count convolutions and linear layers.",
            lambda c, k: 2 * (k * sum(c) + 1) + 1,
        ),
        Mistake(
            "You multiplied the stages' blocks. They stand one behind the other: add.", lambda c, k: k * prod(c) + 2
        ),
        Mistake(
            "You counted stem and linear layer with the blocks: they are one layer each.", lambda c, k: k * (sum(c) + 2)
        ),
    ),
)
