"""Exercises of chapter 03, the arithmetic of shapes."""

from collections.abc import Iterator
from random import Random

from cnn_lessons import arithmetic
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first


def _output_size_cases(random: Random) -> Iterator[Case]:
    yield Case(7, 3)
    yield Case(8, 3, stride=2)
    yield Case(7, 3, padding=1)
    yield Case(9, 3, dilation=2)
    yield Case(11, 5, stride=3, padding=2, dilation=2)
    while True:
        size, kernel, stride, padding, dilation = (random.randint(*span) for span in ((1, 40), (1, 7), (1, 5), (0, 4), (1, 3)))
        if dilation * (kernel - 1) < size + 2 * padding:
            yield Case(size, kernel, stride=stride, padding=padding, dilation=dilation)


CONV_OUTPUT_SIZE = Exercise(
    name="conv_output_size",
    chapter="03",
    title="The size of the output",
    parameters="size, kernel_size, stride=1, padding=0, dilation=1",
    statement="Return how many places a window fits along an axis of `size` pixels. All arguments are whole numbers, and so is the result.",
    hints=(
        "Start without stride and dilation. On a padded axis of P pixels, how many different places can a window of K pixels start at?",
        "A dilated window of K elements covers dilation·(K − 1) + 1 pixels. What is left of the padded axis is how far it can slide.",
        "It can slide `free = size + 2 * padding - span` pixels. Each step takes `stride` of them, and the first window needs no step.",
    ),
    cases=first(40, _output_size_cases),
    expected=arithmetic.conv_output_size,
    forbidden=frozenset({"conv_output_size", "pool_output_size"}),
    mistakes=(
        Mistake(
            "You rounded up. A convolution rounds down: a window that does not fit entirely is left out.",
            lambda size, k, stride=1, padding=0, dilation=1: -(-(size + 2 * padding - dilation * (k - 1) - 1) // stride) + 1,
        ),
        Mistake(
            "You counted the steps of the window. There is one more window than steps: the first one needs none. Add 1 at the end.",
            lambda size, k, stride=1, padding=0, dilation=1: (size + 2 * padding - dilation * (k - 1) - 1) // stride,
        ),
        Mistake(
            "You added the padding once. It is added on both sides.",
            lambda size, k, stride=1, padding=0, dilation=1: (size + padding - dilation * (k - 1) - 1) // stride + 1,
        ),
    ),
)

EXERCISES = (CONV_OUTPUT_SIZE,)
