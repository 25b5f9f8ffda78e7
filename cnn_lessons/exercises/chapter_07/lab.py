"""The bug lab's exercise: a head that takes maps of any size, and one row for each picture."""

from collections.abc import Callable, Iterator
from random import Random

import torch.nn.functional as F
from torch import Tensor, nn

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, integers, normal, raised
from cnn_lessons.exercises.module_judge import COMPARED, built


class _Head(nn.Module):
    """The right head; the faulty ones replace one of its parts."""

    def __init__(self, channels: int, size: int, num_classes: int):
        super().__init__()
        self.channels, self.size = channels, size
        self.linear = nn.Linear(channels * size * size, num_classes)

    def pool(self, maps: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(maps, self.size)

    def rows(self, maps: Tensor) -> Tensor:
        return maps.flatten(1)

    def forward(self, maps: Tensor) -> Tensor:
        return self.linear(self.rows(self.pool(maps)))


def _faulty(pool: Callable | None = None, rows: Callable | None = None) -> type:
    """Return a head that pools, or makes rows, in another way."""
    parts = {name: part for name, part in (("pool", pool), ("rows", rows)) if part}
    return type("Faulty", (_Head,), parts)


def _no_pool(head: _Head, maps: Tensor) -> Tensor:
    return maps


def _as_asked(head: _Head, maps: Tensor) -> Tensor:
    """Make rows of the wanted length, however many that gives: what `view(-1, …)` does."""
    return maps.reshape(-1, head.channels * head.size**2)


def _cropped(head: _Head, maps: Tensor) -> Tensor:
    return maps[:, :, : head.size, : head.size]


def _windowed(head: _Head, maps: Tensor) -> Tensor:
    return F.avg_pool2d(maps, (maps.shape[2] // head.size, maps.shape[3] // head.size))


def _resized(mode: str) -> Callable:
    return lambda head, maps: F.interpolate(maps, (head.size, head.size), mode=mode)


class _Global(nn.Module):
    """A head after global pooling: one number a channel."""

    def __init__(self, channels: int, size: int, num_classes: int):
        super().__init__()
        self.linear = nn.Linear(channels, num_classes)

    def forward(self, maps: Tensor) -> Tensor:
        return self.linear(maps.mean(dim=(2, 3)))


class _OneSide(_Head):
    """A head whose linear layer reads size numbers of each map."""

    def __init__(self, channels: int, size: int, num_classes: int):
        super().__init__(channels, size, num_classes)
        self.linear = nn.Linear(channels * size, num_classes)


class _Softmax(_Head):
    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps).softmax(1)


class _LinearReLU(_Head):
    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps).relu()


def _cases(random: Random) -> Iterator[Case]:
    yield built(random, _Head, integers(random, 2, 2, 2, 2), 2, 2, 3)
    yield built(random, _Head, integers(random, 2, 2, 4, 4), 2, 2, 3)
    yield built(random, _Head, normal(random, 3, 4, 6, 7), 4, 3, 2)
    yield built(random, _Head, normal(random, 1, 3, 2, 5), 3, 3, 5)
    while True:
        channels, size = random.randint(2, 5), random.randint(2, 4)
        x = normal(random, random.randint(2, 3), channels, random.randint(2, 8), random.randint(9, 12))
        yield built(random, _Head, x, channels, size, random.randint(2, 5))


VIEW = (
    "Your rows have the right length, and there are too many of them: `view(-1, …)` takes numbers of one picture for "
    "several. The first axis is the batch; flatten the others, and make the maps fit before."
)

HEAD_FOR_ANY_SIZE = Exercise(
    name="head_for_any_size",
    chapter="07",
    title="A head that takes any size",
    parameters="channels, size, num_classes",
    statement=(
        "Return an `nn.Module` that turns maps (N, channels, H, W) of any height and width into logits (N, "
        "num_classes): adaptive average pooling to `size`×`size`, flatten, one linear layer. Maps that are "
        "`size`×`size` already pass the pooling unchanged."
    ),
    hints=(
        "Two things went wrong in the lab: the maps had another size, and the rows were cut by their length instead "
        "of by picture. Each has a layer of its own here.",
        "Chapter 04 has the pooling that is told the size of its output. What length has a row, once every map is "
        "size×size?",
        "`nn.Sequential(nn.AdaptiveAvgPool2d(size), …, nn.Linear(channels * size * size, num_classes))`. What stands "
        "between leaves the batch axis alone.",
    ),
    cases=first(5, _cases),
    expected=_Head,
    compared=COMPARED,
    mistakes=(
        Mistake(VIEW, _faulty(_no_pool, _as_asked)),
        Mistake(
            "You took the largest value of each window, adaptive maximum pooling. Asked for is the mean: "
            "nn.AdaptiveAvgPool2d.",
            _faulty(lambda head, maps: F.adaptive_max_pool2d(maps, head.size)),
        ),
        Mistake("You cut a corner out of the maps. What lies outside is lost: average all of it.", _faulty(_cropped)),
        Mistake(
            "You resized the maps by picking places. Average the windows: adaptive pooling.",
            _faulty(_resized("nearest")),
        ),
        Mistake(
            "You resized the maps by interpolation. Average the windows: adaptive pooling.",
            _faulty(_resized("bilinear")),
        ),
        Mistake(
            "You chose one window for the whole map. If its side does not divide by `size`, the edge is left out, and "
            "a smaller map has no window at all. Adaptive pooling is told the size of its output instead.",
            _faulty(_windowed),
        ),
        Mistake(
            "You averaged each map down to one number. Here size×size places are kept in each, so a row is longer.",
            _Global,
        ),
        Mistake("A map of size×size has size · size numbers. Your linear layer reads size of each map.", _OneSide),
        Mistake(
            "You flattened with the channels last. Flatten (N, C, H, W) as it is.",
            _faulty(rows=lambda head, maps: maps.permute(0, 2, 3, 1).flatten(1)),
        ),
        Mistake("You end in a softmax. The head returns logits: cross-entropy takes the softmax itself.", _Softmax),
        Mistake("You put a ReLU behind the linear layer: the logits can no longer be negative.", _LinearReLU),
        Mistake(
            "You flattened the batch too: all pictures became one long row. The first axis stays as it is.",
            _faulty(rows=lambda head, maps: maps.flatten()),
        ),
        Mistake(
            "The maps reach the linear layer with another number of values than it reads. Which size do they have "
            "there, whatever the picture's? Print the shape.",
            when=raised("mat1 and mat2 shapes", "size mismatch", "is invalid for input of size"),
        ),
    ),
)
