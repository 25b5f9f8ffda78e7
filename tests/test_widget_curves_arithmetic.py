"""The curve reader's arithmetic, through Node, against independent versions in Python and numpy."""

import functools
import itertools
import json
import math
import random
from fractions import Fraction

import numpy as np
import pytest
from widget_harness import ask_node

CASES = 150  # of each function
ask = functools.partial(ask_node, "cnn-curves")


def random_curve(r: random.Random, count: int, missing: float = 0.0) -> list[list]:
    xs = np.cumsum([r.choice([0.05, 0.1, 1]) for _ in range(count)]).round(3).tolist()
    return [[x, None if r.random() < missing else round(r.gauss(1, 1), 4)] for x in xs]


def test_smoothing_is_the_weighted_mean_of_the_past(tmp_path):
    r = random.Random(0)
    calls = [
        [[y for _, y in random_curve(r, r.randint(1, 60), 0.1)], r.choice([0, 0.95, r.random()])] for _ in range(CASES)
    ]
    for (values, weight), got in zip(calls, ask("smoothed", calls, tmp_path), strict=True):
        known = []
        for value, smooth in zip(values, got, strict=True):
            if value is None:
                assert smooth is None
                continue
            known.append(value)
            weights = weight ** np.arange(len(known) - 1, -1, -1.0)
            assert smooth == pytest.approx(np.average(known, weights=weights), rel=1e-9, abs=1e-12)


def all_steps(least: Fraction):
    """1, 2, 5, 10, … times a power of ten, ascending, from one that is small enough."""
    power = math.floor(math.log10(least)) - 1
    for exponent in itertools.count(power):
        yield from (digit * Fraction(10) ** exponent for digit in (1, 2, 5))


def test_ticks_are_the_finest_nice_multiples_that_fit(tmp_path):
    r = random.Random(1)
    calls = []
    for _ in range(CASES):
        low = Fraction(r.randint(-500, 500), 10 ** r.randint(0, 5))
        high = low + Fraction(r.randint(1, 1000), 10 ** r.randint(0, 5))
        calls.append([low, high, r.randint(2, 12), r.choice([0, 0, 1])])
    plain = [[float(low), float(high), *rest] for low, high, *rest in calls]
    for (low, high, most, smallest), got in zip(calls, ask("niceTicks", plain, tmp_path), strict=True):
        for step in all_steps((high - low) / 100):
            multiples = range(math.ceil(low / step), math.floor(high / step) + 1)
            if step >= smallest and len(multiples) <= most:
                break
        assert got == [float(i * step) for i in multiples], (low, high, most, smallest)


def test_log_ticks_are_round_and_few(tmp_path):
    r = random.Random(2)
    calls = []
    for _ in range(CASES):
        low = 10 ** r.uniform(-6, 3)
        calls.append([low, low * 10 ** r.choice([r.uniform(0.02, 1), r.uniform(0.5, 9)]), r.randint(4, 8)])
    rungs = [{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 5}, {1, 3}, {1}]
    for (low, high, most), got in zip(calls, ask("logTicks", calls, tmp_path), strict=True):
        assert 1 <= len(got) <= most and got == sorted(got) and low <= got[0] and got[-1] <= high
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        inside = [
            [tick for p in powers for d in sorted(digits) if low <= (tick := d * 10.0**p) <= high] for digits in rungs
        ]
        fitting = [ticks for ticks in inside if 2 <= len(ticks) <= most]
        if fitting:
            assert got == pytest.approx(fitting[0], rel=1e-12)
        elif high > 1000 * low:
            assert all(math.log10(tick) == pytest.approx(round(math.log10(tick))) for tick in got)
        else:
            assert np.diff(got, 2) == pytest.approx(0, abs=1e-9 * high)


