"""`train`: train a network by name, on a data set by name, with a recipe by name."""

import argparse
import contextlib
import dataclasses
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cnn_lessons.cli.words import PROGRAM, BadUse, Refused, bad_use, first_line, is_first, path_of, table

# Number of classes and shape of an image: a network is built, and refused, before anything is downloaded.
IMAGES = {
    "shapes": (10, (3, 32, 32)),
    "mnist": (10, (1, 28, 28)),
    "cifar10": (10, (3, 32, 32)),
    "cifar100": (100, (3, 32, 32)),
}
ABOUT = """\
Train a network and measure it on the test images, once, at the end. With --checkpoint, a run that was stopped or
killed goes on when the same command is given again. Several processes or GPUs:
torchrun --nproc_per_node=2 -m cnn_lessons train …"""
VARY = {  # a field of the recipe, its type, what it is
    "epochs": (float, "passes over the training images"),
    "batch_size": (int, "images a step, over all processes"),
    "lr": (float, "the learning rate at its highest"),
    "validation": (int, "training images held out to choose the best weights"),
    "precision": (str, "auto, float32, bfloat16 or float16"),
    "seed": (int, "of the first weights, the order, the augmentation and dropout"),
}
LETTERS = {float: "X", int: "N", str: "P"}


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser's."""
    train = commands.add_parser("train", help="train a network", description=ABOUT)
    add = train.add_argument
    add("--model", metavar="NAME", required=True, help=f"`{PROGRAM} models` lists them")
    add("--data", metavar="NAME", required=True, help=", ".join(IMAGES))
    add("--recipe", metavar="NAME", required=True, help=f"`{PROGRAM} recipes` lists them")
    vary = train.add_argument_group("instead of what the recipe says")
    for field, (kind, meaning) in VARY.items():
        vary.add_argument(f"--{field.replace('_', '-')}", type=kind, metavar=LETTERS[kind], help=meaning)
    vary.add_argument("--compile", action="store_true", default=None, help="torch.compile: slow to begin, then faster")
    add_surroundings(train)
    train.set_defaults(run=run)


