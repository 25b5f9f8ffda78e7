"""The exercises that build the two networks of the chapter: an MLP, and the CNN of the MNIST tutorial."""

from collections.abc import Callable, Iterator
from random import Random

from torch import nn

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, integers, normal, raised
from cnn_lessons.exercises.module_judge import built


def _mlp(between: Callable = nn.ReLU, end: tuple = (), begin: tuple = (nn.Flatten(),), bias: bool = True) -> Callable:
    """Return a builder of an MLP, with what stands between the layers, before them and after them."""

    def build(in_features, hidden, num_classes):
        sizes, layers = [in_features, *hidden, num_classes], list(begin)
        for into, out in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(into, out, bias), between()]
        return nn.Sequential(*layers[:-1], *end)

    return build


_right_mlp = _mlp()


def _mlp_cases(random: Random) -> Iterator[Case]:
    yield built(random, _right_mlp, integers(random, 2, 1, 2, 2), 4, [3], 2)
    yield built(random, _right_mlp, integers(random, 2, 3, 1, 1), 3, [], 2)
    yield built(random, _right_mlp, normal(random, 3, 2, 1, 3), 6, [5, 4], 2)
    while True:
        channels, height, width = random.sample(range(1, 5), 3)
        hidden = [random.randint(2, 6) for _ in range(random.randint(1, 3))]
        x = normal(random, random.randint(1, 3), channels, height, width)
        yield built(random, _right_mlp, x, channels * height * width, hidden, random.randint(2, 5))


DTYPE = "Something changes the dtype on the way. Leave it as it comes: the check computes in float64."
OTHER_DTYPE = raised("same dtype", "should be the same")
NO_STATISTICS = "layers, values and gradients, in eval mode and in training mode"
SHAPES = ("mat1 and mat2 shapes", "size mismatch", "Expected 3D", "expected input[")
LOGITS = (
    "You end in a softmax. The network returns logits, numbers of any size and sign: the loss of chapter 06 takes the "
    "softmax itself."
)

