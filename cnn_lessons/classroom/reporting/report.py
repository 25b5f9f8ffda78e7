"""`write_report`: the whole report of a class, written so that a stop half-way leaves the old one whole.

Only a folder that cannot be renamed, because it is mounted, gets its new entries one by one.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cnn_lessons import __version__
from cnn_lessons.classroom.record import Result
from cnn_lessons.classroom.reporting import tables
from cnn_lessons.classroom.reporting.feedback import feedback, page_names
from cnn_lessons.classroom.reporting.gradebook import grade_book
from cnn_lessons.classroom.reporting.page import index
from cnn_lessons.classroom.reporting.policy import Policy

KEPT = "graded"  # what `grading` keeps of each file; it moves from an old report into the new one
OURS = {"grades.csv", "totals.csv", "results.json", "index.html", "feedback", KEPT}
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}  # a system leaves them in a folder that was looked at
HALF = ".report-"  # how the name of a folder begins that a stop may leave in a mounted report
LOCK = ".~lock."  # how that of a file begins that LibreOffice leaves beside one that it has opened


def write_report(results: Sequence[Result], policy: Policy, out: Path, date: datetime | None = None) -> Path:
    """Write grades.csv, totals.csv, results.json, index.html and a page for each student.

    Args:
        results: what grading found, one a file; their order does not matter.
        policy: how grades are made of it.
        out: folder of the report. It is made, or an old report in it is replaced as a whole.
        date: that stands on the pages; None takes the time it is now. All else depends on the results alone.

    Returns:
        The path of index.html.

    Raises:
        ValueError: if `out` is a file, or holds anything that is not of a report.
        OSError: if it cannot be written; an old report is still there.
    """
    out = Path(out).resolve()
    check_place(out)
    files = render(results, policy, date or datetime.now().astimezone())
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.parent if os.access(out.parent, os.W_OK) else None  # else it is mounted: anywhere will do
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=beside))
    try:
        for name, content in files.items():
            path = fresh / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        fresh.chmod(0o755 & ~_umask())  # a temporary folder is closed to everybody else
        _exchange(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return out / "index.html"


def render(results: Sequence[Result], policy: Policy, date: datetime) -> dict[str, bytes]:
    """Return the content of every file of the report by its path; arguments as in `write_report`."""
    book = grade_book(results, policy)
    pages = page_names([student.name for student in book.students])
    day = f"{date:%Y-%m-%d %H:%M}"
    files = {
        "grades.csv": tables.grades(book),
        "totals.csv": tables.totals(book),
        "results.json": tables.everything(book, list(results), pages, __version__, date.isoformat(timespec="seconds")),
        "index.html": index(book, pages, __version__, day),
    }
    return files | {f"feedback/{pages[student.name]}": feedback(student, policy, day) for student in book.students}


def check_place(out: Path) -> None:
    """Refuse a place for a report in which something would be lost: ValueError."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"report: expected a folder, got the file {out}. Name another place.")
    there = {path.name for path in out.iterdir() if not path.name.startswith((HALF, LOCK))} if out.exists() else set()
    old = _old_report(out)
    foreign = sorted(there - OURS - LITTER) or ([] if old else sorted(there & OURS - {KEPT}))
    pages = {student["page"] for student in old.get("students", ())}
    foreign += [f"feedback/{name}" for name in sorted(_feedback(out) - pages - LITTER)]
    if foreign:
        found = ", ".join(foreign[:3])
        raise ValueError(
            f"report: expected an empty folder or an old report, found {found} in {out}. Name another place."
        )


def _feedback(out: Path) -> set[str]:
    """Return the names of what lies in a report's folder of feedback."""
    folder = out / "feedback"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _old_report(out: Path) -> dict:
    """Return what the results.json of an old report says; nothing where there is none."""
    try:
        whole = json.loads((out / "results.json").read_text(encoding="utf-8"))
        return whole if whole["format"] == tables.FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _exchange(fresh: Path, out: Path) -> None:
    """Put the fresh folder in the place of the old one; if that fails, the old one stands there again."""
    if not out.exists():
        os.rename(fresh, out)
        return
    old, kept = fresh.with_name(f"{fresh.name}-old"), (out / KEPT).is_dir()
    try:
        os.rename(out, old)
    except OSError as error:
        if error.errno != errno.EBUSY and os.access(out.parent, os.W_OK):
            raise
        _exchange_within(fresh, out)  # a folder that is mounted cannot be renamed: what is in it can
        return
    try:
        if kept:
            os.rename(old / KEPT, fresh / KEPT)
        os.rename(fresh, out)
    except BaseException:
        if not out.exists():
            if (fresh / KEPT).exists():
                os.rename(fresh / KEPT, old / KEPT)
            os.rename(old, out)
        else:
            shutil.rmtree(old, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange_within(fresh: Path, out: Path) -> None:
    """Put the content of the fresh folder in the place of the old one's, entry by entry."""
    inside = Path(tempfile.mkdtemp(prefix=HALF, dir=out))
    try:
        for path in fresh.iterdir():
            (shutil.copytree if path.is_dir() else shutil.copy2)(path, inside / path.name)
        for path in inside.iterdir():
            if path.is_dir():
                shutil.rmtree(out / path.name, ignore_errors=True)
            os.replace(path, out / path.name)
    finally:
        shutil.rmtree(inside, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
