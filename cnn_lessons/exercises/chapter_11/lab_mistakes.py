"""The right comparison of two networks, and what goes wrong in it."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from cnn_lessons.exercises.exercise import Mistake
from cnn_lessons.exercises.findings import Findings


def equal(first: nn.Module, second: nn.Module, images: Tensor) -> bool:
    """Return the right answer. It compares on copies: torch puts the state into the second for one call."""
    state = {name: value.clone() for name, value in first.state_dict().items()}
    shapes = {name: value.shape for name, value in second.state_dict().items()}
    if {name: value.shape for name, value in state.items()} != shapes:
        return False
    mine, other = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    with torch.no_grad():
        results = [mine(images), torch.func.functional_call(other, state, (images,))]
    return results[0].shape == results[1].shape and bool((results[0] - results[1]).abs().max() < 1e-4)


def _by(compare: Callable, prepare: Callable | None = None, caught: type | tuple = RuntimeError) -> Callable:
    """Return an answer that compares the two results its own way; `caught` is the error that it expects."""

    def answer(first, second, images):
        mine, other = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
        try:
            (prepare or (lambda a, b: b.load_state_dict(a.state_dict())))(mine, other)
        except caught:
            return False
        with torch.no_grad():
            a, b = mine(images), other(images)
        return compare(a, b)

    return answer


def _close(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-4)


def _numbers(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _shapes(network: nn.Module) -> dict:
    return {name: value.shape for name, value in network.state_dict().items()}


def _parameters_only(mine: nn.Module, other: nn.Module) -> None:
    if _shapes(mine) != _shapes(other):
        raise RuntimeError
    with torch.no_grad():
        for given, own in zip(mine.parameters(), other.parameters(), strict=True):
            own.copy_(given)


def _what_fits(mine: nn.Module, other: nn.Module) -> None:
    other.load_state_dict(mine.state_dict(), strict=False)


def _in_training(first: nn.Module, second: nn.Module, images: Tensor) -> bool:
    mine, other = copy.deepcopy(first), copy.deepcopy(second)
    if _shapes(first) != _shapes(second):
        return False
    other.load_state_dict(mine.state_dict())
    with torch.no_grad():
        return _close(mine(images), other(images))


def _left(weights: bool) -> Callable:
    """Return an answer that works on the networks themselves; with `weights` it leaves the state in the second too."""

    def answer(first, second, images):
        result = equal(first, second, images)
        for network in (first, second):
            network.eval()
        if weights and _shapes(first) == _shapes(second):
            second.load_state_dict(first.state_dict())
        return result

    return answer


def _fit(a: Tensor, b: Tensor) -> bool:
    """Compare values, and fail where the shapes differ."""
    return torch.allclose(a, b, atol=1e-4)


def _classes(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a.argmax(1), b.argmax(1))


def _as_they_are(compare: Callable) -> Callable:
    """Return an answer that switches both networks to eval mode and compares what they give with their own weights."""
    return lambda first, second, images: compare(first.eval()(images), second.eval()(images))


BESIDE = "a network whose results are 0.008 larger"
UNLOADED = (
    "You never gave the second network the weights of the first. Two networks with weights of their own never agree. "
    "Give second the state of first."
)
CLASSES = "You compare the predicted classes only. Equal answers are not equal results: compare the values."
COUNTS = "Counting is what went wrong in the first place: as many parameters, another function. Compare what comes out."
SHAPES = "Equal shapes are no equal results. Compare the values."
NOT_STRICT = (
    "strict=False takes over what fits and is silent about the rest. A state that does not fit is an answer here: load "
    "strictly, and catch the RuntimeError."
)

MISTAKES = (
    Mistake(COUNTS, lambda a, b, images: _numbers(a) == _numbers(b)),
    Mistake(COUNTS, lambda a, b, images: _shapes(a) == _shapes(b)),
    Mistake(SHAPES, _by(lambda a, b: a.shape == b.shape)),
    Mistake(SHAPES, lambda a, b, images: a(images).shape == b(images).shape),
    *(Mistake(UNLOADED, answer) for answer in (_by(_close, lambda *both: None), _by(_fit, lambda *both: None))),
    *(Mistake(UNLOADED, _as_they_are(compare)) for compare in (_close, _fit)),
    Mistake(
        "You took over the parameters, but not BatchNorm's running statistics. state_dict() holds both.",
        _by(_close, _parameters_only),
    ),
    Mistake(NOT_STRICT, _by(_close, _what_fits)),
    Mistake(NOT_STRICT, _by(_close, _what_fits, caught=())),
    Mistake(
        "You run the networks in the mode in which they come. In training mode dropout draws anew for each of "
        "them: switch your copies to eval mode.",
        _in_training,
    ),
    Mistake(
        "You compare bit by bit. Adding in another order changes the last digits: allow for rounding, torch.allclose.",
        _by(torch.equal),
    ),
    *(Mistake(CLASSES, _by(_classes, caught=caught)) for caught in (RuntimeError, ())),
    Mistake(
        "You compare a mean over all the results, in which differences cancel. Compare each value.",
        _by(lambda a, b: a.shape == b.shape and bool(torch.isclose(a.mean(), b.mean()))),
    ),
    Mistake(
        "You compare the first image only. Compare the whole batch.",
        _by(lambda a, b: a.shape == b.shape and torch.allclose(a[0], b[0], atol=1e-4)),
    ),
    Mistake(
        "One pair of equal values is enough for you. Compare them all: torch.allclose.",
        _by(lambda a, b: a.shape == b.shape and bool(torch.isclose(a, b).any())),
    ),
    Mistake(
        "If the layers do not fit, load_state_dict raises a RuntimeError. Here that is an answer, not an accident: "
        "catch it and return False.",
        when=lambda outcome: "Error(s) in loading state_dict" in str(outcome.error),
    ),
    Mistake(
        "The results may differ in shape. Compare the shapes before the values.",
        when=lambda outcome: "must match the size of tensor" in str(outcome.error),
    ),
    Mistake(
        "You allow for more than rounding: results that lie 0.008 apart pass. Take a smaller tolerance, atol=1e-5, and "
        "compare the results themselves: softmax takes no notice of a number that is added to all logits.",
        when=lambda outcome: outcome.got["the result"] and outcome.case.args[1].told == BESIDE,
    ),
    Mistake("You left both networks in eval mode. Work on copies: copy.deepcopy.", _left(weights=False)),
    Mistake("You overwrote the weights of the second network. Work on a copy: copy.deepcopy.", _left(weights=True)),
    Mistake(
        "You overwrote the weights of the second network. Work on a copy: copy.deepcopy.",
        when=lambda outcome: bool(
            isinstance(outcome.got, Findings) and outcome.got.get("the tensors of second that are changed afterwards")
        ),
    ),
    Mistake(
        "You left a network in another mode. Work on copies: copy.deepcopy.",
        when=lambda outcome: (
            isinstance(outcome.got, Findings)
            and any(
                outcome.got[f"the mode of {name} afterwards: is it training?"] != network.training
                for name, network in zip(("first", "second"), outcome.case.args, strict=False)
            )
        ),
    ),
)
