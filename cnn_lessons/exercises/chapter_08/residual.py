"""The exercises that build a residual block: with the identity, and with a projection where the shape changes."""

from collections.abc import Callable, Iterator
from random import Random

from torch import Tensor, nn

from cnn_lessons.exercises.chapter_08.blocks import FORWARDS, SELDOM, never, variant
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, integers, normal, raised
from cnn_lessons.exercises.findings import Told
from cnn_lessons.exercises.module_judge import COMPARED, UNUSED, built

# What is computed wrongly, in both exercises.
SAYS = {
    "zeros": "Your block returns zeros, whatever goes in. The shape is right; the values are lost.",
    "no skip": "The skip is missing: your block forgets x. Add the shortcut to what the second BatchNorm gives.",
    "no skip, no ReLU": "The skip and the last ReLU are missing: your block ends where the sum should begin.",
    "skip only": "Only the shortcut is left in your result: what the convolutions computed is not in it.",
    "skip only, no ReLU": "Your block hands its input on: neither convolutions nor last ReLU are in the result.",
    "subtracts": "You subtract the shortcut. It is added: body + shortcut.",
    "subtracts the body": "You subtract the body from the shortcut. It is added: body + shortcut.",
    "multiplies": "You multiply body and shortcut. They are added: a product has no path on which x passes unchanged.",
    "ReLU before the sum": "You take the last ReLU before the sum, so the body can only ever add. It comes after: the "
    "body must be able to take something away.",
    "ReLU before the sum and after": "There is a ReLU too many: the body's result goes into the sum with its negative "
    "values. Only the sum gets a ReLU.",
    "no last ReLU": "The last ReLU is missing: it comes after the sum.",
    "no inner ReLU": "The ReLU between the two convolutions is missing: without it they make no more than one.",
    "no ReLU": "Both ReLUs are missing: one stands between the convolutions, one after the sum.",
    "overwritten": "You write the body's result into x, and then add x: that is twice the body. Keep the input under "
    "its own name.",
    "overwritten early": "x is no longer the input when you add it: you wrote the first layer's result into it. Keep "
    "the input under its own name.",
    "mean": "You take the mean of body and shortcut. The sum is not divided.",
    "norm after ReLU": "The first BatchNorm comes after the ReLU. The order is convolution, BatchNorm, ReLU.",
    "norm after the sum": "The second BatchNorm comes after the sum, so it changes what the skip carries. Normalise "
    "the body, then add.",
    "one norm": "One of your two BatchNorms does the work twice, and the other none. Use each once, behind its own "
    "convolution.",
    "one convolution": "One of your two convolutions does the work twice, and the other none. Use each once.",
    "concatenates": "You put body and shortcut side by side, which doubles the channels. They are added, value by "
    "value.",
    "no norms used": "Your block makes its BatchNorm layers and does not use them: each comes right after a "
    "convolution.",
    "ReLU on the shortcut": "Your shortcut has a ReLU of its own: negative values no longer get through. The only "
    "ReLU on that way is the one after the sum.",
}  # fmt: skip

# What is built wrongly, in both exercises.
LAYERS = (
    ("Your convolutions have biases. The BatchNorm behind each subtracts them again: bias=False.", {"bias": True}),
    ("The BatchNorm layers are missing: one behind each 3×3 convolution.", {"norms": 0}),
    ("Your block has one BatchNorm. There are two, one behind each 3×3 convolution; none is used twice.", {"norms": 1}),
    ("One convolution does the work twice in your block. There are two, each with its own weights.", {"convs": 1}),
    ("One of your convolutions is 1×1. Both are 3×3, with padding 1.", {"kernels": (3, 1)}),
    ("One of your convolutions is 1×1. Both are 3×3, with padding 1.", {"kernels": (1, 3)}),
    ("Your convolutions are 5×5. Both are 3×3, with padding 1.", {"kernels": (5, 5)}),
)


# Both exercises share these mistakes.
SHARED = (
    *(Mistake(message, variant(forward=FORWARDS[name])) for name, message in SAYS.items()),
    *(Mistake(message, variant(**plan)) for message, plan in LAYERS),
)


