"""The notebook tool: view, edit, tidy and run lose nothing, repeat themselves exactly, and fail in one line."""

import json
import re
from pathlib import Path

import nbformat
import notebook as tool
import pytest

WIDGET_STATE = "application/vnd.jupyter.widget-view+json"


def cell(kind, source, **more):
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    made.update(nbformat.from_dict(more))
    return made


def shown(model, state=True):
    """Return an output as a widget leaves it: its HTML, and a pointer to a kernel that will be gone."""
    data = {"text/html": f'<cnn-conv model="{model}"><p>A stepper.</p></cnn-conv>', "text/plain": "A stepper."}
    if state:
        data[WIDGET_STATE] = {"model_id": model, "version_major": 2}
    return nbformat.v4.new_output("display_data", data=data)


@pytest.fixture
def path(tmp_path):
    """A notebook with headings, an exercise, two widgets of which one is shown twice, and metadata from a session."""
    notebook = nbformat.v4.new_notebook(
        metadata={"widgets": {"x": 1}, "kernelspec": {"name": "mine", "display_name": "M"}}
    )
    notebook.cells = [
        cell("code", "import torch", metadata={"execution": {"iopub.execute_input": "2026"}, "tags": ["setup"]}),
        cell("markdown", "# Convolution, by hand\n\nText."),
        cell("code", "1 + 1", metadata={"collapsed": True}),
        cell("code", "# exercise: conv_output_size\ndef conv_output_size(size): ..."),
        cell("markdown", "## Widgets"),
        cell("code", "show()", outputs=[shown("0f3c9a11"), shown("77aa00ff"), shown("0f3c9a11", state=False)]),
        cell("markdown", "## Widgets"),
        cell("markdown", "## 다음"),
    ]
    path = tmp_path / "02_convolution.ipynb"
    nbformat.write(notebook, path)
    return path


def read(path):
    return nbformat.read(path, as_version=4)


def plain(tmp_path, *sources):
    """Write a tidy notebook of these cells and return its path."""
    path = tmp_path / "plain.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell("code", source) for source in sources]), path)
    tool.tidy(path)
    return path


def test_tidy_gives_readable_ids_that_come_from_the_headings(path):
    tool.tidy(path)
    assert [c.id for c in read(path).cells] == [
        "top",
        "convolution-by-hand",
        "convolution-by-hand-2",
        "exercise-conv-output-size",
        "widgets",
        "widgets-2",
        "widgets-3",
        "widgets-4",
    ]
    nbformat.validate(read(path))


