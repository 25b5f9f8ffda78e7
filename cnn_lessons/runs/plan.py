"""What there is to record: each run's network, data and recipe, and the figure that others report.

`python -m cnn_lessons repeat` lists them and trains one. The long ones come last: on a CPU they take hours, or days.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple

import torch
from torch import nn

from cnn_lessons import models
from cnn_lessons.training import RECIPES, Recipe

_CIFAR = replace(RECIPES["quick"], name="quick, 12 epochs", epochs=12, batch_size=128, validation=5_000)
_MNIST = Recipe("one epoch", epochs=1, batch_size=64, lr=2e-3, optimizer="adam", schedule="one_cycle")
_FAST, _FAST_64, _FAST_GENTLE, _FAST_HALF_RATE, _ALEXNET, _RESNET, _SEMINAR, _RESNET_PAPER, _WIDE_PAPER = (
    RECIPES[name]
    for name in (
        "fast",
        "fast-64",
        "fast-gentle",
        "fast-half-rate",
        "alexnet-tutorial",
        "resnet-tutorial",
        "seminar-tutorial",
        "resnet-paper",
        "wide-resnet-paper",
    )
)
_TUTORIAL = "tutorial"
_TUTORIAL_LOSSES = (1.657, 1.242, 1.060, 0.937, 0.858, 0.793, 0.732, 0.687, 0.645, 0.610)
_HE = "He et al. 2015, table 6"
_ZAGORUYKO = "Zagoruyko & Komodakis 2016"


class Planned(NamedTuple):
    """A run to record."""

    title: str  # in legends
    build: Callable[[], nn.Module]  # the network with fresh weights
    data: str  # name of the data set
    recipe: Recipe
    reported: float | None = None  # test accuracy, 0 to 1, that others report for this network and recipe
    source: str = ""  # who they are
    reported_losses: tuple[float, ...] = ()  # training loss of the first epochs, by the same source
    varies: str = ""  # name of the run from which this differs in what its title says

    @property
    def recipe_in_words(self) -> str:
        """The recipe's name and length, "fast, 12 epochs", and what is held out if that recipe holds nothing out."""
        name, epochs, known = self.recipe.name, self.recipe.epochs, RECIPES.get(self.recipe.name)
        words = name if "epoch" in name else f"{name}, {epochs:.4g} epoch{'s' * (epochs != 1)}"
        held_out = self.recipe.validation if known and not known.validation else 0
        return words + f", {held_out:,} held out" * bool(held_out)


def _seeds(name: str, planned: Planned, count: int) -> dict[str, Planned]:
    """The same run with the seeds 0, 1 … under names of their own."""
    found = {name: planned}
    for seed in range(1, count):
        title, recipe = f"{planned.title}, seed {seed}", replace(planned.recipe, seed=seed)
        found[f"{name}-seed{seed}"] = planned._replace(title=title, recipe=recipe)
    return found


def _again(name: str, planned: Planned, seeds: int) -> dict[str, Planned]:
    """The same run with several seeds, and in float32, which a computer without bfloat16 takes by itself."""
    recipe = replace(planned.recipe, precision="float32")
    in_float32 = planned._replace(title=f"{planned.title}, float32", recipe=recipe, varies=name)
    return {**_seeds(name, planned, seeds), f"{name}-float32": in_float32}


def _cifar(title: str, build: Callable[[], nn.Module], recipe: Recipe = _CIFAR, *reported: object) -> Planned:
    return Planned(title, build, "cifar10", recipe, *reported)


@cache
def _builder(build: Callable[..., nn.Module], *of: int) -> Callable[[], nn.Module]:
    """The one builder of a network: by it, runs of the same network with several recipes know each other."""
    return partial(build, *of)


def _resnet(depth: int, recipe: Recipe, error: float | None = None) -> Planned:
    """A ResNet of 6n + 2 layers; `error` is the paper's, in percent."""
    reported = () if error is None else (round(1 - error / 100, 4), _HE)
    build = _builder(models.resnet_cifar, depth)
    return _cifar(f"ResNet-{depth}{', paper' * bool(reported)}", build, recipe, *reported)


def _plain(depth: int) -> Planned:
    """The same layers without shortcuts, by `fast`."""
    return _cifar(f"plain-{depth}", _builder(models.plain_cifar, depth), _FAST)