BUILD_MLP = Exercise(
    name="build_mlp",
    chapter="05",
    title="A multilayer perceptron",
    parameters="in_features, hidden, num_classes",
    statement=(
        "Return an `nn.Module` that turns a batch (N, …), `in_features` numbers an image, into logits (N, "
        "`num_classes`): flatten, then for every size in the list `hidden` a linear layer and a ReLU, then a linear "
        "layer to the classes, without an activation. `hidden` may be empty."
    ),
    hints=(
        "Write the sizes down in one list: `in_features`, the hidden ones, `num_classes`. A linear layer stands "
        "between each two neighbours.",
        "Collect the layers in a Python list, beginning with `nn.Flatten()`, and hand them to "
        "`nn.Sequential(*layers)`. Which of the linear layers has no ReLU behind it?",
        "Keep the size that the last layer gave: `size = in_features`, then `for width in hidden:` append "
        "`nn.Linear(size, width)` and `nn.ReLU()`, and set `size = width`. One linear layer is still missing after "
        "the loop.",
    ),
    cases=first(6, _mlp_cases),
    expected=_right_mlp,
    compared=NO_STATISTICS,
    forbidden=frozenset({"mlp"}),
    mistakes=(
        Mistake(DTYPE, when=OTHER_DTYPE),
        Mistake(
            "You left out the ReLUs. Linear layers in a row make no more than one linear layer: put a ReLU behind "
            "each hidden one.",
            _mlp(nn.Identity),
        ),
        Mistake(
            "You put a ReLU behind the last layer too: the logits can no longer be negative, and classes at 0 get no "
            "gradient. End in the linear layer.",
            _mlp(end=(nn.ReLU(),)),
        ),
        Mistake(LOGITS, _mlp(end=(nn.Softmax(dim=1),))),
        Mistake(LOGITS, _mlp(end=(nn.LogSoftmax(dim=1),))),
        Mistake("You took a sigmoid where a ReLU was asked for.", _mlp(nn.Sigmoid)),
        Mistake("You took a tanh where a ReLU was asked for.", _mlp(nn.Tanh)),
        Mistake(
            "You put a ReLU before the first layer: it cuts off the negative inputs, and normalised pixels are often "
            "negative.",
            _mlp(begin=(nn.Flatten(), nn.ReLU())),
        ),
        Mistake(
            "You flattened the batch too: all images became one long row. `nn.Flatten()` and x.flatten(1) leave the "
            "first axis alone.",
            _mlp(begin=(nn.Flatten(0),)),
        ),
        Mistake("You left out the biases. nn.Linear has one as it comes.", _mlp(bias=False)),
        Mistake(
            "The last layer, to the classes, is missing.",
            lambda i, hidden, k: _right_mlp(i, hidden[:-1], hidden[-1]) if hidden else nn.Flatten(),
        ),
        Mistake(
            "You built only the first hidden layer. The list may hold several: loop over it.",
            lambda i, hidden, k: _right_mlp(i, hidden[:1], k),
        ),
        Mistake(
            "Every hidden layer of yours reads `in_features` numbers. A layer reads what the one before it gave.",
            lambda i, hidden, k: nn.Sequential(
                nn.Flatten(),
                *(layer for width in hidden for layer in (nn.Linear(i, width), nn.ReLU())),
                nn.Linear(hidden[-1] if hidden else i, k),
            ),
        ),
        Mistake(
            "You went through the hidden sizes from the back.", lambda i, hidden, k: _right_mlp(i, hidden[::-1], k)
        ),
        Mistake(
            "An empty list is allowed: then one linear layer leads from the inputs to the classes. Do not read "
            "hidden[0] or hidden[-1] before you know that there is one.",
            when=lambda outcome: (
                isinstance(outcome.error, (IndexError, UnboundLocalError)) and not outcome.case.args[1]
            ),
        ),
        Mistake(
            "The pictures reach a linear layer with all their axes. Flatten them first: nn.Flatten().",
            when=raised(*SHAPES),
        ),
    ),
)


def _lacks_a_layer(outcome: Outcome) -> bool:
    (layout,) = outcome.got.values()
    return not layout.unseen and len(layout.layers) < len(outcome.case.reference.layout.layers)


