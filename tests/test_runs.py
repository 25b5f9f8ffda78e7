"""The recorded runs say where they come from, and the chapters print what is in their files."""

import dataclasses
import json
import math
import re
from pathlib import Path

import jsonschema
import nbformat
import pytest
import torch

from cnn_lessons import runs
from cnn_lessons.runs.plan import PLANNED, find_planned
from cnn_lessons.training import History, Recipe
from cnn_lessons.training import history as history_module

CHAPTERS = sorted(Path(__file__).parents[1].glob("notebooks/[0-9]*.ipynb"))
KOREAN = Path(__file__).parents[1] / "book" / "ko"
SCHEMA = json.loads((runs.FOLDER / "history.schema.json").read_text(encoding="utf-8"))
every_run = pytest.mark.parametrize("name", runs.names())


def record_of(name):
    """A recorded run as plain JSON."""
    return json.loads((runs.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def faults(record):
    """Where a record breaks the schema."""
    return [error.json_path for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(record)]


@every_run
def test_run_keeps_the_schema(name):
    assert faults(record_of(name)) == []


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("test.accuracy", 87.2),  # percent
        ("test.loss", None),
        ("epochs", []),
        ("provenance.commit", "0123456789ab+"),  # files had changed
        ("provenance.command", "python my_script.py"),
        ("provenance.precision", "int8"),
        ("provenance.recipe", {"name": "fast"}),
        ("version", 2),
    ],
)
def test_schema_refuses_what_is_no_record(where, value):
    record = record_of("mnist-cnn")
    *path, last = where.split(".")
    part = record
    for name in path:
        part = part[name]
    part[last] = value
    assert any(found.startswith(f"$.{where}") for found in faults(record))


def test_schema_names_the_fields_of_a_history():
    fields = {field.name for field in dataclasses.fields(History)}
    assert set(SCHEMA["properties"]) == fields | {"format", "version"}


def test_every_recorded_run_is_planned():
    assert set(runs.names()) <= set(PLANNED)


@pytest.mark.parametrize("name", PLANNED)
def test_plan_names_a_network_a_data_set_and_a_source(name):
    planned = find_planned(name)
    assert planned.data in SCHEMA["properties"]["provenance"]["properties"]["data"]["enum"]
    assert (planned.reported is None) == (planned.source == "")
    assert planned.reported is None or 0.5 < planned.reported < 1
    assert re.fullmatch(r"[a-z0-9-]+", name) and ("-seed" in name) == (planned.recipe.seed > 0)


def changed_fields(planned, of):
    recipe, base = planned.recipe.to_dict(), of.recipe.to_dict()
    return {field for field in recipe if recipe[field] != base[field]} - {"epochs"}


def test_variation_differs_from_its_run_in_what_its_title_says():
    for name, planned in PLANNED.items():
        if not planned.varies:
            continue
        of, seed_0 = PLANNED[planned.varies], PLANNED.get(name.rpartition("-seed")[0])
        changed = changed_fields(planned, of)
        if seed_0:
            assert planned.build is seed_0.build and changed_fields(planned, seed_0) == {"seed"}
        else:
            things = len(changed) + (planned.build is not of.build and "seed" not in changed)
            assert things == 1 + (" and " in planned.title)
        assert planned.reported is None and not of.varies and planned.data == of.data


def test_weights_of_the_order_experiment_are_those_of_seed_0():
    torch.manual_seed(0)
    expected = PLANNED["alexnet-cifar10-tutorial"].build().state_dict()
    torch.manual_seed(1)
    for name, weights in PLANNED["alexnet-cifar10-order-seed1"].build().state_dict().items():
        assert torch.equal(weights, expected[name])


def test_planned_titles_differ():
    titles = [planned.title for planned in PLANNED.values()]
    assert len(titles) == len(set(titles))


def test_recipes_of_a_network_share_its_builder():
    builders = {}
    for planned in PLANNED.values():
        if not planned.varies:
            builders.setdefault(planned.title.partition(",")[0], set()).add(planned.build)
    assert {name for name, found in builders.items() if len(found) > 1} == set()


def test_unknown_plan_is_refused_with_the_names():
    with pytest.raises(ValueError, match="resnet18-cifar10.*got 'resnet'"):
        find_planned("resnet")


@every_run
def test_run_was_made_by_the_planned_recipe_and_network(name):
    planned, run = PLANNED[name], runs.load_run(name)
    assert set(run.provenance["recipe"]) == {field.name for field in dataclasses.fields(Recipe)}
    assert Recipe(**run.provenance["recipe"]) == planned.recipe
    assert run.provenance["parameters"] == sum(p.numel() for p in planned.build().parameters())
    assert (run.name, run.provenance["data"]) == (planned.title, planned.data)
    assert run.provenance["command"] == f"python -m cnn_lessons repeat {name}"


@every_run
def test_seconds_of_an_epoch_are_the_median(name):
    run = runs.load_run(name)
    taken = sorted(row["seconds"] for row in run.epochs)
    assert taken[0] <= run.epoch_seconds <= taken[-1]
    for half in ([s for s in taken if s <= run.epoch_seconds], [s for s in taken if s >= run.epoch_seconds]):
        assert len(half) >= len(taken) / 2


