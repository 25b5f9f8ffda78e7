"""Tries the suite on a throw-away copy of the tree that asks for newer releases: tools/outdated.py tells it which."""

import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from machine import run, say
from packaging.requirements import InvalidRequirement, Requirement

BOOK = "the book"
WHOLE = "the whole run"
SETUP = "the set-up"
VERSIONS = "import sys, importlib.metadata as m; print(*(m.version(name) for name in sys.argv[1:]), sep='\\n')"


class TrialError(Exception):
    """The copy could not be made; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """What became of the suite with newer releases.

    Args:
        wishes: by package, what was asked for: "==2.0", or ">=1.0".
        installed: by package, what came; empty if the set-up failed.
        failed: files whose tests fail, or BOOK, WHOLE or SETUP.
        reason: the last lines, where no file can be named.
    """

    wishes: dict[str, str]
    installed: dict[str, str]
    failed: tuple[str, ...] = ()
    reason: str = ""

    @property
    def good(self) -> bool:
        """Whether everything passed."""
        return not self.failed

    def told(self) -> str:
        """Return the outcome in words."""
        what = ", ".join(f"{name} {self.installed.get(name, wish)}" for name, wish in self.wishes.items())
        if self.good:
            return f"{what}: nothing breaks"
        return f"{what}: breaks {', '.join(self.failed)}" + (f"\n{self.reason}" if self.reason else "")


class Trial:
    """A copy of the tree with an environment of its own; `with` removes it at the end."""

    def __init__(self, root: Path):
        self.root = root

    def __enter__(self) -> "Trial":
        """Copy what git tracks, and what a build would fetch anew."""
        listed = run(["git", "ls-files", "-z"], cwd=self.root)
        if listed.code:
            raise TrialError(f"--try: expected a git clone at {self.root}, got: {listed.text.strip()[-200:]}")
        self.root.joinpath("_build").mkdir(
            exist_ok=True
        )  # beside the tree: a folder for short-lived files may be small
        self.folder = Path(tempfile.mkdtemp(prefix="newest-", dir=self.root / "_build"))
        for name in filter(None, listed.text.split("\0")):
            if (self.root / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.root / name, self.folder / name)
        if (self.root / "_build" / "vendor").is_dir():
            shutil.copytree(self.root / "_build" / "vendor", self.folder / "_build" / "vendor")
        self.pins = (self.folder / "requirements.txt").read_text(encoding="utf-8")
        return self

    def __exit__(self, *error: object) -> None:
        """Remove the copy and its environment."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def of(self, wishes: dict[str, str], only: tuple[str, ...] = ()) -> Outcome:
        """Install the pinned set with these wishes in place of their pins, and run the suite, or what failed before.

        Args:
            wishes: by package, the versions to take: "==2.0", ">=1.0,<3".
            only: files to run, and BOOK; everything if empty.
        """
        say(f"trying {', '.join(name + wish for name, wish in wishes.items())}")
        (self.folder / "requirements.txt").write_text(replaced(self.pins, wishes), encoding="utf-8")
        setup = run([sys.executable, "tools/setup.py", "test"], cwd=self.folder)
        if setup.code:
            return Outcome(wishes, {}, (SETUP,), _last_lines(setup.text))
        versions = run([self.folder / ".venv" / "bin" / "python", "-c", VERSIONS, *wishes]).text.split()
        installed = dict(zip(wishes, versions, strict=True))
        files = [name for name in only if name not in (BOOK, WHOLE, SETUP)]
        goal = ["book"] if only == (BOOK,) else ["test", *([f"TESTS={' '.join(files)}"] if files else [])]
        # An error in one line of the goal is no reason to leave out the next: they are told together.
        suite = run(["make", "--ignore-errors", f"PYTHON={sys.executable}", *goal], cwd=self.folder)
        return Outcome(wishes, installed, *failures(suite.text, suite.code))


def replaced(pins: str, wishes: dict[str, str]) -> str:
    """Return the text of requirements.txt with the wishes in place of the pins that hold for this Python."""
    lines = []
    for line in pins.splitlines():
        try:
            pin = Requirement(line)
        except InvalidRequirement:  # a comment, an empty line
            pin = None
        applies = pin and (not pin.marker or pin.marker.evaluate())
        lines.append(f"{pin.name}{wishes[pin.name]}" if applies and pin.name in wishes else line)
    return "\n".join(lines) + "\n"


def failures(text: str, code: int) -> tuple[tuple[str, ...], str]:
    """Return the files that fail by the output of `make --ignore-errors test`, and the reason where it names none."""
    found = dict.fromkeys(re.findall(r"^(?:FAILED|ERROR) ([^\s:]+)", text, re.M))
    if "the book was not built" in text:
        found = {BOOK: None, **found}
    if not found and (code or re.search(r"Error \d+ \(ignored\)", text)):
        found = {WHOLE: None}
    return tuple(found), "" if set(found) - {BOOK, WHOLE} or not found else _last_lines(text)


def _last_lines(text: str) -> str:
    return "\n".join("    " + line for line in text.strip().splitlines()[-8:])
