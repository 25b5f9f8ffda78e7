"""The lab: find the blocks in which a network's map becomes smaller."""

import builtins
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from torch import Tensor, nn

from cnn_lessons.exercises.chapter_09.parts import PaddedBlock
from cnn_lessons.exercises.compare import Compared, difference
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, normal, raised


class Step(nn.Module):
    """A block of one convolution, which may pad too little or too much, or shrink the map by pooling."""

    def __init__(self, into: int, out: int, stride: int = 1, padding: int | tuple[int, int] = 1, pool: int = 1):
        super().__init__()
        self.conv1, self.pool = nn.Conv2d(into, out, 3, stride, padding, bias=False), nn.AvgPool2d(pool)

    def forward(self, x: Tensor) -> Tensor:
        """Return the map behind convolution and pooling."""
        return self.pool(self.conv1(x))


def _stages(told: str, *stages: list[nn.Module]) -> nn.Sequential:
    network = nn.Sequential(*(nn.Sequential(*blocks) for blocks in stages)).double().eval()
    network.told = told
    return network


def _plan(told: str, *strides: list[int], kind: type = Step) -> nn.Sequential:
    """Return stages of 2, 4, 8 … channels whose blocks have these strides."""
    stages, channels = [], 2
    for place, each in enumerate(strides):
        width = 2 ** (place + 1)
        stages.append([kind(channels if i == 0 else width, width, stride) for i, stride in enumerate(each)])
        channels = width
    return _stages(told, *stages)


def _cases(random: Random) -> Iterator[Case]:
    x = normal(random, 1, 2, 16, 16)
    yield Case(_plan("three stages of two blocks, strides 1 1, 2 1, 2 1", [1, 1], [2, 1], [2, 1], kind=PaddedBlock), x)
    yield Case(_plan("three stages of two blocks, strides 1 1, 2 2, 2 2", [1, 1], [2, 2], [2, 2], kind=PaddedBlock), x)
    yield Case(_plan("two stages whose last blocks stride", [1, 2], [1, 1, 2]), x)
    yield Case(_plan("two stages without a stride", [1, 1], [1]), x)
    yield Case(_plan("stages with strides 1, 2 1, on a map one row high", [1], [2, 1]), normal(random, 1, 2, 1, 9))
    yield Case(_plan("stages with strides 1, 2 1, on a map one column wide", [1], [2, 1]), normal(random, 1, 2, 9, 1))
    yield Case(_plan("stages with strides 2, 2 2, on a map of 2×2", [2], [2, 2]), normal(random, 1, 2, 2, 2))
    pools = [Step(2, 2), Step(2, 2, pool=2)], [Step(2, 8, padding=0), Step(8, 8, padding=2)]
    yield Case(_stages("two stages, of which one pools and one pads its convolutions by 0 and by 2", *pools), x)
    wide = [Step(2, 2)], [Step(2, 8, stride=2), Step(8, 8), Step(8, 32, stride=2)]
    yield Case(_stages("two stages; with each stride the channels are multiplied by 4", *wide), x)
    lopsided = [Step(2, 2, padding=(3, 0)), Step(2, 2, padding=(0, 3))]
    yield Case(_stages("a stage that makes the map higher and narrower, then lower and wider", lopsided), x)
    while True:
        strides = [[random.choice((1, 1, 2)) for _ in range(random.randint(1, 4))] for _ in range(random.randint(1, 4))]
        told = f"stages with strides {', '.join(' '.join(map(str, each)) for each in strides)}"
        yield Case(_plan(told, *strides), normal(random, random.randint(1, 2), 2, *random.sample(range(3, 40), 2)))


def _shapes(stages: nn.Module, x: Tensor) -> list[tuple[int, int, Tensor, Tensor]]:
    """Return stage, block, input and output of every block."""
    found = []
    for i, blocks in enumerate(stages):
        for j, block in enumerate(blocks):
            before, x = x, block(x)
            found.append((i, j, before, x))
    return found


def _where(test: Callable[[Tensor, Tensor], bool], pair: Callable = lambda i, j: (i, j)) -> Callable:
    """Return an answer that reports the blocks of whose input and output `test` is true, written as `pair` says."""
    return lambda stages, x: [pair(i, j) for i, j, before, after in _shapes(stages, x) if test(before, after)]


def _smaller(before: Tensor, after: Tensor) -> bool:
    (h, w), (new_h, new_w) = before.shape[2:], after.shape[2:]
    return new_h < h or new_w < w


_right = _where(_smaller)


class _Pairs(list, Compared):
    """The right pairs; where their number differs, a message shows both lists."""

    def differs(self, got: Any) -> str | None:
        if not isinstance(got, (tuple, list)) or len(got) == len(self):
            return difference(list(self), got)
        return f"expected {list(self)}\ngot      {list(got)!r:.200}"


def _is_of_a_layer(error: str) -> bool:
    """Return whether an AttributeError is about a module, and not about a list or a tensor, or for one."""
    found = re.search(r"'(\w+)' object has no attribute '(\w+)'", error)
    of_module = bool(found) and not hasattr(builtins, found[1]) and found[1] not in ("NoneType", "Tensor")
    return of_module and found[2] not in ("shape", "size", "dim")


def _since_the_start(stages, x):
    return [(i, j) for i, j, _, after in _shapes(stages, x) if _smaller(x, after)]


def _since_the_stage(stages, x):
    found, entered = [], {}
    for i, j, before, after in _shapes(stages, x):
        if _smaller(entered.setdefault(i, before), after):
            found.append((i, j))
    return found


