"""Train what the book quotes: `python tools/record_runs.py NAME …`; without a name, list what there is to train.

A run is compared with the recorded one; with --keep it takes its place in cnn_lessons/runs. The data are those in the
folder that CNN_LESSONS_DATA names, else they are downloaded. A run that was stopped goes on when it is started again.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from cnn_lessons import models, runs
from cnn_lessons.data import load
from cnn_lessons.training import RECIPES, Recipe, train

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "cnn_lessons" / "runs"
MADE = ROOT / "_build" / "runs"  # checkpoints, and the runs that were not kept
CIFAR = replace(RECIPES["quick"], name="quick, 12 epochs", epochs=12, batch_size=128, validation=5_000)
MNIST = Recipe("one epoch", epochs=1, batch_size=64, lr=2e-3, optimizer="adam", schedule="one_cycle")
FAST = RECIPES["fast"]


class Planned(NamedTuple):
    """A run to record: its name in legends, what builds the network, the data set, the recipe."""

    title: str
    build: Callable[[], nn.Module]
    data: str
    recipe: Recipe


def seeds(name: str, planned: Planned, count: int) -> dict[str, Planned]:
    """Return the same run with the seeds 0, 1 … under names of their own."""
    names = [name, *(f"{name}-seed{seed}" for seed in range(1, count))]
    return {name: planned._replace(recipe=replace(planned.recipe, seed=seed)) for seed, name in enumerate(names)}


PLANNED = {
    "mnist-cnn": Planned("MNIST CNN", models.mnist_cnn, "mnist", MNIST),
    **seeds("mlp-cifar10", Planned("MLP", lambda: models.mlp(3 * 32 * 32, [30, 57], 10), "cifar10", CIFAR), 3),
    **seeds("small-cnn-cifar10", Planned("CNN", models.small_cnn, "cifar10", CIFAR), 3),
    "large-mlp-cifar10": Planned("large MLP", lambda: models.mlp(3 * 32 * 32, [512, 256], 10), "cifar10", CIFAR),
    "alexnet-cifar10-10": Planned(
        "AlexNet", models.alexnet_cifar, "cifar10", replace(RECIPES["alexnet-tutorial"], epochs=10)
    ),
    **seeds("resnet14-cifar10", Planned("ResNet-14", lambda: models.resnet_cifar(14), "cifar10", FAST), 3),
    "resnet20-cifar10": Planned("ResNet-20", lambda: models.resnet_cifar(20), "cifar10", FAST),
    "resnet18-cifar10": Planned(
        "ResNet-18", lambda: models.resnet18(10, stem="cifar"), "cifar10", replace(FAST, epochs=10)
    ),
}


def record(name: str, keep: bool) -> None:
    """Train the run called `name` and write its history; an interrupted one goes on where it stopped."""
    planned = PLANNED[name]
    torch.manual_seed(planned.recipe.seed)  # the network's first weights
    MADE.mkdir(parents=True, exist_ok=True)
    checkpoint = MADE / f"{name}.pt"
    history = train(planned.build(), load(planned.data), planned.recipe, checkpoint=checkpoint)
    history.name = planned.title
    history.provenance["command"] = f"python tools/record_runs.py {name}"
    there = (FOLDER if keep else MADE) / f"{name}.json"
    history.save(there)
    checkpoint.unlink()
    print(f"{name}: {history.provenance['parameters']:,} parameters, test accuracy {history.test['accuracy']:.2%}")
    if not keep and name in runs.names():
        print(f"recorded: {runs.load_run(name).test['accuracy']:.2%}, {runs.load_run(name).origin}")
    print(f"written to {there.relative_to(ROOT)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--keep", action="store_true", help="write to cnn_lessons/runs, which the book reads")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(PLANNED))
    if unknown:
        sys.exit(f"record_runs: expected names among {', '.join(PLANNED)}, got {', '.join(unknown)}")
    for run in options.names:
        record(run, options.keep)
    if not options.names:
        for run in PLANNED:
            print(f"python tools/record_runs.py {run:<20} {'recorded' if run in runs.names() else 'not run'}")
