"""The depth and width explorer: its counts against the real networks, the paper's figures, the Python class."""

import functools
import itertools
import random
import re

import pytest
import torch
import traitlets
from test_models_networks import WIDE_RESNETS
from torch import nn
from widget_harness import ask_node, html_of

from cnn_lessons.anatomy import trace
from cnn_lessons.models import wide_resnet
from cnn_lessons.widgets import WideExplorer
from cnn_lessons.widgets.wide import WIDE

# Zagoruyko & Komodakis 2016: (depth, K, dropout) → test error on CIFAR-10 and CIFAR-100, and how many runs.
ERRORS = {
    (28, 10, False): ("4.00", "19.25", "median of 5 runs"),
    (28, 10, True): ("3.89", "18.85", "median of 5 runs"),
    (40, 10, True): ("3.8", "18.3", "a single run"),
}
ask = functools.partial(ask_node, "cnn-wide")


def network(depth: int, widen_factor: int, num_classes: int = 10, dropout: bool = False) -> dict:
    return {"depth": depth, "widen_factor": widen_factor, "num_classes": num_classes, "dropout": dropout}


ALL = [network(d, k, c) for d, k, c in itertools.product(WIDE["depths"], WIDE["widen_factors"], WIDE["classes"])]


def on_meta(depth: int, widen_factor: int, num_classes: int, dropout: float = 0.0) -> nn.Module:
    with torch.device("meta"):
        return wide_resnet(depth, widen_factor, dropout, num_classes)


def real_counts(settings: dict) -> dict[str, list[int]]:
    """Parameters, multiply-adds and output shape of every part of the real network."""
    rows = trace(on_meta(settings["depth"], settings["widen_factor"], settings["num_classes"]), (3, 32, 32))
    parts = {name: [0, 0, None] for name in ("conv1", "group1", "group2", "group3", "head")}
    for row in rows:
        part = parts.get(row.name.split(".")[0], parts["head"])
        part[0] += row.parameters
        part[1] += row.multiply_adds
        part[2] = list(row.output_shape)
    return parts


def test_parts_are_those_of_the_real_networks(tmp_path):
    """Every depth at some width, and every width at the least depth; the next test counts all of them as a whole."""
    r = random.Random(0)
    chosen = [network(d, r.choice(WIDE["widen_factors"]), r.choice(WIDE["classes"])) for d in WIDE["depths"]]
    chosen += [network(10, k, c) for k in WIDE["widen_factors"] for c in WIDE["classes"]]
    for settings, got in zip(chosen, ask("wideCounts", [[s] for s in chosen], tmp_path), strict=True):
        real = real_counts(settings)
        for part, (parameters, multiply_adds, shape) in zip(got["parts"], real.values(), strict=True):
            assert (part["parameters"], part["multiplyAdds"]) == (parameters, multiply_adds), (settings, part)
            size = [] if part["size"] is None else [part["size"]] * 2
            assert [part["channels"], *size] == shape, (settings, part)