def test_place_on_a_scale(tmp_path):
    r = random.Random(3)
    calls = []
    for _ in range(CASES):
        low, log = r.uniform(0.01, 3), r.random() < 0.5
        value = r.uniform(-1, 20) if r.random() < 0.3 else r.uniform(low, 20)
        calls.append([value, {"low": low, "high": low + r.uniform(0.1, 20), "log": log}])
    for (value, scale), got in zip(calls, ask("fractionOf", calls, tmp_path), strict=True):
        low, high = scale["low"], scale["high"]
        if scale["log"]:
            expected = 0 if value < low else np.log(value / low) / np.log(high / low)
        else:
            expected = np.interp(value, [low, high], [0, 1]) if low <= value <= high else (value - low) / (high - low)
        assert got == pytest.approx(expected, abs=1e-12)


def test_thinning_keeps_first_lowest_highest_and_last_of_every_column(tmp_path):
    r = random.Random(4)
    calls = []
    for _ in range(CASES):
        points = random_curve(r, r.choice([0, 1, 5, 50, 800]))
        end = points[-1][0] if points else 1
        calls.append([points, round(r.uniform(0, end / 4), 2), end * r.choice([1, 0.6]), r.randint(1, 200)])
    thinned = 0
    for (points, low, high, columns), got in zip(calls, ask("thinColumns", calls, tmp_path), strict=True):
        column = [min(max(math.floor((x - low) / (high - low) * columns), -1), columns) for x, _ in points]
        expected = []
        for _, group in itertools.groupby(zip(column, points, strict=True), key=lambda pair: pair[0]):
            inside = [point for _, point in group]
            ys = np.array([y for _, y in inside])
            expected += [inside[i] for i in sorted({0, int(ys.argmin()), int(ys.argmax()), len(ys) - 1})]
        assert got == expected and len(got) <= 4 * (columns + 2)
        thinned += len(got) < len(points)
    assert thinned >= 30


def test_segments_end_where_a_value_is_missing(tmp_path):
    r = random.Random(5)
    calls = [[random_curve(r, r.randint(0, 40), 0.3)] for _ in range(CASES)]
    for (points,), got in zip(calls, ask("segments", calls, tmp_path), strict=True):
        groups = itertools.groupby(points, key=lambda point: point[1] is not None)
        assert got == [list(group) for known, group in groups if known]


def test_looking_up_a_place(tmp_path):
    r = random.Random(6)
    calls = []
    for _ in range(CASES):
        xs = [x for x, _ in random_curve(r, r.randint(1, 40))]
        calls.append([xs, r.choice([r.choice(xs), r.uniform(-1, xs[-1] + 1)])])
    counts, places = (ask(name, [*calls, [[], 1]], tmp_path) for name in ("countUpTo", "nearest"))
    assert (counts.pop(), places.pop()) == (0, -1)  # in an empty list
    for (xs, x), count, place in zip(calls, counts, places, strict=True):
        assert count == np.searchsorted(xs, x + 1e-6, side="right")
        assert abs(xs[place] - x) == pytest.approx(np.abs(np.array(xs) - x).min(), abs=1e-9)


def test_loss_axis_holds_the_curves_but_not_an_explosion(tmp_path):
    r = random.Random(7)
    calls = []
    for _ in range(CASES):
        scale = 10 ** r.uniform(-3, 3)
        curves = [[scale * r.uniform(0.05, 1.9) for _ in range(r.randint(1, 30))] for _ in range(r.randint(1, 4))]
        if r.random() < 0.4:
            curves[-1] += [scale * 10 ** r.uniform(4, 9)]
        if r.random() < 0.3:
            curves[0].append(r.choice([0, -scale, None]))
        calls.append([curves, r.random() < 0.5])
    for (curves, log), got in zip(calls, ask("lossRange", calls, tmp_path), strict=True):
        known = [[y for y in curve if y is not None and (y > 0 or not log)] for curve in curves]
        limit = max(curve[0] for curve in known) * (1000 if log else 2)
        shown = [y for curve in known for y in curve if y <= limit]
        assert got["low"] <= min(shown) and max(shown) <= got["high"] <= limit * (3 if log else 1.4)
        assert got["low"] > 0 if log else got["low"] <= 0
        assert 1 <= len(got["ticks"]) <= 8 and got["low"] <= got["ticks"][0] and got["ticks"][-1] <= got["high"]