@every_run
def test_run_is_complete(name):
    run = runs.load_run(name)
    epochs = run.provenance["recipe"]["epochs"]  # a fraction, where the last epoch is not a whole one
    assert [row["epoch"] for row in run.epochs] == list(range(1, math.ceil(epochs) + 1))
    assert run.loss_curve[-1][0] == round(epochs, 4) and all(math.isfinite(loss) for _, loss in run.loss_curve)
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
def test_run_learned_from_the_real_files(name, real):
    made = runs.load_run(name).provenance
    assert real(made["data"]).fingerprint() == made["fingerprint"]


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


def printed(start):
    """All that a chapter prints, as it is stored."""
    notebook = nbformat.read(next(path for path in CHAPTERS if path.stem.startswith(start)), as_version=4)
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))


@pytest.mark.parametrize(
    ("chapter", "names"),
    [
        ("05", ["mlp-cifar10", "small-cnn-cifar10", "large-mlp-cifar10", "mnist-cnn"]),
        ("07", ["alexnet-cifar10-10-epochs", "alexnet-cifar10-tutorial"]),
        ("08", ["plain20-cifar10", "plain32-cifar10", "resnet20-cifar10", "resnet32-cifar10"]),
        ("09", ["resnet14-cifar10", "resnet20-cifar10", "resnet18-cifar10", "resnet18-cifar10-tutorial-20-epochs"]),
        ("09", ["resnet18-cifar10-30-epochs"]),
        ("11", ["resnet20-cifar10", "wrn-10-2-cifar10", "wrn-16-4-cifar10"]),
        ("12", ["mlp-cifar10", "small-cnn-cifar10", "large-mlp-cifar10", "resnet20-cifar10-paper"]),
        ("12", ["resnet18-cifar10", "wrn-16-4-cifar10", "alexnet-cifar10-tutorial"]),
    ],
)
def test_figures_in_a_chapter_are_those_of_the_files(chapter, names):
    text = printed(chapter)
    for name in names:
        assert f"{runs.load_run(name).test['accuracy']:.1%}" in text


def test_figures_that_a_page_types_are_those_of_the_files():
    """Chapter 05 and the Korean pages, where no cell prints them."""
    large, shallow, deep = (runs.load_run(f"{name}-cifar10") for name in ("large-mlp", "plain20", "plain32"))
    learned, held_out = (100 * large.epochs[-1][f"{part}_accuracy"] for part in ("train", "validation"))
    said = f"ends at {learned:.0f} % on the pictures it learns from, and at {held_out:.0f} % on the held-out ones"
    (chapter,) = (path for path in CHAPTERS if path.stem.startswith("05"))
    assert said in chapter.read_text(encoding="utf-8")
    korean = {number: (KOREAN / f"{number}.md").read_text(encoding="utf-8") for number in ("07", "08", "09")}
    trained, tested = (
        [f"{100 * share:.1f}%" for share in shares]
        for shares in (
            [run.epochs[-1]["train_accuracy"] for run in (shallow, deep)],
            [run.test["accuracy"] for run in (shallow, deep)],
        )
    )
    said = f"훈련 정확도는 {trained[0]}에서 {trained[1]}로, 테스트 정확도는 {tested[0]}에서 {tested[1]}로"
    assert said in " ".join(korean["08"].split())
    same = {f"{100 * runs.load_run(f'resnet{depth}-cifar10').test['accuracy']:.1f}%" for depth in (20, 32)}
    assert len(same) == 1 and f"{same.pop()} 그대로" in korean["08"]
    assert f"{100 * runs.load_run('alexnet-cifar10-tutorial').test['accuracy']:.1f}%다" in korean["07"]
    given, fast = (runs.load_run(f"resnet18-cifar10{recipe}") for recipe in ("-tutorial-20-epochs", ""))
    shares = 100 * given.epochs[-1]["train_accuracy"], 100 * given.test["accuracy"], 100 * fast.test["accuracy"]
    trained, tested, better = (f"{share:.1f}%" for share in shares)
    assert f"훈련 정확도는 {trained}, 테스트 정확도는 {tested}였다" in " ".join(korean["09"].split())
    longer = 100 * runs.load_run("resnet18-cifar10-30-epochs").test["accuracy"]
    assert f"10에폭 만에 {better}를, 30에폭에 {longer:.1f}%를" in korean["09"]


def test_three_seeds_of_either_resnet_come_from_two_computers():
    """Chapter 12 says so."""
    for depth in (14, 20):
        seeds = [runs.load_run(f"resnet{depth}-cifar10{seed}") for seed in ("", "-seed1", "-seed2")]
        assert len({run.provenance["device_name"] for run in seeds}) == 2


def test_error_in_chapter_09_is_that_of_the_file():
    assert f"error {1 - runs.load_run('resnet20-cifar10-paper').test['accuracy']:6.2%}" in printed("09")


def test_losses_that_chapter_07_quotes_are_those_of_the_plan():
    quoted = ", ".join(f"{loss:.3f}" for loss in PLANNED["alexnet-cifar10-tutorial"].reported_losses)
    (chapter,) = (path for path in CHAPTERS if path.stem.startswith("07"))
    assert f"({quoted})" in chapter.read_text(encoding="utf-8")


QUOTING = ("05", "07", "08", "09", "11", "12")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_says_what_its_recorded_runs_were_made_with(path):
    cells = nbformat.read(path, as_version=4).cells
    quoted = {name for cell in cells for name in re.findall(r'"([\w-]+)"', cell.source)} & set(runs.names())
    assert bool(quoted) == (path.stem[:2] in QUOTING), "QUOTING above lists the chapters that quote recorded runs"
    assert not {name for name in quoted if runs.load_run(name).machine not in printed(path.stem[:2])}
