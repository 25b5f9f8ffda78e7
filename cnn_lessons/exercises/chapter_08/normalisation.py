"""The exercise that rebuilds batch normalisation."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, NotAsAsked, Outcome, first, normal, raised
from cnn_lessons.exercises.findings import Findings, Told

RESULTS = ("the normalised x", "the running mean", "the running variance")
HELD = "the running figures hold on to gradients"
CUT = Told("cannot be computed: something between x and the result cuts the path. detach(), no_grad(), .item()?")


class NormCase(Case):
    """One call; what is found are the three results, then the gradients of x, weight and bias."""

    def copy(self, requires_grad: bool = False) -> "NormCase":
        """Return the same call with its own tensors."""
        own = super().copy()
        return NormCase(*own.args, **own.kwargs)

    def call(self, function: Callable) -> Findings:
        """Return the findings on one call without gradients and one with them.

        Raises:
            NotAsAsked: if three results do not come back.
        """
        leaves = [x.clone().requires_grad_() for x in self.args[:3]]  # before the answer can change them
        statistics = [x.clone() for x in self.args[3:5]]
        findings = Findings(dict(zip(RESULTS, _three(function(*self.args, **self.kwargs)), strict=True)))
        if not isinstance(findings[RESULTS[0]], Tensor):
            return findings
        results = _three(function(*leaves, *statistics, *self.args[5:], **self.kwargs))
        held = [isinstance(x, Tensor) and x.requires_grad for x in results[1:]]
        findings[HELD] = any(held)
        gradients = _gradients(results[0], leaves)
        for name, gradient in zip(("x", "weight", "bias"), gradients, strict=True):
            findings[f"the gradient of {name}"] = CUT if gradient is None else gradient
        return findings


def _three(got: Any) -> tuple:
    if not isinstance(got, (tuple, list)) or len(got) != 3:
        kind = f"{len(got)} results" if isinstance(got, (tuple, list)) else type(got).__name__
        raise NotAsAsked(f"expected three results, return out, running_mean, running_var, got {kind}")
    return tuple(got)


def _gradients(result: Tensor, leaves: list[Tensor]) -> list[Tensor | None]:
    if not result.requires_grad:
        return [None] * len(leaves)
    weights = torch.linspace(-1, 2, result.numel(), dtype=result.dtype).reshape(result.shape) ** 2
    return list(torch.autograd.grad((result * weights).sum(), leaves, allow_unused=True))


def _torch(x, weight, bias, running_mean, running_var, training, momentum, eps):
    figures = running_mean.clone(), running_var.clone()  # torch's own moves them in place
    return F.batch_norm(x, *figures, weight, bias, training, momentum, eps), *figures


def _norm(
    over: tuple[int, ...] = (0, 2, 3),
    uses: Callable = lambda training: training,
    moves: Callable = lambda training: training,
    divide: Callable = lambda var, eps: (var + eps).sqrt(),
    corrections: tuple[int, int] = (0, 1),
    blend: Callable = lambda old, new, momentum: old + momentum * (new - old),
    affine: Callable = lambda x, weight, bias: x * weight + bias,
    held: Callable = lambda figure: figure,
) -> Callable:
    """Return a batch normalisation; the defaults are right, each argument changes one thing."""

    def norm(x, weight, bias, running_mean, running_var, training, momentum, eps):
        mean, var = x.mean(over, keepdim=True), x.var(over, keepdim=True, correction=corrections[0])
        figures = running_mean, running_var
        if moves(training):
            batch = x.detach().mean((0, 2, 3)), x.detach().var((0, 2, 3), correction=corrections[1])
            figures = tuple(blend(old, new, momentum) for old, new in zip(figures, batch, strict=True))
        if not uses(training):
            mean, var = (figure.reshape(1, -1, 1, 1) for figure in (running_mean, running_var))
        out = (x - held(mean)) / divide(held(var), eps)
        return affine(out, weight.reshape(1, -1, 1, 1), bias.reshape(1, -1, 1, 1)), *figures

    return norm


def _cases(random: Random) -> Iterator[Case]:
    def figures(*values):
        return [torch.tensor([value], dtype=torch.float64) for value in values]

    two = torch.tensor([1.0, 5], dtype=torch.float64).reshape(2, 1, 1, 1)
    yield NormCase(two, *figures(1, 0, 0, 1), True, 0.1, 1e-5)
    yield NormCase(two, *figures(1, 0, 3, 4), False, 0.1, 1e-5)
    yield NormCase(two, *figures(2, 1, 0, 1), True, 0.5, 0.5)
    two_channels = torch.tensor([1.0, 5, -2, 3, 0, 4, 8, -6, 2, 7, -1, 9], dtype=torch.float64).reshape(2, 2, 1, 3)
    yield NormCase(two_channels, *torch.tensor([[1.0, 2], [0, 1], [0, 1], [1, 4]]).double(), True, 0.1, 1e-5)
    while True:
        width, channels = random.sample(range(2, 5), 2)  # unequal: a figure that meets the wrong axis is an error
        n, height = random.randint(2, 3), random.randint(1, 4)
        x = 3 * normal(random, n, channels, height, width) + 2 * normal(random, channels, 1, 1)
        variance = normal(random, channels) ** 2 + 0.1
        options = (random.choice((0.1, 0.3)), random.choice((1e-5, 0.1)))
        three = [normal(random, channels) for _ in range(3)]
        yield NormCase(x, *three, variance, random.random() < 0.5, *options)


def _leaks(outcome: Outcome) -> bool:
    """Recognise figures that hold on to gradients, where nothing before that is wrong."""
    if not isinstance(outcome.got, Findings):
        return False
    return list(outcome.got.up_to_wrong(outcome.case.result_of(_torch)))[-1] == HELD


BATCH_NORM = Exercise(
    name="batch_norm",
    chapter="08",
    title="Batch normalisation",
    parameters="x, weight, bias, running_mean, running_var, training, momentum, eps",
    statement=(
        "Normalise x, (N, C, H, W), channel by channel: (x − mean) / √(var + eps), times `weight`, plus `bias`. The "
        "four figures are (C,). With `training` mean and variance are the batch's, over N, H and W; the variance "
        "divides by the number of values. Without it they are the running ones. Return three things: the result, and, "
        "without gradients, the running mean and variance as they are afterwards. In training each moves by the share "
        "`momentum` towards the batch's figure, the variance towards the unbiased one (divided by the number less 1); "
        "otherwise they stay. Change no input."
    ),
    hints=(
        "One channel of the whole batch is one list of numbers. Which axes of (N, C, H, W) do you average over, so "
        "that (C,) is left?",
        "`x.mean((0, 2, 3))` and `x.var((0, 2, 3), correction=0)` are (C,); `correction=1` gives the unbiased "
        "variance. To meet x they need two axes more: `mean[:, None, None]`.",
        "`mean, var = …` of the batch if training, else the running ones. For the new running mean: `(1 - momentum) * "
        "running_mean + momentum * mean.detach()`; detach() because a record of past batches needs no gradient.",
    ),
    cases=first(14, _cases),
    expected=_torch,
    compared="results, running figures and gradients",
    forbidden=frozenset(
        "batch_norm batch_norm2d BatchNorm2d BatchNorm1d BatchNorm3d native_batch_norm cudnn_batch_norm instance_norm "
        "layer_norm group_norm native_layer_norm native_group_norm InstanceNorm2d LayerNorm GroupNorm".split()
    ),
    mistakes=(
        Mistake(
            "You use the batch's figures in both modes. Without `training` the running ones count.",
            _norm(uses=lambda training: True),
        ),
        Mistake(
            "You use the running figures in both modes. In training the batch's own mean and variance count.",
            _norm(uses=lambda training: False),
        ),
        Mistake(
            "You have the two modes the wrong way round.",
            _norm(uses=lambda training: not training, moves=lambda training: not training),
        ),
        Mistake(
            "The running figures move in evaluation as well. Only training moves them.", _norm(moves=lambda t: True)
        ),
        Mistake("The running figures stay where they are. Training moves them.", _norm(moves=lambda t: False)),
        Mistake(
            "You average over each image alone. All images of the batch together make one mean a channel: axes 0, 2 "
            "and 3.",
            _norm((2, 3)),
        ),
        Mistake("You average over the batch alone, place by place. One mean a channel: axes 0, 2 and 3.", _norm((0,))),
        Mistake("You average over all channels together. Each has its own mean: axes 0, 2 and 3.", _norm((0, 1, 2, 3))),
        Mistake("You average over the channels. They are what is kept: axes 0, 2 and 3 go.", _norm((1, 2, 3))),
        Mistake(
            "You normalise by the unbiased variance. That one is only for the running figure; here divide by the "
            "number of values: correction=0.",
            _norm(corrections=(1, 1)),
        ),
        Mistake(
            "Your running variance takes the biased variance. It moves towards the unbiased one: correction=1.",
            _norm(corrections=(0, 0)),
        ),
        Mistake(
            "You have the two variances the wrong way round: biased to normalise, unbiased for the running figure.",
            _norm(corrections=(1, 0)),
        ),
        Mistake(
            "Your momentum works the other way round: `momentum` is the share of the new figure.",
            _norm(blend=lambda old, new, momentum: momentum * old + (1 - momentum) * new),
        ),
        Mistake(
            "Your running figures are the last batch's. They only move by the share `momentum` towards it.",
            _norm(blend=lambda old, new, momentum: new),
        ),
        Mistake(
            "Your running figures grow: momentum · batch is added, and nothing is taken off the old value.",
            _norm(blend=lambda old, new, momentum: old + momentum * new),
        ),
        Mistake("You divide by the variance. Divide by its root.", _norm(divide=lambda var, eps: var + eps)),
        Mistake("You add eps behind the root. It belongs under it.", _norm(divide=lambda var, eps: var.sqrt() + eps)),
        Mistake("You left out eps.", _norm(divide=lambda var, eps: var.sqrt())),
        Mistake("You left out weight and bias.", _norm(affine=lambda x, weight, bias: x)),
        Mistake("You left out the bias.", _norm(affine=lambda x, weight, bias: x * weight)),
        Mistake("You left out the weight.", _norm(affine=lambda x, weight, bias: x + bias)),
        Mistake("You exchanged weight and bias.", _norm(affine=lambda x, weight, bias: x * bias + weight)),
        Mistake("You add the bias before you multiply.", _norm(affine=lambda x, weight, bias: (x + bias) * weight)),
        Mistake(
            "The result is right, but your mean and variance are cut from the gradient. In training they depend on x "
            "too; only the running figures are detached.",
            _norm(held=lambda figure: figure.detach()),
        ),
        Mistake(
            "Your running figures remember how they were computed, and with them every batch so far stays in memory. "
            "Build them from mean.detach() and var.detach().",
            when=_leaks,
        ),
        Mistake(
            "A figure of shape (C,) meets x along its last axis, W. Give it two axes more: mean[:, None, None].",
            when=raised("must match the size of tensor"),
        ),
        Mistake("Four axes cannot be counted from outside: they are 0, 1, 2 and 3.", when=raised("out of range")),
    ),
)
