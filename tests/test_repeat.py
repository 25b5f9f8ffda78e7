"""`python -m cnn_lessons repeat`: the list, a run made again, and what it is laid beside."""

import re
import shutil
from dataclasses import replace

import pytest
from tiny import tiny_data, tiny_network, tiny_recipe
from torch import nn

from cnn_lessons import data, runs
from cnn_lessons.runs import plan
from cnn_lessons.training import History, history


@pytest.fixture
def planned(monkeypatch, tmp_path):
    """A tiny run is planned beside the others, and nothing of it is recorded yet; returns the folder of records."""
    monkeypatch.setattr(data, "load", lambda name, root=None, download=True: tiny_data(214))
    tiny = plan.Planned("tiny network", lambda: tiny_network(dropout=0.0), "shapes", tiny_recipe(validation=41))
    monkeypatch.setitem(plan.PLANNED, "tiny", tiny)
    folder = tmp_path / "records"
    folder.mkdir()
    shutil.copy(runs.FOLDER / "mnist-cnn.json", folder)
    monkeypatch.setattr(runs, "FOLDER", folder)
    return folder


def test_list_says_what_came_of_each_run(shell, planned):
    code, out, _ = shell("repeat")
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert code == 0 and set(lines) == set(plan.PLANNED)
    assert f"{runs.load_run('mnist-cnn').test['accuracy']:.2%}" in lines["mnist-cnn"]
    assert "not run" in lines["tiny"] and "tiny, 3 epochs" in lines["tiny"]


def test_run_to_record_is_refused_before_it_begins_where_files_have_changed(shell, planned, monkeypatch):
    monkeypatch.setattr(history, "commit", lambda: "0123456789ab+")
    code, _, told = shell("repeat", "tiny", "--out", planned / "tiny.json")
    assert code == 2 and "commit first" in told[-1] and not (planned / "tiny.json").exists()


def test_commands_are_listed_in_full(shell, planned):
    _, out, _ = shell("repeat", "--commands")
    assert "python -m cnn_lessons repeat tiny --checkpoint tiny.pt --out tiny.json" in out


def test_run_is_made_with_its_recipe_and_compared(shell, planned, tmp_path):
    first = tmp_path / "first.json"
    code, out, _ = shell("repeat", "tiny", "--quiet", "--device", "cpu", "--out", first)
    assert code == 0 and "no recorded run to compare it with" in out
    made = History.load(first)
    assert made.name == "tiny network" and made.provenance["command"] == "python -m cnn_lessons repeat tiny"
    assert made.provenance["recipe"]["seed"] == 0 and len(made.epochs) == 3
    shutil.copy(first, planned / "tiny.json")  # now it is recorded: the same seed gives the same curve
    code, out, _ = shell("repeat", "tiny", "--quiet", "--device", "cpu", "--out", tmp_path / "again.json")
    assert code == 0 and ": +0.00 points." in out and "recorded on" in out
    assert History.load(tmp_path / "again.json").loss_curve == made.loss_curve


def test_run_that_is_recorded_anew_is_compared_with_the_record_before(shell, planned, monkeypatch):
    monkeypatch.setattr(history, "commit", lambda: "0123456789ab")
    words = ("repeat", "tiny", "--quiet", "--device", "cpu", "--out", planned / "tiny.json")
    assert "no recorded run to compare it with" in shell(*words)[1]
    old = History.load(planned / "tiny.json")
    old.test["accuracy"] -= 0.25
    old.save(planned / "tiny.json")
    assert ": +25.00 points." in shell(*words)[1]


def test_failed_run_says_that_its_recipe_is_fixed(shell, planned, monkeypatch):
    wild = plan.PLANNED["tiny"]._replace(recipe=tiny_recipe(lr=1e30))
    monkeypatch.setitem(plan.PLANNED, "tiny", wild)
    code, _, err = shell("repeat", "tiny", "--quiet", "--device", "cpu")
    assert code == 1 and "A repeated run keeps its recipe: python -m cnn_lessons train takes another" in err[-1]


def test_seed_of_the_plan_is_the_seed_of_the_first_weights(shell, planned, tmp_path, monkeypatch):
    linear = plan.PLANNED["tiny"]._replace(build=lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 4)))
    curves = {}
    for seed in (0, 1):
        run = linear._replace(recipe=replace(linear.recipe, seed=seed))
        monkeypatch.setitem(plan.PLANNED, "tiny", run)
        for copy in "ab":
            shell("repeat", "tiny", "--quiet", "--device", "cpu", "--out", tmp_path / f"{seed}{copy}.json")
            curves[seed, copy] = History.load(tmp_path / f"{seed}{copy}.json").loss_curve
    assert curves[0, "a"] == curves[0, "b"] != curves[1, "a"] == curves[1, "b"]


def test_stopped_run_goes_on_from_its_checkpoint(shell, planned, tmp_path):
    words = ("repeat", "tiny", "--quiet", "--device", "cpu", "--checkpoint", tmp_path / "tiny.pt")
    shell(*words)
    code, out, _ = shell(*words)
    assert code == 0 and "holds a finished run" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["repeat", "resnet"], "expected one of mnist-cnn, .*got 'resnet'"),
        (["repeat", "tiny", "--device", "tpu"], "--device: expected cpu, cuda"),
        (["repeat", "tiny", "--out", "."], "--out: expected a file"),
        (["repeat", "tiny", "--epochs", "3"], "unrecognized arguments"),
        (["repeat", "tiny", "--commands"], "--commands: lists all runs, so it takes no name, got 'tiny'"),
    ],
)
def test_bad_use_is_told_in_one_line(shell, planned, words, said):
    code, out, err = shell(*words)
    assert code == 2 and out == "" and len(err) == 1 and re.search(said, err[0])
