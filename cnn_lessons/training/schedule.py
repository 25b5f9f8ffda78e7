"""The learning rate as a function of the step: nothing to save, nothing to call in the right order."""

import math

from cnn_lessons.training.recipe import Recipe

START, END = 25, 1e4  # one cycle begins at lr/25 and ends ten thousand times below that, as torch's OneCycleLR


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Return the learning rate of one step.

    Args:
        recipe: its schedule, lr, epochs, milestones, gamma and warmup count.
        step: counted from 0 over all epochs.
        steps_per_epoch: batches in a whole epoch.

    Returns:
        With the schedule "constant" `lr`; with "step" lr · gamma^(milestones passed); with "cosine" half a cosine from
        `lr` down to 0; with "one_cycle" half a cosine up from lr/25 within the first `warmup` of all steps, then
        another down to lr/250,000.

    Taught in: 06.
    """
    total = total_steps(recipe, steps_per_epoch)
    if recipe.schedule == "step":
        passed = sum(step >= round(milestone * steps_per_epoch) for milestone in recipe.milestones)
        return recipe.lr * recipe.gamma**passed
    if recipe.schedule == "cosine":
        return _between(recipe.lr, 0.0, step / total)
    if recipe.schedule == "one_cycle":
        low = recipe.lr / START
        peak = max(recipe.warmup * total - 1, 0.0)  # the step that has the full rate
        if step <= peak:
            return _between(low, recipe.lr, step / peak if peak else 1.0)
        return _between(recipe.lr, low / END, (step - peak) / max(total - 1 - peak, 1.0))
    return recipe.lr


def total_steps(recipe: Recipe, steps_per_epoch: int) -> int:
    """Return the number of steps of the whole run, at least 1."""
    return max(1, round(recipe.epochs * steps_per_epoch))


def _between(start: float, end: float, share: float) -> float:
    """Return the value after a share of the way, along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
