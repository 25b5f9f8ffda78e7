"""`grade`: run what students handed in, each notebook in a jail, and write the report of the class."""

import argparse
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cnn_lessons.cli.words import PROGRAM, Refused, bad_use, path_of, teachers_only

CLEARING_SECONDS = 30  # for these nobody can cut short how a stopped grading clears up
RESTRICTED = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")  # Ubuntu 23.10 and newer

ABOUT = """\
Run every notebook below SUBMISSIONS (.ipynb, also inside .zip) from top to bottom in a process of its own, without a
network, check each exercise with fresh hidden cases, and write a table of the class and a page for each student. A
grading that was stopped goes on when the command is given again; what has not changed is not run twice."""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser's."""
    grade = commands.add_parser("grade", help="grade what a class handed in", description=ABOUT)
    add = grade.add_argument
    add("submissions", metavar="SUBMISSIONS", type=path_of, nargs="?", help="folder with .ipynb and .zip files")
    add("--out", metavar="REPORT", type=path_of, help="folder for the report")
    add("--policy", metavar="FILE", type=path_of, help="TOML: points, weights, late files")
    add("--print-policy", action="store_true", help="print a policy with every knob, and stop")
    add("--no-nbval", action="store_true", help="do not ask nbval whether the saved outputs are real: half the time")
    add("--jobs", metavar="N", type=int, help="notebooks at once (else one on each core)")
    add("--seconds", metavar="S", type=float, default=600, help="for one notebook (else 600)")
    add("--cell-seconds", metavar="S", type=float, default=120, help="for one cell (else 120)")
    add("--memory", metavar="GB", type=float, default=8, help="for one notebook (else 8)")
    add("--quiet", action="store_true", help="no progress bar")
    grade.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Grade, write the report and print what it says in short."""
    with teachers_only("grade"):
        from cnn_lessons.classroom.reporting import policy
        from cnn_lessons.classroom.reporting.report import write_report
    if options.print_policy:
        print(policy.example(), end="")
        return 0
    if sys.platform != "linux":
        raise Refused("grade: the sandbox needs Linux. On Windows take WSL, else a container with nothing else in it.")
    with teachers_only("grade"):
        from cnn_lessons.classroom.grading.prison import namespaces_work
        from cnn_lessons.classroom.grading.whole_class import grade

    if not namespaces_work():
        told = "grade: no namespaces: students' code can read and change your files. Ctrl-C stops."
        print(told + _way_out(), file=sys.stderr)
    with bad_use():
        rules = _policy(options.policy)
        chosen = _chosen(options)
        with _stopped_once(), _progress(options.quiet) as tell:
            results = grade(options.submissions, options.out, chosen, tell)
            page = write_report(results, rules, options.out)
    print(_summary(results, rules, page))
    return 0


def _way_out() -> str:
    """Return what gives namespaces where AppArmor forbids them, or may, else ""."""
    if os.geteuid() == 0:  # whom AppArmor does not restrict: something else forbids them
        return ""
    try:
        told = "forbids" if RESTRICTED.read_text().strip() == "1" else ""
    except OSError as error:
        told = "may forbid" if isinstance(error, PermissionError) else ""  # most often only root may read it
    allow = f"sudo sysctl kernel.{RESTRICTED.name}=0"
    return f" AppArmor {told} them: `{allow}` allows them until the machine starts anew." if told else ""


def _policy(path: Path | None):
    """Return the policy of a file, or the usual one."""
    from cnn_lessons.classroom.reporting.policy import Policy

    try:
        return Policy.read(path) if path else Policy()
    except OSError as error:
        raise ValueError(f"--policy: expected a TOML file, got {path}: {error.strerror}") from error


def _chosen(options: argparse.Namespace):
    """Return the options of the grading; ValueError for what cannot be meant."""
    from cnn_lessons.classroom.grading.limits import GIGABYTE, Limits
    from cnn_lessons.classroom.grading.whole_class import Options

    if options.submissions is None or options.out is None:
        raise ValueError("grade: expected a folder of submissions and --out REPORT")
    for name in ("seconds", "cell_seconds", "memory", "jobs"):
        value = getattr(options, name)
        if value is not None and not 0 < value < 1e6:
            raise ValueError(f"--{name.replace('_', '-')}: expected a number above 0, got {value:g}")
    limits = Limits(float(options.cell_seconds), float(options.seconds), memory=int(options.memory * GIGABYTE))
    return Options(limits, saved=not options.no_nbval, jobs=options.jobs)


@contextmanager
def _stopped_once() -> Iterator[None]:
    """Let SIGTERM and SIGHUP stop the block as Ctrl-C does; another soon after does not cut short how it clears up.

    What is ignored stays so: nohup's SIGHUP, Ctrl-C in the background of a script.
    """
    stopped = -math.inf
    ours = threading.current_thread() is threading.main_thread()  # no other may set them
    known = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if ours}
    before = {number: handler for number, handler in known.items() if handler not in (signal.SIG_IGN, None)}

    def stop(signum, frame):
        nonlocal stopped
        if time.monotonic() < stopped + CLEARING_SECONDS:
            return
        stopped = time.monotonic()
        raise KeyboardInterrupt

    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function that `grade` tells how far it is; the bar begins with the first call."""
    from tqdm import tqdm

    from cnn_lessons.classroom.reporting.markup import plain

    bars = []

    def tell(done: int, total: int, file: str) -> None:
        if not bars:
            bars.append(tqdm(total=total, unit=" notebooks", disable=quiet, file=sys.stderr))
        bars[0].n = done
        bars[0].set_postfix_str(plain(file[-40:])[-40:])  # a student chose the name

    try:
        yield tell
    finally:
        for bar in bars:
            bar.close()


def _summary(results: list, rules, page: Path) -> str:
    """Say in a few lines what came out, and what looks odd."""
    from cnn_lessons.classroom.reporting.gradebook import grade_book, plural

    counts = {outcome: sum(result.outcome == outcome for result in results) for outcome in ("stopped", "refused")}
    graded = len(results) - sum(counts.values())
    whole = f"{plural(len(results), 'file')} of {plural(len(grade_book(results, rules).students), 'student')}"
    lines = [f"{whole}: {graded} graded, {counts['stopped']} stopped, {counts['refused']} refused."]
    times = [result.handed_in for result in results if result.chapters and result.handed_in is not None]
    if (rules.deadline or rules.deadlines) and len(times) > 5 and max(times) - min(times) < 600:
        lines += [
            "All were changed within ten minutes: perhaps that is the time of the download. Look at the deadlines."
        ]
    lines += sorted({f"Isolation: {result.isolation}." for result in results if result.outcome != "refused"})
    lines += [f"The report is in {page}. `{PROGRAM} grade --print-policy` shows how points can be set."]
    return "\n".join(lines)
