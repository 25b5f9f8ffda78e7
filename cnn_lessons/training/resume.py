"""Whether a checkpoint belongs to the run that wants to go on from it."""

import os
from collections.abc import Mapping
from dataclasses import fields
from itertools import zip_longest
from typing import Any

from torch import Tensor

from cnn_lessons.training.checkpoint import DO, CheckpointError, load_checkpoint
from cnn_lessons.training.history import History
from cnn_lessons.training.recipe import Recipe

PARTS = ("model", "optimizer", "scaler", "best", "history")


def read_run(path: str | os.PathLike) -> tuple[dict[str, Any], History]:
    """Return what the checkpoint of a run holds, and its history.

    Args:
        path: of the file.

    Raises:
        CheckpointError: if the file is none that `load_checkpoint` reads, or holds no whole run.
    """
    state = load_checkpoint(path)
    if lacks := [part for part in PARTS if part not in state]:
        raise CheckpointError(f"checkpoint {path}: expected a whole run, got one without {', '.join(lacks)}. {DO}")
    try:
        return state, History.from_json(state["history"])
    except ValueError as error:
        raise CheckpointError(f"checkpoint {path}: {error}. {DO}") from error


def check_fits(
    path: str | os.PathLike,
    saved: History,
    saved_weights: Mapping[str, Tensor],
    wanted: History,
    weights: Mapping[str, Tensor],
) -> None:
    """Compare recipe, data and network of a checkpoint with those of the run.

    Args:
        path: of the checkpoint, for the message.
        saved, saved_weights: the history and the weights that it holds.
        wanted, weights: those of the run that has not begun.

    Raises:
        CheckpointError: with the first thing that differs; the file is left as it is.
    """
    problem = _other_recipe(saved.provenance["recipe"], wanted.provenance["recipe"])
    problem = problem or _other_data(saved.provenance, wanted.provenance)
    problem = problem or _other_network(saved_weights, weights)
    problem = problem or _other_parts(saved.provenance, wanted.provenance)
    if problem:
        raise CheckpointError(f"checkpoint {path}: made by another run. {problem} {DO}")


def check_layers(path: str | os.PathLike, saved: str, wanted: str) -> None:
    """Compare how two networks are built, as `repr` tells: their weights may fit although they compute other things.

    Args:
        path: of the checkpoint, for the message.
        saved, wanted: of its network, and of the one that is to be trained.

    Raises:
        CheckpointError: with the first line that differs; the file is left as it is.
    """
    for theirs, ours in zip_longest(saved.splitlines(), wanted.splitlines(), fillvalue="nothing"):
        if theirs != ours:
            problem = f"The network differs: expected {ours.strip()}, got {theirs.strip()}."
            raise CheckpointError(f"checkpoint {path}: made by another run. {problem} {DO}")


def _other_recipe(saved: Mapping, wanted: Mapping) -> str:
    saved = {**{field.name: field.default for field in fields(Recipe)}, **saved}  # an older one lacks newer fields
    differ = [name for name in wanted if name != "name" and saved.get(name) != wanted[name]]
    said = [f"{name}={wanted[name]!r}, got {name}={saved.get(name)!r}" for name in differ]
    return f"The recipe differs: expected {'; '.join(said)}." if said else ""


def _other_data(saved: Mapping, wanted: Mapping) -> str:
    if saved["fingerprint"] == wanted["fingerprint"]:
        differ = [name for name in ("mean", "std") if saved.get(name, wanted[name]) != wanted[name]]  # older: neither
        return " ".join(f"The data's {name}: expected {wanted[name]}, got {saved[name]}." for name in differ)
    return (
        f"The images differ: expected {wanted['data']} ({wanted['fingerprint']}), "
        f"got {saved['data']} ({saved['fingerprint']})."
    )


def _other_network(saved: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    for name in [*wanted, *saved]:
        ours, theirs = (str(tuple(w[name].shape)) if name in w else "nothing" for w in (wanted, saved))
        if ours != theirs:
            return f"The network differs: expected {ours} for {name}, got {theirs}."
    return ""


def _other_parts(saved: Mapping, wanted: Mapping) -> str:
    ours, theirs = wanted["parameters"], saved.get("parameters", wanted["parameters"])
    if ours == theirs:
        return ""
    return f"The network differs: expected {ours:,} parameters to learn, got {theirs:,}; other parts are frozen."
