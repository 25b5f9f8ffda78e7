"""A scene with a file: a folder of its own, and a note of how the file was read."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from cnn_lessons.exercises.findings import Findings, Told
from cnn_lessons.exercises.scene import Scene

NO_FILE = Told("there is none. Save to the argument `path` as it is given.")
UNSAFE = Told(
    "torch.load(path, weights_only=True) refuses the file: it holds more than tensors, numbers, lists and dicts. Save "
    "state_dict(), not the objects themselves."
)
NEVER = Told("the file was never read. Restore from it with torch.load(path): after a crash there is nothing else.")
TRUSTING = Told(
    "it was read with weights_only=False, which runs whatever code a file holds. State dicts load with "
    "weights_only=True."
)


class FileScene(Scene):
    """A scene whose first argument is the path of a file in a folder of its own, and that notes how files are read.

    Its `read` is given what the file holds, in place of a result.
    """

    def around(self) -> contextlib.AbstractContextManager:
        """Make the folder, watch torch.load, and clean up afterwards."""
        return self._folder()

    @contextlib.contextmanager
    def _folder(self) -> Iterator[None]:
        original, self.reads, self.opened = torch.load, [], False

        def watched(*args, **kwargs):
            self.reads.append(kwargs.get("weights_only", True))
            return original(*args, **kwargs)

        def watched_open(file, mode="r", *rest, **options):  # a cell may have imported `load` itself before
            self.opened = self.opened or "r" in mode
            return open(file, mode, *rest, **options)

        watch_open = mock.patch.object(torch.serialization, "open", watched_open, create=True)
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
            mock.patch.object(torch, "load", watched),
            watch_open,
        ):
            self.args = (str(Path(folder) / "checkpoint.pt"), *self.args[1:])
            yield

    def call(self, function: Callable) -> Findings:
        """Let `function` save and restore, and return what is in the file and in the new objects."""
        try:
            function(*self.args)
        finally:  # what an answer that failed has written may say why
            manner = _manner(self.reads or ([True] if self.opened else []))
            content, self.saved = _content(self.args[0])
        return Findings({"the file": content, "how it was read": manner, **self.read(self.args, self.saved)})


def _content(path: str) -> tuple[str, Any]:
    """Return what is to be said of the file, and what it holds."""
    if not Path(path).is_file():
        return NO_FILE, None
    try:
        return "can be read safely", torch.load(path, weights_only=True)
    except Exception:  # whatever else a learner may have written there
        return UNSAFE, None


def _manner(reads: list) -> str:
    if not reads:
        return NEVER
    return TRUSTING if False in reads else "safely"
