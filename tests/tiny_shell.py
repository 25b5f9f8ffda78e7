"""`python -m cnn_lessons` with the tiny data and network of the tests: run by test_cli.py, also under torchrun.

python tiny_shell.py COMMAND …   With KILL_IN_EPOCH=2 in the environment, the last process dies in that epoch.
"""

import os
import signal
import sys

from tiny import tiny_data, tiny_network, tiny_recipe

from cnn_lessons import cli, data
from cnn_lessons.models import catalog
from cnn_lessons.training import RECIPES
from cnn_lessons.training.run import Run

RECIPES["tiny"] = tiny_recipe(validation=41, crop_padding=1, flip=True, schedule="one_cycle", label_smoothing=0.1)


def replace_by_tiny() -> None:
    """Let the commands find a network with a batch norm, and images of which 173 are learnt from: odd batches."""
    data.load = lambda name, root=None, download=True: tiny_data(214)
    catalog.build = lambda name, num_classes, shape: tiny_network(dropout=0.0)


def kill_in_epoch(number: int) -> None:
    """Let the last process die at the end of an epoch's training, before it is saved; torchrun then ends all."""
    look = Run.look_at_held_out

    def dying(run: Run, epoch: int) -> dict:
        if epoch == number and run.rank == run.world - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return look(run, epoch)

    Run.look_at_held_out = dying


if __name__ == "__main__":
    replace_by_tiny()
    if "KILL_IN_EPOCH" in os.environ:
        kill_in_epoch(int(os.environ["KILL_IN_EPOCH"]))
    sys.exit(cli.main(sys.argv[1:]))