def _by_stride(stages, x):
    blocks = [(i, j, block) for i, part in enumerate(stages) for j, block in enumerate(part)]
    return [(i, j) for i, j, block in blocks if block.conv1.stride[0] > 1]


def _flat(stages, x):
    return [place for place, (*_, before, after) in enumerate(_shapes(stages, x)) if _smaller(before, after)]


def _kept(keep: Callable[[list], list]) -> Callable:
    return lambda stages, x: keep(_right(stages, x))


COUNT = "Count from 0, as Python does: (0, 0) is the first block of the first stage."

SHRINKING_BLOCKS = Exercise(
    name="shrinking_blocks",
    chapter="09",
    title="Find the blocks that shrink the map",
    parameters="stages, x",
    statement=(
        "`stages` is a row of stages, each a row of blocks; x, (N, C, H, W), is what the first block gets, and every "
        "block gets what the one before it gave. Return, in order, the list of the pairs (stage, block) of the blocks "
        "behind which the map is lower or narrower than before. Both numbers count from 0, the block's in its stage."
    ),
    hints=(
        "Send x through by hand, block by block, and look at the shape before and after each.",
        "Two loops, one in the other. `enumerate(stages)` gives the number with each stage; a stage can be looped over "
        "in the same way. Keep the shape from before a block: afterwards x has a new one.",
        "In the inner loop: `before = x.shape`, then `x = block(x)`. Height is `x.shape[2]`, width is `x.shape[3]`. If "
        "one of them is less than before, append the pair. The stages' channels do not matter.",
    ),
    cases=first(21, _cases),
    expected=lambda stages, x: _Pairs(_right(stages, x)),
    mistakes=(
        Mistake(
            "You compare each map with x as it came in. After the first shrink every block looks guilty: compare with "
            "the map just before the block.",
            _since_the_start,
        ),
        Mistake(
            "You compare with the map at the start of the stage. What is asked is which block did it: compare with the "
            "map just before the block.",
            _since_the_stage,
        ),
        Mistake(
            "You look at the first block of each stage only. That the others keep the size is what you want to find "
            "out.",
            _kept(lambda found: [pair for pair in found if pair[1] == 0]),
        ),
        Mistake("You stop at the first block that you find. There may be more.", _kept(lambda found: found[:1])),
        Mistake(
            "You look at the first stage only, or return inside the loop.",
            _kept(lambda found: [pair for pair in found if pair[0] == 0]),
        ),
        Mistake(
            "You report every change of the shape. More channels are no smaller map: compare height and width.",
            _where(lambda before, after: before.shape != after.shape),
        ),
        Mistake(
            "You compare the channels. Height and width are the axes 2 and 3.",
            _where(lambda before, after: before.shape[1] != after.shape[1]),
        ),
        Mistake(
            "You compare only the height. A map may become narrower and keep its height.",
            _where(lambda before, after: after.shape[2] < before.shape[2]),
        ),
        Mistake(
            "You compare only the width. A map may become lower and keep its width.",
            _where(lambda before, after: after.shape[3] < before.shape[3]),
        ),
        Mistake(
            "You want both height and width to shrink. One of them is enough.",
            _where(lambda b, a: a.shape[2] < b.shape[2] and a.shape[3] < b.shape[3]),
        ),
        Mistake(
            "You report blocks that make the map larger, too. Smaller is asked for.",
            _where(lambda before, after: before.shape[2:] != after.shape[2:]),
        ),
        Mistake(
            "You count all the numbers of the map. Twice the channels make up for half the height: compare height and "
            "width.",
            _where(lambda before, after: after.numel() < before.numel()),
        ),
        Mistake(
            "You compare the shapes with <, as words are compared: the width counts only where the heights are equal.",
            _where(lambda before, after: after.shape[2:] < before.shape[2:]),
        ),
        Mistake(
            "You count the places of the map. One that is higher and narrower may have more: compare height and width.",
            _where(lambda before, after: after[0, 0].numel() < before[0, 0].numel()),
        ),
        Mistake(
            "You read the stride off the layers. A pooling or too little padding shrinks the map as well, and a stride "
            "does nothing to a single pixel. Measure the map.",
            _by_stride,
        ),
        Mistake(
            "You read off the layers what they should do, and a block here has other layers. Measure the map.",
            when=lambda outcome: isinstance(outcome.error, AttributeError) and _is_of_a_layer(str(outcome.error)),
        ),
        Mistake(COUNT, _where(_smaller, lambda i, j: (i + 1, j + 1))),
        Mistake(COUNT, _where(_smaller, lambda i, j: (i, j + 1))),
        Mistake(COUNT, _where(_smaller, lambda i, j: (i + 1, j))),
        Mistake("Your pairs are the wrong way round: the stage comes first.", _where(_smaller, lambda i, j: (j, i))),
        Mistake("You number the blocks through. Say in which stage a block is, and count anew in each.", _flat),
        Mistake("You say only in which stage it is. Which block?", _where(_smaller, lambda i, j: i)),
        Mistake("You count the blocks. Return which ones they are.", lambda stages, x: len(_right(stages, x))),
        Mistake("You report the blocks that keep the size.", _where(lambda before, after: not _smaller(before, after))),
        Mistake(
            "A block gets another number of channels than it was built for: every block gets what the one before it "
            "gave, across the borders of the stages too. Is x new after each block?",
            when=raised("to have"),
        ),
    ),
)