def test_accuracy_axis_stays_between_0_and_1(tmp_path):
    r = random.Random(8)
    calls = []
    for _ in range(CASES):
        low = r.choice([0, r.random(), 0.9, 1])
        values = [min(low + r.random() * r.choice([1, 0.1, 0.001]), 1) for _ in range(r.randint(1, 20))]
        calls.append([[*values, None]])
    for (values,), got in zip(
        [*calls, [[]], [[0, 0]]], ask("accuracyRange", [*calls, [[]], [[0, 0]]], tmp_path), strict=True
    ):
        known = [y for y in values if y is not None]
        assert 0 <= got["low"] < got["high"] <= 1 and 2 <= len(got["ticks"]) <= 8
        assert all(got["low"] - 1e-9 <= y <= got["high"] + 1e-9 for y in known)


def packed_run(r: random.Random) -> dict:
    """A run as the page gets it, with gaps, NaN and infinities, with or without a fine curve."""
    odd = [None, "nan", "inf", "-inf"]
    steps = [[x, r.choice(odd) if r.random() < 0.02 else y] for x, y in random_curve(r, r.choice([0, 1, 40]))]
    epochs = [
        [e, *(r.choice(odd) if r.random() < 0.05 else r.random() for _ in range(4))] for e in range(1, r.randint(1, 6))
    ]
    return {"name": "a", "recorded": r.random() < 0.3, "steps": steps, "epochs": epochs}


def unpacked(run: dict) -> dict:
    """The parts of an unpacked run, made independently; JSON has no NaN, so what is odd is None here."""
    plain = lambda value: None if isinstance(value, str) else value  # noqa: E731
    rows = [[plain(value) for value in row] for row in run["epochs"]]
    fine = [[x, plain(y)] for x, y in run["steps"]]
    column = lambda i: [[row[0], row[i]] for row in rows]  # noqa: E731
    return {
        "rows": rows,
        "fine": bool(fine),
        "end": max([0, *(x for x, _ in fine), *(row[0] for row in rows)]),
        "curves": {
            "training": {"loss": fine or column(1), "accuracy": column(2)},
            "validation": {"loss": column(3), "accuracy": column(4)},
        },
    }


def first_break(run: dict) -> tuple[float, str] | None:
    """Epoch and kind of the first loss that is no number."""
    training = run["steps"] or [[row[0], row[1]] for row in run["epochs"]]
    losses = [*training, *([row[0], row[3]] for row in run["epochs"])]
    return min(((x, y) for x, y in losses if isinstance(y, str)), key=lambda pair: pair[0], default=None)


def test_runs_are_unpacked_and_their_breaks_named(tmp_path):
    r = random.Random(9)
    calls = [[[packed_run(r)]] for _ in range(CASES)]
    words = {"nan": "NaN", "inf": "∞", "-inf": "−∞"}
    broken = 0
    for ((run,),), (got,) in zip(calls, ask("unpackRuns", [[c[0]] for c in calls], tmp_path), strict=True):
        curves = json.loads(json.dumps(got["curves"]).replace('"-inf"', "null"))  # the harness writes −∞ as text
        assert curves == unpacked(run)["curves"]
        assert (got["end"], got["fine"]) == (unpacked(run)["end"], bool(run["steps"]))
        assert got["label"] == ("a, recorded" if run["recorded"] else "a")
        found = first_break(run)
        assert (got["break"] is None) == (found is None)
        if found:
            broken += 1
            assert got["break"]["x"] == found[0] and got["break"]["words"].startswith(words[found[1]] + " at epoch ")
    assert broken >= 40


