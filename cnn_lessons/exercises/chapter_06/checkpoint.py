"""The exercise on a checkpoint: what is saved comes back, and training goes on as if nothing had happened."""

from collections.abc import Callable, Iterator
from random import Random

import torch
from torch import Tensor, nn

from cnn_lessons.exercises.chapter_06.file_scene import FileScene
from cnn_lessons.exercises.chapter_06.objects import batch, network, sgd
from cnn_lessons.exercises.compare import same
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, raised
from cnn_lessons.exercises.findings import Findings, Told
from cnn_lessons.exercises.scene import state_of

WEIGHTS, STATE = "the weights and running statistics of new_model", "the state of new_optimizer"
FILE, BOTH = "the file, at the end", "holds the states of both"
NOT_LOADED = (
    "The {0} was not restored: the file holds its state, but it was not loaded into the object `new_{1}`. "
    "`new_{1} = …` only gives the name a new meaning: call new_{1}.load_state_dict(…)."
)
NOT_BOTH = Told("lacks a part of the state of `model` or `optimizer`. Both belong into the one file, `path`.")


def _cases(random: Random) -> Iterator[Case]:
    while True:
        for name in ("SGD", "Adam"):
            yield _case(name, random.getrandbits(31), *batch(random, 5))


def _optimizer(name: str, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    return sgd(model, lr, 0.9) if name == "SGD" else torch.optim.Adam(model.parameters(), lr)


def _train(model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor) -> None:
    """Take two steps on one batch."""
    for _ in range(2):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model.train()(images), labels).backward()
        optimizer.step()


def _case(name: str, seed: int, images: Tensor, labels: Tensor) -> FileScene:
    def make():
        model, new_model = network(seed), network(seed + 1)
        optimizer, new_optimizer = _optimizer(name, model, 0.1), _optimizer(name, new_model, 0.5)
        _train(model, optimizer, images, labels)
        return "checkpoint.pt", model, optimizer, new_model, new_optimizer

    def read(arguments, saved):
        _, model, optimizer, new_model, new_optimizer = arguments
        wanted = list(_tensors([model.state_dict(), optimizer.state_dict()]))
        whole = all(any(torch.equal(one, other) for other in _tensors(saved)) for one in wanted)
        findings = {
            WEIGHTS: state_of(new_model),
            STATE: new_optimizer.state_dict(),
        }
        findings = {key: _copied(value) for key, value in findings.items()}
        _train(new_model, new_optimizer, images, labels)
        findings["new_model, two steps later"] = state_of(new_model)
        findings["model, which is not trained meanwhile"] = state_of(model)
        _train(model, optimizer, images, labels)
        findings["model, when it goes on itself"] = state_of(model)
        findings[FILE] = BOTH if whole else NOT_BOTH
        return findings

    return FileScene(make, read)


def _copied(value):
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _round_trip(
    load: tuple[str, ...] = ("model", "optimizer"),
    state: Callable = lambda thing: thing.state_dict(),
    strict: bool = True,
) -> Callable:
    """Return a round trip that restores these things, with what `state` makes of each in the file."""

    def trip(path, model, optimizer, new_model, new_optimizer):
        torch.save({"model": state(model), "optimizer": state(optimizer)}, path)
        found = torch.load(path, weights_only=True)
        if "model" in load:
            new_model.load_state_dict(found["model"], strict=strict)
        if "optimizer" in load:
            new_optimizer.load_state_dict(found["optimizer"])

    return trip


_right, _only_model, _only_optimizer = _round_trip(), _round_trip(load=("model",)), _round_trip(load=("optimizer",))


def _not_loaded(only: Callable) -> Callable[[Outcome], bool]:
    """Recognise that the file holds both states, and that no more than one, as `only` loads, came back from it."""

    def test(outcome: Outcome) -> bool:
        fresh, got = outcome.case.result_of(only), outcome.got
        return got[FILE] == BOTH and all(same(fresh[key], got[key]) for key in (WEIGHTS, STATE))

    return test


def _only_parameters(thing) -> dict:
    if isinstance(thing, nn.Module):
        return {name: parameter.detach() for name, parameter in thing.named_parameters()}
    return thing.state_dict()


def _saved_the_new(outcome: Outcome) -> bool:
    """Return whether the file holds the first weights of new_model."""
    weight = next(outcome.case.make()[3].parameters())
    return isinstance(outcome.got, Findings) and any(torch.equal(weight, t) for t in _tensors(outcome.given.saved))


REPLACED = (
    "What you loaded lacks this name: did a second torch.save to the same path replace the first file? Put both state "
    "dicts into one dict."
)


