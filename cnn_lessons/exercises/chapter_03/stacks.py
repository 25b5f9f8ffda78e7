"""Chapter 03: what one output of a stack sees, and a head that takes whatever size the stack leaves."""

import math
from collections.abc import Iterator
from random import Random

import torch
from torch import Tensor
from torch.nn import functional as F

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, integers, normal


def _stack_cases(random: Random) -> Iterator[Case]:
    yield Case([(3, 1)])
    yield Case([(3, 1), (3, 1)])
    yield Case([(3, 2), (3, 1)])
    yield Case([])
    yield Case([(7, 2), (3, 2), (3, 1), (3, 1)])
    while True:
        yield Case([(random.randint(1, 5), random.randint(1, 3)) for _ in range(random.randint(1, 4))])


def _pixels_with_gradient(layers: list[tuple[int, int]]) -> int:
    """Run the stack, all weights 1, and see how far into the input the gradient of its first output reaches."""
    axis = torch.ones(1, 1, 200, dtype=torch.float64, requires_grad=True)
    out = axis
    for kernel, stride in layers:
        out = F.conv1d(out, torch.ones(1, 1, kernel, dtype=torch.float64), stride=stride)
    (gradient,) = torch.autograd.grad(out[0, 0, 0], axis)
    return int(gradient.nonzero().max()) + 1


def _every_stride(layers, grow) -> int:
    """Walk forward; `grow(field, jump, kernel, stride)` returns the next field and jump."""
    field, jump = 1, 1
    for kernel, stride in layers:
        field, jump = grow(field, jump, kernel, stride)
    return field


def _backward(layers, grow) -> int:
    field = 1
    for kernel, stride in reversed(layers):
        field = grow(field, kernel, stride)
    return field


RECEPTIVE_FIELD = Exercise(
    name="receptive_field",
    chapter="03",
    title="What one output sees",
    parameters="layers",
    statement="`layers` is a list of (kernel_size, stride) pairs, the layer next to the image first. Return how many "
    "pixels one output of the last layer sees in one direction, from the first to the last pixel that can change it. "
    "No layers: 1, the pixel itself.",
    hints=(
        "Keep two numbers as you walk through the layers: how many pixels one output sees, and how many pixels apart "
        "two neighbouring outputs are.",
        "A window of K elements sees K neighbours of the layer before: the first one, and K − 1 further ones. Each of "
        "those adds as many pixels as two neighbours lie apart.",
        "Start with field = 1 and jump = 1. For each layer: the field grows by (K − 1) times the jump, and after that "
        "the jump is multiplied by the stride.",
    ),
    cases=first(40, _stack_cases),
    expected=_pixels_with_gradient,
    forbidden=frozenset({"receptive_field", "trace"}),
    mistakes=(
        Mistake(
            "You added up the kernels. Neighbouring windows overlap: a layer of K adds K − 1 new neighbours, not K.",
            lambda layers: sum(kernel for kernel, _ in layers),
        ),
        Mistake(
            "You added K for each layer. One of its K inputs is counted already: it adds K − 1.",
            lambda layers: _every_stride(layers, lambda f, j, k, s: (f + k * j, j * s)),
        ),
        Mistake(
            "The strides have no effect in your result. After a stride of 2, neighbours are 2 pixels apart.",
            lambda layers: 1 + sum(kernel - 1 for kernel, _ in layers),
        ),
        Mistake(
            "A layer's own stride does not widen its own window. It spreads the outputs that the next layers see.",
            lambda layers: _every_stride(layers, lambda f, j, k, s: (f + (k - 1) * j * s, j * s)),
        ),
        Mistake(
            "You used each layer's own stride alone. What counts is the product of all strides before that layer.",
            lambda layers: _every_stride(layers, lambda f, j, k, s: (f + (k - 1) * s, 1)),
        ),
        Mistake(
            "You used the stride of the layer before alone. Strides multiply: what counts is the product of all "
            "earlier ones.",
            lambda layers: _every_stride(layers, lambda f, j, k, s: (f + (k - 1) * j, s)),
        ),
        Mistake(
            "Strides multiply, they do not add up. Two layers of stride 3 put neighbours 9 pixels apart.",
            lambda layers: _every_stride(layers, lambda f, j, k, s: (f + (k - 1) * j, j + s - 1)),
        ),
        Mistake(
            "You added the strides to the distance of neighbours. They multiply it: stride 1 leaves it as it is.",
            lambda layers: _every_stride(layers, lambda f, j, k, s: (f + (k - 1) * j, j + s)),
        ),
        Mistake(
            "You swapped the numbers of a pair. It is (kernel_size, stride).",
            lambda layers: _every_stride(layers, lambda f, j, k, s: (f + (s - 1) * j, j * k)),
        ),
        Mistake(
            "An empty list has an answer too: without any layer an output sees one pixel, itself.",
            when=lambda outcome: not outcome.case.args[0],
        ),
        Mistake(
            "You multiplied the kernels. Each layer adds to the field of the layer before.",
            lambda layers: math.prod(kernel for kernel, _ in layers),
        ),
        Mistake(
            "Your count begins at 0. Without any layer an output sees one pixel: itself.",
            lambda layers: _pixels_with_gradient(layers) - 1,
        ),
        Mistake(
            "Your stack is upside down. The first pair of the list is the layer next to the image.",
            lambda layers: _pixels_with_gradient(layers[::-1]),
        ),
        Mistake(
            "Going backward, r neighbours a stride apart span (r − 1)·stride pixels beyond the first window, not "
            "r·stride.",
            lambda layers: _backward(layers, lambda f, k, s: f * s + k),
        ),
        Mistake(
            "That is an area. The exercise asks for one direction.",
            lambda layers: _pixels_with_gradient(layers) ** 2,
        ),
        Mistake(
            "Only the first layer counts in your result. Is there a `return` inside the loop?",
            lambda layers: _pixels_with_gradient(layers[:1]) if layers else None,
        ),
    ),
)


