"""The chapters keep the rules, and the rules refuse what they should."""

import copy
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from address import published
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_rules import problems

ROOT = Path(__file__).parents[1]
ADDRESS = published()
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_keeps_the_rules(path):
    found = problems(nbformat.read(path, as_version=4), path, ADDRESS)
    assert not found, "\n".join(found)


@pytest.fixture
def chapter():
    return copy.deepcopy(nbformat.read(CHAPTERS[0], as_version=4))


def refusals(notebook) -> str:
    return "\n".join(problems(notebook, CHAPTERS[0], ADDRESS))


def test_rules_refuse_a_notebook_without_outputs(chapter):
    for cell in chapter.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    assert "no stored outputs" in refusals(chapter)
    assert "never run" in refusals(chapter)


def test_rules_refuse_a_stored_error(chapter):
    chapter.cells[-1] = new_code_cell("1 / 0", execution_count=99)
    chapter.cells[-1].outputs = [new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])]
    assert "stores the error ZeroDivisionError" in refusals(chapter)


def test_rules_refuse_a_picture_without_alt_text(chapter):
    for cell in chapter.cells:
        for output in cell.get("outputs", []):
            output.get("metadata", {}).pop("image/png", None)
    chapter.cells.append(new_markdown_cell("![](photo.png)"))
    assert "a picture without alt text" in refusals(chapter)
    assert "a picture in the text without alt text" in refusals(chapter)


def test_rules_refuse_a_long_cell_and_a_missing_section(chapter):
    chapter.cells = [cell for cell in chapter.cells if not cell.source.startswith("## Recall")]
    chapter.cells.append(new_code_cell("\n".join(["x = 1"] * 21), execution_count=99))
    assert "21 lines, at most 20" in refusals(chapter)
    assert "expected the sections" in refusals(chapter)
    assert "five recall questions" in refusals(chapter)


def test_rules_refuse_an_import_that_is_nowhere_explained(chapter):
    imports = next(cell for cell in chapter.cells if "import torch" in cell.source and cell.cell_type == "code")
    imports.source += "\nfrom cnn_lessons.training import tune"
    assert "tune is imported but not linked" in refusals(chapter)
    assert "tune is imported but not on the API page" in refusals(chapter)


def test_rules_refuse_a_filled_in_exercise_and_another_address(chapter):
    cell = next(cell for cell in chapter.cells if cell.source.startswith("# exercise: "))
    cell.source = cell.source.replace("    ...\n", "    return 1\n")
    chapter.cells[0].source = chapter.cells[0].source.replace(ADDRESS.owner, "someone-else")
    assert "expected the cell" in refusals(chapter)
    assert "no Colab badge" in refusals(chapter)


MAKE = (ROOT / "Makefile").read_text(encoding="utf-8")
RULES = str(ROOT / re.search(r"^RULES = (.+)$", MAKE, re.M)[1])
FLAGS = re.search(r"^NOTEBOOKS = (.+)$", MAKE, re.M)[1].replace("$(RULES)", RULES).split()  # as the chapters have them


def nbval(notebook, path: Path) -> subprocess.CompletedProcess:
    nbformat.write(notebook, path)
    command = [
        sys.executable,
        "-m",
        "pytest",
        *FLAGS,
        "--noconftest",
        "-q",
        "-p",
        "no:cacheprovider",
        path,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=path.parent)


def test_strict_nbval_refuses_wrong_outputs_and_exceptions_and_nothing_else(tmp_path):
    stored = {"print(6 * 7)": "42\n", "print(7 * 6)": "41\n", "print('72.51 %')": "72.52 %\n", "1 / 0": ""}
    stored["print('\\x1b[1;35mError\\x1b[0m: red')"] = "Error: red\n"  # the colours of a traceback do not count
    cells = [new_code_cell(source, execution_count=number) for number, source in enumerate(stored, 1)]
    for cell, text in zip(cells, stored.values(), strict=True):
        cell.outputs = [new_output("stream", name="stdout", text=text)] if text else []
    result = nbval(new_notebook(cells=cells), tmp_path / "chapter.ipynb")
    assert result.returncode == 1, result.stdout
    assert "3 failed, 2 passed" in result.stdout, result.stdout
    said = re.findall(r"(?s)::Cell (\d) _.*?(mismatch|ZeroDivisionError)", result.stdout)
    assert said == [("1", "mismatch"), ("2", "mismatch"), ("3", "ZeroDivisionError")], result.stdout
