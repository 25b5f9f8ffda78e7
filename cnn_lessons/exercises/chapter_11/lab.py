"""The bug lab's exercise: a comparison that tells two functions apart where a count of parameters does not."""

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from cnn_lessons.exercises.chapter_11.lab_networks import Another, LateStride, NoReLU, OtherOrder, Small, classify
from cnn_lessons.exercises.chapter_11.parts import RawShortcut, Wide
from cnn_lessons.exercises.exercise import Exercise, Mistake, first
from cnn_lessons.exercises.findings import Findings
from cnn_lessons.exercises.scene import Scene, state_of


def _equal(first: nn.Module, second: nn.Module, images: Tensor) -> bool:
    """Compare on copies: torch puts the state into the second for one call."""
    state = {name: value.clone() for name, value in first.state_dict().items()}
    shapes = {name: value.shape for name, value in second.state_dict().items()}
    if {name: value.shape for name, value in state.items()} != shapes:
        return False
    mine, other = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    with torch.no_grad():
        results = [mine(images), torch.func.functional_call(other, state, (images,))]
    return results[0].shape == results[1].shape and bool((results[0] - results[1]).abs().max() < 1e-4)


def _read(before: list, arguments: tuple, got: Any) -> Findings:
    found = Findings({"the result": got})
    for name, network, state in zip(("first", "second"), arguments, before, strict=False):
        after = state_of(network)
        changed = [key for key in state if not torch.equal(state[key], after[key])]
        found[f"the tensors of {name} that are changed afterwards"] = len(changed)
        modes = {part.training for part in network.modules()}
        found[f"the mode of {name} afterwards: is it training?"] = modes.pop() if len(modes) == 1 else "only in parts"
    return found


def _scene(random: Random, one: Callable, other: Callable, training: bool = False) -> Scene:
    """Return a call with two networks made by `one` and `other`, each given a seed."""
    seeds = [random.getrandbits(32) for _ in range(3)]

    def make():
        generator = torch.Generator().manual_seed(seeds[2])
        networks = [build(seed).train(training).double() for build, seed in zip((one, other), seeds[:2], strict=True)]
        return *networks, torch.randn(16, 3, 6, 8, generator=generator).double()  # far from what allclose forgives

    before = [state_of(network) for network in make()[:2]]
    return Scene(make, lambda arguments, got: _read(before, arguments, got))


def _net(block: type = Wide, told: str = "the authors' network", **options: Any) -> Callable:
    return lambda seed: Small(block, seed, told, **options)


def _maps(network: nn.Module, maps: Tensor) -> Tensor:
    return maps


def _cases(random: Random) -> Iterator[Scene]:
    authors, tutorial = _net(), _net(RawShortcut, "the tutorial's network")
    dropping = _net(told="a network with dropout", dropout=0.4)
    yield _scene(Random(11), authors, tutorial)  # the results differ, and no predicted class …
    yield _scene(Random(2), authors, tutorial)  # … and here half of the classes
    yield _scene(random, authors, authors)
    yield _scene(random, _net(told="a new network", fresh=True), _net(told="another new network", fresh=True))
    yield _scene(random, dropping, dropping, training=True)
    yield _scene(random, authors, _net(OtherOrder, "a network that adds in another order"))
    yield _scene(random, authors, _net(NoReLU, "a network without its second ReLU"))
    yield _scene(
        random,
        authors,
        _net(told="a network with a softmax at the end", end=lambda network, maps: classify(network, maps).softmax(1)),
    )
    yield _scene(random, _net(end=_maps), _net(LateStride, "a network without stride", end=_maps))
    yield _scene(random, authors, lambda seed: Another())
    yield _scene(random, authors, _net(told="a network with a parameter more", spare=True))
    yield _scene(random, tutorial, authors, training=True)
    yield _scene(random, tutorial, tutorial, training=True)


