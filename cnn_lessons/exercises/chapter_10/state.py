"""The exercise that renames the keys of a state dict."""

import re
from collections.abc import Callable, Iterator
from random import Random

import torch
from torch import Tensor

from cnn_lessons.exercises.compare import show
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, normal

NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def _right(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Take each key apart at its dots."""
    return {_name(*key.removeprefix("module.").split(".")): value for key, value in state.items()}


def _name(part: str, *rest: str) -> str:
    if part == "head":
        return ".".join(("fc", *rest))
    if part == "stem":
        return ".".join(({"conv": "conv1", "norm": "bn1"}[rest[0]], *rest[1:]))
    stage, block, layer, *rest = rest
    if layer == "shortcut":
        layer, rest = "downsample", [{"conv": "0", "norm": "1"}[rest[0]], *rest[1:]]
    return ".".join((f"layer{int(stage) + 1}", block, layer.replace("norm", "bn"), *rest))


class StateCase(Case):
    """A call with a state dict; messages tell a large one by its size."""

    def copy(self, requires_grad: bool = False) -> "StateCase":
        """Return the same call with its own dict and tensors."""
        return StateCase({key: value.clone() for key, value in self.args[0].items()})

    def told(self, exercise: Exercise) -> str:
        """Return "on state = {…}"."""
        state = self.args[0]
        return f"on state = {show(state)}" if len(state) < 4 else f"on a state dict of {len(state)} keys"


def _norm(prefix: str, random: Random, channels: int) -> dict[str, Tensor]:
    values = [normal(random, channels) for _ in NORM[:-1]] + [torch.tensor(random.randint(1, 99))]
    return {f"{prefix}.{name}": value for name, value in zip(NORM, values, strict=True)}


def _network(random: Random, counts: list[int], convolutions: int, prefix: str = "") -> dict[str, Tensor]:
    """Return the state dict of a tiny tutorial ResNet: `counts` blocks in its stages."""
    channels = random.randint(2, 3)
    state = {"stem.conv.weight": normal(random, channels, 3, 1, 1)} | _norm("stem.norm", random, channels)
    for stage, count in enumerate(counts):
        for block in range(count):
            where = f"body.{stage}.{block}"
            for number in range(1, convolutions + 1):
                state[f"{where}.conv{number}.weight"] = normal(random, channels, channels, 1, 1)
                state |= _norm(f"{where}.norm{number}", random, channels)
            if stage and not block:
                state[f"{where}.shortcut.conv.weight"] = normal(random, channels, channels, 1, 1)
                state |= _norm(f"{where}.shortcut.norm", random, channels)
    state |= {"head.weight": normal(random, 4, channels), "head.bias": normal(random, 4)}
    return {prefix + key: value for key, value in state.items()}


def _cases(random: Random) -> Iterator[Case]:
    yield StateCase({"head.bias": normal(random, 2)})
    yield StateCase({"stem.conv.weight": normal(random, 2, 1, 1, 1), "stem.norm.bias": normal(random, 2)})
    yield StateCase({"body.0.0.conv1.weight": normal(random, 1, 2, 1, 1), "body.0.0.norm1.bias": normal(random, 2)})
    yield StateCase({"body.2.0.shortcut.conv.weight": normal(random, 1, 2, 1, 1)})
    yield StateCase({"body.2.0.shortcut.norm.bias": normal(random, 2)})
    yield StateCase({"module.head.bias": normal(random, 2)})
    yield StateCase(_network(random, [2, 1, 1, 1], 2))
    yield StateCase(_network(random, [1, 1, 12, 1], 3, "module."))
    while True:
        counts = [random.randint(1, 3) for _ in range(4)]
        yield StateCase(_network(random, counts, random.choice((2, 3)), random.choice(("", "module."))))


def _with(change: Callable[[str, str], str | None], value: Callable[[str, Tensor], Tensor] = lambda key, value: value):
    """Return a renaming whose keys are changed once more: (old, right new) -> new; None drops the entry."""

    def rename(state):
        renamed = {}
        for key, tensor in state.items():
            new = change(key, next(iter(_right({key: tensor}))))
            if new is not None:
                renamed[new] = value(new, tensor)
        return renamed

    return rename


TWO_DIGITS = re.compile(r"layer\d\.\d\d\.")  # the eleventh block of a stage and those behind it


def _missing(outcome: Outcome) -> set[str]:
    """Return the right keys that are not there."""
    return set(outcome.case.result_of(_right)) - set(outcome.got) if isinstance(outcome.got, dict) else set()


def _has(key: str) -> Callable[[Outcome], bool]:
    """Recognise a key that only one misconception makes."""
    return lambda outcome: isinstance(outcome.got, dict) and any(re.search(key, str(got)) for got in outcome.got)


RENAME_KEYS = Exercise(
    name="rename_keys",
    chapter="10",
    title="Rename a state dict",
    parameters="state",
    statement=(
        "`state` is the state dict of a tutorial's ResNet: name → tensor. Return a new dict with the same tensors "
        "under the names of `models.resnet`, by the table in chapter 10. If the names begin with `module.`, take that "
        "off. Leave `state` as it is."
    ),
    hints=(
        "Do not list all keys: a ResNet-152 has 932. Each key has a beginning that says where it is, and an end that "
        "stays as it is.",
        '`key.removeprefix("module.")`, then `parts = key.split(".")`. Look at parts[0]: is it the stem, the body or '
        'the head? Each of the three has its own rule. `".".join(parts)` puts a key together again.',
        'For the body, parts[1] is the stage: `f"layer{int(parts[1]) + 1}"`; parts[2] is the block and stays. If '
        'parts[3] is "shortcut", it becomes downsample.0 or downsample.1, by parts[4]; otherwise "norm" in it '
        'becomes "bn".',
    ),
    cases=first(12, _cases),
    expected=_right,
    compared="keys and tensors",
    mistakes=(
        Mistake("The keys are as they were.", lambda state: dict(state)),
        Mistake(
            "The tutorial counts its stages from 0, ours are layer1 to layer4: add 1.",
            when=_has(r"^layer(0|\.\d)"),
        ),
        Mistake(
            "You added 1 to the number of the block too. Blocks are counted from 0 in both; only the stage moves.",
            _with(lambda old, new: re.sub(r"(layer\d)\.(\d+)", lambda m: f"{m[1]}.{int(m[2]) + 1}", new)),
        ),
        Mistake(
            'You replaced "norm" everywhere alike. In the stem it becomes bn1, in a shortcut downsample.1, in a block '
            "its number stays.",
            when=_has(r"stem\.bn|shortcut\.bn|downsample\.bn|^bn\."),
        ),
        Mistake(
            "Inside `downsample` ours are numbered: 0 is the convolution, 1 the BatchNorm. The number takes the place "
            "of `conv` or `norm`.",
            when=_has(r"downsample\.(\d\.)?(conv|norm)|downsample\.(weight|bias|running)"),
        ),
        Mistake(
            "A `norm` is left in a block: norm1, norm2 and, in a bottleneck, norm3 become bn1, bn2 and bn3.",
            when=_has(r"^layer\d\.\d+\.norm\d"),
        ),
        Mistake(
            "The convolution of a shortcut is downsample.0, its BatchNorm downsample.1. You have them the other way "
            "round, or count from 1.",
            when=lambda outcome: (
                "shortcut" in next(iter(outcome.case.args[0])) and _has(r"downsample\.[012]\.")(outcome)
            ),
        ),
        Mistake(
            "The shortcuts keep their old name. Here they are called downsample.", when=_has(r"layer\d\.\d+\.shortcut")
        ),
        Mistake("Our ResNet's head is called fc.", when=_has(r"^(head|linear|classifier)\.")),
        Mistake(
            "Some keys begin with `module.`: they were saved from nn.DataParallel. Take it off where it is.",
            when=_has(r"^module\."),
        ),
        Mistake(
            'You cut 7 characters off every key. Only some begin with `module.`: key.removeprefix("module.").',
            when=lambda outcome: not any(key.startswith("module.") for key in outcome.case.args[0]) and _cut(outcome),
        ),
        Mistake(
            "A stage can have more than ten blocks: `\\d` and key[5] see one digit. Split at the dots.",
            when=lambda outcome: bool(_missing(outcome)) and all(map(TWO_DIGITS.match, _missing(outcome))),
        ),
        Mistake(
            "The batch counters, num_batches_tracked, are missing. Every entry is taken along.",
            _with(lambda old, new: None if "num_batches" in old else new),
        ),
        Mistake(
            "The running statistics are missing. Every entry is taken along: without them eval mode is wrong.",
            _with(lambda old, new: None if "running" in old or "num_batches" in old else new),
        ),
        Mistake(
            "The shortcuts are missing. Every entry is taken along.",
            _with(lambda old, new: None if "shortcut" in old else new),
        ),
        Mistake(
            "The head is missing. For the same classes it is wanted too.",
            _with(lambda old, new: None if "head" in old else new),
        ),
        Mistake(
            "You transposed the head's weight. nn.Linear keeps (K, in_features) in both.",
            _with(lambda old, new: new, lambda key, value: value.T if key == "fc.weight" else value),
        ),
        Mistake(
            "The names are right, the numbers are not the same: hand each tensor on as it is.",
            when=lambda outcome: (
                isinstance(outcome.got, dict) and set(outcome.got) == set(outcome.case.result_of(_right))
            ),
        ),
        Mistake(
            "The answer is a dict, name → tensor, not its keys alone.",
            when=lambda outcome: isinstance(outcome.got, (list, tuple, set)),
        ),
        Mistake(
            "You change the dict while you walk over it. Build a new one.",
            when=lambda outcome: "changed during iteration" in str(outcome.error),
        ),
    ),
)


def _cut(outcome: Outcome) -> bool:
    """Return whether keys without the prefix lost their first seven characters, or what follows from that."""
    return isinstance(outcome.got, dict) and any(key[7:] in outcome.got for key in outcome.case.args[0])