def _replaced(outcome: Outcome) -> bool:
    """Return whether one state dict lies bare in the file where the other was looked for."""
    error, saved = str(outcome.error), getattr(outcome.given, "saved", None)
    names = {name for name in saved if isinstance(name, str)} if isinstance(saved, dict) else set()
    of_optimizer, of_model = names == {"state", "param_groups"}, any("." in name for name in names)
    return of_optimizer and "Missing key(s)" in error or of_model and "'param_groups'" in error


def _misnamed(outcome: Outcome) -> bool:
    """Return whether the file holds two state dicts, and a name was looked for that is not there."""
    saved = getattr(outcome.given, "saved", None)
    parts = [part for part in saved.values() if isinstance(part, dict)] if isinstance(saved, dict) else []
    return isinstance(outcome.error, KeyError) and len(parts) > 1


def _tensors(value) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        yield from _tensors(item)


def _shares(path, model, optimizer, new_model, new_optimizer) -> None:
    """Save and restore, then let both models hold the very same tensors."""
    _right(path, model, optimizer, new_model, new_optimizer)
    for mine, other in zip(model.parameters(), new_model.parameters(), strict=True):
        other.data = mine.data


CHECKPOINT = Exercise(
    name="checkpoint_round_trip",
    chapter="06",
    title="A checkpoint, there and back",
    parameters="path, model, optimizer, new_model, new_optimizer",
    statement=(
        "Save what it takes to go on with the training of `model` by `optimizer` to one file, `path`. Then restore "
        "it from the file into `new_model` and `new_optimizer`, which are of the same kind and fresh. From there "
        "training must go on exactly as it would have with the old ones. The file must load with "
        "`weights_only=True`. Return nothing."
    ),
    hints=(
        "Everything that learns or remembers has a `state_dict()`, and takes one back with `load_state_dict(…)`. The "
        "optimiser remembers too: momentum, step counts, learning rate.",
        "One file holds one object: put both state dicts into one dict, under names of your choice, and save that.",
        '`torch.save({"model": model.state_dict(), …}, path)`, then `found = torch.load(path, weights_only=True)`, '
        'then `new_model.load_state_dict(found["model"])`, and the same for the optimiser.',
    ),
    cases=first(2, _cases),
    expected=_right,
    compared="the file, the restored states and the steps that follow",
    mistakes=(
        Mistake("You saved the new model, which has learnt nothing yet. Save the old one.", when=_saved_the_new),
        Mistake(NOT_LOADED.format("optimiser", "optimizer"), when=_not_loaded(_only_model)),
        Mistake(NOT_LOADED.format("model", "model"), when=_not_loaded(_only_optimizer)),
        Mistake(
            "The optimiser was not restored: its momentum and its learning rate are those of a fresh one. Save and "
            "load its state_dict() too.",
            _only_model,
        ),
        Mistake(
            "The model was not restored: new_model still has its first, random weights.",
            _only_optimizer,
        ),
        Mistake(
            "Nothing was restored: new_model and new_optimizer are as they were. `new_model = …` gives the name a new "
            "meaning inside your function only; load_state_dict(…) changes the object.",
            _round_trip(load=()),
        ),
        Mistake(
            "You saved the parameters only. BatchNorm's running statistics are not parameters: state_dict() holds "
            "both.",
            _round_trip(state=_only_parameters, strict=False),
        ),
        Mistake(
            "The two models share their tensors: when one learns, the other changes. load_state_dict(…) copies the "
            "values.",
            _shares,
        ),
        Mistake(
            "You read the file before it is written. First save, then load.",
            when=lambda outcome: isinstance(outcome.error, FileNotFoundError),
        ),
        Mistake(
            "`state_dict` without parentheses is the method itself. Call it: state_dict().",
            when=raised("bound method", "Expected state_dict to be dict-like, got <class 'method'>"),
        ),
        Mistake(REPLACED, when=_replaced),
        Mistake(
            "load_state_dict(…) wants a dict of tensors, not a path, and not the dict that holds it. Load the file "
            "first, then take out the part that belongs to this object.",
            when=raised("Expected state_dict to be dict-like", "Missing key(s)", "'param_groups'"),
        ),
        Mistake(
            "The file holds more than tensors, numbers, lists and dicts, such as a whole model: torch.load refuses "
            "it. Save state_dict(), not the object.",
            when=raised("Weights only load failed", "WeightsUnpickler"),
        ),
        Mistake(
            "The file holds both state dicts, under other names. Look up what you called them when you saved.",
            when=_misnamed,
        ),
        Mistake(REPLACED, when=lambda outcome: isinstance(outcome.error, KeyError)),
    ),
)