def _square(build: Callable) -> Callable:
    """Turn a builder (in_channels, out_channels) into one that takes the channels once."""
    return lambda channels: build(channels, channels)


_right = variant()
_right_square = _square(_right)


def _without_0(x: Tensor) -> Tensor:
    """Return x with 1 for 0: what may count as the slope of a ReLU at 0 differs from one way to write it to another."""
    return x + (x == 0)


def _square_cases(random: Random) -> Iterator[Case]:
    x = _without_0(integers(random, 1, 2, 2, 3))
    yield built(random, _right_square, x, 2)
    yield built(random, _right_square, x, 2, zero=("bn2",))  # the body gives 0: ReLU(x) is left
    while True:
        channels, height, width = random.sample(range(2, 6), 3)
        yield built(random, _right_square, normal(random, random.randint(2, 3), channels, height, width), channels)


PADDING = Mistake(
    "Body and shortcut have different sizes. A 3×3 convolution keeps the size if it is padded by 1.",
    when=raised("must match the size of tensor", "Kernel size can't be greater"),
)

RESIDUAL_BLOCK = Exercise(
    name="ResidualBlock",
    chapter="08",
    title="The residual block",
    parameters="channels",
    forward="x",
    statement=(
        "Fill the class: a 3×3 convolution that keeps size and channels, BatchNorm, ReLU, a second convolution of "
        "that kind, BatchNorm; then add the input x; then a ReLU. No biases in the convolutions. (N, channels, H, W) "
        "becomes (N, channels, H, W)."
    ),
    hints=(
        "Four layers have weights: two convolutions and two BatchNorms. Make them in `__init__`. What has to be "
        "remembered in `forward` until the sum?",
        "`nn.Conv2d(channels, channels, 3, padding=1, bias=False)` keeps the size. Do not call the intermediate "
        "results x: you need x at the end.",
        "`out = self.bn1(self.conv1(x)).relu()`, then `out = self.bn2(self.conv2(out))`. Now `out` is the body: add "
        "x to it, and take the ReLU of the sum.",
    ),
    cases=first(6, _square_cases),
    expected=_right_square,
    compared=COMPARED,
    forbidden=frozenset({"PadBlock", "ProjectionBlock", "PlainBlock", "BasicBlock", "Block"}),
    mistakes=(
        *(Mistake(each.message, _square(each.produces)) for each in SHARED),
        Mistake(
            "Your shortcut has a convolution. Where the shape stays, the shortcut is x itself, without parameters.",
            _square(variant(builds=lambda *shape: True)),
        ),
        PADDING,
        Mistake(
            "No gradient reaches one of your layers. Does `forward` use each of the four, without detach() and "
            "no_grad()?",
            when=lambda outcome: (
                not isinstance(outcome.got["the gradient of the input"], Told)
                and 0 < list(outcome.got.values()).count(UNUSED) < 3
            ),
        ),
    ),
)


def _projection_cases(random: Random) -> Iterator[Case]:
    x = _without_0(integers(random, 1, 2, 2, 5))
    yield built(random, _right, x, 2, 2)
    yield built(random, _right, x, 2, 2, zero=("bn2",))
    yield built(random, _right, x, 2, 3, stride=2)
    yield built(random, _right, normal(random, 2, 3, 5, 4), 3, 2)
    yield built(random, _right, normal(random, 2, 2, 3, 6), 2, 2, 2)
    while True:
        into, out, height, width = random.sample(range(2, 8), 4)
        x = normal(random, 2, into, height, width)
        yield built(random, _right, x, into, out, stride=random.choice((1, 2, 3)))


def _way(*layers: Callable) -> Callable:
    return lambda *shape: nn.Sequential(*(layer(*shape) for layer in layers))


