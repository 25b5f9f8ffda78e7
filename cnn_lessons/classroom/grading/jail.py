"""A process that may do no harm: its own network, read-only files, limits, and an end that it cannot put off."""

import contextlib
import fcntl
import json
import os
import secrets
import selectors
import shutil
import signal
import threading
import time
from collections.abc import Callable

import psutil

from cnn_lessons.classroom.grading.limits import Limits
from cnn_lessons.classroom.grading.prison import Prison
from cnn_lessons.classroom.grading.processes import proportional, resident, strays, threads

START = 120.0  # seconds for a process to get ready, on a busy machine
WAIT = 0.1  # seconds for a reply, before anything else is seen to
LOOK = 0.25  # seconds between two looks at memory and processes
MOST_BYTES = 300_000_000  # of one reply
LONGEST_HEAD = 1_000_000  # bytes of its first line: to read JSON takes many times its room
PIECE = 1 << 20  # bytes read at once, and what a pipe holds
SET_PIPE_SIZE = 1031  # fcntl's F_SETPIPE_SZ, which Python 3.10 does not name on every build


class Stopped(Exception):
    """Raised when the code in the jail ended or had to be ended; the text is one clear line."""


class NotReady(RuntimeError):
    """Raised when a jail does not come up: this system's fault, and no student's."""


