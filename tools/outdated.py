"""Says which pins of requirements.txt are behind the newest releases, and what breaks with the newest.

    .venv/bin/python tools/outdated.py                 every pin, its newest release, and the kind of the jump
    .venv/bin/python tools/outdated.py --try           the suite with the newest of everything, then package by package
    .venv/bin/python tools/outdated.py --try sphinx    the suite with the newest of one package

Releases are asked for with pip, from the index that pip is set up for. A trial takes about as long as `make test` on a
new machine, and 10 GB of disk; it is removed at the end.

Exit code 0: nothing is behind, or nothing breaks; 1: something is, or does; 2: it could not be found out.
"""

import argparse
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from machine import ROOT, run, say
from packaging.requirements import Requirement
from packaging.version import Version
from trial import Trial, TrialError

OFFLINE = ("NewConnectionError", "Name or service not known", "name resolution", "timed out", "ConnectionError")
AT_ONCE = 4
# Releases that the course does not want, whatever comes; requirements.txt says why.
BELOW = {"jupyter-book": "2"}
# Packages that only fit each other in one release each: they are tried together.
PAIRS = (("torch", "torchvision"),)


class IndexFailure(Exception):
    """The index gives no answer; the message says what to do."""


@dataclass(frozen=True)
class Pin:
    """A pinned package and its newest release that this Python can install."""

    name: str
    pinned: str
    newest: str

    def jump(self) -> str:
        """Return the kind of the jump: "major", "minor", "patch", or "" if there is none."""
        old, new = Version(self.pinned), Version(self.newest)
        if new <= old:
            return ""
        parts = zip(("major", "minor"), old.release, (*new.release, 0, 0), strict=False)
        return next((kind for kind, mine, theirs in parts if mine != theirs), "patch")


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and do what it says; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--try", dest="tried", nargs="*", metavar="NAME", help="run the suite with the newest")
    chosen = parser.parse_args(arguments)
    wanted = pinned((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    unknown = sorted(set(chosen.tried or ()) - set(wanted))
    if unknown:
        parser.error(f"--try: expected names from requirements.txt, got {', '.join(unknown)}")
    try:
        pins = look_up(wanted)
        behind = [pin for pin in pins if pin.jump()]
        print("\n".join(table(pins)))
        if chosen.tried is None:
            return 1 if behind else 0
        return try_out([pin for pin in behind if not chosen.tried or pin.name in with_partners(chosen.tried)])
    except (IndexFailure, TrialError) as error:
        print(f"outdated: {error}", file=sys.stderr)
        return 2


def pinned(text: str) -> dict[str, str]:
    """Return the pinned versions by name, of those lines that hold for this Python."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    wanted = [wish for wish in map(Requirement, lines) if not wish.marker or wish.marker.evaluate()]
    return {wish.name: next(iter(wish.specifier)).version for wish in wanted}


def look_up(wanted: dict[str, str]) -> list[Pin]:
    """Ask for the newest release of every package; of the first alone, so that a missing network shows at once."""
    names = list(wanted)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [newest(names[0]), *pool.map(newest, names[1:])]
    return [Pin(name, version, new) for (name, version), new in zip(wanted.items(), found, strict=True)]


def newest(name: str) -> str:
    """Return the newest release of a package that this Python can install.

    Raises:
        IndexFailure: if pip finds no index, or no such package in it.
    """
    done = run([sys.executable, "-m", "pip", "index", "versions", name, "--retries", "1", "--timeout", "20"])
    listed = re.search(r"^Available versions: (.+)$", done.text, re.M)
    if done.code == 0 and listed:
        releases = [Version(text) for text in listed[1].split(", ")]
        wanted = [v for v in releases if name not in BELOW or v < Version(BELOW[name])]
        return str(max(wanted or releases))
    if any(sign in done.text for sign in OFFLINE):
        raise IndexFailure(
            "pip reaches no index. Connect, or set HTTPS_PROXY if you are behind a proxy; then try again."
        )
    said = (done.text.strip().splitlines() or ["nothing"])[-1]
    raise IndexFailure(f"expected releases of {name}, got: {said}. Is pip's index the right one (pip config list)?")


def table(pins: list[Pin]) -> list[str]:
    """Return a line for every pin, and one that counts them."""
    widths = [
        max(len(row) for row in column) for column in zip(*((p.name, p.pinned, p.newest) for p in pins), strict=True)
    ]
    lines = [
        f"{p.name:<{widths[0]}}  {p.pinned:<{widths[1]}}  {p.newest:<{widths[2]}}  {p.jump()}".rstrip() for p in pins
    ]
    kinds = [pin.jump() for pin in pins if pin.jump()]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("major", "minor", "patch") if kind in kinds)
    return [*lines, f"{len(pins)} pins, {len(kinds)} behind" + (f": {counts}" if counts else "")]


def with_partners(names: list[str]) -> set[str]:
    """Return the names, and those that only fit together with one of them."""
    return set(names).union(*(pair for pair in PAIRS if set(pair) & set(names)))


def groups(behind: list[Pin]) -> list[list[Pin]]:
    """Return what is tried alone: single packages, and pairs."""
    paired = [[pin for pin in behind if pin.name in pair] for pair in PAIRS]
    alone = [[pin] for pin in behind if not any(pin.name in pair for pair in PAIRS)]
    return [*filter(None, paired), *alone]


def wish(pin: Pin, loose: bool) -> str:
    """Return what to ask for: the newest release, or, where others have a say, the newest that fits them."""
    if not loose:
        return f"=={pin.newest}"
    return f">={pin.pinned}" + (f",<{BELOW[pin.name]}" if pin.name in BELOW else "")


def try_out(behind: list[Pin], root: Path = ROOT) -> int:
    """Run the suite with these packages at their newest; if it fails, find out which of them is to blame."""
    if not behind:
        say("nothing to try: no pin is behind")
        return 0
    alone = groups(behind)
    with Trial(root) as trial:
        together = trial.of({pin.name: wish(pin, loose=len(alone) > 1) for pin in behind})
        say(together.told())
        for pin in behind:
            if together.installed.get(pin.name, pin.newest) != pin.newest:
                say(f"{pin.name} stays at {together.installed[pin.name]}, not {pin.newest}: the others ask for it")
        if together.good or len(alone) == 1:
            return 0 if together.good else 1
        outcomes = [trial.of({p.name: wish(p, loose=False) for p in group}, together.failed) for group in alone]
        for outcome in outcomes:
            say(outcome.told())
        if all(outcome.good for outcome in outcomes):
            say("each of them alone breaks nothing of this: the failures come from several together")
    return 1


if __name__ == "__main__":
    sys.exit(main())
