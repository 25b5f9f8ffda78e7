"""The exercise that builds a stage of blocks."""

from collections.abc import Callable, Iterator
from random import Random

from torch import nn

from cnn_lessons.exercises.chapter_09.parts import LightBlock, PaddedBlock, stage
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, integers, normal
from cnn_lessons.exercises.module_judge import COMPARED, built


def _right(block, in_channels, out_channels, count, stride):
    return stage(block, in_channels, out_channels, count, stride)


def _strides(rule: Callable) -> Callable:
    """Return a builder with other strides: (stride, count, whether the channels stay) → a list."""
    return lambda *shape: stage(*shape, strides=rule)


def _wrapped(*more: Callable) -> Callable:
    """Return a builder that puts layers behind the blocks, each made from the channels."""
    return lambda *shape: nn.Sequential(_right(*shape), *(layer(shape[2]) for layer in more))


def _one_for_all(block, in_channels, out_channels, count, stride):
    rest = [block(out_channels, out_channels, 1)] * (count - 1)
    return nn.Sequential(block(in_channels, out_channels, stride), *rest)


def _each_from_the_input(block, in_channels, out_channels, count, stride):
    rest = [block(in_channels, out_channels, 1) for _ in range(count - 1)]
    return nn.Sequential(block(in_channels, out_channels, stride), *rest)


def _wide_at_last(block, in_channels, out_channels, count, stride):
    widths = [in_channels] * count + [out_channels]
    strides = [stride] + [1] * (count - 1)
    return nn.Sequential(*(block(*shape) for shape in zip(widths[:-1], widths[1:], strides, strict=True)))


def _cases(random: Random) -> Iterator[Case]:
    yield built(random, _right, integers(random, 2, 2, 3, 4), PaddedBlock, 2, 3, 2, 2)
    yield built(random, _right, integers(random, 2, 2, 2, 3), LightBlock, 2, 2, 3, 1)
    yield built(random, _right, integers(random, 2, 2, 5, 3), LightBlock, 2, 2, 1, 2)
    yield built(random, _right, normal(random, 2, 3, 7, 9), LightBlock, 3, 4, 2, 3)
    while True:
        into, out, height, width = random.sample(range(2, 8), 4)
        x = normal(random, 2, min(into, out), height, width)
        shape = (min(into, out), max(into, out), random.randint(2, 4), random.choice((1, 2)))
        yield built(random, _right, x, random.choice((PaddedBlock, LightBlock)), *shape)


SHARED = (
    "Your blocks are one and the same object: they share their weights. Call `block` anew for each place, in a loop or "
    "a list comprehension."
)

BUILD_STAGE = Exercise(
    name="build_stage",
    chapter="09",
    title="The stage builder",
    parameters="block, in_channels, out_channels, count, stride",
    statement=(
        "Return an `nn.Module`: `count` blocks one behind the other. `block(in_channels, out_channels, stride)` makes "
        "one; the residual blocks of chapter 08 are called like that. The stage turns (N, in_channels, H, W) into (N, "
        "out_channels, ⌈H/stride⌉, ⌈W/stride⌉), whatever `count` is, and nothing comes after the last block."
    ),
    hints=(
        "Write the arguments of the blocks below each other, for a stage from 16 to 32 channels, three blocks, stride "
        "2. What does the second block get to read?",
        "The first block does all the changing: channels and size. Every other block reads what the block "
        "before it gave, and keeps its shape.",
        "Collect the blocks in a list that begins with `block(in_channels, out_channels, stride)`. The others, `count "
        "- 1` of them, go from `out_channels` to `out_channels` with stride 1. `nn.Sequential(*blocks)` puts them in a "
        "row.",
    ),
    cases=first(6, _cases),
    expected=_right,
    compared=COMPARED,
    forbidden=frozenset({"stage", "CifarResNet"}),
    mistakes=(
        Mistake(
            "You give the stage's stride to every block, so the map shrinks again and again. Only the first block "
            "strides.",
            _strides(lambda stride, count, same: [stride] * count),
        ),
        Mistake(
            "You never use `stride`: the map keeps its size. The first block strides.",
            _strides(lambda stride, count, same: [1] * count),
        ),
        Mistake(
            "Your last block strides. It works, but all the blocks before it compute on the large map: the first block "
            "strides.",
            _strides(lambda stride, count, same: [1] * (count - 1) + [stride]),
        ),
        Mistake(
            "Your first block keeps the size and the others stride. It is the other way round.",
            _strides(lambda stride, count, same: [1] + [stride] * (count - 1)),
        ),
        Mistake(
            "Your first block always strides by 2. Use `stride`: in the first stage it is 1.",
            _strides(lambda stride, count, same: [2] + [1] * (count - 1)),
        ),
        Mistake(
            "You stride only where the channels change. `stride` alone says what the first block does.",
            _strides(lambda stride, count, same: [1 if same else stride] + [1] * (count - 1)),
        ),
        Mistake(
            "Your stage has one block too many. `count` includes the first one.",
            _strides(lambda stride, count, same: [stride] + [1] * count),
        ),
        Mistake(
            "Your stage has one block too few. `range(1, count)` and `range(count - 1)` leave room for a first block; "
            "did you build that one?",
            _strides(lambda stride, count, same: [stride] + [1] * (count - 2) if count > 1 else []),
        ),
        Mistake(
            "Your stage has the weights of one block, whatever `count` is. `[block(…)] * count` repeats one and the "
            "same object: call `block` anew for each place.",
            _strides(lambda stride, count, same: [stride]),
        ),
        Mistake(SHARED, _one_for_all),
        Mistake(
            "Every block of yours reads `in_channels`. Only the first one does: the others read what the block before "
            "them gave.",
            _each_from_the_input,
        ),
        Mistake("Your channels change in the last block. They change in the first, with the size.", _wide_at_last),
        Mistake(
            "Your first block reads `out_channels`. It gets the input of the stage, which has `in_channels`.",
            lambda block, i, o, count, stride: _right(block, o, o, count, stride),
        ),
        Mistake(
            "You exchanged `in_channels` and `out_channels`.",
            lambda block, i, o, count, stride: _right(block, o, i, count, stride),
        ),
        Mistake(
            "You build one kind of block, whatever `block` is. Call the `block` that you are given.",
            lambda block, *shape: _right(PaddedBlock, *shape),
        ),
        Mistake(
            "You put a ReLU behind the blocks. Nothing comes after the last one: a block ends as it ends.",
            _wrapped(lambda channels: nn.ReLU()),
        ),
        Mistake(
            "You put a BatchNorm behind the blocks. Nothing comes after the last one: a block has its own.",
            _wrapped(nn.BatchNorm2d),
        ),
    ),
)
