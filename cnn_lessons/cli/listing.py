"""`recipes` and `models`: what `train` can be asked for."""

import argparse
import dataclasses

from cnn_lessons.cli.words import bad_use, table


def add(commands: argparse._SubParsersAction) -> None:
    """Add both commands to the parser's."""
    about = "List the named recipes, or every field of one."
    recipes = commands.add_parser("recipes", help="list the named recipes", description=about)
    recipes.add_argument("name", nargs="?", help="of one recipe, to see all of it")
    recipes.set_defaults(run=show_recipes)
    about = "List the networks that can be trained by name."
    models = commands.add_parser("models", help="list the networks", description=about)
    models.set_defaults(run=show_models)


def show_recipes(options: argparse.Namespace) -> int:
    """Print one line for each recipe, or one for each field of `options.name`."""
    from cnn_lessons.training import RECIPES, find_recipe

    if options.name:
        with bad_use():
            recipe = find_recipe(options.name)
        print(table({name: _plain(value) for name, value in dataclasses.asdict(recipe).items()}))
    else:
        print(table({name: _in_short(recipe) for name, recipe in RECIPES.items()}))
    return 0


def show_models(options: argparse.Namespace) -> int:
    """Print one line for each network that the catalogue names."""
    from cnn_lessons.models.catalog import MODELS

    print(table(MODELS))
    print("Other depths and widths have names too: resnet26, plain32, resnet_seminar3, wrn-22-8 …")
    return 0


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value)) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _in_short(recipe) -> str:
    """Say in one line what sets a recipe apart; `recipe` is a Recipe."""
    parts = [
        f"{recipe.epochs:.4g} epochs",
        f"batch {recipe.batch_size}",
        f"{recipe.optimizer} {recipe.lr:g}",
        recipe.schedule.replace("_", " "),
        f"crop {recipe.crop_padding}" if recipe.crop_padding else "",
        "flip" if recipe.flip else "",
        f"{recipe.validation:,} held out" if recipe.validation else "",
    ]
    return ", ".join(part for part in parts if part)
