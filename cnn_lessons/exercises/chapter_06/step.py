"""The exercise on one training step."""

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

import torch
from torch import nn

from cnn_lessons.exercises import compare
from cnn_lessons.exercises.chapter_06.objects import (
    FLATTENED,
    NO_PICTURES,
    batch,
    leave_gradients,
    linear,
    modes,
    network,
    picture_network,
    pictures,
    sgd,
)
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, raised
from cnn_lessons.exercises.findings import Findings
from cnn_lessons.exercises.scene import Scene, Watched, state_of

WEIGHTS = "the model's weights and running statistics after the step"


def _right(model, images, labels, optimizer, loss_fn, softmax: bool = False, again: bool = False, times: bool = False):
    """Take one training step; the last three are faults."""
    model.train()
    optimizer.zero_grad()
    logits = model(images)
    loss = loss_fn(logits.softmax(dim=1) if softmax else logits, labels)
    loss.backward()
    optimizer.step()
    if again:
        loss = loss_fn(model(images), labels)
    return loss.item() * (len(images) if times else 1)


def _cases(random: Random) -> Iterator[Case]:
    images, labels = torch.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=torch.float64), torch.tensor([0, 1])
    yield _case(lambda: linear([[1.0, 0.0], [0.0, 1.0]]), images, labels, 0.5)
    yield _case(lambda: picture_network(0), *pictures(random, 4), 0.5)
    while True:
        yield _case(
            partial(network, random.getrandbits(32)),
            *batch(random, random.randint(3, 5)),
            random.choice((0.1, 0.5)),
            0.9,
        )


def _case(model_of: Callable, images, labels, lr: float, momentum: float = 0.0) -> Scene:
    def make():
        model = model_of().eval()  # it has just been evaluated
        leave_gradients(model)
        optimizer = sgd(model, lr, momentum)
        _log(model, optimizer)
        return model, images.clone(), labels.clone(), optimizer, _Loss(label_smoothing=0.1 if momentum else 0.0)

    return Scene(make, _read)


def _log(model: Watched, optimizer: torch.optim.Optimizer) -> None:
    """Note in `model.events` when gradients are computed and when the optimiser steps, with gradients or without."""
    model.events, weight = [], next(model.parameters())
    weight.register_hook(lambda gradient: model.events.append("backward"))
    optimizer.register_step_pre_hook(
        lambda *_: model.events.append("step" if weight.grad is not None and weight.grad.any() else "empty step")
    )


class _Loss(nn.CrossEntropyLoss):
    """Cross-entropy that remembers what it was called with first."""

    first = None

    @property
    def told(self) -> str:
        """What a message calls it."""
        return "CrossEntropyLoss" + f"(label_smoothing={self.label_smoothing})" * bool(self.label_smoothing)

    def forward(self, input, target):
        self.first = input
        return super().forward(input, target)


def _read(arguments: tuple, got) -> Findings:
    model = arguments[0]
    return Findings(
        {
            "the mode in which the model computes the loss": modes(model),
            "what is returned": type(got).__name__ if not isinstance(got, float) else "float",
            "the returned loss": got.detach().item() if isinstance(got, torch.Tensor) and got.numel() == 1 else got,
            WEIGHTS: state_of(model),
        }
    )


def _returns(kind: type) -> Callable[[Outcome], bool]:
    return lambda outcome: isinstance(outcome.got, Findings) and outcome.got["what is returned"] == kind.__name__


def _computed_in(mode: str) -> Callable[[Outcome], bool]:
    return lambda outcome: set(outcome.given.args[0].modes) == {mode}


def _did(events: str) -> Callable[[Outcome], bool]:
    return lambda outcome: not outcome.error and ", ".join(outcome.given.args[0].events) == events


def _kept_old(empty_afterwards: bool) -> Callable[[Outcome], bool]:
    """Recognise a step with old gradients, by what is left of the gradients afterwards."""

    def test(outcome: Outcome) -> bool:
        left = next(outcome.given.args[0].parameters()).grad
        empty = left is None or not left.any()
        return _did("backward, step")(outcome) and empty == empty_afterwards and _changed_otherwise(outcome)

    return test


def _changed_otherwise(outcome: Outcome) -> bool:
    """Return whether the weights are what old and new gradients make together."""
    other = outcome.case.result_of(_with_old)
    return compare.same(other[WEIGHTS], outcome.got[WEIGHTS])