def _map_cases(random: Random) -> Iterator[Case]:
    yield Case(integers(random, 1, 2, 2, 2))
    yield Case(normal(random, 2, 3, 4, 4))
    yield Case(normal(random, 2, 3, 8, 8))
    yield Case(normal(random, 2, 1, 3, 5))
    yield Case(normal(random, 1, 4, 9, 2))  # longer than 8: there a window of 8, and a sum divided by 64, differ
    while True:
        shape = (random.randint(1, 3), random.randint(1, 5), random.randint(1, 9), random.randint(1, 9))
        yield Case(normal(random, *shape))


def _whole_map(maps: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(maps, 1).flatten(1)


def _padded_to_eight(maps: Tensor) -> Tensor:
    tall, wide = (max(0, 8 - size) for size in maps.shape[2:])
    return F.avg_pool2d(F.pad(maps, (0, wide, 0, tall)), 8).flatten(1)


POOLED_FEATURES = Exercise(
    name="pooled_features",
    chapter="03",
    title="A head for every map",
    parameters="maps",
    statement="`maps` is (N, C, H, W), with any H and W. Return (N, C): the average of each feature map. For an 8×8 "
    "map that is what AvgPool2d(8) and flatten(1) give.",
    hints=(
        "AvgPool2d(8) and the 8×8 map belong together: the window is the whole map. What do you want for a 4×4 map, "
        "or a 3×5 one?",
        "One number for each picture and channel: average over the two axes of the map, and keep the other two as "
        "they are.",
        "Tensors have .mean(dim=(…, …)). Which two axes of (N, C, H, W) should disappear?",
    ),
    cases=first(24, _map_cases),
    expected=_whole_map,
    gradients=True,
    mistakes=(
        Mistake(
            "The window is still 8×8. Let it depend on the map, or leave windows aside: you want one average for each "
            "map.",
            lambda maps: F.avg_pool2d(maps, 8).flatten(1),
        ),
        Mistake(
            "A 4×4 window suits 32×32 pictures only; with other pictures the same error comes back. Let the map "
            "decide.",
            lambda maps: F.avg_pool2d(maps, 4).flatten(1),
        ),
        Mistake(
            "Enlarging the map to 8×8 counts some of its values more often than others. Average the map as it is.",
            lambda maps: F.avg_pool2d(F.interpolate(maps, size=(8, 8)), 8).flatten(1),
        ),
        Mistake(
            "You filled the map up to 8×8 with zeros, and averaged the zeros too. Average the map's own values only.",
            _padded_to_eight,
        ),
        Mistake(
            "You divide by 64, whatever the size. An average divides by the number of values, H·W.",
            lambda maps: maps.sum(dim=(2, 3)) / 64,
        ),
        Mistake(
            "A window of H×H covers a map only if it is square. Use both H and W.",
            lambda maps: F.avg_pool2d(maps, maps.shape[2]).flatten(1),
        ),
        Mistake(
            "squeeze() removes every axis of length 1, the batch or the channels among them. Remove the last two by "
            "name.",
            lambda maps: F.adaptive_avg_pool2d(maps, 1).squeeze(),
        ),
        Mistake(
            "The two map axes are still there, with length 1. The linear layer after the pool wants (N, C).",
            lambda maps: F.adaptive_avg_pool2d(maps, 1),
        ),
        Mistake("That is the largest value of each map. Take the average.", lambda maps: maps.amax(dim=(2, 3))),
        Mistake("That is the sum of each map. Divide it by the number of values.", lambda maps: maps.sum(dim=(2, 3))),
        Mistake(
            "You averaged over the pictures of the batch too. Every picture keeps its own features.",
            lambda maps: maps.mean(dim=(0, 2, 3)),
        ),
        Mistake(
            "You averaged axes 1 and 2, as if the channels came last. In PyTorch a batch is (N, C, H, W).",
            lambda maps: maps.mean(dim=(1, 2)),
        ),
        Mistake(
            "You averaged one axis only. A map has two: height and width.",
            lambda maps: maps.mean(dim=-1).flatten(1),
        ),
        Mistake(
            "You laid out the whole map. Then the number of features depends on the size of the picture. Average "
            "first.",
            lambda maps: maps.flatten(1),
        ),
        Mistake(
            "You took one pixel of each map. All of its values belong in the average.",
            lambda maps: maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2],
        ),
        Mistake(
            "You took one pixel of each map. All of its values belong in the average.", lambda maps: maps[:, :, 0, 0]
        ),
    ),
)
