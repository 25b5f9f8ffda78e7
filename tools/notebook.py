"""Work on notebooks as text: new, view, edit, tidy, run.

python tools/notebook.py new  notebooks/13_my_chapter.ipynb           copy the template, with its number and its address
python tools/notebook.py view notebooks/02_convolution.ipynb          print it as MyST text
python tools/notebook.py edit notebooks/02_convolution.ipynb          open the text in $EDITOR, merge it back, run it
python tools/notebook.py edit notebooks/02_convolution.ipynb --text chapter.md    the same with a text you have
python tools/notebook.py tidy notebooks/*.ipynb                       strip what changes from run to run
python tools/notebook.py run  notebooks/*.ipynb                       run from a fresh kernel, store the outputs
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
from execute import NotebookError, give_outputs, run_one
from execute import read as read_notebook
from nbformat import NotebookNode
from records import write_whole

TEXT = "md:myst"
WIDGET_STATE = "application/vnd.jupyter.widget-view+json"  # points to a kernel that is gone; the HTML beside it lasts
NOTEBOOK_METADATA = {
    "accelerator": "GPU",  # Colab then offers a GPU by itself
    "colab": {"gpuType": "T4", "provenance": []},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def new(path: Path) -> None:
    """Make a chapter from the template that lies beside it."""
    if not re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name) or path.exists():
        sys.exit(f"{path}: expected the name of a new chapter, such as notebooks/13_my_chapter.ipynb. Choose another.")
    template = path.with_name("_template.ipynb")
    notebook = read(template)
    title = path.stem[3:].replace("_", " ").capitalize()
    number = path.name[:2]
    changes = {"NN · Title": f"{number} · {title}", template.name: path.name, "chapter_NN": f"chapter_{number}"}
    for cell in notebook.cells:
        for old, fresh in changes.items():
            cell.source = cell.source.replace(old, fresh)
    write(tidied(notebook), path)


def view(path: Path) -> None:
    """Print a notebook as MyST text, without outputs."""
    print(as_text(read(path)), end="")


def edit(path: Path, text: Path | None) -> None:
    """Merge an edited text into a notebook and run it; the notebook changes only if the run ends well."""
    text = text or written_in_editor(path)
    draft = path.with_name(f".{path.stem}.draft.ipynb")
    try:
        notebook = tidied(jupytext.reads(text.read_text(encoding="utf-8"), fmt=TEXT))
        write(notebook, draft)
        run(draft, name=path.name)
        draft.replace(path)
    except (SystemExit, KeyboardInterrupt, Exception) as error:  # whatever went wrong, the text must not be lost
        sys.exit(
            f"{error}\nThe notebook is as it was. Your text is kept in {text}; mend it, then: edit {path} --text {text}"
        )
    finally:
        draft.unlink(missing_ok=True)


def written_in_editor(path: Path) -> Path:
    """Open the text of a notebook, or an empty one, in $EDITOR; return the file that holds the result."""
    before = as_text(read(path)) if path.exists() else ""
    handle, name = tempfile.mkstemp(prefix=f"{path.stem}-", suffix=".md")
    with open(handle, "w", encoding="utf-8") as file:
        file.write(before)
    editor = shlex.split(os.environ.get("EDITOR") or "vi")
    try:
        subprocess.run([*editor, name], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(
            f"EDITOR: expected {editor[0]!r} to edit {name} and end well: {error}. Or edit it and pass it by --text."
        )
    return Path(name)


def tidy(path: Path) -> None:
    """Strip a notebook of what changes from run to run; rewrite it only if that changes anything."""
    write(tidied(read(path)), path)


def run(path: Path, name: str | None = None) -> None:
    """Run a notebook from a fresh kernel in the `cpu` budget, and store its outputs, tidy; messages call it `name`."""
    notebook = read(path)
    outputs, seconds, problem = run_one(path)
    if problem:
        sys.exit(f"{name or path}: {problem}")
    give_outputs(notebook, outputs)
    write(tidied(notebook), path)
    print(f"{name or path}: {seconds:.1f} s")


def read(path: Path) -> NotebookNode:
    """Return a notebook; exit with one line if the file is none."""
    try:
        return read_notebook(path)
    except FileNotFoundError:
        sys.exit(f"{path}: expected a notebook, found no such file")
    except NotebookError as error:
        sys.exit(str(error))


def as_text(notebook: NotebookNode) -> str:
    """Return a notebook as MyST text."""
    return jupytext.writes(notebook, fmt=TEXT)


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook, whole or not at all; leave a file alone that holds it."""
    text = nbformat.writes(notebook) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_whole(path, text.encode())


def tidied(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with stable metadata, readable cell ids and outputs that a second run repeats."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    section, used = "top", set()
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in ("tags", "mystnb") if cell.metadata.get(key)}
        )
        section = heading(cell) or section
        cell.id = unique(exercise_id(cell) or section, used)
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output.data.pop(WIDGET_STATE, None)
    return notebook


def heading(cell: NotebookNode) -> str | None:
    """Return the first heading of a markdown cell as an id, or None."""
    found = re.search(r"^#+ (.+)$", cell.source, re.M) if cell.cell_type == "markdown" else None
    return re.sub(r"[^a-z0-9]+", "-", found[1].lower()).strip("-")[:48] if found else None


def exercise_id(cell: NotebookNode) -> str | None:
    """Return the id of an exercise cell, from its marker comment, or None."""
    found = re.match(r"# exercise: (\w+)", cell.source) if cell.cell_type == "code" else None
    return f"exercise-{found[1].replace('_', '-')}" if found else None


def unique(name: str, used: set[str]) -> str:
    """Return `name`, or with the first free number behind it, and mark it used."""
    number, free = 1, name
    while free in used:
        number += 1
        free = f"{name}-{number}"
    used.add(free)
    return free


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and do what it says, notebook by notebook."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("new", "view", "edit", "tidy", "run"))
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--text", type=Path, help="with edit: a MyST text to merge instead of opening an editor")
    chosen = parser.parse_args(arguments)
    if chosen.text and (chosen.verb != "edit" or len(chosen.notebooks) > 1):
        parser.error("--text goes with edit and one notebook")
    if chosen.text and not chosen.text.is_file():
        parser.error(f"--text: expected a file, found none at {chosen.text}")
    verbs = {"new": new, "view": view, "edit": lambda path: edit(path, chosen.text), "tidy": tidy, "run": run}
    for path in chosen.notebooks:
        verbs[chosen.verb](path)


if __name__ == "__main__":
    main()
