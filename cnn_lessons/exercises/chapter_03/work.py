"""Chapter 03: what a layer costs, in multiply-adds."""

import math
from collections.abc import Callable, Iterator
from random import Random

from cnn_lessons.exercises.chapter_03.costs import IS_FLOAT, NO_GROUPS, SQUARED, TWICE, draw_channels
from cnn_lessons.exercises.chapter_03.sizes import torch_shape
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first


def _work_cases(random: Random) -> Iterator[Case]:
    yield Case((3, 3), 1, 1, (3, 3))
    yield Case((4, 5), 1, 1, (3, 3))
    yield Case((6, 6), 2, 3, (3, 3), padding=(1, 1))
    yield Case((6, 8), 1, 1, (3, 3), stride=(2, 1))
    yield Case((5, 5), 4, 4, (1, 3), groups=2)
    yield Case((5, 5), 1, 1, (3, 3), dilation=(2, 2))
    while True:
        in_channels, out_channels, groups = draw_channels(random)
        kernel, stride, padding, dilation = (
            (random.randint(*span), random.randint(*span)) for span in ((1, 4), (1, 3), (0, 2), (1, 2))
        )
        size = random.randint(7, 12), random.randint(7, 12)  # at least what the widest dilated kernel covers
        settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        yield Case(size, in_channels, out_channels, kernel, **settings)


def _places(size, kernel_size, stride, padding, dilation) -> int:
    return math.prod(torch_shape(size, kernel_size, stride, padding, dilation))


def _work(
    formula: Callable[[int, int, int, int, int], int],
    places: Callable = _places,
    elements: Callable = lambda kernel_size, dilation: math.prod(kernel_size),
) -> Callable:
    """Make a count of `formula(places, in_channels, out_channels, elements of the kernel, groups)`."""

    def count(
        size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
    ) -> int:
        windows = places(size, kernel_size, stride, padding, dilation)
        return formula(windows, in_channels, out_channels, elements(kernel_size, dilation), groups)

    return count


def _right(places: int, in_channels: int, out_channels: int, elements: int, groups: int) -> int:
    return places * out_channels * (in_channels // groups) * elements


def _rounded_up(size, kernel_size, stride, padding, dilation) -> int:
    slides = [a - 1 for a in torch_shape(size, kernel_size, (1, 1), padding, dilation)]
    return math.prod(-(-slide // step) + 1 for slide, step in zip(slides, stride, strict=True))


CONV_MULTIPLY_ADDS = Exercise(
    name="conv_multiply_adds",
    chapter="03",
    title="Work for one picture",
    parameters="size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1",
    statement="Return how many multiply-adds a convolution needs for one picture. `size`, `kernel_size`, `stride`, "
    "`padding` and `dilation` are (height, width) pairs. A multiplication and the addition that follows count as one; "
    "the bias does not count.",
    hints=(
        "How many multiply-adds does a single output value need? And how many output values are there?",
        "One output value needs one multiply-add for each weight of its filter: (C_in/groups)·K_h·K_w. There are "
        "H_out·W_out·C_out output values.",
        "conv_output_shape gives H_out and W_out; conv_parameters with bias=False gives C_out·(C_in/groups)·K_h·K_w. "
        "Multiply.",
    ),
    cases=first(40, _work_cases),
    expected=_work(_right),
    forbidden=frozenset({"conv_multiply_adds", "trace", "conv2d"}),
    mistakes=(
        Mistake(
            "You counted the pixels of the input. The filters run once for each pixel of the output.",
            _work(_right, lambda size, *rest: math.prod(size)),
        ),
        Mistake(
            "Your output size takes no notice of the stride.",
            _work(_right, lambda size, k, s, p, d: _places(size, k, (1, 1), p, d)),
        ),
        Mistake(
            "Your output size takes no notice of the padding.",
            _work(_right, lambda size, k, s, p, d: _places(size, k, s, (0, 0), d)),
        ),
        Mistake(
            "Your output size takes no notice of the dilation.",
            _work(_right, lambda size, k, s, p, d: _places(size, k, s, p, (1, 1))),
        ),
        Mistake(
            "You took the padding's two numbers the wrong way round: (height, width).",
            _work(_right, lambda size, k, s, p, d: _places(size, k, s, p[::-1], d)),
        ),
        Mistake(
            "You added H_out and W_out. The places of the window are H_out·W_out.",
            _work(_right, lambda *axes: sum(torch_shape(*axes))),
        ),
        Mistake(
            "Your output size is rounded up. A window that does not fit entirely is left out.",
            _work(_right, _rounded_up),
        ),
        Mistake(
            "You took the stride's two numbers the wrong way round: (height, width).",
            _work(_right, lambda size, k, s, p, d: _places(size, k, s[::-1], p, d)),
        ),
        Mistake(
            "You used the height for both directions. Multiply H_out by W_out.",
            _work(_right, lambda *axes: torch_shape(*axes)[0] ** 2),
        ),
        Mistake(SQUARED, _work(_right, elements=lambda kernel, dilation: kernel[0] ** 2)),
        Mistake(
            "A dilated kernel covers more pixels, with the same number of weights.",
            _work(_right, elements=lambda kernel, d: math.prod(d[a] * (kernel[a] - 1) + 1 for a in (0, 1))),
        ),
        Mistake(
            "That is the number of weights. Each of them is used once for every place of the window.",
            _work(_right, lambda *axes: 1),
        ),
        Mistake(
            "You counted two for a multiplication with its addition. Here the two together count as one multiply-add.",
            _work(lambda *count: 2 * _right(*count)),
        ),
        Mistake(
            "You counted the bias too. It is left out: it multiplies nothing.",
            _work(lambda n, i, o, k, g: n * o * (i // g * k + 1)),
        ),
        Mistake(
            NO_GROUPS,
            _work(lambda n, i, o, k, g: n * o * i * k),
        ),
        Mistake(
            TWICE,
            _work(lambda n, i, o, k, g: n * (o // g) * (i // g) * k),
        ),
        Mistake(
            "That is the work of one filter. There are out_channels.", _work(lambda n, i, o, k, g: n * (i // g) * k)
        ),
        Mistake(
            "Your filters are one channel deep. Each has a slice for every input channel of its group.",
            _work(lambda n, i, o, k, g: n * o * k),
        ),
        Mistake(IS_FLOAT, when=lambda outcome: isinstance(outcome.got, float)),
    ),
)