def _by(compare: Callable, prepare: Callable | None = None) -> Callable:
    """Return an answer that compares the two results its own way."""

    def answer(first, second, images):
        mine, other = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
        try:
            (prepare or (lambda a, b: b.load_state_dict(a.state_dict())))(mine, other)
        except RuntimeError:
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
        result = _equal(first, second, images)
        for network in (first, second):
            network.eval()
        if weights and _shapes(first) == _shapes(second):
            second.load_state_dict(first.state_dict())
        return result

    return answer


COUNTS = "Counting is what went wrong in the first place: as many parameters, another function. Compare what comes out."
SHAPES = "Equal shapes are no equal results. Compare the values."

SAME_FUNCTION = Exercise(
    name="same_function",
    chapter="11",
    title="Are two networks one function?",
    parameters="first, second, images",
    statement=(
        "Return True if `second`, with all the parameters and running statistics of `first`, gives the same results as "
        "`first` for `images`, (N, C, H, W), in eval mode and up to rounding; else False. It is also False if the "
        "state of `first` does not fit into `second`, or if the results differ in shape. Both networks must be "
        "afterwards as they were: weights, statistics and mode."
    ),
    hints=(
        "What makes two results comparable? The same weights, the same mode, the same pictures. Which of these have "
        "the two networks when you get them?",
        "`copy.deepcopy(network)` gives you a network that you may change. `load_state_dict` takes over parameters "
        "and running statistics; it raises RuntimeError if they do not fit.",
        "Copies of both, in eval mode. `try:` load the state of the first into the second, `except RuntimeError:` "
        "return False. Then, under `torch.no_grad()`, run both and compare the shapes first, then the values with "
        "`torch.allclose(a, b, atol=1e-5)`.",
    ),
    cases=first(13, _cases),
    expected=_equal,
    mistakes=(
        Mistake(COUNTS, lambda a, b, images: _numbers(a) == _numbers(b)),
        Mistake(COUNTS, lambda a, b, images: _shapes(a) == _shapes(b)),
        Mistake(SHAPES, _by(lambda a, b: a.shape == b.shape)),
        Mistake(SHAPES, lambda a, b, images: a(images).shape == b(images).shape),
        Mistake(
            "You never gave the second network the weights of the first. Two networks with weights of their own never "
            "agree.",
            _by(_close, lambda mine, other: None),
        ),
        Mistake(
            "You took over the parameters, but not BatchNorm's running statistics. state_dict() holds both.",
            _by(_close, _parameters_only),
        ),
        Mistake(
            "strict=False takes over what fits and is silent about the rest. A state that does not fit is an answer "
            "here: load strictly, and catch the RuntimeError.",
            _by(_close, lambda mine, other: other.load_state_dict(mine.state_dict(), strict=False)),
        ),
        Mistake(
            "You run the networks in the mode in which they come. In training mode dropout draws anew for each of "
            "them: switch your copies to eval mode.",
            _in_training,
        ),
        Mistake(
            "You compare bit by bit. Adding in another order changes the last digits: allow for rounding, "
            "torch.allclose.",
            _by(torch.equal),
        ),
        Mistake(
            "You compare the predicted classes only. Networks may agree in them and still be two functions.",
            _by(lambda a, b: a.shape == b.shape and torch.equal(a.argmax(1), b.argmax(1))),
        ),
        Mistake(
            "You compare a mean over all the results, in which differences cancel. Compare each value.",
            _by(lambda a, b: a.shape == b.shape and abs(float(a.mean() - b.mean())) < 0.2),
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
        Mistake("You left both networks in eval mode. Work on copies: copy.deepcopy.", _left(weights=False)),
        Mistake("You overwrote the weights of the second network. Work on a copy: copy.deepcopy.", _left(weights=True)),
        Mistake(
            "You overwrote the weights of the second network. Work on a copy: copy.deepcopy.",
            when=lambda outcome: bool(
                isinstance(outcome.got, Findings)
                and outcome.got.get("the tensors of second that are changed afterwards")
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
        Mistake(
            "Return a plain bool: bool(…) makes one.",
            when=lambda outcome: isinstance(outcome.got, Findings) and isinstance(outcome.got["the result"], Tensor),
        ),
    ),
)
