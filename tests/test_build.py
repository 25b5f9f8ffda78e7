"""The builder of the book: what makes a notebook stale, and what it says of faulty notebooks and pages."""

import sys
import threading

import execute
import machine
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import book

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def picture(alt: str | None):
    metadata = {} if alt is None else {"image/png": {"alt": alt}}
    return new_output("display_data", {"image/png": PIXEL}, metadata=metadata)


def shown(*pictures) -> nbformat.NotebookNode:
    return new_notebook(cells=[new_code_cell("show()", outputs=list(pictures))])


def test_alternative_text_goes_where_myst_nb_looks():
    page = nbformat.reads(book.page_of(shown(picture("a red square")), "x.ipynb"), as_version=4)
    assert page.cells[0].metadata.mystnb.image.alt == "a red square"


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        ([picture(None)], "x.ipynb, cell 1: expected a picture with alternative text"),
        ([picture("one"), picture("two")], "x.ipynb, cell 1: expected one picture, got 2"),
    ],
    ids=["without", "two"],
)
def test_picture_that_a_blind_reader_cannot_follow_is_refused(pictures, message):
    with pytest.raises(execute.NotebookError, match=message):
        book.page_of(shown(*pictures), "x.ipynb")


def test_only_code_makes_a_notebook_stale():
    def code(text, source):
        return execute.code_of(new_notebook(cells=[new_markdown_cell(text), new_code_cell(source)]))

    assert code("old text", "1 + 1") == code("new text", "1 + 1")
    assert code("text", "1 + 1") != code("text", "1 + 2")