def _wide(depth: int, factor: int, recipe: Recipe, error: float | None = None) -> Planned:
    """A Wide ResNet; `error` is the paper's, in percent."""
    reported = () if error is None else (round(1 - error / 100, 4), _ZAGORUYKO)
    title = f"WRN-{depth}-{factor}{', paper' * bool(reported)}"
    return _cifar(title, _builder(models.wide_resnet, depth, factor), recipe, *reported)


def _alexnet(change: str, build: Callable[[], nn.Module] = models.alexnet_cifar, epochs: int = 1, **recipe) -> Planned:
    """The first epochs of the tutorial's AlexNet with `change` made; `recipe` holds fields of its recipe."""
    planned = _cifar(f"AlexNet, {change}", build, replace(_ALEXNET, epochs=epochs, **recipe))
    return planned._replace(varies="alexnet-cifar10-tutorial")


def _same_first_weights() -> nn.Module:
    torch.manual_seed(0)  # whatever the recipe's seed: that then changes the order of the images and dropout only
    return models.alexnet_cifar()


def _first_weights(draw: Callable[[torch.Tensor], object]) -> Callable[[], nn.Module]:
    """AlexNet with weights that `draw` fills, and with biases of zero, in place of torch's."""

    def build() -> nn.Module:
        model = models.alexnet_cifar()
        for weights in model.parameters():
            (draw if weights.ndim > 1 else nn.init.zeros_)(weights)
        return model

    return build


_he_weights = _first_weights(partial(nn.init.kaiming_normal_, nonlinearity="relu"))  # He et al. 2015, arXiv 1502.01852
_glorot_weights = _first_weights(nn.init.xavier_uniform_)  # Glorot & Bengio 2010


class _FromZeroToOne(nn.Module):
    """Undoes the tutorial's normalisation by 0.5 and 0.5."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return (images + 1) / 2


def _unnormalised() -> nn.Module:
    return nn.Sequential(_FromZeroToOne(), models.alexnet_cifar())


def _resnet14() -> nn.Module:
    return models.resnet_cifar(14, shortcut="projection")  # as chapter 09 has it, and the tutorial


def _less_augmented(change: str, **recipe: object) -> Planned:
    """ResNet-14 by `fast`, with less of its augmentation."""
    planned = _cifar(f"ResNet-14, {change}", _resnet14, replace(_FAST, **recipe))
    return planned._replace(varies="resnet14-cifar10")


def _seminar(title: str, **recipe: object) -> Planned:
    """The seminar's ResNet by its recipe, on 45,000 images: the other 5,000 show where it stops to get better."""
    return _cifar(title, _builder(models.resnet_seminar, 5), replace(_SEMINAR, validation=5_000, **recipe))


def _resnet18() -> nn.Module:
    return models.resnet18(10, stem="cifar")


