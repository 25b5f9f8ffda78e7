"""The progress bar of a run, one line for all its epochs."""

import math
import os

from tqdm import tqdm

from cnn_lessons.training.distributed import rank_and_world
from cnn_lessons.training.history import History
from cnn_lessons.training.recipe import Recipe

FORM = "{desc} |{bar}| {percentage:3.0f} %, {remaining} left{postfix}"  # a narrow terminal cuts the end off


class Progress:
    """A line with epoch, the time left, loss, accuracy and images a second; of several processes one shows it."""

    def __init__(self, recipe: Recipe, steps_per_epoch: int, total: int, history: History, shown: bool) -> None:
        """Begin where the history ends."""
        self.recipe, self.steps_per_epoch, self.history = recipe, steps_per_epoch, history
        done = min(len(history.epochs) * steps_per_epoch, total)
        hidden = not shown or rank_and_world()[0] > 0
        self.bar = tqdm(total=total, initial=done, disable=hidden, bar_format=FORM, leave=True, ncols=_width())

    def __enter__(self) -> "Progress":
        """Show the bar."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the line as it is."""
        self.bar.close()

    def advance(self, steps: int, loss: float, accuracy: float) -> None:
        """Move on by some steps, with the latest training loss and the epoch's training accuracy so far."""
        if self.bar.disable:
            return
        self.bar.update(steps)
        epoch = math.ceil(self.bar.n / self.steps_per_epoch)
        self.bar.set_description_str(f"epoch {epoch}/{math.ceil(self.recipe.epochs)}", refresh=False)
        validated = [row["validation_accuracy"] for row in self.history.epochs[-1:]]
        held_out = f", validation {validated[0]:.1%}" if validated and validated[0] is not None else ""
        rate = (self.bar.format_dict["rate"] or 0) * self.recipe.batch_size
        self.bar.set_postfix_str(f"loss {loss:.3f}, accuracy {accuracy:.1%}{held_out}, {rate:,.0f} images/s")


def _width() -> int:
    """Characters for the bar, at most 110: one that a terminal wraps fills the screen line by line."""
    try:
        columns = os.get_terminal_size(2).columns  # 2 is stderr, where the bar is
    except OSError:  # no terminal, as in a notebook
        columns = 0
    return min(110, columns - 1) if columns else 110  # some terminals call themselves 0 wide