def test_recorded_run_makes_only_those_stale_that_name_it(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    folder = tmp_path / "cnn_lessons" / "runs"
    folder.mkdir(parents=True)
    (folder / "mlp.json").write_text("first")
    (folder / "mlp-seed1.json").write_text("another")
    naming, silent = (
        execute.code_of(new_notebook(cells=[new_code_cell(source)])) for source in ('load_run("mlp")', "mlp = 3")
    )
    (folder / "large-mlp.json").write_text("not named")
    before = execute.quoted_runs(naming), execute.quoted_runs(silent)
    (folder / "mlp.json").write_text("second")
    assert before == ("another\0first", "")  # a cell may name the seeds by their ends
    assert execute.quoted_runs(naming) == "another\0second" and execute.quoted_runs(silent) == ""


def test_outputs_depend_on_what_a_widget_reads_and_not_on_its_script(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    package = tmp_path / "cnn_lessons"
    for file in ("runs/plan.py", "widgets/static/stack.json", "widgets/static/stack.js"):
        (package / file).parent.mkdir(parents=True, exist_ok=True)
        (package / file).touch()
    (tmp_path / "requirements.txt").touch()
    digests = [execute.package_digest()]
    for file in ("stack.js", "stack.json"):
        (package / "widgets" / "static" / file).write_text("{}")
        digests.append(execute.package_digest())
    assert digests[0] == digests[1] != digests[2]


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    """A function that writes notebooks of one code cell each and refreshes them in a place of their own."""
    monkeypatch.setattr(execute, "KEPT", tmp_path / "executed")
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    monkeypatch.setattr(execute, "package_digest", lambda: "package")

    def refreshed(**sources):
        paths = [tmp_path / f"{name}.ipynb" for name in sources]
        for path, source in zip(paths, sources.values(), strict=True):
            nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)
        return execute.refresh(paths)

    return refreshed


def test_outputs_are_computed_once_and_kept(notebooks, tmp_path):
    source = f"from pathlib import Path\nprint('run', file=Path({str(tmp_path / 'runs')!r}).open('a'))\n6 * 7"
    for _ in range(2):
        (notebook,) = notebooks(chapter=source)
        assert notebook.cells[0].outputs[0].data["text/plain"] == "42"
    assert (tmp_path / "runs").read_text() == "run\n"


def test_kept_outputs_that_are_broken_are_computed_anew(notebooks, tmp_path):
    notebooks(chapter="6 * 7")
    (tmp_path / "executed" / "chapter.json").write_text('{"key": "')  # the disk was full
    (notebook,) = notebooks(chapter="6 * 7")
    assert notebook.cells[0].outputs[0].data["text/plain"] == "42"


def test_file_that_is_no_notebook_is_named(tmp_path):
    path = tmp_path / "02_convolution.ipynb"
    path.write_text("<<<<<<< HEAD\n{}\n=======\n")
    with pytest.raises(execute.NotebookError, match=r"02_convolution.ipynb: expected a notebook, got .*\. Mend it"):
        execute.refresh([path])


def test_second_build_waits_for_the_first(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(book, "BUILD", tmp_path / "_build")
    done = []

    def second():
        with book.alone():
            done.append("second")

    with book.alone():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        done.append("first")
    thread.join()
    assert done == ["first", "second"] and "waiting for another build" in capsys.readouterr().out


def test_pages_are_written_by_the_python_that_builds(tmp_path, monkeypatch, capsys):
    """A script of the environment would name the Python of the folder that this one was copied from."""
    asked = []
    monkeypatch.setattr(book, "run", lambda command: asked.append(command) or machine.Result(1, "no"))
    for name in ("BUILD", "SOURCE", "STAMP", "INDEX"):
        monkeypatch.setattr(book, name, tmp_path / name)
    assert not book.build_pages({}, "key")
    assert asked[0][0] == sys.executable


def test_notebook_that_fails_or_hangs_is_named_with_its_cell(notebooks, monkeypatch):
    monkeypatch.setattr(execute, "CELL_SECONDS", 5)
    with pytest.raises(execute.NotebookError) as caught:
        notebooks(fails="1 / 0", hangs="while True: pass")
    fails, hangs = str(caught.value).splitlines()
    assert fails == "fails.ipynb, cell 1 (1 / 0): ZeroDivisionError: division by zero"
    assert hangs.startswith("hangs.ipynb, cell 1 (while True: pass): expected an end within 5 s")


def test_kernel_is_not_strict_and_uses_the_cpu_budget(monkeypatch):
    monkeypatch.setenv("CNN_LESSONS_STRICT", "1")
    monkeypatch.setenv("PYTHONPATH", "/another/clone")
    environment = execute.kernel_environment()
    assert not {"CNN_LESSONS_STRICT", "PYTHONPATH"} & set(environment)
    assert environment["IPYTHONDIR"] == str(machine.ROOT / "_build" / "ipython")
    assert environment["CNN_LESSONS_BUDGET"] == "cpu"


FAULTS = {
    "[a page](nowhere.md)": "nowhere.md",
    "![a picture](https://example.org/picture.png)": "the image https://example.org/picture.png is not in the book",
    "<img alt='x' src='https://example.org/raw.png'>": "an <img> loads from the network",
    "![](logo.svg)": "has no alternative text; say what it shows",
}


@pytest.mark.skipif(not list(machine.ROOT.glob("_build/vendor/mathjax-*")), reason="`make book` fetches MathJax")
def test_faulty_pages_stop_the_build_each_with_its_message(tmp_path, monkeypatch, capsys):
    """One build of a book of one notebook that has every fault."""
    build = tmp_path / "_build"
    for name, path in {
        "ROOT": tmp_path, "BUILD": build, "SOURCE": build / "source", "STAMP": build / "book.json",
        "INDEX": build / "html" / "index.html",
    }.items():  # fmt: skip
        monkeypatch.setattr(book, name, path)
    build.mkdir()
    (build / "vendor").symlink_to(machine.ROOT / "_build" / "vendor")
    kept = [machine.ROOT / "_config.yml", *(machine.ROOT / "book").glob("_*/*.*")]
    files = {str(path.relative_to(machine.ROOT)): path.read_bytes() for path in kept}
    cells = [new_markdown_cell("# Faults"), *map(new_markdown_cell, FAULTS)]
    cells.append(new_code_cell("# exercise: unheard_of\ndef unheard_of():\n    ..."))
    files["notebooks/faults.ipynb"] = nbformat.writes(new_notebook(cells=cells)).encode()
    files["notebooks/logo.svg"] = files["book/_static/logo.svg"]
    files["_toc.yml"] = b"format: jb-book\nroot: notebooks/faults\n"
    assert not book.build_pages(files, {"sha256": ""})
    said = capsys.readouterr().err
    for message in (*FAULTS.values(), "no exercise is called 'unheard_of'", "the book was not built"):
        assert message in said
    assert not book.STAMP.exists()
