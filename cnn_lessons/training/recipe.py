"""What a training run is made of, apart from the network and the data."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from cnn_lessons.data.augment import FILLS

OPTIMIZERS = ("sgd", "nesterov", "adam")
SCHEDULES = ("constant", "step", "cosine", "one_cycle")
NORMALISATIONS = ("data", "half")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Recipe:
    """How to train: length, optimiser, learning rate, augmentation. `dataclasses.replace` varies one.

    Raises:
        ValueError: if a value is outside its range; the message names it.

    Taught in: 06.
    """

    name: str  #: of the recipe, as in RECIPES
    epochs: float  #: passes over the training images; papers that count steps give a fraction
    batch_size: int  #: images a step, over all processes
    lr: float  #: the learning rate at its highest
    optimizer: str = "sgd"  #: "sgd" with momentum, "nesterov" momentum, or "adam"
    momentum: float = 0.9  #: for "sgd" and "nesterov"
    weight_decay: float = 0.0  #: this times the weight is added to each gradient
    schedule: str = "constant"  #: or "step", "cosine", "one_cycle"; `learning_rate` has their formulas
    milestones: tuple[float, ...] = ()  #: epochs at which "step" multiplies the learning rate by gamma
    gamma: float = 0.1  #: the factor at each milestone
    warmup: float = 0.3  #: share of the steps in which "one_cycle" rises
    label_smoothing: float = 0.0  #: share of the target that is spread over all classes
    crop_padding: int = 0  #: pixels; a random crop of the padded image keeps the size. 0 crops nothing
    crop_fill: str = "zeros"  #: what the padding holds, "zeros" (black) or "reflect"
    flip: bool = False  #: mirror half of the images
    normalise: str = "data"  #: by the data's mean and std, or "half", by 0.5 and 0.5, as many tutorials do
    validation: int = 0  #: training images held out to choose the best weights; 0 keeps the last weights
    precision: str = "auto"  #: of products, "float32", "bfloat16", "float16", or "auto", what is fast here
    compile: bool = False  #: use torch.compile, with a slow first step, then faster ones
    seed: int = 0  #: order, augmentation, dropout; the network's first weights are the caller's

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with."""
        for name, value in vars(self).copy().items():
            object.__setattr__(self, name, _plain(value))
        for name, allowed in _CHOICES.items():
            _need(getattr(self, name) in allowed, self, name, f"one of {', '.join(allowed)}")
        for name, least in {"batch_size": 1, "crop_padding": 0, "validation": 0, "seed": 0}.items():
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            _need(whole and value >= least, self, name, f"an integer of at least {least}")
        for name in ("flip", "compile"):
            _need(isinstance(getattr(self, name), bool), self, name, "True or False")
        _need(self.seed < 2**32, self, "seed", "an integer below 2³²")  # there are epochs and processes to tell apart
        for name in ("epochs", "lr", "gamma"):  # float32 ends at 3.4e38
            _need(0 < _number(getattr(self, name)) < 1e38, self, name, "a number above 0 and below 1e38")
        _need(self.batch_size < 2**63, self, "batch_size", "an integer below 2⁶³")
        _need(_number(self.weight_decay) >= 0, self, "weight_decay", "a number of at least 0")
        for name in ("momentum", "label_smoothing"):
            _need(0 <= _number(getattr(self, name)) < 1, self, name, "a number from 0 to below 1")
        _need(0 < _number(self.warmup) < 1, self, "warmup", "a number between 0 and 1")
        moves = self.optimizer != "nesterov" or self.momentum > 0
        _need(moves, self, "momentum", "a number above 0 with nesterov")
        above = isinstance(self.milestones, tuple) and all(_number(m) > 0 for m in self.milestones)
        rising = above and list(self.milestones) == sorted(set(self.milestones))
        _need(rising, self, "milestones", "epochs above 0 that rise")
        used = (self.schedule == "step") == bool(self.milestones)
        _need(used, self, "milestones", "some with the schedule step, none with another")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values that JSON can hold."""
        return dataclasses.asdict(self) | {"milestones": list(self.milestones)}


_CHOICES = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "crop_fill": FILLS,
    "normalise": NORMALISATIONS,
    "precision": PRECISIONS,
}


def _plain(value: object) -> object:
    """Return a tuple for a list, as JSON has it, and Python's numbers for NumPy's and those in tensors.

    torch loads no checkpoint with one of NumPy's in it.
    """
    if hasattr(value, "tolist"):
        value = value.tolist()  # of a single number: that number
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _number(value: object) -> float:
    """Return a finite number, or NaN, which fails every comparison."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if fits else math.nan


def _need(holds: bool, recipe: Recipe, name: str, expected: str) -> None:
    if not holds:
        raise ValueError(f"Recipe {recipe.name!r}: {name}: expected {expected}, got {getattr(recipe, name)!r}")
