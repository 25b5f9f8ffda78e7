"""The bug lab's exercise: a comparison that tells two functions apart where a count of parameters does not."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from cnn_lessons.exercises.chapter_11.lab_mistakes import BESIDE, MISTAKES, equal
from cnn_lessons.exercises.chapter_11.lab_networks import Another, LateStride, NoReLU, OtherOrder, Small, classify
from cnn_lessons.exercises.chapter_11.parts import RawShortcut, Wide
from cnn_lessons.exercises.exercise import Exercise, first
from cnn_lessons.exercises.findings import Findings
from cnn_lessons.exercises.scene import Scene, plain_bool, state_of


def _read(before: list, arguments: tuple, got: Any) -> Findings:
    found = Findings({"the result": plain_bool(got)})
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


def _first_only(network: nn.Module, maps: Tensor) -> Tensor:
    logits = classify(network, maps)
    return torch.cat([logits[:1], 0 * logits[1:]])


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
    reverse = _net(told="a network with its classes in reverse", end=lambda *given: classify(*given).flip(1))
    yield _scene(random, authors, reverse)  # mean and middle class are the same
    yield _scene(random, authors, _net(told="a network that is blind to all images but the first", end=_first_only))
    yield _scene(random, _net(end=_maps), _net(LateStride, "a network without stride", end=_maps))
    yield _scene(random, authors, lambda seed: Another())
    more = _net(told="a network with a parameter more", spare=True)
    yield _scene(random, authors, more)
    yield _scene(random, more, authors)
    yield _scene(random, authors, _net(told="a wider network, with the same names", width=8))
    yield _scene(random, tutorial, authors, training=True)
    yield _scene(random, tutorial, tutorial, training=True)
    beside = _net(told=BESIDE, end=lambda network, maps: classify(network, maps) + 0.008)
    yield _scene(random, authors, beside)


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
        "`copy.deepcopy(network)`, after `import copy`, gives you a network that you may change. `load_state_dict` "
        "takes over parameters and running statistics; it raises RuntimeError if they do not fit.",
        "Copies of both, in eval mode. `try:` load the state of the first into the second, `except RuntimeError:` "
        "return False. Then, under `torch.no_grad()`, run both and compare the shapes first, then the values with "
        "`torch.allclose(a, b, atol=1e-5)`.",
    ),
    cases=first(18, _cases),
    expected=equal,
    mistakes=MISTAKES,
)
