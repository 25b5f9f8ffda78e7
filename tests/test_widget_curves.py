"""The curve reader's Python class: what runs it takes, how it thins them, how it follows a training."""

import json
import math
import random
import re
import types

import numpy as np
import pytest
import torch
import traitlets
from widget_harness import html_of

from cnn_lessons.widgets import CurveReader
from cnn_lessons.widgets.runs import MAX_POINTS, pack, thin, unpack

ROW = {"epoch": 1, "train_loss": 1.5, "train_accuracy": 0.4, "validation_loss": 1.6, "validation_accuracy": 0.35}


def run(name: str = "residual", **parts) -> dict:
    return {"name": name, "steps": [[0.5, 1.8], [1, 1.3]], "epochs": [ROW], **parts}


def history(name: str = "residual", epochs: int = 1, loss: float = 1.5) -> types.SimpleNamespace:
    """What ``train`` hands to ``on_epoch_end``, as far as the reader looks; with keys that it does not know."""
    rows = [ROW | {"epoch": e, "train_loss": loss / e, "learning_rate": 0.1} for e in range(1, epochs + 1)]
    return types.SimpleNamespace(name=name, loss_curve=[[e / 2, loss] for e in range(1, 2 * epochs + 1)], epochs=rows)


def test_runs_are_completed_and_rounded():
    widget = CurveReader(
        [{"name": " plain ", "steps": ((0.12345, 1 / 3),), "epochs": [{"epoch": 1, "train_loss": 2 / 3}]}]
    )
    (kept,) = widget.runs
    assert kept["name"] == "plain" and kept["recorded"] is False and kept["steps"] == [[0.123, 0.3333]]
    others = {"train_accuracy": None, "validation_loss": None, "validation_accuracy": None}
    assert kept["epochs"] == [{"epoch": 1.0, "train_loss": 0.6667} | others]
    assert repr(widget) == "<Curve reader: plain>" and repr(CurveReader()) == "<Curve reader: training has not begun>"


def test_numbers_of_numpy_and_torch_are_taken():
    steps = [[np.float32(0.5), torch.tensor(1.25)], [1, np.int64(1)]]
    assert CurveReader([run(steps=steps)]).runs[0]["steps"] == [[0.5, 1.25], [1.0, 1.0]]
    assert CurveReader([run(steps=np.array([[0.5, 2.0]]))]).runs[0]["steps"] == [[0.5, 2.0]]


def test_page_gets_valid_json_for_what_is_no_number():
    steps = [[0.5, math.inf], [1, math.nan], [1.5, None], [2, -math.inf], [2.5, 3]]
    widget = CurveReader([run(steps=steps)])
    packed = widget.get_state(["runs"])["runs"]
    assert packed[0]["steps"] == [[0.5, "inf"], [1, "nan"], [1.5, None], [2, "-inf"], [2.5, 3]]
    assert packed[0]["epochs"] == [[1, 1.5, 0.4, 1.6, 0.35]]
    text = re.search('runs="(.*?)"', html_of(widget))[1].replace("&quot;", '"')
    assert json.loads(text, parse_constant=lambda name: pytest.fail(name)) == packed
    assert json.dumps(unpack(packed)) == json.dumps(widget.runs)
    widget.set_state({"runs": packed})  # what arrives from the page
    assert pack(widget.runs) == packed


def test_thinning_keeps_the_mean_and_the_end():
    r = random.Random(0)
    for _ in range(100):
        count, most = r.randint(1, 3000), r.randint(1, 400)
        xs = np.cumsum([r.uniform(0.01, 1) for _ in range(count)]).tolist()
        points = [[x, r.gauss(1, 1)] for x in xs]
        thinned = thin(points, most)
        assert len(thinned) <= most and thinned[-1][0] == xs[-1]

        def area(curve):
            widths = np.diff([0, *(x for x, _ in curve)])
            return float(np.dot(widths, [y for _, y in curve]))

        assert area(thinned) == pytest.approx(area(points), rel=1e-9, abs=1e-6)


def test_thinning_never_averages_a_nan_away():
    points = [[i / 20, 1.0] for i in range(1, 4001)]
    points[1234][1], points[2000][1] = math.nan, math.inf
    for i in range(3000, 3200):
        points[i][1] = None
    thinned = thin(points)
    odd = [point for point in thinned if point[1] is not None and not math.isfinite(point[1])]
    assert len(thinned) <= MAX_POINTS and str(odd) == str([points[1234], points[2000]])
    assert [y for _, y in thinned].count(None) >= 18 and {y for _, y in thinned if y} >= {1.0}


