"""Checkpoints: a run that is killed at any moment goes on from the end of its last whole epoch."""

import contextlib
import glob
import os
import pickle
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

FORMAT, VERSION = "cnn_lessons checkpoint", 1
DRIVE = "/content/drive"  # where Colab mounts a reader's Google Drive
DAY = 24 * 3600  # seconds
DO = "Pass another path, or resume=False to begin anew and overwrite it."


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be gone on from; the message names the file, what is wrong and what to do."""


def save_checkpoint(path: str | os.PathLike, state: dict[str, Any]) -> None:
    """Write a checkpoint so that `path` holds, at every moment, either the old one or the new one, whole.

    Args:
        path: of the file; its folder is made if it is missing.
        state: tensors and plain values.

    Raises:
        CheckpointError: if it cannot be written; the old file is still there.
    """
    with _told(path), written_whole(path) as scratch, scratch.open("wb") as file:
        torch.save({"format": FORMAT, "version": VERSION, **state}, file)
        file.flush()
        os.fsync(file.fileno())  # on the disk before it gets its name


def check_writable(path: str | os.PathLike) -> None:
    """Find out before an hour of training that `path` cannot be written to.

    Raises:
        CheckpointError: if it cannot.
    """
    if Path(path).is_dir():
        raise CheckpointError(f"checkpoint {path}: expected a file, got a folder. Name a file in it, such as run.pt.")
    check_drive(path)
    with _told(path):
        scratch = _beside(path)
        scratch.touch()
        scratch.unlink()
        for left in scratch.parent.glob(f".{glob.escape(Path(path).resolve().name)}.*.writing"):  # by killed runs
            with contextlib.suppress(FileNotFoundError):  # another run has just renamed or cleared it
                if time.time() - left.stat().st_mtime > DAY:
                    left.unlink()


def check_drive(path: str | os.PathLike) -> None:
    """Refuse, with a CheckpointError, a path on a Google Drive that is not mounted: the file would be lost."""
    if Path(path).absolute().is_relative_to(DRIVE) and not os.path.ismount(DRIVE):
        raise CheckpointError(
            f"checkpoint {path}: expected your Google Drive, which is not there yet: what you save would be lost with "
            "this machine. First: from google.colab import drive; drive.mount('/content/drive')."
        )


def save_weights(model: nn.Module, path: str | os.PathLike) -> None:
    """Write the state dict of `model`, its tensors on the CPU, to `path`: all of it, or nothing."""
    with written_whole(path) as scratch:
        torch.save({name: value.cpu() for name, value in model.state_dict().items()}, scratch)


@contextlib.contextmanager
def written_whole(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a scratch file that in the end takes the place of `path`, or of what a link there leads to.

    On an error nothing is left of it, and a file that was there stays.
    """
    scratch = _beside(path)
    try:
        yield scratch
        os.replace(scratch, Path(path).resolve())
    except BaseException:  # Ctrl-C, too
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise


def _beside(path: str | os.PathLike) -> Path:
    """The scratch file of a path, one for each process: two that write to one path do not tear it."""
    target = Path(path).resolve()
    return target.with_name(f".{target.name}.{os.getpid()}.writing")


@contextlib.contextmanager
def _told(path: str | os.PathLike) -> Iterator[None]:
    """Make the folder of a checkpoint, and turn what goes wrong in writing there into a CheckpointError."""
    try:
        Path(path).resolve().parent.mkdir(parents=True, exist_ok=True)
        yield
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        raise CheckpointError(
            f"checkpoint {path}: expected a folder that can be written to, got: {error}. "
            "Free some space or choose another path; an earlier checkpoint there is untouched."
        ) from error


def load_checkpoint(path: str | os.PathLike) -> dict[str, Any]:
    """Return what `save_checkpoint` wrote, with the tensors on the CPU.

    Args:
        path: of the file.

    Raises:
        CheckpointError: if the file cannot be read, is damaged or something else, or was written by a newer version.
    """
    path = Path(path)
    _check_every_byte(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:  # torch's message is left out: it advises to let the file run its code
        raise CheckpointError(
            f"checkpoint {path}: expected tensors and plain values, got a pickled object, perhaps a whole model, which "
            f"torch refuses to load. {DO}"
        ) from None
    except Exception as error:  # a pickle can fail in any way
        raise CheckpointError(
            f"checkpoint {path}: expected tensors and plain values, got something that torch refuses to load: "
            f"{(str(error) or type(error).__name__).splitlines()[0]} {DO}"
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        kind = "weights without a run" if isinstance(state, dict) else type(state).__name__
        raise CheckpointError(f"checkpoint {path}: expected a {FORMAT}, got a foreign file ({kind}). {DO}")
    if state.get("version") != VERSION:
        raise CheckpointError(
            f"checkpoint {path}: expected version {VERSION}, got version {state.get('version')} from a newer "
            f"cnn_lessons. Update the package, or: {DO}"
        )
    return state


def _check_every_byte(path: Path) -> None:
    """Compare all bytes with the checksums in the file; torch itself does not look at them."""
    try:
        with path.open("rb") as file:
            begins = file.read(2)
    except OSError as error:  # perhaps it is whole: no advice to overwrite it
        raise CheckpointError(
            f"checkpoint {path}: expected a file that can be read, got: {error}. Look at its rights and at its disk, "
            "or pass another path."
        ) from error
    if begins not in (b"PK", b""):
        raise CheckpointError(
            f"checkpoint {path}: expected a {FORMAT}, got a file of another kind, which is left as it is. "
            "Pass another path."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
    except Exception as error:  # what a reader of zip files meets in a damaged one is not limited to BadZipFile
        raise CheckpointError(f"checkpoint {path}: expected a whole file, got a damaged one ({error}). {DO}") from error
    if bad:
        raise CheckpointError(f"checkpoint {path}: expected a whole file, got a damaged one ({bad}). {DO}")
