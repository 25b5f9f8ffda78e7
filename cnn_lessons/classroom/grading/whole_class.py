"""Grade a folder of notebooks: each in a jail of its own, several at once, none twice."""

import hashlib
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from cnn_lessons.classroom.grading.collect import HandedIn, collect
from cnn_lessons.classroom.grading.limits import Limits
from cnn_lessons.classroom.grading.one_file import FAILED, grade_one
from cnn_lessons.classroom.grading.prison import Prison, namespaces_work
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
    """Grade every file below a folder. What was graded before and has not changed is not run again.

    Args:
        submissions: folder with .ipynb and .zip files, in folders or not.
        out: folder of the report; results are kept in it as they come.
        options: limits and the like.
        tell: called with (done, of, file) at the start and whenever a file is done.

    Returns:
        A result for each file, in the order of their paths.

    Raises:
        ValueError: if there is nothing to grade, or `out` is no place for a report.
    """
    submissions, out = submissions.resolve(), out.resolve()
    if out.is_relative_to(submissions):
        raise ValueError(f"--out: expected a folder outside {submissions}, got {out}")
    check_place(out)
    items = collect(submissions)
    kept = out / KEPT
    kept.mkdir(parents=True, exist_ok=True)
    base = _conditions(options)
    places = {item.file: kept / f"{_key(base, item)}.json" for item in items}
    results = {item.file: found for item in items if (found := _kept(places[item.file], item.file))}
    waiting = [item for item in items if item.file not in results]
    if tell:
        tell(len(results), len(items), "")
    if waiting:
        with Prison((submissions, out), options.namespaces) as prison:
            for result in _run(waiting, prison, options):
                if not result.problem.startswith(FAILED):  # a second run may fare better
                    _keep(places[result.file], result)
                results[result.file] = result
                if tell:
                    tell(len(results), len(items), result.file)
    return [results[item.file] for item in items]


def _run(waiting: list[HandedIn], prison: Prison, options: Options):
    """Yield results as they come; on Ctrl-C end all jails and what has not begun."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the jails need the cores
    stop = threading.Event()
    pool = ThreadPoolExecutor(options.jobs or _cores())
    try:
        begun = [pool.submit(grade_one, item, prison, options.limits, options.saved, stop) for item in waiting]
        for done in as_completed(begun):
            yield done.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ---- what is kept --------------------------------------------------------------------------------------------


def _conditions(options: Options) -> str:
    """Return a fingerprint of what a result depends on besides the file: package, torch, limits, namespaces."""
    namespaces = namespaces_work() if options.namespaces is None else options.namespaces
    text = json.dumps([torch.__version__, asdict(options.limits), options.saved, namespaces])
    digest = hashlib.sha256(text.encode())
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _key(base: str, item: HandedIn) -> str:
    return hashlib.sha256(
        f"{base}\0{item.file}\0{item.handed_in}\0{item.sha256}".encode(errors="surrogatepass")
    ).hexdigest()


def _kept(path: Path, file: str) -> Result | None:
    """Return the result of a file that an earlier run has kept; None if there is none that can be read."""
    try:
        found = from_json(json.loads(path.read_text(encoding="utf-8")))
        return found if found.file == file else None
    except (OSError, ValueError):
        return None


def _keep(path: Path, result: Result) -> None:
    """Write a result by way of a second file, so that a stop half-way leaves none that is cut off."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(to_json(result)), encoding="utf-8")
    part.replace(path)