def _cnn(
    kernel: int = 5,
    act: Callable = nn.ReLU,
    dense_act: Callable = nn.ReLU,
    pool: Callable = nn.MaxPool2d,
    end: tuple = (),
    padding: int = 0,
    channels: tuple = (6, 16),
    dense: tuple = (120, 84),
    bias: bool = True,
    second_act: Callable | None = None,
) -> Callable:
    """Return a builder of the MNIST CNN, with one thing or another changed."""

    def build(num_classes=10):
        size = (((28 + 2 * padding - kernel + 1) // 2) + 2 * padding - kernel + 1) // 2
        a, b = channels
        layers = [nn.Conv2d(1, a, kernel, padding=padding, bias=bias), act(), pool(2)]
        layers += [nn.Conv2d(a, b, kernel, padding=padding, bias=bias), (second_act or act)(), pool(2), nn.Flatten()]
        widths = [b * size * size, *dense, num_classes]
        for into, out in zip(widths[:-1], widths[1:], strict=True):
            layers += [nn.Linear(into, out), dense_act()]
        return nn.Sequential(*layers[:-1], *end)

    return build


_right_cnn = _cnn()


def _cnn_cases(random: Random) -> Iterator[Case]:
    yield built(random, _right_cnn, normal(random, 2, 1, 28, 28))
    yield built(random, _right_cnn, normal(random, 1, 1, 28, 28), 3)
    yield built(random, _right_cnn, normal(random, 3, 1, 28, 28), num_classes=7)


MNIST_CNN = Exercise(
    name="MnistCNN",
    chapter="05",
    title="The MNIST CNN",
    parameters="num_classes=10",
    forward="x",
    statement=(
        "Fill the class: a 5×5 convolution from 1 to 6 channels, ReLU, 2×2 max pooling; a 5×5 convolution from 6 to "
        "16, ReLU, 2×2 max pooling; flatten; linear layers to 120, 84 and `num_classes`, with a ReLU after the first "
        "two. (N, 1, 28, 28) becomes (N, num_classes). With ten classes it has 44,426 parameters."
    ),
    hints=(
        "Layers with weights are made in `__init__` and kept as `self.…`; `forward` says in which order they work. "
        "Which five layers have weights?",
        "Follow the shape by hand: 28 → 24 → 12 → 8 → 4. So 16 maps of 4×4 are flattened, and the first linear layer "
        "reads 16 · 4 · 4 numbers.",
        "`x = F.max_pool2d(self.conv1(x).relu(), 2)`, the same with `conv2`, then `x = x.flatten(1)`, and three "
        "linear layers: `.relu()` behind the first two, nothing behind the last. `nn.Sequential` does it too.",
    ),
    cases=first(3, _cnn_cases),
    expected=_right_cnn,
    compared=NO_STATISTICS,
    forbidden=frozenset({"mnist_cnn", "LeNet"}),
    mistakes=(
        Mistake(
            f"{DTYPE} Or a layer is made in `forward`: make it in `__init__` and keep it as self.name.",
            when=OTHER_DTYPE,
        ),
        Mistake(LOGITS, _cnn(end=(nn.Softmax(dim=1),))),
        Mistake(LOGITS, _cnn(end=(nn.LogSoftmax(dim=1),))),
        Mistake(
            "You put a ReLU behind the last layer too: the logits can no longer be negative. End in the linear layer.",
            _cnn(end=(nn.ReLU(),)),
        ),
        Mistake(
            "You left out the ReLUs between the linear layers: three of them in a row make no more than one.",
            _cnn(dense_act=nn.Identity),
        ),
        Mistake("You left out the ReLUs behind the convolutions.", _cnn(act=nn.Identity)),
        Mistake("You left out the ReLU behind the second convolution.", _cnn(second_act=nn.Identity)),
        Mistake(
            "You left out every ReLU: what is left can be written as one linear layer.",
            _cnn(act=nn.Identity, dense_act=nn.Identity),
        ),
        Mistake("You took the mean of each window. Max pooling takes the largest value.", _cnn(pool=nn.AvgPool2d)),
        Mistake("You took a sigmoid where a ReLU was asked for.", _cnn(act=nn.Sigmoid, dense_act=nn.Sigmoid)),
        Mistake("You took a tanh, as in 1998. This network has ReLUs.", _cnn(act=nn.Tanh, dense_act=nn.Tanh)),
        Mistake(
            "Your convolutions are 3×3. Count again with 5×5: 28 → 24 → 12 → 8 → 4.",
            _cnn(kernel=3),
        ),
        Mistake(
            "You padded the convolutions, so the maps stay larger and the first linear layer too. Without padding a "
            "5×5 kernel takes 4 pixels from the height and 4 from the width: 28 → 24.",
            _cnn(padding=2),
        ),
        Mistake("You swapped the channels: first 6, then 16.", _cnn(channels=(16, 6))),
        Mistake("The linear layer to 84 is missing.", _cnn(dense=(120,))),
        Mistake(
            "Your convolutions have no bias. nn.Conv2d has one as it comes, and this network keeps it.",
            _cnn(bias=False),
        ),
        Mistake(
            "Your last layer always gives ten numbers. Use num_classes.",
            lambda num_classes=10: _right_cnn(10),
        ),
        Mistake(
            "The first linear layer does not fit what is flattened before it. Print x.shape there: 16 maps of 4×4 "
            "are 256 numbers an image. Is a pooling layer or flatten(1) missing?",
            when=raised(*SHAPES),
        ),
        Mistake(
            "Layers are made in `__init__` and kept as self.name. Is one made in `forward`, or not at all?",
            when=_lacks_a_layer,
        ),
    ),
)