PLANNED: dict[str, Planned] = {
    "mnist-cnn": Planned("MNIST CNN", models.mnist_cnn, "mnist", _MNIST),
    **_again("mlp-cifar10", _cifar("MLP", lambda: models.mlp(3 * 32 * 32, [30, 57], 10)), 3),
    "large-mlp-cifar10": _cifar("large MLP", lambda: models.mlp(3 * 32 * 32, [512, 256], 10)),
    **_again("small-cnn-cifar10", _cifar("CNN", models.small_cnn), 3),
    "alexnet-cifar10-10-epochs": _cifar("AlexNet", models.alexnet_cifar, replace(_ALEXNET, epochs=10)),
    **_again("resnet14-cifar10", _cifar("ResNet-14", _resnet14, _FAST), 3),
    **_seeds("resnet14-cifar10-no-flip", _less_augmented("no flip", flip=False), 3),
    **_seeds("resnet14-cifar10-no-crop", _less_augmented("no crop", crop_padding=0), 3),
    **_seeds("resnet14-cifar10-no-crop-no-flip", _less_augmented("no crop and no flip", crop_padding=0, flip=False), 3),
    **_seeds("resnet20-cifar10", _resnet(20, _FAST), 3),
    **_seeds("plain20-cifar10", _plain(20), 3),
    **_seeds("plain32-cifar10", _plain(32), 3),
    **_seeds("resnet32-cifar10", _resnet(32, _FAST), 3),
    "plain56-cifar10": _plain(56),
    "resnet56-cifar10": _resnet(56, _FAST),
    **_seeds("wrn-10-2-cifar10", _wide(10, 2, _FAST), 3),
    "resnet18-cifar10": _cifar("ResNet-18", _resnet18, replace(_FAST, epochs=10)),
    "resnet18-cifar10-30-epochs": _cifar("ResNet-18, 30 epochs", _resnet18, replace(_FAST, epochs=30)),
    "resnet18-cifar10-fast-64": _cifar("ResNet-18, batches of 64", _resnet18, _FAST_64),
    "resnet18-cifar10-fast-gentle": _cifar("ResNet-18, gentle", _resnet18, _FAST_GENTLE),
    "resnet18-cifar10-fast-half-rate": _cifar("ResNet-18, half rate", _resnet18, _FAST_HALF_RATE),
    "wrn-16-4-cifar10": _wide(16, 4, _FAST),
    "alexnet-cifar10-tutorial": _cifar(
        "AlexNet, tutorial", models.alexnet_cifar, _ALEXNET, 0.7508, _TUTORIAL, _TUTORIAL_LOSSES
    ),
    "alexnet-cifar10-seed1": _alexnet("seed 1", epochs=10, seed=1),
    "alexnet-cifar10-seed2": _alexnet("seed 2", epochs=10, seed=2),
    "alexnet-cifar10-order-seed1": _alexnet("another order of the images", _same_first_weights, seed=1),
    "alexnet-cifar10-he": _alexnet("He's first weights", _he_weights),
    "alexnet-cifar10-glorot": _alexnet("Glorot's first weights", _glorot_weights),
    "alexnet-cifar10-unnormalised": _alexnet("values from 0 to 1", _unnormalised, epochs=50),
    "alexnet-cifar10-unnormalised-seed1": _alexnet("values from 0 to 1, seed 1", _unnormalised, epochs=10, seed=1),
    "alexnet-cifar10-unnormalised-seed2": _alexnet("values from 0 to 1, seed 2", _unnormalised, epochs=10, seed=2),
    "alexnet-cifar10-batch-64": _alexnet("batches of 64", batch_size=64),
    "alexnet-cifar10-flip": _alexnet("half of the images mirrored", flip=True),
    "alexnet-cifar10-data-normalised": _alexnet("normalised by the data", normalise="data"),
    "alexnet-cifar10-float32": _alexnet("float32", epochs=10, precision="float32"),
    **_seeds("alexnet-cifar10-40000-images", _alexnet("40,000 images", epochs=10, validation=10_000), 3),
    "alexnet-cifar10-unnormalised-40000-images": _alexnet(
        "values from 0 to 1 and 40,000 images", _unnormalised, epochs=10, validation=10_000
    ),
    "resnet18-cifar10-tutorial-20-epochs": _cifar(
        "ResNet-18, tutorial, 20 epochs", _resnet18, replace(_RESNET, epochs=20)
    ),
    **_seeds("resnet18-cifar10-tutorial", _cifar("ResNet-18, tutorial", _resnet18, _RESNET, 0.8298, _TUTORIAL), 3),
    "seminar-cifar10": _seminar("seminar's ResNet"),
    "seminar-cifar10-crop-flip": _seminar("seminar's ResNet, crop and flip", crop_padding=4, flip=True)._replace(
        varies="seminar-cifar10"
    ),
    "wrn-28-10-cifar10-30-epochs": _wide(28, 10, replace(_FAST, epochs=30)),
    "resnet20-cifar10-paper": _resnet(20, _RESNET_PAPER, 8.75),
    "resnet32-cifar10-paper": _resnet(32, _RESNET_PAPER, 7.51),
    "resnet56-cifar10-paper": _resnet(56, _RESNET_PAPER, 6.97),
    "wrn-40-4-cifar10-paper": _wide(40, 4, _WIDE_PAPER, 4.53),
    "wrn-28-10-cifar10-paper": _wide(28, 10, _WIDE_PAPER, 4.00),
}


def find_planned(name: str) -> Planned:
    """Return the run called `name`.

    Raises:
        ValueError: if there is none; the message lists the names.
    """
    if name not in PLANNED:
        raise ValueError(f"run: expected one of {', '.join(PLANNED)}, got {name!r}")
    return PLANNED[name]
