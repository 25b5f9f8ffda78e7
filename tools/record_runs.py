"""Train what the chapters quote and keep the record in cnn_lessons/runs: `python tools/record_runs.py [NAME …]`.

The data are those in the folder that CNN_LESSONS_DATA names. Without names, every run is repeated.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from cnn_lessons import models
from cnn_lessons.data import load
from cnn_lessons.training import RECIPES, Recipe, train

FOLDER = Path(__file__).parents[1] / "cnn_lessons" / "runs"
CIFAR = replace(RECIPES["quick"], name="quick, 12 epochs", epochs=12, batch_size=128, validation=5_000)
MNIST = Recipe("one epoch", epochs=1, batch_size=64, lr=2e-3, optimizer="adam", schedule="one_cycle")


class Planned(NamedTuple):
    """A run to record: its name in legends, what builds the network, the data set, the recipe."""

    title: str
    build: Callable[[], nn.Module]
    data: str
    recipe: Recipe


PLANNED = {
    "mlp-cifar10": Planned("MLP", lambda: models.mlp(3 * 32 * 32, [30, 57], 10), "cifar10", CIFAR),
    "small-cnn-cifar10": Planned("CNN", models.small_cnn, "cifar10", CIFAR),
    "large-mlp-cifar10": Planned("large MLP", lambda: models.mlp(3 * 32 * 32, [512, 256], 10), "cifar10", CIFAR),
    "mnist-cnn": Planned("MNIST CNN", models.mnist_cnn, "mnist", MNIST),
}


def record(name: str) -> None:
    """Train the run called `name` and write its history; an interrupted one goes on where it stopped."""
    planned = PLANNED[name]
    torch.manual_seed(planned.recipe.seed)  # the network's first weights
    checkpoint = Path(tempfile.gettempdir()) / f"record-{name}.pt"
    history = train(planned.build(), load(planned.data), planned.recipe, checkpoint=checkpoint)
    history.name = planned.title
    history.provenance["command"] = f"python tools/record_runs.py {name}"
    history.save(FOLDER / f"{name}.json")
    checkpoint.unlink()
    print(f"{name}: {history.provenance['parameters']:,} parameters, test accuracy {history.test['accuracy']:.2%}")


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(PLANNED)
    unknown = sorted(set(wanted) - set(PLANNED))
    if unknown:
        sys.exit(f"record_runs: expected names among {', '.join(PLANNED)}, got {', '.join(unknown)}")
    for run in wanted:
        record(run)
