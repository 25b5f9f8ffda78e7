"""A process that may do no harm: its own network, read-only files, limits, and an end that it cannot put off."""

import json
import os
import secrets
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import psutil

import cnn_lessons
from cnn_lessons.classroom.edition import student_package
from cnn_lessons.classroom.limits import Limits

INSIDE = Path(__file__).with_name("inside")
START = 120.0  # seconds for Python and PyTorch to start, on a busy machine
LOOK = 0.1  # seconds between two looks at memory and processes
MOST_BYTES = 300_000_000  # of one reply
OPEN = "unshare --user --map-root-user --net --pid --mount --mount-proc --ipc --fork --kill-child".split()
WITH_NAMESPACES = "a network namespace of its own; all files read-only or hidden"
WITHOUT = "sockets refused by the kernel; files not protected, because this system gives no namespaces"


class Stopped(Exception):
    """Raised when the code in the jail ended or had to be ended; the text is one clear line."""


class Prison:
    """What the jails of one grading share: the student's package, the scripts, what is hidden.

    Args:
        hide: files and folders that no student's code may read, besides the home and the course's own checkout.
        namespaces: None to find out whether the system gives them.

    Use it as a context manager: its folder is removed in the end.
    """

    def __init__(self, hide: tuple[Path, ...] = (), namespaces: bool | None = None):
        self.namespaces = namespaces_work() if namespaces is None else namespaces
        self.isolation = WITH_NAMESPACES if self.namespaces else WITHOUT
        self.folder = Path(tempfile.mkdtemp(prefix="cnn-lessons-grade-")).resolve()
        student_package(self.folder / "package")
        shutil.copytree(INSIDE, self.folder / "inside", ignore=shutil.ignore_patterns("__pycache__"))
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([sys.executable, "-m", "compileall", "-q", self.folder / "package"], **quiet)
        self.rules = self.folder / "inside" / "nbval_sanitize.cfg"
        fonts = {**os.environ, "MPLCONFIGDIR": str(self.folder / "matplotlib")}  # found once, not by each student
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=fonts, **quiet)
        self.hidden = hidden_paths(hide, keep=(self.folder,)) if self.namespaces else []

    def __enter__(self) -> "Prison":
        return self

    def __exit__(self, *error) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, script: str, room: Path, limits: Limits) -> list[str]:
        """Return the command that runs one of the scripts in a room."""
        furniture = {str(self.folder / "matplotlib"): ".config/matplotlib"}
        plan = {"namespaces": self.namespaces, "room": str(room), "hide": self.hidden, "furniture": furniture}
        plan |= {"memory": limits.memory, "file": limits.disk, "disk": limits.disk}
        python = [sys.executable, "-s", "-B"]
        enter = [*python, str(self.folder / "inside" / "enter.py"), json.dumps(plan)]
        return [*(OPEN if self.namespaces else []), *enter, *python, str(self.folder / "inside" / f"{script}.py")]

    def environment(self, room: Path, limits: Limits) -> dict[str, str]:
        """Return the environment of a jail: nothing of the teacher's but the path to programs and data."""
        own = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "CNN_LESSONS_DATA") if name in os.environ}
        return {
            **own,
            "HOME": str(room / "home"),
            "TMPDIR": str(room / "tmp"),
            "PYTHONPATH": str(self.folder / "package"),
            "CNN_LESSONS_BUDGET": "cpu",
            "CNN_LESSONS_TIME_LIMIT": f"{limits.check_seconds:g}",
            "OMP_NUM_THREADS": "1",
            "LANG": "C.UTF-8",
            "JUPYTER_PLATFORM_DIRS": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }


class Jail:
    """One process in a prison that answers orders; it ends with the `with` block at the latest.

    Args:
        prison: where it runs.
        script: of `inside`: "cells" or "saved".
        limits: what it may take.
        stop: set when everything is to end.
    """

    def __init__(self, prison: Prison, script: str, limits: Limits, stop: threading.Event):
        self.prison, self.limits, self.stop = prison, limits, stop
        self.room = prison.folder / f"room-{secrets.token_hex(4)}"
        self.room.mkdir()
        self.end = time.monotonic() + limits.seconds + START
        self.printed, self._looked, self._held = 0, 0.0, b""
        self.process = subprocess.Popen(
            prison.command(script, self.room, limits),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=prison.environment(self.room, limits),
            cwd="/",
            start_new_session=True,
        )
        self._watch = selectors.DefaultSelector()
        for stream in (self.process.stdout, self.process.stderr):
            os.set_blocking(stream.fileno(), False)
            self._watch.register(stream, selectors.EVENT_READ)

    def __enter__(self) -> "Jail":
        return self

    def __exit__(self, *error) -> None:
        self.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        self._watch.close()
        shutil.rmtree(self.room, ignore_errors=True)

    def wait_until_ready(self) -> None:
        """Wait for the script's first words; its time begins then.

        Raises:
            Stopped: if it does not start.
        """
        self.ask({"ready": True}, START)
        self.end = time.monotonic() + self.limits.seconds

    def kill(self) -> None:
        """End every process in the jail. In a namespace the first takes all others with it."""
        tree = self.tree() if self.process.poll() is None or not self.prison.namespaces else []
        for process in [*tree, *([] if self.prison.namespaces else self._strays())]:
            try:
                process.kill()
            except psutil.Error:
                continue
        self.process.kill()
        self.process.wait()

    def tree(self) -> list[psutil.Process]:
        """Return the processes in the jail."""
        try:
            first = psutil.Process(self.process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.Error:
            return []

    def _strays(self) -> list[psutil.Process]:
        """Return processes that left the tree, where no namespace holds them: their home gives them away."""
        home, strays = f"HOME={self.room / 'home'}".encode(), []
        for process in psutil.process_iter():
            try:
                if home in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
                    strays.append(process)
            except OSError:
                continue
        return strays

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
        late = f"the notebook took more than {self.limits.seconds:g} s" if whole else f"no end within {seconds:g} s"
        try:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()
            self._wait(lambda: b"\n" in self._held, end, late)
            line, _, self._held = self._held.partition(b"\n")
            reply = json.loads(line)
            size = size_of(reply)
            self._wait(lambda: len(self._held) >= size, end, late)
            content, self._held = self._held[:size], self._held[size:]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.kill()
            raise Stopped("it wrote into the grader's own channel, and was ended") from None
        except BrokenPipeError:
            raise Stopped(self._ended()) from None
        except Stopped:
            self.kill()
            raise
        return reply, content

    def _wait(self, ready: Callable[[], bool], end: float, late: str) -> None:
        """Take in what the process says until `ready`."""
        while not ready():
            if time.monotonic() > end:
                raise Stopped(late)
            self._look()
            if not self._pump() and not ready():
                raise Stopped(self._ended())

    def _pump(self) -> bool:
        """Take what there is on both streams; return whether more can come."""
        for key, _ in self._watch.select(LOOK):
            piece = os.read(key.fd, 1 << 20)
            if key.fileobj is self.process.stderr:
                self.printed += len(piece)
                if self.printed > self.limits.output:
                    raise Stopped(f"it printed more than {self.limits.output / 1e6:g} MB")
            else:
                self._held += piece
                if len(self._held) > MOST_BYTES:
                    raise Stopped(f"it returned more than {MOST_BYTES / 1e6:g} MB")
            if not piece:
                self._watch.unregister(key.fileobj)
        return any(key.fileobj is self.process.stdout for key in self._watch.get_map().values())

    def _look(self) -> None:
        """See, from time to time, whether to go on, how many processes there are, and what they hold."""
        if self.stop.is_set():
            raise Stopped("the grading was called off")
        if time.monotonic() < self._looked + LOOK:
            return
        self._looked = time.monotonic()
        tree, held = self.tree(), 0
        if len(tree) > self.limits.processes:
            raise Stopped(f"it started more than {self.limits.processes} processes")
        for process in tree:
            try:
                held += process.memory_info().rss
            except psutil.Error:
                continue
        if held > self.limits.memory:
            raise Stopped(f"it held more than {self.limits.memory / 1e9:g} GB of memory")

    def _ended(self) -> str:
        """Say how the process ended."""
        try:
            code = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it closed the grader's own channel"
        number = -code if code < 0 else code - 128
        if 0 < number < 65:
            name = signal.Signals(number).name if number in set(signal.Signals) else number
            return f"its process was ended by {name}"
        return f"its process ended itself with exit code {code}"


def size_of(reply: dict) -> int:
    """Return how many bytes follow a reply; ValueError if that is no sensible number."""
    size = reply["bytes"]
    if type(size) is not int or not 0 <= size <= MOST_BYTES:
        raise ValueError(f"reply: expected a number of bytes, got {size!r:.60}")
    return size


@cache
def namespaces_work() -> bool:
    """Return whether this system lets us make namespaces and close the files in them."""
    with tempfile.TemporaryDirectory() as room:
        plan = {"namespaces": True, "room": room, "hide": [], "furniture": {}, "memory": -1, "file": -1, "disk": 10**6}
        command = [*OPEN, sys.executable, str(INSIDE / "enter.py"), json.dumps(plan), sys.executable, "-c", "pass"]
        try:
            return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def hidden_paths(more: tuple[Path, ...], keep: tuple[Path, ...]) -> list[str]:
    """Return what to hide: the home, the checkout, sockets of the system, and `more`; never what Python needs.

    Raises:
        ValueError: if one of `more` holds Python itself.
    """
    needed = {Path(path).resolve() for path in (sys.prefix, sys.base_prefix, *keep)}
    if "CNN_LESSONS_DATA" in os.environ:
        needed.add(Path(os.environ["CNN_LESSONS_DATA"]).resolve())
    package = Path(cnn_lessons.__file__).resolve().parent
    paths = [found for root in (Path.home(), package.parent, Path("/run")) for found in veil(root.resolve(), needed)]
    for path in (path.resolve() for path in more):
        if any(kept.is_relative_to(path) for kept in needed):
            raise ValueError(f"expected a folder with nothing but students' files, got {path}, which holds Python")
        paths.append(path)
    return [str(path) for path in dict.fromkeys([*paths, package]) if path.exists()]


def veil(root: Path, keep: set[Path]) -> list[Path]:
    """Return the paths that cover all of `root` but what is to be kept."""
    if any(root.is_relative_to(kept) for kept in keep):
        return []
    if not any(kept.is_relative_to(root) for kept in keep):
        return [root]
    return [path for child in sorted(root.iterdir()) if not child.is_symlink() for path in veil(child, keep)]
