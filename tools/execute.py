"""Runs the stale notebooks for the book, two at a time, and keeps their outputs by content."""

import hashlib
import json
import os
import platform
import re
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import nbformat
from machine import ROOT, say
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from records import read_record, write_record

KEPT = ROOT / "_build" / "executed"
CELL_SECONDS = 120  # twice what a whole chapter may take
AT_ONCE = 2
QUIET = ["--log-level=ERROR"]  # a kernel warns at its start that it listens on a port of this machine


class NotebookError(Exception):
    """A notebook that does not run; the message names the notebook, the cell and the error."""


def refresh(paths: list[Path]) -> list[NotebookNode]:
    """Read the notebooks and give every code cell the outputs of this package, in the `cpu` budget.

    Only code counts: a notebook whose text alone changed keeps its outputs.

    Raises:
        NotebookError: if a file is no notebook, or if a cell raises, hangs or ends the kernel.
    """
    notebooks = [read(path) for path in paths]
    shared = package_digest()
    keys = [digest(shared, code := code_of(notebook), quoted_runs(code)) for notebook in notebooks]
    stale = [path for path, key in zip(paths, keys, strict=True) if kept(path, key) is None]
    if stale:
        say(f"running {', '.join(path.stem for path in stale)}")
    run_all(stale, dict(zip(paths, keys, strict=True)))
    for path, key, notebook in zip(paths, keys, notebooks, strict=True):
        give_outputs(notebook, kept(path, key)["outputs"])
    return notebooks


def read(path: Path) -> NotebookNode:
    """Read a notebook.

    Raises:
        NotebookError: if the file is none.
    """
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, AttributeError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise NotebookError(
            f"{path}: expected a notebook, got something else ({reason}). Mend it (a conflict of git's?) or restore it "
            "from git."
        ) from None


def digest(*texts: str) -> str:
    """A fingerprint of the texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def package_digest() -> str:
    """A fingerprint of what the outputs of every notebook depend on: the package, the pinned set.

    The widgets' JavaScript is left out: an output holds a widget's state, never its module. So are the classroom, the
    shell and the plan of the recorded runs, which no notebook imports.
    """
    package = ROOT / "cnn_lessons"
    own = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in ("classroom", "cli")]
    own.remove(package / "runs" / "plan.py")
    files = [*own, *(package / "widgets" / "static").glob("*.json"), ROOT / "requirements.txt"]
    named = (f"{file.relative_to(ROOT)}\0{file.read_text(encoding='utf-8')}" for file in sorted(files))
    return digest(*named, platform.python_version())  # another Python may take other releases of the pinned set


def quoted_runs(code: str) -> str:
    """The recorded runs that a notebook's code names, as they are in their files; with one its other seeds."""
    files = sorted((ROOT / "cnn_lessons" / "runs").glob("*.json"))
    named = {file: re.sub(r"-seed\d+$", "", file.stem) for file in files}
    return "\0".join(file.read_text(encoding="utf-8") for file in files if json.dumps(f'"{named[file]}"')[1:-1] in code)


def code_of(notebook: NotebookNode) -> str:
    """The part of a notebook that decides its outputs."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return json.dumps([[cell.source, cell.metadata.get("tags", [])] for cell in cells])


def kept(path: Path, key: str) -> dict | None:
    """The kept outputs of a notebook, if they were made by this very code."""
    record = read_record(KEPT / f"{path.stem}.json")
    return record if record and record["key"] == key else None


def run_all(paths: list[Path], keys: dict[Path, str]) -> None:
    """Run notebooks side by side; keep the outputs of those that end well, then report all that do not."""
    KEPT.mkdir(parents=True, exist_ok=True)
    problems = []
    with ProcessPoolExecutor(AT_ONCE) as pool:
        for path, (outputs, seconds, problem) in zip(
            paths, pool.map(run_one, paths, repeat(CELL_SECONDS)), strict=True
        ):
            if problem:
                problems.append(f"{path.relative_to(ROOT)}, {problem}")
                continue
            say(f"{path.stem}: {seconds:.0f} s")
            record = {"key": keys[path], "seconds": round(seconds, 1), "outputs": outputs}
            write_record(KEPT / f"{path.stem}.json", record)
    if problems:
        raise NotebookError("\n".join(problems))


def run_one(path: Path, most: float = CELL_SECONDS) -> tuple[list, float, str]:
    """Run one notebook from a fresh kernel, each cell within `most` seconds.

    Returns:
        Its outputs, the seconds it took and what went wrong.
    """
    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=most, kernel_name="python3", resources=folder)
    client.extra_arguments = QUIET
    client.coalesce_streams = True  # a slow machine sends what a cell prints in pieces
    start = time.monotonic()
    problem = ""
    try:
        client.execute(env=kernel_environment())
    except CellExecutionError as error:
        problem = f"{last_cell_run(notebook)}: {error.ename}: {error.evalue}"
    except CellTimeoutError:
        problem = f"{last_cell_run(notebook)}: expected an end within {most} s, got none"
    except (DeadKernelError, RuntimeError) as error:  # RuntimeError: the kernel did not start
        problem = f"{last_cell_run(notebook)}: the kernel ended or did not answer (out of memory?): {error}"
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    return outputs, time.monotonic() - start, problem


def kernel_environment() -> dict[str, str]:
    """The environment that outputs are made in, the same on every machine."""
    # A blank exercise must not stop the run, so strict checking stays off whatever the caller has set.
    # Nor may a package or a startup file of the caller's take part.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CNN_LESSONS_", "PYTHONPATH"))}
    threads = max(1, (os.cpu_count() or 1) // AT_ONCE)
    fresh = {"IPYTHONDIR": str(KEPT.parent / "ipython"), "OMP_NUM_THREADS": str(threads)}
    return {**own, **fresh, "CNN_LESSONS_BUDGET": "cpu"}


def last_cell_run(notebook: NotebookNode) -> str:
    """The cell at which a run ended, by number and first line."""
    begun = [i for i, cell in enumerate(notebook.cells) if cell.metadata.get("execution", {})]
    number = begun[-1] if begun else 0
    first_line = notebook.cells[number].source.partition("\n")[0]
    return f"cell {number + 1} ({first_line})"


def give_outputs(notebook: NotebookNode, outputs: list) -> None:
    """Put outputs into the notebook's code cells, in order, and number the cells."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, (cell, cell_outputs) in enumerate(zip(cells, outputs, strict=True), start=1):
        cell.outputs = [nbformat.from_dict(output) for output in cell_outputs]
        cell.execution_count = number
