"""Train, be killed at random moments, resume, compare: test_training_checkpoint.py runs this in a process of its own.

python kill_and_resume.py FOLDER SEED KILLS   prints one line of JSON: kills, those after a checkpoint, what is equal
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch
from tiny import tiny_data, tiny_network, tiny_recipe

from cnn_lessons.training import train

RECIPE = tiny_recipe(epochs=10, validation=40, crop_padding=1, flip=True, schedule="one_cycle", label_smoothing=0.1)
DATA = tiny_data(1_600)


def live(folder: Path, checkpoint: str) -> None:
    """Train to the end from wherever the checkpoint is; leave the weights and the curve behind."""
    network = tiny_network()
    history = train(network, DATA, RECIPE, device="cpu", checkpoint=folder / checkpoint, progress=False)
    rows = [{k: v for k, v in row.items() if k not in ("seconds", "images_per_second")} for row in history.epochs]
    torch.save([network.state_dict(), rows, history.loss_curve, history.test], folder / f"{checkpoint}.result")


def born(folder: Path, checkpoint: str) -> int:
    child = os.fork()
    if not child:
        live(folder, checkpoint)
        os._exit(0)
    return child


def main() -> None:
    folder, chance, kills = Path(sys.argv[1]), random.Random(int(sys.argv[2])), int(sys.argv[3])
    torch.set_num_threads(1)  # before any work: a forked child has no threads but its own
    start = time.monotonic()
    os.waitpid(born(folder, "whole"), 0)
    whole_life = time.monotonic() - start
    done = with_checkpoint = 0
    names = [f"killed{round}" for round in range(kills)]  # as many runs as it takes; most are killed several times
    for name in names:
        while done < kills and not (folder / f"{name}.result").exists():
            child = born(folder, name)
            ended = (0, 0)
            while done % 2 and not (folder / name).exists() and ended == (0, 0):
                time.sleep(0.002)  # every other life may write a checkpoint first, however slow the machine is
                ended = os.waitpid(child, os.WNOHANG)
            time.sleep(chance.uniform(0, 0.25) * whole_life)
            if ended == (0, 0):
                os.kill(child, signal.SIGKILL)
                ended = os.waitpid(child, 0)
            killed = os.WIFSIGNALED(ended[1])
            done, with_checkpoint = done + killed, with_checkpoint + (killed and (folder / name).exists())
        if done == kills:
            break
    used = [name for name in names if (folder / name).exists() or (folder / f"{name}.result").exists()]
    for name in used:
        if not (folder / f"{name}.result").exists():
            os.waitpid(born(folder, name), 0)
    whole, *others = (torch.load(folder / f"{name}.result", weights_only=True) for name in ["whole", *used])
    weights = all(torch.equal(w, other[0][name]) for other in others for name, w in whole[0].items())
    curves = all(other[1:] == whole[1:] for other in others)
    print(json.dumps({"kills": done, "with_checkpoint": with_checkpoint, "weights": weights, "curves": curves}))


if __name__ == "__main__":
    main()
