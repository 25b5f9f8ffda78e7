"""What a training run was like: its curves, its final figures, and where they come from."""

import dataclasses
import json
import os
import platform
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cnn_lessons.data import ImageData
from cnn_lessons.training.checkpoint import written_whole
from cnn_lessons.training.recipe import Recipe

FORMAT, VERSION = "cnn_lessons history", 1


@dataclass
class History:
    """The record of a run. Accuracies are shares, 0 to 1; losses are mean cross-entropies.

    Training losses have the recipe's label smoothing in them, for they are what is minimised: 0.1 and ten classes leave
    0.50 at least. Validation and test losses are without.

    Args:
        name: of the run, for legends.
        epochs: one dictionary each: epoch (from 1), train_loss, train_accuracy (both while learning, augmented),
            validation_loss, validation_accuracy (None where nothing is held out), learning_rate (of the last step),
            seconds, images_per_second.
        loss_curve: [epoch as a number, mean training loss since the point before], about 20 points an epoch.
        test: {"loss", "accuracy"} of the final weights, measured once, at the very end; None before.
        provenance: recipe, data and its fingerprint, device, versions, commit, parameters, the chosen epoch; `resumed`
            lists what was different where a stopped run went on elsewhere.
    """

    name: str
    epochs: list[dict[str, Any]] = field(default_factory=list)
    loss_curve: list[list[float]] = field(default_factory=list)
    test: dict[str, float] | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the record as JSON text; NaN and infinite losses are kept as they are."""
        return json.dumps({"format": FORMAT, "version": VERSION, **dataclasses.asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "History":
        """Return the record that `to_json` wrote as `text`.

        Raises:
            ValueError: if the text is no such record, or one of a newer version.
        """
        try:
            record = json.loads(text)
            found = record.pop("format"), record.pop("version")
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            got = f"{text!r:.40}"
            if isinstance(error, json.JSONDecodeError) and FORMAT in text:
                got = f"text that is cut short or damaged in line {error.lineno}. Take another copy, or train again."
            raise ValueError(f"history: expected JSON with the format {FORMAT!r}, got {got}") from None
        if found != (FORMAT, VERSION):
            raise ValueError(f"history: expected {FORMAT!r} version {VERSION}, got {found[0]!r} version {found[1]}")
        try:
            history = cls(**record)
        except TypeError as error:  # a field is missing, or one too many
            raise ValueError(f"history: expected the fields of a {FORMAT!r}, got others ({error})") from None
        for name, kind in {"name": str, "epochs": list, "loss_curve": list, "provenance": dict}.items():
            if not isinstance(value := getattr(history, name), kind):
                raise ValueError(f"history: {name}: expected {kind.__name__}, got {value!r:.40}")
        return history

    def save(self, path: str | os.PathLike) -> None:
        """Write the record to a JSON file at `path`; its folder must exist."""
        with written_whole(path) as scratch:
            scratch.write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike) -> "History":
        """Return the record that `save` wrote to `path`.

        Raises:
            ValueError: if the file is binary, or as `from_json`.
        """
        try:
            text = Path(path).read_text(encoding="utf-8-sig")  # some editors put a mark before the text
        except UnicodeDecodeError:
            raise ValueError(
                f"history: expected JSON, got the binary file {path}, perhaps the checkpoint. Load what `save` wrote."
            ) from None
        return cls.from_json(text)


def provenance(model: nn.Module, data: ImageData, recipe: Recipe, device: torch.device, dtype: torch.dtype) -> dict:
    """Return what somebody else needs to know to believe, and to repeat, the figures of a run.

    Args:
        model, data, recipe: what `train` was given.
        device: that it runs on.
        dtype: of the convolutions and products.
    """
    return {
        "recipe": recipe.to_dict(),
        "model": type(model).__name__,
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "data": data.name,
        "fingerprint": data.fingerprint(),
        "mean": list(map(float, data.mean)),
        "std": list(map(float, data.std)),
        "device": device.type,
        "device_name": device_name(device),
        "threads": torch.get_num_threads(),
        "precision": str(dtype).removeprefix("torch."),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "commit": commit(),
    }


def device_name(device: torch.device) -> str:
    """Return what the maker calls this device; of a CPU its generation, too: a cloud may give several one name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    listed = Path("/proc/cpuinfo")  # an x86 has a family and a model in it; other processors, other systems have not
    lines = listed.read_text().partition("\n\n")[0].splitlines() if listed.exists() else []
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name = told.get("model name") or platform.processor() or platform.machine()
    if "cpu family" in told and "model" in told:
        name += f" (family {told['cpu family']}, model {told['model']})"
    return f"{name}, {os.cpu_count()} cores"


def commit() -> str | None:
    """Return the commit of the package's own checkout, with a + if files have changed; None for an installed copy."""
    root = Path(__file__).parent.parent.parent
    if not (root / ".git").exists():  # git would look further up, and find somebody else's
        return None
    try:
        asked = ["git", "-C", str(root), "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
        return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=5).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None