def test_text_in_the_page_stays_small():
    r = random.Random(1)
    steps = [[i / 20, 2.3 * math.exp(-i / 900) + r.random() / 7] for i in range(1, 4001)]
    epochs = [ROW | {"epoch": e, "train_loss": r.random(), "validation_accuracy": r.random()} for e in range(1, 201)]
    widget = CurveReader([run(steps=steps, epochs=epochs)])
    assert len(widget.runs[0]["steps"]) <= MAX_POINTS
    assert len(html_of(widget)) < 18_000
    many = [ROW | {"epoch": e} for e in range(1, 1001)]
    kept = [row["epoch"] for row in CurveReader([run(epochs=many)]).runs[0]["epochs"]]
    assert len(kept) == MAX_POINTS and kept[0] == 1 and kept[-1] == 1000


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ("run", "runs should be a list of at most 8 runs; got str 'run'."),
        ([run(str(i)) for i in range(9)], "got 9 runs."),
        ([history()], "runs[0]: expected a dict such as"),
        ([history()], "For histories use CurveReader.of."),
        ([run(), run(" residual")], "got two runs named 'residual'. Give each a name of its own."),
        ([run(name="")], "runs[0]: expected a name, got ''."),
        ([{"steps": []}], "runs[0]: expected a name, got None."),
        ([run(loss=[])], "runs[0]: got unknown loss; expected name, steps, epochs and recorded."),
        ([run(recorded=1)], "runs[0] recorded: expected True or False, got 1."),
        ([run(steps=[1.2, 1.1])], "runs[0] steps: expected a list of [epoch, loss] pairs, got [1.2, 1.1]."),
        ([run(steps=[[1, "low"]])], "runs[0] steps[0]: expected a number, NaN or None, got 'low'."),
        ([run(steps=[[1, True]])], "expected a number, NaN or None, got True."),
        ([run(steps=[[None, 1]])], "runs[0] steps[0]: expected an epoch, a finite number from 0, got None."),
        ([run(steps=[[-1, 1]])], "expected an epoch, a finite number from 0, got -1."),
        ([run(steps=[[2, 1], [1, 1]])], "steps[1]: expected epochs that ascend, got 1 after 2. Sort them."),
        ([run(epochs=[1.2])], 'runs[0] epochs: expected a list of dicts such as {"epoch": 1, '),
        ([run(epochs=[{"train_loss": 1}])], "runs[0] epochs: expected a list of dicts"),
        ([run(epochs=[ROW | {"validation_accuracy": 81.2}])], "runs[0] epochs[0] validation_accuracy: expected a "),
        ([run(epochs=[ROW | {"train_accuracy": 81.2}])], "got 81.2. Divide percent by 100."),
        ([run(), run("b", epochs=[ROW | {"train_loss": []}])], "runs[1] epochs[0] train_loss: expected a number"),
    ],
)
def test_bad_runs_name_what_is_wrong(runs, message):
    with pytest.raises(traitlets.TraitError) as error:
        CurveReader(runs)
    assert str(error.value).startswith("CurveReader: runs") and message in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"cursor": float("inf")},
        {"smoothing": float("nan")},
        {"smoothing": 1.0},
        {"smoothing": -0.1},
        {"quantity": "speed"},
        {"part": "test"},
        {"cursor": -1},
        {"span": "my"},
    ],
)
def test_bad_setting_is_refused_by_name(settings):
    with pytest.raises(traitlets.TraitError, match=next(iter(settings))):
        CurveReader(**settings)


def test_of_takes_histories_and_recorded_ones():
    recorded = vars(history("residual", 3))  # load_run gives a mapping
    widget = CurveReader.of(history("plain", 2), history(), history(), recorded=[recorded], smoothing=0.5)
    named = [(run["name"], run["recorded"]) for run in widget.runs]
    assert named == [("plain", False), ("residual", False), ("residual (2)", False), ("residual", True)]
    assert widget.smoothing == 0.5 and len(widget.runs[0]["epochs"]) == 2 and widget.runs[3]["steps"][-1][0] == 3
    assert CurveReader.of(recorded=recorded).runs[0]["recorded"] is True
    with pytest.raises(TypeError, match="got SimpleNamespace without loss_curve, epochs. For plain dicts use"):
        CurveReader.of(types.SimpleNamespace(name="a"))


def test_follow_adds_a_run_and_updates_it():
    heard = []
    widget = CurveReader.of(recorded=[history("small", 5)])
    widget.observe(lambda change: heard.append(len(change["new"])), "runs")
    named, unnamed = widget.follow("small"), widget.follow()
    for epochs in (1, 2):
        named(history("ignored", epochs))
        unnamed(history("other", epochs, loss=math.nan))
    assert [(run["name"], run["recorded"], len(run["epochs"])) for run in widget.runs] == [
        ("small", True, 5),
        ("small", False, 2),
        ("other", False, 2),
    ]
    assert heard == [2, 3, 3, 3] and math.isnan(widget.runs[2]["steps"][0][1])


def test_blanks_around_a_name_make_no_other_run():
    widget = CurveReader.of(history("small ", 1), history("small", 1))
    assert [run["name"] for run in widget.runs] == ["small", "small (2)"]
    follow = widget.follow("new ")
    follow(history("x", 1))
    follow(history("x", 2))
    assert [(run["name"], len(run["epochs"])) for run in widget.runs[2:]] == [("new", 2)]


def test_follow_does_not_stop_a_training_for_want_of_room():
    widget = CurveReader([run(str(i)) for i in range(8)])
    with pytest.warns(UserWarning, match="holds 8 runs already, so 'residual' is not shown. Make a new one."):
        widget.follow()(history())
    widget.follow("3")(history(epochs=2))
    assert len(widget.runs) == 8 and len(widget.runs[3]["epochs"]) == 2