def test_totals_of_all_combinations_are_those_of_the_model(tmp_path):
    for settings, got in zip(ALL, ask("wideCounts", [[s] for s in ALL], tmp_path), strict=True):
        assert got["parameters"] == sum(part["parameters"] for part in got["parts"])
        assert got["multiplyAdds"] == sum(part["multiplyAdds"] for part in got["parts"])
        model = on_meta(settings["depth"], settings["widen_factor"], settings["num_classes"])
        assert got["parameters"] == sum(parameter.numel() for parameter in model.parameters()), settings
        weighted = [name for name, m in model.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
        around = [name for name in weighted if "shortcut" in name]
        assert got["inSequence"] == len(weighted) - len(around) == settings["depth"] - 2
        assert len(around) == (2 if settings["widen_factor"] == 1 else 3)
        assert got["blocks"] == len(model.group1)


def test_dropout_adds_no_parameters():
    plain, dropped = (on_meta(28, 10, 10, dropout) for dropout in (0.0, 0.3))
    assert sum(p.numel() for p in plain.parameters()) == sum(p.numel() for p in dropped.parameters())


def test_counts_and_the_papers_figures_are_those_of_the_facts(tmp_path):
    calls = [[network(*pair)] for pair in WIDE_RESNETS]
    for (pair, (counted, paper)), got in zip(WIDE_RESNETS.items(), ask("wideCounts", calls, tmp_path), strict=True):
        assert got["parameters"] == counted
        assert (paper is not None) == any((x["depth"], x["widen_factor"]) == pair for x in WIDE["paper"])
    given = {(x["depth"], x["widen_factor"]): x["millions"] for x in WIDE["paper"]}
    assert given == {pair: paper for pair, (_, paper) in WIDE_RESNETS.items() if paper}


def test_papers_errors_are_those_of_the_facts_and_no_others(tmp_path):
    calls = [[network(d, k, c, drop)] for d, k, c in {(s["depth"], s["widen_factor"], s["num_classes"]) for s in ALL}
             for drop in (False, True)]  # fmt: skip
    for (settings,), said in zip(calls, ask("paperError", calls, tmp_path), strict=True):
        known = ERRORS.get((settings["depth"], settings["widen_factor"], settings["dropout"]))
        if known is None:
            assert said is None, settings
        else:
            assert said == f"{known[settings['num_classes'] == 100]} %, {known[2]}"
    thin = {one["name"]: (one["10"], one["100"]) for one in WIDE["thin"]}
    assert thin == {"pre-ResNet-164": ("5.46", "24.33"), "pre-ResNet-1001": ("4.92", "22.71")}


def test_lines_of_equal_count_pass_through_networks_of_that_count(tmp_path):
    chosen = [s for s in ALL if s["widen_factor"] > 1]
    counts = ask("wideCounts", [[s] for s in chosen], tmp_path)
    calls = [[got["parameters"], s["depth"], s["num_classes"]] for s, got in zip(chosen, counts, strict=True)]
    for settings, factor in zip(chosen, ask("widenFactorFor", calls, tmp_path), strict=True):
        assert factor == pytest.approx(settings["widen_factor"], rel=1e-6), settings
    (line,) = ask("equalLine", [[36_479_194, 10, [28, 40], 3]], tmp_path)
    assert [depth for depth, _ in line] == [28, 34, 40] and line[0][1] == pytest.approx(10)
    assert 8 < line[2][1] < 8.2  # WRN-40-8 has a little less than WRN-28-10


def test_arrow_keys_go_to_the_neighbours_and_stop_at_the_edges(tmp_path):
    calls = {
        (28, 10, "ArrowLeft"): (22, 10),
        (28, 10, "ArrowRight"): (34, 10),
        (28, 10, "ArrowUp"): (28, 12),
        (28, 10, "ArrowDown"): (28, 8),
        (10, 1, "ArrowLeft"): (10, 1),
        (10, 1, "ArrowDown"): (10, 1),
        (46, 12, "ArrowRight"): (46, 12),
        (46, 12, "ArrowUp"): (46, 12),
        (28, 10, "Enter"): None,
    }
    answers = ask("keyedNetwork", [[network(d, k), key] for d, k, key in calls], tmp_path)
    for expected, got in zip(calls.values(), answers, strict=True):
        assert got == (None if expected is None else {"depth": expected[0], "widen_factor": expected[1]})


def test_depth_is_explained_with_a_sum_that_is_right(tmp_path):
    calls = [[network(depth, k)] for depth in WIDE["depths"] for k in (1, 10)]
    for (settings,), words in zip(calls, ask("depthWords", calls, tmp_path), strict=True):
        sums = re.findall(r"([\d·+ ]+) = (\d+)", words)
        assert [eval(text.replace("·", "*")) for text, _ in sums] == [int(result) for _, result in sums]
        assert [int(result) for _, result in sums] == [settings["depth"], settings["depth"] - 2]
        assert ("here 2" in words) == (settings["widen_factor"] == 1)


def test_words_round_as_they_should(tmp_path):
    assert ask("inMillions", [[563_930], [36_479_194], [10_961_370]], tmp_path) == ["0.6 M", "36.5 M", "11.0 M"]
    assert ask("roundedCount", [[83_492_544], [5_243_328_768]], tmp_path) == ["83 million", "5.2 billion"]
    (spoken,) = ask("spokenNetwork", [[network(28, 10)]], tmp_path)
    assert spoken == (
        "WRN-28-10: 36.5 M parameters, 5.2 billion multiply-adds, 26 layers one after another. "
        "The paper's test error: 4.00 %, median of 5 runs."
    )


# ---- Python ---------------------------------------------------------------------------------------------------


def test_widget_takes_depth_and_widen_factor():
    widget = WideExplorer(depth=28, widen_factor=10)
    assert "Depth and width explorer: WRN-28-10, 10 classes." in html_of(widget)
    assert "WRN-16-4, 100 classes, with dropout" in repr(WideExplorer(16, 4, num_classes=100, dropout=True))


def test_observe_hears_what_the_page_changes():
    heard = []
    widget = WideExplorer()
    widget.observe(lambda change: heard.append((change["name"], change["new"])), widget.state_names())
    widget.set_state({"depth": 40, "widen_factor": 4, "dropout": True})
    assert heard == [("depth", 40), ("widen_factor", 4), ("dropout", True)]


@pytest.mark.parametrize(
    "settings", [{"depth": 27}, {"widen_factor": 3}, {"num_classes": 1000}, {"dropout": 0.3}, {"widen_factor": True}]
)
def test_bad_setting_is_refused_by_name(settings):
    with pytest.raises(traitlets.TraitError, match=next(iter(settings))):
        WideExplorer(**settings)


def test_unknown_names_are_refused():
    with pytest.raises(TypeError, match="got unknown width; expected depth, widen_factor, num_classes, dropout"):
        WideExplorer(width=3)
