"""What can go wrong while training, said so that the reader knows what to do next."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from cnn_lessons.training.recipe import Recipe


class TrainingError(RuntimeError):
    """A run that cannot go on; the message says where it stopped, the likely cause and what to try."""


def check_losses(
    losses: Sequence[float], earlier: Sequence[float], epoch: int, recipe: Recipe, rate: float, dtype: torch.dtype
) -> None:
    """Stop at the first loss that is not a number, or is infinite.

    Args:
        losses: of the last batches of this epoch, in order.
        earlier: of the batches of this epoch before them.
        epoch: counted from 1.
        recipe: of the run.
        rate: the learning rate of the last of these batches.
        dtype: that convolutions and products are computed in.

    Raises:
        TrainingError: with the epoch, the batch (both from 1) and the likely cause.
    """
    for index, loss in enumerate(losses):
        if not math.isfinite(loss):
            before = [*earlier, *losses[:index]]
            cause = _likely_cause(before, epoch, recipe, rate, dtype)
            where = f"epoch {epoch}, batch {len(before) + 1}"
            raise TrainingError(f"The loss is {loss} in {where} (recipe {recipe.name!r}). {cause}")


def _likely_cause(before: Sequence[float], epoch: int, recipe: Recipe, rate: float, dtype: torch.dtype) -> str:
    if not before and epoch == 1:
        half = "float16 may have overflowed. Try precision='float32'. If it stays so, "
        return (
            f"It is so before anything was learnt: {half if dtype is torch.float16 else ''}the network itself gives "
            "it. Look for weights that are NaN, a division by 0 or the logarithm of 0 in its forward."
        )
    slower = "" if recipe.schedule == "one_cycle" else ", or a slower start (schedule='one_cycle')"
    calmer = f"Try a smaller one, such as lr={recipe.lr / 10:g}{slower}."
    if len(before) > 1 and max(before) > 2 * before[0]:
        grew = f"The loss had grown from {before[0]:.3g} to {max(before):.3g}"
        return f"{grew}: the learning rate, {rate:.3g} there, is too high. {calmer}"
    if dtype is torch.float16:
        return "The loss was calm before: float16 may have overflowed. Try precision='float32'."
    return f"The likely cause is the learning rate, {rate:.3g} there. {calmer}"


def check_result(loss: float, recipe: Recipe) -> None:
    """Refuse a network whose loss on the test images is no number: training looks at each loss before the step.

    Args:
        loss: mean over the test images.
        recipe: of the run.

    Raises:
        TrainingError: if the loss is not a number, or is infinite.
    """
    if not math.isfinite(loss):
        raise TrainingError(
            f"The loss on the test images is {loss} (recipe {recipe.name!r}): the learning rate was too high at the "
            f"end, or float16 has overflowed. Try lr={recipe.lr / 10:g}, or precision='float32'."
        )


def check_scores(scores: Tensor, classes: int) -> None:
    """Refuse scores of another shape than (N, `classes` or more): on a GPU torch's own refusal ends all further work.

    Raises:
        ValueError: with the number of classes to build the network with.
    """
    if scores.dim() != 2 or scores.shape[1] < classes:
        advice = f"Build the network with num_classes={classes}." if scores.dim() == 2 else "Is a Flatten missing?"
        raise ValueError(
            f"train, evaluate: expected scores (N, {classes}), one for each class, got {tuple(scores.shape)}. {advice}"
        )


# On a CPU, by Linux and by Windows; on a GPU, also on one that is full before it begins.
NO_ROOM = ("can't allocate memory", "not enough memory", "out of memory", "_ALLOC_FAILED")


@contextmanager
def memory_named(recipe: Recipe | None, device: torch.device) -> Iterator[None]:
    """Turn an exhausted memory into a TrainingError that names the batch size to try.

    Args:
        recipe: of the run; None while the network is built.
        device: whose memory it is.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        known = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not known and not any(words in str(error) for words in NO_ROOM):
            raise
        if recipe is None:
            raise TrainingError(f"Out of memory on {device}: the network is too large. Try a smaller one.") from error
        half = recipe.batch_size // 2
        smaller = f"batch_size={half} (and, for sgd, lr={recipe.lr / 2:g}: half the batch, half the rate), or a"
        raise TrainingError(
            f"Out of memory on {device} with batch_size={recipe.batch_size}. "
            f"Try {smaller if half else 'a'} smaller network."
        ) from error
