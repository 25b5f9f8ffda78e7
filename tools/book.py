"""Builds the book: runs the stale notebooks, mirrors the sources into _build/source, and calls Jupyter Book.

    .venv/bin/python tools/book.py     (or `make book`, which sets everything up first)

The pages land in _build/html, and _build/html/index.html opens from the disk, without a server or a network.
All pages are written anew whenever anything that they are made of has changed, because Sphinx alone does not
notice a changed extension or widget module.
"""

import fcntl
import hashlib
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import nbformat
from execute import NotebookError, refresh
from machine import ROOT, run, say
from nbformat import NotebookNode

BUILD = ROOT / "_build"
SOURCE = BUILD / "source"
INDEX = BUILD / "html" / "index.html"
STAMP = BUILD / "book.sha256"
# What the folder's address shows on the way to the first page, and in a list of bookmarks.
WAY_IN = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>CNN Lessons</title>
<meta http-equiv="refresh" content="0; url=book/welcome.html">
<a href="book/welcome.html">CNN Lessons</a></html>
"""
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"  # its script names the Python of where it was installed


def main() -> int:
    """Build the book if anything changed; return the exit code."""
    with alone():
        return build()


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other build of this folder runs."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another build of this folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build() -> int:
    """Run the stale notebooks, and write the pages if anything changed; return the exit code."""
    start = time.monotonic()
    try:
        files = book_files()
        chapters = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
        for path, notebook in zip(chapters, refresh(chapters), strict=True):
            files[str(path.relative_to(ROOT))] = page_of(notebook, path.name).encode()
    except NotebookError as error:
        print(f"\nthe book was not built:\n{error}", file=sys.stderr)
        return 1
    key = fingerprint(files)
    if INDEX.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == key:
        say("nothing has changed since the last build")
    elif not build_pages(files, key):
        return 1
    say(f"the book is in {INDEX} ({time.monotonic() - start:.0f} s)")
    return 0


def book_files() -> dict[str, bytes]:
    """The files that a build reads as they are, by path."""
    paths = [ROOT / "_config.yml", ROOT / "_toc.yml", ROOT / "tests" / "kill_score.json"]
    paths += [path for path in (ROOT / "book").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(ROOT)): path.read_bytes() for path in paths if path.exists()}


def page_of(notebook: NotebookNode, name: str) -> str:
    """The text of a notebook as the book shows it: alternative texts where MyST-NB looks, no widget state."""
    notebook.metadata.pop("widgets", None)  # the page's own element replaces it
    problems = [
        f"notebooks/{name}, cell {number}: {problem}"
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and (problem := lift_alternative_text(cell))
    ]
    if problems:
        raise NotebookError("\n".join(problems))
    return nbformat.writes(notebook)


def lift_alternative_text(cell: NotebookNode) -> str:
    """Copy a picture's alternative text from output to cell metadata; return what is wrong, or ""."""
    pictures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
    texts = {output.metadata.get("image/png", {}).get("alt", "") for output in pictures}
    if "" in texts:
        return "expected a picture with alternative text, got one without. Draw it with cnn_lessons.plots."
    if len(texts) > 1:
        return f"expected one picture, got {len(texts)}. Give every picture a cell of its own."
    if texts:
        cell.metadata.setdefault("mystnb", {})["image"] = {"alt": texts.pop()}
    return ""


def fingerprint(files: dict[str, bytes]) -> str:
    """A fingerprint of everything that the pages are made of."""
    others = [path for path in (ROOT / "cnn_lessons").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    others += [ROOT / "requirements.txt", *(ROOT / "tools").glob("*.py")]
    everything = {**files, **{str(path.relative_to(ROOT)): path.read_bytes() for path in others}}
    key = hashlib.sha256(platform.python_version().encode())
    for path, content in sorted(everything.items()):
        key.update(f"{path}\0{len(content)}\0".encode() + content)
    return key.hexdigest()


def build_pages(files: dict[str, bytes], key: str) -> bool:
    """Mirror the sources, build every page from them, and remember it; return whether it went well."""
    STAMP.unlink(missing_ok=True)
    for old in (SOURCE, BUILD / "html"):
        shutil.rmtree(old, ignore_errors=True)
    for path, content in files.items():
        target = SOURCE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    say("writing the pages")
    # Jupyter Book puts the pages into <path-output>/_build/html.
    options = ["--all", "-W", "--keep-going", "-q", "--path-output", ROOT]
    done = run([sys.executable, "-c", JUPYTER_BOOK, "build", SOURCE, *options])
    if done.code or not INDEX.exists():
        print(f"{done.text}\nthe book was not built: see above (a warning is an error)", file=sys.stderr)
        return False
    INDEX.write_text(WAY_IN, encoding="utf-8")  # in place of Jupyter Book's, which has no title and no link
    STAMP.write_text(key, encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
