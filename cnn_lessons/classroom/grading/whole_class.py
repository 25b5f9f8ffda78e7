"""Grade a folder of notebooks: each in a jail of its own, several at once, none twice."""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import json
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from cnn_lessons.classroom.grading.collect import HandedIn, collect
from cnn_lessons.classroom.grading.limits import Limits
from cnn_lessons.classroom.grading.one_file import FAILED, grade_one
from cnn_lessons.classroom.grading.prison import Prison, namespaces_work
from cnn_lessons.classroom.grading.reading import chapter_in_name
from cnn_lessons.classroom.record import Result, from_json, to_json
from cnn_lessons.classroom.releasing.edition import PACKAGE
from cnn_lessons.classroom.reporting.report import KEPT, check_place


@dataclass(frozen=True)
class Options:
    """How a class is graded.

    Args:
        limits: for each notebook.
        saved: whether nbval runs each notebook a second time, to see if its saved outputs are real.
        jobs: notebooks at once; None for one on each core.
        namespaces: None to use them where the system gives them.
    """

    limits: Limits = Limits()
    saved: bool = True
    jobs: int | None = None
    namespaces: bool | None = None


def grade(
    submissions: Path, out: Path, options: Options, tell: Callable[[int, int, str], None] | None = None
) -> list[Result]:
    """Grade every file below a folder. What was graded before, under any name, is not run again, and of copies one is.

    Args:
        submissions: folder with .ipynb and .zip files, in folders or not.
        out: folder of the report; results are kept in it as they come.
        options: limits and the like.
        tell: called with (done, of, file) at the start and whenever a file is done.

    Returns:
        A result for each file, in the order of their paths.

    Raises:
        ValueError: if there is nothing to grade, a package is missing, or `out` is no place for a report.
    """
    submissions, out = submissions.resolve(), out.resolve()
    if out.is_relative_to(submissions):
        raise ValueError(f"--out: expected a folder outside {submissions}, got {out}")
    check_place(out)
    items = collect(submissions)
    base = _conditions(options)
    kept = out / KEPT
    kept.mkdir(parents=True, exist_ok=True)
    places = {item.file: kept / f"{_key(base, item)}.json" for item in items}
    results = {place: found for place in places.values() if (found := _kept(place))}
    waiting = {places[item.file]: item for item in items if places[item.file] not in results}

    def progress(file: str = "") -> None:
        if tell:
            tell(sum(place in results for place in places.values()), len(items), file)

    progress()
    if waiting:
        with _alone(kept), Prison((submissions, out), options.namespaces) as prison:
            for result in _run(list(waiting.values()), prison, options):
                place = places[result.file]
                if not any(said.startswith(FAILED) for said in (result.problem, result.cells_note)):  # else try again
                    _keep(place, result)
                results[place] = result
                progress(result.file)
    return [replace(results[places[item.file]], file=item.file, handed_in=item.handed_in) for item in items]


def _run(waiting: list[HandedIn], prison: Prison, options: Options):
    """Yield results as they come; on Ctrl-C end all jails and what has not begun."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the jails need the cores
    stop = threading.Event()
    pool = ThreadPoolExecutor(options.jobs or len(os.sched_getaffinity(0)))
    try:
        begun = [pool.submit(grade_one, item, prison, options.limits, options.saved, stop) for item in waiting]
        for done in as_completed(begun):
            yield done.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


@contextlib.contextmanager
def _alone(kept: Path):
    """Refuse to grade into a folder into which another grading does: ValueError."""
    with (kept / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"--out: another grading is at work in {kept.parent}. Wait for its end.") from None
        yield


# ---- what is kept --------------------------------------------------------------------------------------------


def _conditions(options: Options) -> str:
    """Return a fingerprint of what a result depends on besides the file: packages, Python, limits, namespaces."""
    namespaces = namespaces_work() if options.namespaces is None else options.namespaces
    packages = ["numpy", "ipython"] + ["nbval", "ipykernel"] * options.saved
    versions = [sys.version, torch.__version__, *map(_version, packages)]
    digest = hashlib.sha256(json.dumps([versions, asdict(options.limits), options.saved, namespaces]).encode())
    for path in sorted((*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.cfg"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _version(package: str) -> str:
    """Return the version of a package that the grading needs.

    Raises:
        ValueError: if it is not there.
    """
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise ValueError(
            f"grade: expected the package {package}, found none. pip install 'cnn-lessons[classroom]'"
        ) from None


def _key(base: str, item: HandedIn) -> str:
    """Return a fingerprint of all that a result depends on; where the file lies, and when it came, is no part of it."""
    text = "\0".join([base, chapter_in_name(item.file), item.refused, item.sha256])
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _kept(path: Path) -> Result | None:
    """Return the result that an earlier run has kept; None if there is none that can be read."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _keep(path: Path, result: Result) -> None:
    """Write a result by way of a second file, so that a stop half-way leaves none that is cut off."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(to_json(result)), encoding="utf-8")
    part.replace(path)
