"""Recorded runs: the full-length trainings that the chapters quote, kept as `train` wrote them down.

A reader sees them beside a run of their own, without waiting. Each holds its provenance: the recipe, the data and their
fingerprint, the hardware, the versions, and the command that repeats it. `history.schema.json` describes the files,
`plan.py` lists what there is to record.
"""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
FORMAT, VERSION = "cnn_lessons history", 1  # as training.History writes them


@dataclass(frozen=True)
class Recorded:
    """A recorded run, with the fields of a `History`; accuracies are shares, 0 to 1, losses as there.

    Attributes:
        name: of the run, for legends.
        epochs: one dictionary each, with epoch, train_loss, train_accuracy, validation_loss, validation_accuracy
            (None where nothing was held out), learning_rate, seconds and images_per_second.
        loss_curve: [epoch as a number, mean training loss since the point before], about 20 points an epoch.
        test: {"loss", "accuracy"} of the final weights, measured once, at the very end.
        provenance: recipe, data, fingerprint, device, versions, commit, parameters, command and more.
    """

    name: str
    epochs: list[dict[str, Any]]
    loss_curve: list[list[float]]
    test: dict[str, float]
    provenance: dict[str, Any]

    @property
    def epoch_seconds(self) -> float:
        """Seconds of an epoch of training, the median, since a machine may do other work beside some of them."""
        return statistics.median(row["seconds"] for row in self.epochs)

    @property
    def machine(self) -> str:
        """Where the run was made, with hardware, number format and versions."""
        made = self.provenance
        return f"{made['device_name']}, {made['precision']}, torch {made['torch']}, Python {made['python']}"

    @property
    def origin(self) -> str:
        """The machine and the seed, as a line to print below a figure."""
        return f"recorded on {self.machine}, seed {self.provenance['recipe']['seed']}"


def names() -> list[str]:
    """Return the names of the recorded runs, in the order of the alphabet."""
    return sorted(path.stem for path in FOLDER.glob("*.json") if not path.stem.endswith(".schema"))


def load_run(name: str) -> Recorded:
    """Return a recorded run.

    Args:
        name: one of `names()`, such as "small-cnn-cifar10".

    Returns:
        The run; it has what `CurveReader.of(recorded=[…])` draws.

    Raises:
        ValueError: if there is no run of that name, or its file is of another version.

    Taught in: 05.
    """
    if name not in names():
        raise ValueError(f"load_run: expected one of {', '.join(names())}, got {name!r}")
    record = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found = record.pop("format"), record.pop("version")
    if found != (FORMAT, VERSION):
        raise ValueError(f"load_run: expected {FORMAT!r} version {VERSION} in {name}.json, got {found}")
    return Recorded(**record)
