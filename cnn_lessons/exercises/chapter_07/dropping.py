"""The exercise that writes dropout by hand."""

from collections.abc import Callable, Iterator
from random import Random

import torch
from torch import Tensor

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, normal


def _right(x: Tensor, u: Tensor, p: float, training: bool = True) -> Tensor:
    return torch.where(u < p, torch.zeros_like(x), x / (1 - p)) if training else x * 1


def _instead(rule: Callable, resting: Callable = lambda x, u, p: x * 1) -> Callable:
    """Return a dropout with another rule in training mode or in evaluation mode."""
    return lambda x, u, p, training=True: rule(x, u, p) if training else resting(x, u, p)


def _train(x: Tensor, u: Tensor, p: float) -> Tensor:
    return _right(x, u, p)


def _unscaled(x: Tensor, u: Tensor, p: float) -> Tensor:
    return x * (u >= p)


def _cases(random: Random) -> Iterator[Case]:
    x = torch.tensor([[4.0, 1, -3, 2]], dtype=torch.float64)
    u = torch.tensor([[0.9, 0.25, 0.6, 0.4]], dtype=torch.float64)
    yield Case(x, u, 0.5)
    yield Case(x, u, 0.5, training=False)
    yield Case(x, u, 0.25)  # one u is p, in 32 bits too: it is not below
    yield Case(x, u, 0.0)
    while True:
        shape = [random.randint(1, 4) for _ in range(random.choice((1, 2, 4)))] + [random.randint(2, 6)]
        numbers = torch.tensor([random.random() for _ in range(torch.Size(shape).numel())], dtype=torch.float64)
        yield Case(normal(random, *shape), numbers.reshape(shape), random.choice((0.1, 0.3, 0.6, 0.8)))
        yield Case(normal(random, *shape), numbers.reshape(shape), random.choice((0.3, 0.8)), training=False)


def _drops_elsewhere(outcome: Outcome) -> bool:
    """Return whether in training each number of x is either 0 or divided by 1 − p, but not where u says."""
    x, u, p = outcome.case.args
    learning = outcome.case.kwargs.get("training", True)
    if not learning or not isinstance(outcome.got, Tensor) or outcome.got.shape != x.shape:
        return False
    scaled = (x / (1 - p) - outcome.got).abs() < 1e-6
    return bool((scaled | (outcome.got == 0)).all())


NOTHING = "You drop nothing. In training, return 0 where u < p; only what is left is divided by 1 − p."
DIVIDED = "You divide by p. What is kept is the share 1 − p: divide by that."
KEPT = "You kept where u < p and dropped the others: so p became the probability to keep."

DROP = Exercise(
    name="drop",
    chapter="07",
    title="Dropout by hand",
    parameters="x, u, p, training=True",
    statement=(
        "Dropout, with the random numbers given. `x` is a tensor of any shape, `u` a tensor of the same shape with "
        "numbers from 0 to 1, `p` (below 1) the probability to drop. With `training`, return 0 where u < p and x "
        "divided by 1 − p elsewhere; without it, x as it is. Returns a tensor of x's shape; leave x itself alone."
    ),
    hints=(
        "Two cases: training or not. In the second there is nothing to do.",
        "`u >= p` is a tensor of True and False. A product with it keeps or clears.",
        "In training the answer is `x * (u >= p)` and one division. By what, so that the mean stays?",
    ),
    cases=first(25, _cases),
    expected=_right,
    gradients=True,
    forbidden=frozenset({"dropout", "Dropout", "dropout_", "feature_dropout"}),
    mistakes=(
        Mistake(
            "You did not scale what is kept. With p = 0.5 half of the sum is gone; divide by 1 − p, and its mean "
            "stays.",
            _instead(_unscaled),
        ),
        Mistake(
            "You scale at evaluation instead of in training, as the paper of 2012 did. PyTorch divides by 1 − p in "
            "training and leaves evaluation alone.",
            _instead(_unscaled, lambda x, u, p: x * (1 - p)),
        ),
        Mistake(
            "You scale twice, in training and at evaluation too. Otherwise than in training, x comes back as it is.",
            _instead(_train, lambda x, u, p: x * (1 - p)),
        ),
        Mistake("You drop at evaluation too. Look at `training` first.", _instead(_train, _train)),
        Mistake(
            "You divide by 1 − p at evaluation too, where nothing is dropped.",
            _instead(_train, lambda x, u, p: x / (1 - p)),
        ),
        Mistake(DIVIDED, _instead(lambda x, u, p: _unscaled(x, u, p) / (p or 1))),
        Mistake(DIVIDED, _instead(lambda x, u, p: _unscaled(x, u, p) / p)),
        Mistake(
            "You multiply by 1 − p. It makes the numbers smaller still: divide.",
            _instead(lambda x, u, p: _unscaled(x, u, p) * (1 - p)),
        ),
        Mistake(KEPT, _instead(lambda x, u, p: x * (u < p) / (1 - p))),
        Mistake(KEPT, _instead(lambda x, u, p: x * (u < p) / (p or 1))),
        Mistake(KEPT, _instead(lambda x, u, p: x * (u < p) / p)),
        Mistake(
            "You compare with 1 − p. A number is dropped where u < p.",
            _instead(lambda x, u, p: x * (u < 1 - p) / (1 - p)),
        ),
        Mistake(
            "You drop where u equals p. A number is dropped where u < p; with p = 0 none is, even if u is 0.",
            _instead(lambda x, u, p: x * (u > p) / (1 - p)),
        ),
        Mistake(
            "You compare with 0.5, whatever p is.",
            _instead(lambda x, u, p: x * (u >= 0.5) / (1 - p)),
        ),
        Mistake(
            "You always multiply by 2. That fits p = 0.5 only: divide by 1 − p.",
            _instead(lambda x, u, p: 2 * _unscaled(x, u, p)),
        ),
        Mistake(
            "You divide by the share that was kept this time. Divide by 1 − p, the share that is kept on average.",
            _instead(lambda x, u, p: _unscaled(x, u, p) / ((u >= p).double().mean().clamp(min=1e-300))),
        ),
        Mistake(
            "You removed the dropped numbers. They become 0 and keep their places.",
            _instead(lambda x, u, p: x[u >= p] / (1 - p)),
        ),
        Mistake("You return where numbers are kept. Multiply x with that.", _instead(lambda x, u, p: u >= p)),
        Mistake(
            "You compare x itself with p. `u` holds the random numbers.",
            _instead(lambda x, u, p: x * (x >= p) / (1 - p)),
        ),
        Mistake(NOTHING, _instead(lambda x, u, p: x / (1 - p))),
        Mistake(NOTHING, lambda x, u, p, training=True: x / (1 - p)),
        Mistake(
            "You drop other numbers than those where u < p. The random numbers are given: `u`.", when=_drops_elsewhere
        ),
    ),
)