def _with_old(model, images, labels, optimizer, loss_fn) -> float:
    model.train()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _fed(test: Callable[[torch.Tensor, torch.Tensor], bool]) -> Callable[[Outcome], bool]:
    """Recognise what the loss was called with, by its first argument and the labels."""

    def recognise(outcome: Outcome) -> bool:
        first, labels = outcome.given.args[4].first, outcome.given.args[2]
        return isinstance(first, torch.Tensor) and not first.is_floating_point() and test(first, labels)

    return recognise


TRAINING_STEP = Exercise(
    name="training_step",
    chapter="06",
    title="One training step",
    parameters="model, images, labels, optimizer, loss_fn",
    statement=(
        "Take one step on the batch `images`, (N, …), with `labels`, (N,): put the model into training mode, forget "
        "old gradients, compute the loss with `loss_fn(logits, labels)`, its gradients, and let `optimizer` change "
        "the weights. Return the loss as it was before the change, as a Python number."
    ),
    hints=(
        "Five things happen, each one line of code: mode, old gradients, loss, new gradients, weights. In which order?",
        "The optimiser knows the parameters: it forgets their gradients and it changes them. The gradients "
        "themselves come from the loss.",
        "`model.train()`, `optimizer.zero_grad()`, `loss = loss_fn(model(images), labels)`; then the two calls that "
        "compute the gradients and use them; then `.item()` turns the loss into a number.",
    ),
    cases=first(5, _cases),
    expected=_right,
    compared="mode, loss, weights and running statistics",
    mistakes=(
        Mistake(
            "The model computes in eval mode: it came out of an evaluation. Call model.train() first: BatchNorm then "
            "normalises with the batch and updates its statistics, and Dropout drops.",
            when=_computed_in("eval"),
        ),
        Mistake(
            "You take a softmax before the loss. Cross-entropy wants logits and takes the softmax itself: twice "
            "flattens the probabilities and the gradients.",
            lambda *arguments: _right(*arguments, softmax=True),
        ),
        Mistake(
            "You return a tensor. loss.item() is a plain number; a tensor that is not detached holds on to all that "
            "was computed for it, and a list of them fills the memory.",
            when=_returns(torch.Tensor),
        ),
        Mistake("Your function does not return the loss. End in return loss.item().", when=_returns(type(None))),
        Mistake(
            "You return the loss after the step, from a second forward pass. The one before costs nothing more.",
            lambda *arguments: _right(*arguments, again=True),
        ),
        Mistake(
            "You return the loss times the batch size. That is of use for an average later; here the mean was asked "
            "for.",
            lambda *arguments: _right(*arguments, times=True),
        ),
        Mistake(
            "You forget the old gradients only after the step; the step itself has used them. The call comes first.",
            when=_kept_old(empty_afterwards=True),
        ),
        Mistake(
            "Old gradients are still there: backward() adds to them. Call optimizer.zero_grad() before it.",
            when=_kept_old(empty_afterwards=False),
        ),
        Mistake(
            "The weights stay as they were: zero_grad() stands between backward() and step(), so the new gradients "
            "are gone before they are used.",
            when=_did("backward, empty step"),
        ),
        Mistake(
            "The weights stay as they were: without loss.backward() there are no gradients.", when=_did("empty step")
        ),
        Mistake(
            "The weights stay as they were: backward() only computes the gradients, optimizer.step() uses them.",
            when=_did("backward"),
        ),
        Mistake("You never call backward(): the step used old gradients.", when=_did("step")),
        Mistake(
            "The optimiser steps before backward(): there are no gradients yet.", when=_did("empty step, backward")
        ),
        Mistake(
            "The optimiser steps before backward(), with the gradients of the batch before.",
            when=_did("step, backward"),
        ),
        Mistake("You step twice.", when=_did("backward, step, step")),
        Mistake(
            "Something keeps the gradients from being recorded: no_grad(), detach(), or .item() before backward(). "
            "They belong to evaluation and to the very end.",
            when=raised("does not require grad", "'float' object has no attribute 'backward'"),
        ),
        Mistake(
            "backward() belongs to the loss: loss = loss_fn(…), then loss.backward().",
            when=raised("no attribute 'backward'"),
        ),
        Mistake("The loss wants the logits first, then the labels: loss_fn(logits, labels).", when=_fed(torch.equal)),
        Mistake(
            "You give the loss the chosen classes. argmax has no gradient: give it the logits.",
            when=_fed(lambda first, labels: True),
        ),
        Mistake(
            "You do not use `loss_fn`. It may be another loss than the one that you compute.",
            when=lambda outcome: not outcome.error and outcome.given.args[4].first is None,
        ),
        Mistake(FLATTENED, when=raised(NO_PICTURES)),
    ),
)
