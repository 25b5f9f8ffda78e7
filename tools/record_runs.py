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
FAST, ALEXNET, PAPER = RECIPES["fast"], RECIPES["alexnet-tutorial"], RECIPES["resnet-paper"]


class Planned(NamedTuple):
    """A run to record: its name in legends, what builds the network, the data set, the recipe, what others report.

    `reported` is a test accuracy, 0 to 1, and `source` says whose, and with which recipe.
    """

    title: str
    build: Callable[[], nn.Module]
    data: str
    recipe: Recipe
    reported: float | None = None
    source: str = ""


def seeds(name: str, planned: Planned, count: int) -> dict[str, Planned]:
    """Return the same run with the seeds 0, 1 … under names of their own."""
    found = {name: planned}
    for seed in range(1, count):
        title, recipe = f"{planned.title}, seed {seed}", replace(planned.recipe, seed=seed)
        found[f"{name}-seed{seed}"] = planned._replace(title=title, recipe=recipe)
    return found


def small(title: str, build: Callable[[], nn.Module], recipe: Recipe = CIFAR) -> Planned:
    """Return a run on CIFAR-10 that nobody reports a figure for."""
    return Planned(title, build, "cifar10", recipe)


def paper(depth: int, error: float) -> Planned:
    """Return the run of He et al. 2015, whose test error is in percent."""
    source = "paper (He et al. 2015, table 6)"
    return Planned(
        f"ResNet-{depth}, paper", lambda: models.resnet_cifar(depth), "cifar10", PAPER, 1 - error / 100, source
    )


def wide(depth: int, factor: int, recipe: Recipe, error: float | None = None) -> Planned:
    """Return a run of a Wide ResNet; `error` is the one that Zagoruyko & Komodakis report, in percent."""
    title, build = f"WRN-{depth}-{factor}", lambda: models.wide_resnet(depth, factor)
    if error is None:
        return small(title, build, recipe)
    source = "paper (Zagoruyko & Komodakis 2016)"
    return Planned(f"{title}, paper", build, "cifar10", recipe, 1 - error / 100, source)


def cifar_resnet18() -> nn.Module:
    """Return ResNet-18 with the stem for 32×32 pixels."""
    return models.resnet18(10, stem="cifar")


# The order is that of the Results page. Those for a CPU come first; the others want a GPU.
PLANNED = {
    "mnist-cnn": Planned("MNIST CNN", models.mnist_cnn, "mnist", MNIST),
    **seeds("mlp-cifar10", small("MLP", lambda: models.mlp(3 * 32 * 32, [30, 57], 10)), 3),
    "large-mlp-cifar10": small("large MLP", lambda: models.mlp(3 * 32 * 32, [512, 256], 10)),
    **seeds("small-cnn-cifar10", small("CNN", models.small_cnn), 3),
    "alexnet-cifar10-10-epochs": small("AlexNet", models.alexnet_cifar, replace(ALEXNET, epochs=10)),
    **seeds("resnet14-cifar10", small("ResNet-14", lambda: models.resnet_cifar(14), FAST), 3),
    "resnet20-cifar10": small("ResNet-20", lambda: models.resnet_cifar(20), FAST),
    "wrn-10-2-cifar10": wide(10, 2, FAST),
    "resnet18-cifar10": small("ResNet-18", cifar_resnet18, replace(FAST, epochs=10)),
    "wrn-16-4-cifar10": wide(16, 4, FAST),
    "alexnet-cifar10-tutorial": Planned(
        "AlexNet, tutorial", models.alexnet_cifar, "cifar10", ALEXNET, 0.7508, "tutorial, the same recipe"
    ),
    **seeds(
        "resnet18-cifar10-tutorial",
        Planned(
            "ResNet-18, tutorial",
            cifar_resnet18,
            "cifar10",
            RECIPES["resnet-tutorial"],
            0.8298,
            "tutorial, the same recipe",
        ),
        3,
    ),
    "resnet18-cifar10-30-epochs": small("ResNet-18, 30 epochs", cifar_resnet18, replace(FAST, epochs=30)),
    "wrn-28-10-cifar10-30-epochs": wide(28, 10, replace(FAST, epochs=30)),
    "resnet20-cifar10-paper": paper(20, 8.75),
    "resnet32-cifar10-paper": paper(32, 7.51),
    "resnet56-cifar10-paper": paper(56, 6.97),
    "wrn-40-4-cifar10-paper": wide(40, 4, RECIPES["wide-resnet-paper"], 4.53),
    "wrn-28-10-cifar10-paper": wide(28, 10, RECIPES["wide-resnet-paper"], 4.00),
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
