"""Measure grading: seconds a submission, against a bare `jupyter execute` of the same notebooks, and how it grows.

    .venv/bin/python tools/bench_classroom.py            (or `make bench`)

A submission is chapter 04 as handed out, with every exercise answered. Both sides run as many notebooks at once as
there are cores, and nbval is off. The grader's time includes its start, the judging and the report.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from machine import ROOT

from cnn_lessons.exercises import solution_source

CHAPTER = ROOT / "notebooks" / "04_pooling.ipynb"
CORES = len(os.sched_getaffinity(0))
SIZES = (10, 20, 40, 80)
COMPARED = 40  # submissions that jupyter runs too


def main() -> None:
    """Print a row for each size of the class, then the ratio."""
    print(f"grading {CHAPTER.name}, {CORES} at once, nbval off")
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            submissions = make_class(Path(folder) / f"class-{size}", size)
            seconds[size] = graded(submissions, Path(folder) / f"report-{size}")
            print(f"{size:>4} submissions: {seconds[size]:6.1f} s, {seconds[size] / size:5.2f} s each", flush=True)
            if size == COMPARED:
                bare = executed(submissions)
                print(f"     bare jupyter execute: {bare:6.1f} s, {bare / size:5.2f} s each; ", end="")
                print(f"grading takes {seconds[size] / bare:.2f} times as long", flush=True)


def make_class(folder: Path, size: int) -> Path:
    """Write the chapter with answers, once for each student; each file differs in one line of text."""
    notebook = json.loads(CHAPTER.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        found = re.match(r"# exercise: (\w+)", "".join(cell["source"]))
        if found:
            name = found[1]
            cell["source"] = f'# exercise: {name}\n{solution_source(name)}\n\ncheck("{name}", {name})'
    for number in range(size):
        notebook["cells"][0]["source"] = f"# Student {number}"
        path = folder / f"student-{number:02}" / CHAPTER.name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    return folder


def graded(submissions: Path, out: Path) -> float:
    """Return the seconds that grading a class takes."""
    start = time.monotonic()
    command = [sys.executable, "-m", "cnn_lessons", "grade", submissions, "--out", out, "--no-nbval", "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    table = json.loads((out / "results.json").read_text(encoding="utf-8"))
    statuses = {mark["status"] for result in table["results"] for mark in result["marks"]}
    if statuses != {"correct"}:
        sys.exit(f"expected every answer to be correct, got {statuses}")
    return time.monotonic() - start


def executed(submissions: Path) -> float:
    """Return the seconds that `jupyter execute` takes for the same notebooks."""
    own = {**os.environ, "CNN_LESSONS_BUDGET": "cpu", "OMP_NUM_THREADS": "1"}
    jupyter = shutil.which("jupyter", path=str(Path(sys.executable).parent))

    def execute(path: Path) -> None:
        subprocess.run([jupyter, "execute", path], check=True, env=own, capture_output=True)

    start = time.monotonic()
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(execute, sorted(submissions.rglob("*.ipynb"))))
    return time.monotonic() - start


if __name__ == "__main__":
    main()
