"""The recorded runs say where they come from, and the chapters print what is in their files."""

import dataclasses
import math
import re
from pathlib import Path

import nbformat
import pytest
import record_runs

from cnn_lessons import runs
from cnn_lessons.data import load
from cnn_lessons.training import History, Recipe
from cnn_lessons.training import history as history_module

CHAPTERS = sorted(Path(__file__).parents[1].glob("notebooks/[0-9]*.ipynb"))
TEXTS = ("model", "data", "fingerprint", "device", "device_name", "precision", "torch", "python", "commit", "command")
every_run = pytest.mark.parametrize("name", runs.names())


def test_runs_are_those_that_the_tool_records():
    assert runs.names() == sorted(record_runs.PLANNED)


@every_run
def test_run_has_its_whole_provenance(name):
    made = runs.load_run(name).provenance
    assert all(isinstance(made[field], str) and made[field] for field in TEXTS)
    assert made["command"] == f"python tools/record_runs.py {name}"
    assert made["seconds"] > 0 and made["processes"] == 1 and made["threads"] >= 1


@every_run
def test_run_was_made_by_the_recipe_and_network_that_the_tool_names(name):
    planned, run = record_runs.PLANNED[name], runs.load_run(name)
    assert set(run.provenance["recipe"]) == {field.name for field in dataclasses.fields(Recipe)}
    assert Recipe(**run.provenance["recipe"]) == planned.recipe
    assert run.provenance["parameters"] == sum(p.numel() for p in planned.build().parameters())
    assert (run.name, run.provenance["data"]) == (planned.title, planned.data)


@every_run
def test_run_is_complete(name):
    run = runs.load_run(name)
    epochs = run.provenance["recipe"]["epochs"]
    assert [row["epoch"] for row in run.epochs] == list(range(1, epochs + 1))
    assert run.loss_curve[-1][0] == epochs and all(math.isfinite(loss) for _, loss in run.loss_curve)
    assert 0 < run.test["accuracy"] < 1 and run.test["loss"] > 0
    validated = [row["validation_accuracy"] for row in run.epochs]
    if run.provenance["recipe"]["validation"]:  # the test figure is of the weights that validation chose
        assert run.provenance["chosen_epoch"] == validated.index(max(validated)) + 1
    else:
        assert set(validated) == {None}


@every_run
def test_run_reads_as_the_history_that_train_wrote(name):
    run, history = runs.load_run(name), History.load(runs.FOLDER / f"{name}.json")
    assert dataclasses.asdict(run) == dataclasses.asdict(history)
    assert (runs.FORMAT, runs.VERSION) == (history_module.FORMAT, history_module.VERSION)


@every_run
def test_origin_names_hardware_versions_and_seed(name):
    run = runs.load_run(name)
    for field in ("device_name", "precision", "torch", "python"):
        assert run.provenance[field] in run.origin
    assert f"seed {run.provenance['recipe']['seed']}" in run.origin


@pytest.mark.realdata
@every_run
def test_run_learned_from_the_real_files(name):
    made = runs.load_run(name).provenance
    assert load(made["data"], download=False).fingerprint() == made["fingerprint"]


def test_unknown_run_is_refused_with_the_names():
    with pytest.raises(ValueError, match="small-cnn-cifar10.*got 'resnet'"):
        runs.load_run("resnet")


def test_run_of_another_version_is_refused(tmp_path, monkeypatch):
    text = (runs.FOLDER / "mnist-cnn.json").read_text(encoding="utf-8")
    (tmp_path / "later.json").write_text(text.replace('"version": 1', '"version": 2'), encoding="utf-8")
    monkeypatch.setattr(runs, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="later.json"):
        runs.load_run("later")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_types_no_figure_of_a_recorded_run(path):
    """A figure that is typed stays when the run is recorded anew."""
    notebook = nbformat.read(path, as_version=4)
    quoted = {name for cell in notebook.cells for name in re.findall(r'"([\w-]+)"', cell.source)} & set(runs.names())
    written = "\n".join(cell.source for cell in notebook.cells)
    for name in quoted:
        figures = {f"{100 * runs.load_run(name).test['accuracy']:.{digits}f}" for digits in (1, 2)}
        assert not {figure for figure in figures if re.search(rf"(?<![\d.]){re.escape(figure)}(?!\d)", written)}


def test_figures_in_chapter_05_are_those_of_the_files():
    notebook = nbformat.read(next(path for path in CHAPTERS if path.stem.startswith("05")), as_version=4)
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    for name in record_runs.PLANNED:
        run = runs.load_run(name)
        assert f"{run.test['accuracy']:.1%}" in printed and run.origin in printed
