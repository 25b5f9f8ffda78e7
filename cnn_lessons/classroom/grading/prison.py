"""What the jails of one grading share: the student's package, a nursery of fresh processes, what they may not see."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cnn_lessons.classroom.grading.inside import enter
from cnn_lessons.classroom.grading.limits import Limits
from cnn_lessons.classroom.releasing.edition import PACKAGE, student_package

INSIDE = Path(__file__).with_name("inside")
PYTHON = (sys.executable, "-s", "-B")
PRIVATE = ("/run", "/home", "/root", "/srv", "/mnt", "/media")
WITH_NAMESPACES = "a network namespace of its own; all files read-only or hidden"
WITHOUT = "sockets refused by the kernel; files not protected, because this system gives no namespaces"


@dataclass(frozen=True)
class Streams:
    """The grader's ends of a new process: where to write, its replies, its prints, its number and its exit code."""

    orders: int
    replies: int
    printed: int
    status: int

    def close(self) -> None:
        """Close all four."""
        for file in (self.orders, self.replies, self.printed, self.status):
            with contextlib.suppress(OSError):
                os.close(file)


class Prison:
    """The place for all jails of one grading. Use it as a context manager: nothing of it is left in the end.

    Args:
        hide: files and folders that no student's code may read, besides the home and the course's own checkout.
        namespaces: None to find out whether the system gives them.
    """

    def __init__(self, hide: tuple[Path, ...] = (), namespaces: bool | None = None):
        self.namespaces = namespaces_work() if namespaces is None else namespaces
        self.isolation = WITH_NAMESPACES if self.namespaces else WITHOUT
        self.folder = Path(tempfile.mkdtemp(prefix="cnn-lessons-grade-")).resolve()
        try:
            self._furnish(hide)
        except BaseException:  # it takes seconds: time for a Ctrl-C
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _furnish(self, hide: tuple[Path, ...]) -> None:
        """Put all that the jails share into the folder, and start the nursery."""
        self.hidden = hidden_paths(hide, self.folder) if self.namespaces else []
        self.kept = [str(path) for path in (self.folder, *needed_paths())]
        self.rules = self.folder / "inside" / "nbval_sanitize.cfg"
        student_package(self.folder / "package")
        shutil.copytree(INSIDE, self.folder / "inside", ignore=shutil.ignore_patterns("__pycache__"))
        fonts = {**os.environ, "MPLCONFIGDIR": str(self.folder / "matplotlib")}  # found once, not by each student
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([sys.executable, "-m", "compileall", "-q", self.folder / "package"], **quiet)
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=fonts, **quiet)
        self._ours, theirs = socket.socketpair()
        self._one_at_a_time = threading.Lock()
        nursery = [*PYTHON, self.folder / "inside" / "nursery.py"]
        with theirs:
            self._nursery = subprocess.Popen(nursery, stdin=theirs, env=self.environment(self.folder), cwd="/")

    def __enter__(self) -> "Prison":
        return self

    def __exit__(self, *error) -> None:
        self._ours.close()
        self._nursery.kill()
        self._nursery.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def works(self) -> bool:
        """Return whether the process is there that all jails come from."""
        return self._nursery.poll() is None

    def bring_up(self, script: str, room: Path, limits: Limits) -> Streams:
        """Start one of the scripts in a fresh process in a room.

        Args:
            script: "cells" or "saved".
            room: an empty folder.
            limits: what it may take.
        """
        plan = {"namespaces": self.namespaces, "room": str(room), "hide": self.hidden, "script": script}
        plan |= {"empty": shared_folders(), "keep": self.kept}
        plan |= {"memory": limits.memory, "disk": limits.disk, "environment": self.environment(room, limits)}
        plan["furniture"] = {str(self.folder / "matplotlib"): ".cache/matplotlib"}
        with self._one_at_a_time:  # a process that another thread starts meanwhile must not inherit the pipes
            (stdin, orders), (replies, stdout), (printed, stderr), (status, told) = (os.pipe() for _ in range(4))
            theirs = [stdin, stdout, stderr, told]
            text = json.dumps(plan).encode()
            try:
                socket.send_fds(self._ours, [len(text).to_bytes(8, "big")], theirs)
                self._ours.sendall(text)  # longer than one message may be, if much is to be hidden
            finally:
                for file in theirs:
                    os.close(file)
        return Streams(orders, replies, printed, status)

    def environment(self, room: Path, limits: Limits | None = None) -> dict[str, str]:
        """Return the environment of a jail: nothing of the teacher's but the path to programs and data."""
        own = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "CNN_LESSONS_DATA") if name in os.environ}
        return {
            **own,
            "HOME": str(room / "home"),
            "TMPDIR": str(room / "tmp"),
            "PYTHONPATH": str(self.folder / "package"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CNN_LESSONS_BUDGET": "cpu",
            "CNN_LESSONS_TIME_LIMIT": f"{(limits or Limits()).check_seconds:g}",
            "OMP_NUM_THREADS": "1",
            "LANG": "C.UTF-8",
            "JUPYTER_PLATFORM_DIRS": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }


@cache
def namespaces_work() -> bool:
    """Return whether this system lets us make namespaces and close the files in them."""
    with tempfile.TemporaryDirectory() as room:
        child = os.fork()
        if not child:
            code = 1
            try:
                enter.new_namespaces()
                code = _closed(Path(room))
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _closed(room: Path) -> int:
    """Try, as the first process of fresh namespaces, whether the doors close; return 0 if they do."""
    child = os.fork()
    if not child:
        code = 1
        try:
            enter.close_doors(
                {
                    "namespaces": True,
                    "room": room,
                    "hide": [],
                    "furniture": {},
                    "disk": 1_000_000,
                    "empty": shared_folders(),
                    "keep": [str(room), *map(str, needed_paths())],
                }
            )
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def needed_paths() -> set[Path]:
    """Return the folders that a student's code must be able to read: Python, and the data sets."""
    paths = [sys.prefix, sys.base_prefix, os.environ.get("CNN_LESSONS_DATA")]
    return {Path(path).resolve() for path in paths if path and Path(path).exists()}


def shared_folders() -> list[str]:
    """Return the folders for short-lived files, in which other programs keep their sockets."""
    folders = {Path(path).resolve() for path in ("/tmp", "/var/tmp", tempfile.gettempdir())}
    return sorted(str(path) for path in folders if path.is_dir())


def hidden_paths(more: tuple[Path, ...], rooms: Path) -> list[str]:
    """Return what to hide: homes, the checkout, sockets of the system, other disks, `more`; never what Python needs.

    The folder of the rooms is not hidden either: it may lie in a home.

    Raises:
        ValueError: if one of `more` holds Python itself.
    """
    needed = needed_paths()
    package = PACKAGE.resolve()
    roots = (Path.home(), package.parent, *map(Path, PRIVATE))
    paths = [found for root in roots if root.exists() for found in veil(root.resolve(), {*needed, rooms})]
    for path in (path.resolve() for path in more):
        if any(kept.is_relative_to(path) for kept in needed):
            raise ValueError(f"expected a folder with nothing but students' files, got {path}, which holds Python")
        paths.append(path)
    return [str(path) for path in dict.fromkeys([*paths, package]) if os.path.exists(path)]


def veil(root: Path, keep: set[Path]) -> list[Path]:
    """Return the paths that cover all of `root` but what is to be kept."""
    if any(root.is_relative_to(kept) for kept in keep):
        return []
    if not any(kept.is_relative_to(root) for kept in keep):
        return [root]
    # pathlib's own is_symlink raises where even a look is refused, as at pagefile.sys where WSL mounts drive C
    return [path for child in sorted(root.iterdir()) if not os.path.islink(child) for path in veil(child, keep)]