def add_surroundings(command: argparse.ArgumentParser) -> None:
    """Add the options that say where a run takes place and what it leaves behind."""
    add = command.add_argument
    add("--device", metavar="D", help="cpu, cuda or cuda:1; without it a CUDA device if there is one")
    add("--checkpoint", metavar="FILE", type=path_of, help="written after every epoch; gone on from if it is there")
    add("--fresh", action="store_true", help="begin anew and overwrite the checkpoint")
    add("--out", metavar="FILE", type=path_of, help="for the history of the run, JSON")
    add("--weights", metavar="FILE", type=path_of, help="for the final weights, a state dict")
    add("--root", metavar="FOLDER", help="that holds the data (else CNN_LESSONS_DATA, else ~/.cache/cnn_lessons)")
    add("--no-download", action="store_true", help="never ask the network for data")
    add("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> int:
    """Train as `options` say; of several processes only the first prints and writes."""
    with bad_use():
        recipe = _recipe(options)
    carry_out(options, recipe, lambda: _model(options), recipe.name, options.command)
    return 0


def carry_out(options: argparse.Namespace, recipe, build: Callable, name: str, command: str):
    """Train what `build` returns on the data that `options` name, and keep the files that they name.

    Args:
        options: of the command line.
        recipe: how to train.
        build: returns the network.
        name: of the history, in legends.
        command: what repeats it.

    Returns:
        The history.
    """
    import torch

    from cnn_lessons.training import train
    from cnn_lessons.training.distributed import process_group
    from cnn_lessons.training.faults import memory_named

    with bad_use():
        device = _device(options.device, recipe)
        _check_files(options)
        torch.manual_seed(recipe.seed)
        with memory_named(None, torch.device("cpu")):
            model = build()
    with process_group(device):
        data = _data(options)
        total = len(data.train.labels)
        if recipe.validation >= total:
            raise BadUse(f"--validation: expected fewer than the {total:,} images there are, got {recipe.validation:,}")
        if is_first():
            _announce(options, recipe)
        history = train(
            model,
            data,
            recipe,
            device=device,
            checkpoint=options.checkpoint,
            resume=not options.fresh,
            progress=not options.quiet,
        )
        history.name = name
        history.provenance["command"] = command
        if is_first():
            _keep(options, model, history)
    return history


# ---- before: everything that can be wrong is found out before anything slow begins ---------------------------


def _recipe(options: argparse.Namespace):
    """Return the named recipe with what the options change."""
    from cnn_lessons.training import find_recipe

    changes = {field: getattr(options, field) for field in (*VARY, "compile")}
    return dataclasses.replace(find_recipe(options.recipe), **{k: v for k, v in changes.items() if v is not None})


def _device(name: str | None, recipe):
    """Return the device to train on, if it is there and can compute in the recipe's precision."""
    import torch

    from cnn_lessons.budget import gpu_works
    from cnn_lessons.training.precision import choose_device, choose_precision

    device = None
    with contextlib.suppress(RuntimeError):
        device = choose_device(name)
    if device is None or device.type not in ("cpu", "cuda"):
        raise BadUse(f"--device: expected cpu, cuda or cuda:N, got {name!r}")
    there = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= there:
        raise BadUse(f"--device: got {name!r}, but torch finds {there} CUDA devices. `{PROGRAM} doctor` may say why")
    if device.type == "cuda" and "LOCAL_RANK" in os.environ and (device.index is not None):
        raise BadUse(f"--device: expected cuda or nothing under torchrun, which deals the GPUs out, got {name!r}")
    if device.type == "cuda" and int(os.environ.get("LOCAL_WORLD_SIZE", 1)) > there:
        raise BadUse(f"torchrun: expected at most {there} processes, one for each CUDA device, got more")
    if device.type == "cuda" and not gpu_works(device):
        raise BadUse(f"--device: got {name!r}, but this torch has no code for that GPU. `{PROGRAM} doctor` says more")
    choose_precision(recipe.precision, device)
    return device


def _check_files(options: argparse.Namespace) -> None:
    """See that every file that is named can be written, and that no two are the same; make their folders."""
    from cnn_lessons.training.checkpoint import check_drive

    seen: dict[Path, str] = {}
    for option in ("checkpoint", "out", "weights"):
        path = getattr(options, option)
        if path is None:
            continue
        check_drive(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadUse(f"--{option}: expected a file in a folder that can be made, got {path} ({error})") from error
        there = path.exists()
        places = [path] * there + [path.resolve().parent]  # it is written beside first
        if (there and not path.is_file()) or not all(os.access(place, os.R_OK | os.W_OK) for place in places):
            raise BadUse(f"--{option}: expected a file that can be read and written, got {path}")
        if path.resolve() in seen:
            raise BadUse(f"--{option}: expected another file than --{seen[path.resolve()]}, got {path} for both")
        seen[path.resolve()] = option


def _model(options: argparse.Namespace):
    from cnn_lessons.models.catalog import build

    if options.data not in IMAGES:
        raise BadUse(f"--data: expected one of {', '.join(IMAGES)}, got {options.data!r}")
    return build(options.model, *IMAGES[options.data])


def _data(options: argparse.Namespace):
    """Load the data; of several processes the first may download, the others then find it there."""
    import torch.distributed as dist

    from cnn_lessons.data import load
    from cnn_lessons.training.distributed import rank_and_world

    rank, world = rank_and_world()
    if rank > 0:
        dist.barrier()
    data = load(options.data, options.root, download=rank == 0 and not options.no_download)
    if rank == 0 and world > 1:
        dist.barrier()
    return data


# ---- during and after ----------------------------------------------------------------------------------------


def _announce(options: argparse.Namespace, recipe) -> None:
    """Say what begins, or what goes on."""
    epochs = f"{recipe.epochs:g} epoch{'s' * (recipe.epochs != 1)}"
    print(f"{options.model} on {options.data}, recipe {recipe.name}: {epochs}, seed {recipe.seed}", flush=True)
    if late := [epoch for epoch in recipe.milestones if epoch >= recipe.epochs]:
        print(f"It ends before its learning rate drops after {late[0]:g} epochs", flush=True)
    if options.checkpoint and options.checkpoint.exists() and not options.fresh:
        from cnn_lessons.training.resume import read_run

        _, done = read_run(options.checkpoint)
        state = "a finished run" if done.test else f"a run after epoch {len(done.epochs)}, to go on from if it fits"
        print(f"{options.checkpoint} holds {state}", flush=True)


def _keep(options: argparse.Namespace, model, history) -> None:
    """Write the history and the weights, where they were asked for, either also if the other fails; then sum up."""
    from cnn_lessons.training.checkpoint import save_weights

    failures, weights = [], partial(save_weights, model)
    for option, path, save in (("out", options.out, history.save), ("weights", options.weights, weights)):
        try:
            if path:
                save(path)
        except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
            failures.append(f"--{option}: {path} could not be written: {first_line(error)}")
    print(_summary(options, history), flush=True)
    if failures:
        raise Refused(" ".join(failures))


def _summary(options: argparse.Namespace, history) -> str:
    facts = history.provenance
    chosen = history.epochs[facts["chosen_epoch"] - 1]["validation_accuracy"]
    why = "the last: nothing was held out" if chosen is None else f"validation accuracy {chosen:.2%}"
    processes = f", {facts['processes']} processes" if facts["processes"] > 1 else ""
    return table(
        {
            "network": options.model,
            "parameters": f"{facts['parameters']:,}",
            "epochs": len(history.epochs),
            "chosen epoch": f"{facts['chosen_epoch']} ({why})",
            "test accuracy": f"{history.test['accuracy']:.2%}",
            "seconds": f"{facts['seconds']:,.1f}",
            "device": f"{facts['device_name']}, {facts['precision']}{processes}",
        }
    )
