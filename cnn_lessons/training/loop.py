"""`train`: the loop that every chapter trains with."""

import os
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from cnn_lessons.data import ImageData
from cnn_lessons.training.checkpoint import check_writable
from cnn_lessons.training.distributed import part
from cnn_lessons.training.faults import memory_named
from cnn_lessons.training.history import History
from cnn_lessons.training.inputs import check_run
from cnn_lessons.training.precision import choose_device
from cnn_lessons.training.progress import Progress
from cnn_lessons.training.recipe import Recipe
from cnn_lessons.training.run import Run


def train(
    model: nn.Module,
    data: ImageData,
    recipe: Recipe,
    *,
    device: str | torch.device | None = None,
    checkpoint: str | os.PathLike | None = None,
    resume: bool = True,
    progress: bool = True,
    on_epoch_end: Callable[[History], None] | None = None,
) -> History:
    """Train a network in place and measure it on the test set, once, at the end.

    Args:
        model: (N, C, H, W) float → (N, K) class scores. It ends with the weights that had the highest accuracy on the
            held-out images (of equal ones the earliest), or with the last if the recipe holds out none. It is moved to
            the device, its weights are laid out channels-last (`reshape` them, not `view`), and all of it, frozen parts
            too, is put into training mode, in which it stays: call `model.eval()` before you use it.
        data: its images stay uint8 in memory; whole batches are cropped, flipped and normalised on the device.
        recipe: how to train.
        device: None takes a CUDA device if there is one, else the CPU.
        checkpoint: a file written after every epoch; None writes none.
        resume: go on from the checkpoint if there is one. On the CPU the result is that of an uninterrupted run, bit
            for bit. False begins anew and overwrites it.
        progress: show a bar with loss, accuracy, images a second and the time left.
        on_epoch_end: is given the history so far after each epoch.

    Returns:
        The history of the whole run, also of the epochs before an interruption.

    Raises:
        TrainingError: if the loss is no number any more, or the memory does not suffice.
        CheckpointError: if the checkpoint is damaged, foreign, or of another run (it is left as it is), or if its
            folder cannot be written to.
        ValueError: before the first step, if `model`, `data` or `recipe` is something else, if the images of a part
            are not uint8 (N, C, H, W), C the length of `data.mean`, or its labels not an integer of at least 0 for
            each, if the device is not there, if the recipe holds out all images or more, or wants float16 on a CPU,
            or if the network has fewer scores than there are classes.

    Taught in: 06.
    """
    check_run(model, data, recipe)
    device = _device(device)
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()  # seeding seeds them all
    with memory_named(recipe, device), torch.random.fork_rng(gpus):  # the caller's random numbers stay
        run = Run(model, data, recipe, device)
        if checkpoint:
            check_writable(checkpoint)
            if resume and Path(checkpoint).exists():
                run.restore(checkpoint)
        try:
            with Progress(recipe, run.steps_per_epoch, run.total, run.history, progress) as bar:
                while run.steps_done < run.total:
                    run.epoch(bar)
                    if checkpoint:
                        run.save(checkpoint)
                    if on_epoch_end:
                        on_epoch_end(run.history)
            if run.history.test is None:
                run.finish()
                if checkpoint:
                    run.save(checkpoint)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(run.interrupted(checkpoint, resume)) from None
        finally:
            part(model)
    return run.history


def _device(wanted: str | torch.device | None) -> torch.device:
    """Return the device to train on; raise ValueError if torch does not know it or finds no such GPU."""
    try:
        device = choose_device(wanted)
        if device.type == "cuda":
            torch.cuda.get_device_capability(device)  # fails for a GPU that is not there, or does not work
        elif device.type != "cpu":
            torch.zeros(1, device=device).item()  # so does this for what is no NVIDIA GPU, or only has shapes
    except (RuntimeError, TypeError, AssertionError, ImportError) as error:
        raise ValueError(
            f"device: expected 'cpu', or a GPU that works, such as 'cuda' or 'cuda:1', got {wanted!r}. None takes what "
            "there is; `python -m cnn_lessons doctor` says what that is."
        ) from error
    return device