def test_readings_are_the_nearest_point_of_the_line_and_the_last_finished_epoch(tmp_path):
    r = random.Random(10)
    calls = []
    for _ in range(CASES):
        run = unpacked(packed_run(r)) | {"break": None, "label": "a"}
        calls.append(
            [run, run["curves"]["training"]["loss"], r.choice([None, r.randint(0, 6), round(r.uniform(0, 9), 2)])]
        )
    for (run, line, x), got in zip(calls, ask("readingsAt", calls, tmp_path), strict=True):
        curves = [run["curves"][p][q] for q in ("loss", "accuracy") for p in ("training", "validation")]
        for i, (curve, point) in enumerate(zip(curves, got["points"], strict=True)):
            if x is not None and x > run["end"] + 1e-6 or not curve:
                expected = None
            elif x is None:
                expected = curve[-1]
            elif i == 0 and run["fine"]:
                expected = curve[int(np.abs(np.array([at for at, _ in line]) - x + 1e-9).argmin())]
            else:
                expected = next((p for p in reversed(curve) if p[0] <= x + 1e-6), None)
            assert point == expected, (i, x)
        over = x is not None and x > run["end"] + 1e-6
        assert got["note"] == ("" if not over else f"ended at epoch {run['end']:g}" if run["end"] else "no values yet")


def test_cursor_goes_from_stop_to_stop(tmp_path):
    r = random.Random(11)
    calls = []
    for _ in range(CASES):
        runs = [unpacked(packed_run(r)) | {"break": r.choice([None, {"x": 2.3}])} for _ in range(r.randint(1, 3))]
        calls.append([runs, r.choice([2, 100])])
    moves = []
    for (runs, high), stops in zip(calls, ask("cursorStops", calls, tmp_path), strict=True):
        measured = {row[0] for run in runs for row in run["rows"] if row[0] <= high}
        fine = {x for run in runs for x, _ in run["curves"]["training"]["loss"]}
        wanted = {x for x in (measured or fine) | {2.3 for run in runs if run["break"]} if x <= high}
        assert stops == sorted(wanted or {min(run["end"], high) for run in runs})
        moves.append([stops, r.choice([None, r.choice(stops), r.uniform(0, 6)]), r.choice([-1, 1])])
    for (stops, x, by), got in zip(moves, ask("nextStop", moves, tmp_path), strict=True):
        if x is None:
            assert got == (stops[0] if by > 0 else stops[-1])
        elif by > 0:
            assert got == min((s for s in stops if s > x + 1e-6), default=stops[-1])
        else:
            assert got == max((s for s in stops if s < x - 1e-6), default=stops[0])


def test_numbers_in_words_and_ranges_without_extent(tmp_path):
    losses = [0.7123, 0.71, 1234.5, 1.234e-5, -0.5, 0, 2.5e7, 0.001, None]
    texts = ["0.712", "0.71", "1230", "1.23·10⁻⁵", "−0.5", "0", "2.5·10⁷", "0.001", "–"]
    assert ask("lossText", [[x] for x in losses], tmp_path) == texts
    assert ask("accuracyText", [[0.8123], [1], [None]], tmp_path) == ["81.2 %", "100.0 %", "–"]
    columns = [["loss", 0.9], ["loss", 12.345], ["loss", 1234.5], ["loss", None], ["accuracy", 0.5]]
    assert ask("columnText", columns, tmp_path) == ["0.900", "12.3", "1230", "–", "50.0 %"]
    assert ask("niceTicks", [[3, 3, 5]], tmp_path) == [[3]] and ask("nextStop", [[[], None, 1]], tmp_path) == [None]
    curves = [[[[0, 0]], False], [[[None], []], False], [[[None], []], True]]
    constant, *empty = ask("lossRange", curves, tmp_path)
    assert constant["high"] > constant["low"] == 0
    for found in empty:
        assert found["low"] < found["high"] and len(found["ticks"]) >= 2


@pytest.mark.parametrize("log", [False, True])
def test_loss_axis_ends_with_numbers_that_are_next_to_nothing_or_to_overflow(tmp_path, log):
    calls = [[[[loss, loss / 2]], log] for loss in (1.79e308, 1e-323)]
    for got in ask("lossRange", calls, tmp_path):
        assert got["low"] < got["high"] and len(got["ticks"]) >= 2