def _conv(kernel: int = 1, bias: bool = False, strided: bool = True) -> Callable:
    return lambda i, o, s: nn.Conv2d(i, o, kernel, s if strided else 1, padding=kernel // 2, bias=bias)


def _norm(into: int, out: int, stride: int) -> nn.Module:
    return nn.BatchNorm2d(out)


ALWAYS = "You build a projection always. Where the shape stays, the shortcut is the identity: x itself, no parameters."
NEITHER = "The shortcut is missing where the shape changes: a 1×1 convolution with that stride, and a BatchNorm."
SHORTCUTS = {
    "Your shortcut's convolution has no BatchNorm. It stands in the sum beside a normalised body.": _way(_conv()),
    "Your shortcut's convolution has a bias, which its BatchNorm cancels: bias=False.": _way(_conv(bias=True), _norm),
    "Your shortcut's convolution has a bias and no BatchNorm. It is the other way round.": _way(_conv(bias=True)),
    "Your shortcut's convolution is 3×3. It only changes the shape: 1×1 is enough.": _way(_conv(3), _norm),
    "Your shortcut ends in a ReLU. Negative values should get through to the sum.": _way(
        _conv(), _norm, lambda *shape: nn.ReLU()
    ),
    "Your shortcut normalises first and convolves then. The BatchNorm comes behind the convolution.": _way(
        lambda i, o, s: nn.BatchNorm2d(i), _conv()
    ),
    "Your shortcut shrinks by pooling. The stride of its 1×1 convolution does it, without means.": _way(
        lambda i, o, s: nn.AvgPool2d(s, ceil_mode=True), _conv(strided=False), _norm
    ),
}  # fmt: skip

PROJECTION_BLOCK = Exercise(
    name="ProjectionBlock",
    chapter="08",
    title="The block with a projection shortcut",
    parameters="in_channels, out_channels, stride=1",
    forward="x",
    statement=(
        "The same block, and now it may change the shape: the first 3×3 convolution goes from `in_channels` to "
        "`out_channels` with the `stride`, the second has stride 1. Where stride or channels change the shape, the "
        "shortcut is a 1×1 convolution with that stride, without bias, and a BatchNorm; where the shape stays, it is "
        "x itself. (N, in_channels, H, W) becomes (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)."
    ),
    hints=(
        "Only the shortcut is new. When does x no longer fit the body's result? There are two reasons; either is "
        "enough.",
        "`if stride != 1 or in_channels != out_channels:` decides in `__init__`. `nn.Sequential()` without layers, or "
        "`nn.Identity()`, returns what it is given.",
        "`self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), "
        "nn.BatchNorm2d(out_channels))` in that case, else `nn.Identity()`. In `forward` the sum is the body plus "
        "`self.shortcut(x)`.",
    ),
    cases=first(8, _projection_cases),
    expected=_right,
    compared=COMPARED,
    forbidden=frozenset({"PadBlock", "ProjectionBlock", "ProjectionShortcut", "PlainBlock", "BasicBlock", "Block"}),
    mistakes=(
        *SHARED,
        *(
            Mistake(SAYS[name], variant(forward=FORWARDS[name], builds=never))
            for name in ("no skip", "no skip, no ReLU")
        ),
        Mistake(ALWAYS, variant(builds=lambda *shape: True)),
        Mistake(
            "The stride stands on the second convolution. It belongs to the first, and the second has less to do.",
            variant(strides=lambda stride: (1, stride)),
        ),
        *(Mistake(message, variant(builds=rule)) for message, rule in SELDOM.items()),
        *(Mistake(message, variant(way=way)) for message, way in SHORTCUTS.items()),
        Mistake(NEITHER, variant(builds=never)),
        Mistake(
            "Body and shortcut have different sizes. The stride stands in two places, once in the body and once in "
            "the shortcut, and every 3×3 convolution is padded by 1, the 1×1 convolution not at all.",
            when=raised("must match the size of tensor", "Kernel size can't be greater"),
        ),
        Mistake(
            "One layer gives other channels than the next one expects. Only conv1 and the shortcut read in_channels; "
            "everything behind them has out_channels.",
            when=raised("to have", "running_mean should contain"),
        ),
    ),
)