class Jail:
    """One process in a prison that answers orders; it ends with the `with` block at the latest.

    Args:
        prison: where it runs.
        script: "cells" or "saved".
        limits: what it may take.
        stop: set when everything is to end.
    """

    def __init__(self, prison: Prison, script: str, limits: Limits, stop: threading.Event):
        self.prison, self.limits, self.stop = prison, limits, stop
        self.room = prison.folder / f"room-{secrets.token_hex(4)}"
        self.room.mkdir()
        self.end = time.monotonic() + START
        self.printed, self._looked, self._held, self._told = 0, 0.0, bytearray(), b""
        self.streams = prison.bring_up(script, self.room, limits)
        self._watch = selectors.DefaultSelector()
        for file in (self.streams.replies, self.streams.printed, self.streams.status):
            os.set_blocking(file, False)
            with contextlib.suppress(OSError):  # a user may have reached the most that all pipes may hold
                fcntl.fcntl(file, SET_PIPE_SIZE, PIECE)
            self._watch.register(file, selectors.EVENT_READ)

    def __enter__(self) -> "Jail":
        try:
            self.ask({"ready": True}, START)
        except BaseException as error:
            self.__exit__()
            if isinstance(error, Stopped) and not self.stop.is_set():  # nothing of the student's has run
                raise NotReady(f"the sandbox did not get ready: {error}") from None
            raise
        self.end = time.monotonic() + self.limits.seconds
        return self

    def __exit__(self, *error) -> None:
        self.kill()
        self._watch.close()
        self.streams.close()
        shutil.rmtree(self.room, ignore_errors=True)

    # ---- orders and replies ----------------------------------------------------------------------------------

    def ask(self, order: dict, seconds: float) -> tuple[dict, bytes]:
        """Give an order and wait for the reply and its bytes.

        Args:
            order: JSON.
            seconds: to wait at most.

        Raises:
            Stopped: if no reply comes, or the process breaks a limit; it is dead then.
        """
        whole = self.end < time.monotonic() + seconds
        end = min(self.end, time.monotonic() + seconds)
        late = f"it took more than {self.limits.seconds:g} s in all" if whole else f"no end within {seconds:g} s"
        try:
            self._give(json.dumps(order).encode() + b"\n", end, late)
            self._wait(self._has_head, end, late)
            line, _, self._held = self._held.partition(b"\n")
            reply = json.loads(line)
            size = size_of(reply)
            self._wait(lambda: len(self._held) >= size, end, late)
            content, self._held = bytes(self._held[:size]), self._held[size:]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.kill()
            raise Stopped("it wrote into the grader's own channel, and was ended") from None
        except Stopped:
            self.kill()
            raise
        return reply, content

    def _give(self, order: bytes, end: float, late: str) -> None:
        """Write an order; a process that does not read must not hold the grader up."""
        os.set_blocking(self.streams.orders, False)
        while order:
            try:
                order = order[os.write(self.streams.orders, order) :]
            except BlockingIOError:
                self._step(end, late)
            except BrokenPipeError:
                raise Stopped(self._ended()) from None

    def _has_head(self) -> bool:
        """Return whether the first line of a reply is there; ValueError if it is too long for one."""
        if b"\n" not in self._held[:LONGEST_HEAD] and len(self._held) > LONGEST_HEAD:
            raise ValueError(f"reply: expected a line of at most {LONGEST_HEAD:,} bytes")
        return b"\n" in self._held

    def _wait(self, ready: Callable[[], bool], end: float, late: str) -> None:
        """Take in what the process says until `ready`."""
        while not ready():
            self._step(end, late)
            if self.streams.replies not in self._watch.get_map() and not ready():
                raise Stopped(self._ended())

    def _step(self, end: float, late: str) -> None:
        if time.monotonic() > end:
            raise Stopped(late)
        self._look()
        self._pump()

    def _pump(self) -> None:
        """Take what there is in all streams."""
        for key, _ in self._watch.select(WAIT):
            piece = os.read(key.fd, PIECE)
            if not piece:
                self._watch.unregister(key.fd)
            elif key.fd == self.streams.printed:
                self.printed += len(piece)
                if self.printed > self.limits.output:
                    raise Stopped(f"it printed more than {self.limits.output / 1e6:g} MB")
            elif key.fd == self.streams.replies:
                self._held += piece
                if len(self._held) > MOST_BYTES:
                    raise Stopped(f"it returned more than {MOST_BYTES / 1e6:g} MB")
            else:
                self._told += piece

    # ---- limits and the end ----------------------------------------------------------------------------------

    def _look(self) -> None:
        """See, from time to time, whether to go on, how many processes there are, and what they hold."""
        if self.stop.is_set():
            raise Stopped("the grading was called off")
        if time.monotonic() < self._looked + LOOK:
            return
        self._looked = time.monotonic()
        tree = self.tree()
        if len(tree) > self.limits.processes:
            raise Stopped(f"it started more than {self.limits.processes} processes")
        if sum(map(threads, tree)) > self.limits.threads:
            raise Stopped(f"it started more than {self.limits.threads:,} threads")
        most = self.limits.memory
        if sum(map(resident, tree)) > most and sum(map(proportional, tree)) > most:  # the second takes long to tell
            raise Stopped(f"it held more than {self.limits.memory / 1e9:g} GB of memory")

    def tree(self) -> list[psutil.Process]:
        """Return the processes in the jail, and the one outside that waits for them."""
        number, _, ended = self._told.partition(b"\n")
        if not number or ended:
            return []
        try:
            outside = psutil.Process(int(number))
            return [outside, *outside.children(recursive=True)]
        except psutil.Error:
            return []

    def kill(self) -> None:
        """End every process in the jail. In a namespace the first takes all others with it."""
        self._watch.select(0) and self._pump_quietly()
        for process in [*self.tree(), *([] if self.prison.namespaces else strays(self.room))]:
            try:
                process.kill()
            except psutil.Error:
                continue

    def _pump_quietly(self) -> None:
        """Read whether the process has ended: its number may be another's by now."""
        try:
            self._told += os.read(self.streams.status, PIECE)
        except BlockingIOError:
            return

    def _ended(self) -> str:
        """Say how the process ended."""
        end = time.monotonic() + 5
        while self._told.count(b"\n") < 2 and time.monotonic() < end and self._watch.get_map():
            self._pump()
        try:
            code = int(self._told.split()[1])
        except (IndexError, ValueError):
            if not self.prison.works():  # it takes all jails with it, also those that did no harm
                raise NotReady("the sandbox has ended") from None
            return "it closed the grader's own channel"
        number = code - 128
        if number in set(signal.Signals):
            return f"its process was ended by {signal.Signals(number).name}"
        return f"its process ended itself with exit code {code}"


def size_of(reply: dict) -> int:
    """Return how many bytes follow a reply; ValueError if that is no sensible number."""
    size = reply["bytes"]
    if type(size) is not int or not 0 <= size <= MOST_BYTES:
        raise ValueError(f"reply: expected a number of bytes, got {size!r:.60}")
    return size