def test_tidy_strips_what_a_session_leaves_and_keeps_tags(path):
    tool.tidy(path)
    notebook = read(path)
    assert set(notebook.metadata) == {"accelerator", "colab", "kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert [dict(c.metadata) for c in notebook.cells] == [{"tags": ["setup"]}] + [{}] * 7


def test_tidy_keeps_what_a_widget_shows_and_drops_its_state(path):
    before = [output.data["text/html"] for output in read(path).cells[5].outputs]
    tool.tidy(path)
    outputs = read(path).cells[5].outputs
    assert [output.data["text/html"] for output in outputs] == before
    assert not any(WIDGET_STATE in o.data for o in outputs)
    assert all(o.data["text/plain"] == "A stepper." for o in outputs)


def test_tidy_a_second_time_changes_nothing(path):
    tool.tidy(path)
    text, written = path.read_text(), path.stat().st_mtime_ns
    tool.tidy(path)
    assert path.read_text() == text and path.stat().st_mtime_ns == written
    assert text.endswith("}\n") and "다음" in text and [p.name for p in path.parent.iterdir()] == [path.name]


def test_view_prints_myst_text_without_outputs(path, capsys):
    tool.main(["view", str(path)])
    text = capsys.readouterr().out
    assert "```{code-cell}" in text and "# Convolution, by hand" in text and "cnn-conv" not in text


def test_run_stores_outputs_and_a_second_run_repeats_them(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CNN_LESSONS_STRICT", "1")  # a run is never strict: blank exercises must not stop it
    path = plain(
        tmp_path, "import os", "print(os.environ['CNN_LESSONS_BUDGET'], os.environ.get('CNN_LESSONS_STRICT'))", "6 * 7"
    )
    tool.main(["run", str(path)])
    first = path.read_text()
    cells = read(path).cells
    assert cells[1].outputs[0].text == "cpu None\n" and cells[2].outputs[0].data["text/plain"] == "42"
    assert [c.execution_count for c in cells] == [1, 2, 3]
    assert capsys.readouterr().out.startswith(f"{path}: ")
    tool.main(["run", str(path)])
    assert path.read_text() == first


def test_run_of_a_failing_notebook_leaves_it_as_it_was_and_names_the_cell(tmp_path):
    path = plain(tmp_path, "x = 1", "# divide\nx / 0", "x")
    before = path.read_text()
    with pytest.raises(SystemExit) as end:
        tool.main(["run", str(path)])
    assert str(end.value) == f"{path}: cell 2 (# divide): ZeroDivisionError: division by zero"
    assert path.read_text() == before


def test_edit_merges_a_text_runs_it_and_stores_the_outputs(tmp_path, capsys):
    path, text = plain(tmp_path, "1 + 1"), tmp_path / "chapter.md"
    text.write_text(tool.as_text(read(path)).replace("1 + 1", ":tags: [nbval-ignore-output]\n\n2 + 3") + "\n## Next\n")
    tool.main(["edit", str(path), "--text", str(text)])
    code, markdown = read(path).cells
    assert code.outputs[0].data["text/plain"] == "5" and code.metadata.tags == ["nbval-ignore-output"]
    assert markdown.source == "## Next" and markdown.id == "next"
    assert capsys.readouterr().out.startswith("plain.ipynb: ")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["chapter.md", "plain.ipynb"]


def test_edit_that_fails_keeps_the_notebook_and_says_where_the_text_is(tmp_path):
    path, text = plain(tmp_path, "1 + 1"), tmp_path / "chapter.md"
    before = path.read_text()
    text.write_text(tool.as_text(read(path)).replace("1 + 1", "1 / 0"))
    with pytest.raises(SystemExit) as end:
        tool.main(["edit", str(path), "--text", str(text)])
    told = str(end.value)
    assert told.startswith(
        "plain.ipynb: cell 1 (1 / 0): ZeroDivisionError: division by zero\nThe notebook is as it was."
    )
    assert f"Your text is kept in {text}; mend it, then: edit {path} --text {text}" in told
    assert path.read_text() == before and text.exists() and not list(tmp_path.glob(".*"))


def test_edit_that_is_stopped_says_where_the_text_is(tmp_path, monkeypatch):
    path, text = plain(tmp_path, "1 + 1"), tmp_path / "chapter.md"
    text.write_text(tool.as_text(read(path)))

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(tool, "run", stopped)
    with pytest.raises(SystemExit, match="Your text is kept in"):
        tool.main(["edit", str(path), "--text", str(text)])
    assert not list(tmp_path.glob(".*"))


def test_edit_in_an_editor_keeps_the_text_when_it_cannot_be_read(tmp_path, monkeypatch):
    path = plain(tmp_path, "1 + 1")
    before = path.read_text()
    script = tmp_path / "editor.sh"
    script.write_text("printf -- '---\\na: [\\n---\\n' > $1\n")  # a head that is no YAML
    monkeypatch.setenv("EDITOR", f"sh {script}")
    with pytest.raises(SystemExit) as end:
        tool.main(["edit", str(path)])
    kept = re.search(r"Your text is kept in (\S+);", str(end.value))[1]
    assert Path(kept).read_text().startswith("---") and path.read_text() == before


def test_edit_with_an_editor_that_is_not_there_says_so(tmp_path, monkeypatch):
    path = plain(tmp_path, "1 + 1")
    monkeypatch.setenv("EDITOR", "no-such-editor --wait")
    with pytest.raises(SystemExit, match="EDITOR: expected 'no-such-editor' to edit"):
        tool.main(["edit", str(path)])


@pytest.mark.parametrize("verb", ["view", "tidy", "run", "edit"])
@pytest.mark.parametrize(
    "content", ["hello", "[]", "{}", '{"cells": [{"cell_type": "code"}], "nbformat": 4}', b"\xff\xfe"]
)
def test_file_that_is_no_notebook_gets_one_line(tmp_path, verb, content):
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SystemExit) as end:
        tool.main([verb, str(path)])
    assert str(end.value).startswith(f"{path}: expected a notebook, got something else (")
    assert "\n" not in str(end.value)


@pytest.mark.parametrize("verb", ["view", "tidy", "run"])
def test_file_that_is_not_there_gets_one_line(tmp_path, verb):
    with pytest.raises(SystemExit, match="none.ipynb: expected a notebook, found no such file"):
        tool.main([verb, str(tmp_path / "none.ipynb")])


@pytest.mark.parametrize(
    "arguments",
    [
        ["tidy", "a.ipynb", "--text", "b.md"],
        ["edit", "a.ipynb", "b.ipynb", "--text", "c.md"],
        ["edit", "a.ipynb", "--text", "none.md"],
        ["publish", "a.ipynb"],
        ["run"],
    ],
)
def test_bad_command_line_ends_with_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        tool.main(arguments)
    assert end.value.code == 2 and "error: " in capsys.readouterr().err


def test_stored_notebook_is_plain_json_with_one_space_of_indent(path):
    tool.tidy(path)
    assert json.loads(path.read_text()) and path.read_text().startswith('{\n "cells": [\n')


def test_new_chapter_has_its_own_number_and_address(tmp_path):
    notebooks = Path(tool.__file__).parents[1] / "notebooks"
    (tmp_path / "_template.ipynb").write_bytes((notebooks / "_template.ipynb").read_bytes())
    tool.main(["new", str(tmp_path / "13_group_norm.ipynb")])
    made = read(tmp_path / "13_group_norm.ipynb")
    text = "\n".join(cell.source for cell in made.cells)
    assert (
        made.cells[0].source.startswith("# 13 · Group norm\n") and "/blob/main/notebooks/13_group_norm.ipynb)" in text
    )
    assert "NN_" not in text and "chapter_NN" not in text and "_template" not in text
    for name in ("13_group_norm.ipynb", "group_norm.ipynb", "13_Group.ipynb"):  # there already; not a chapter's name
        with pytest.raises(SystemExit, match=r"expected the name of a new chapter, such as notebooks/13_my_chapter"):
            tool.main(["new", str(tmp_path / name)])
