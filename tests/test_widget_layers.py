"""The layer-stack calculator's Python class: layers, presets, messages."""

import json
import re

import pytest
import traitlets
from widget_harness import html_of, run_in_node

from cnn_lessons.widgets import LayerStack
from cnn_lessons.widgets.layers import PRESETS


def test_short_layers_are_completed():
    widget = LayerStack(28, 1, ["relu", {"kind": "max_pool", "kernel_size": 3}, {"kind": "conv", "bias": False}])
    pool = {"kind": "max_pool", "kernel_size": 3, "stride": 3, "padding": 0, "ceil_mode": False}
    assert widget.layers[:2] == [{"kind": "relu"}, pool]
    assert widget.layers[2]["out_channels"] == 16 and widget.layers[2]["bias"] is False
    assert "input 1×28×28, 3 layers" in html_of(widget)


def test_preset_can_be_overridden():
    widget = LayerStack(preset="lenet", size=32)
    assert (widget.size, widget.channels, len(widget.layers)) == (32, 1, 12)


def test_layers_that_do_not_fit_are_no_error_in_python():
    """The widget itself says what is wrong, and the reader can mend it there."""
    assert LayerStack(4, 3, [{"kind": "avg_pool", "kernel_size": 8}]).layers[0]["kernel_size"] == 8


def test_observe_hears_what_changes():
    heard = []
    widget = LayerStack()
    widget.observe(lambda change: heard.append(change["name"]), widget.state_names())
    state = {"size": 64, "layers": [{"kind": "flatten"}], "selected": 0, "compare": [{"kind": "relu"}]}
    widget.set_state(json.loads(json.dumps(state)))  # what arrives from the page
    assert sorted(heard) == ["compare", "layers", "size"] and widget.layers == [{"kind": "flatten"}]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("relu", "{name} should be a list of at most 32 layers"),
        (["relu"] * 33, "got 33 layers."),
        (["convolution"], "{name}[0]: expected a kind of conv, max_pool, "),
        ([3], "{name}[0]: expected a kind or a dict such as"),
        (["relu", {"out_channels": 3}], "{name}[1]: expected a kind or a dict"),
        ([{"kind": ["conv"]}], "got ['conv']."),
        ([{"kind": "conv", "kernel": 3}], "{name}[0]: conv has no kernel; expected out_channels, kernel_size, "),
        ([{"kind": "relu", "stride": 2}], "{name}[0]: relu has no stride; expected the kind alone."),
        ([{"kind": "conv", "stride": 0}], "{name}[0]: stride: expected a whole number from 1 to 15, got 0."),
        ([{"kind": "conv", "padding": -1}], "{name}[0]: padding: expected a whole number from 0 to 7, got -1."),
        ([{"kind": "conv", "kernel_size": (3, 3)}], "kernel_size: expected a whole number from 1 to 15, got (3, 3)."),
        ([{"kind": "conv", "out_channels": True}], "out_channels: expected a whole number"),
        ([{"kind": "conv", "bias": 1}], "{name}[0]: bias: expected True or False, got 1."),
    ],
)
@pytest.mark.parametrize("name", ["layers", "compare"])
def test_bad_layers_name_what_is_wrong(name, layers, message):
    with pytest.raises(traitlets.TraitError) as error:
        LayerStack(**{name: layers})
    text = str(error.value)
    assert text.startswith("LayerStack: ") and message.replace("{name}", name) in text


@pytest.mark.parametrize(
    "settings", [{"size": 0}, {"size": 513}, {"channels": 0}, {"selected": -1}, {"size": 2.5}, {"size": True}]
)
def test_bad_setting_is_refused_by_name(settings):
    with pytest.raises(traitlets.TraitError, match=next(iter(settings))):
        LayerStack(**settings)


def test_unknown_names_are_refused():
    for preset in ("resnet", []):
        with pytest.raises(ValueError, match=rf"preset should be one of first, vgg, .*; got {re.escape(repr(preset))}"):
            LayerStack(preset=preset)
    with pytest.raises(TypeError, match="got unknown layer; expected size, channels, layers, preset, selected"):
        LayerStack(layer=[])


def test_presets_are_the_same_in_both_languages(tmp_path):
    cases = [{"name": "presetState", "args": [preset]} for preset in PRESETS.values()]
    for name, answer in zip(PRESETS, run_in_node("cnn-layers", cases, tmp_path), strict=True):
        widget = LayerStack(preset=name)
        assert answer["value"] == {name: getattr(widget, name) for name in widget.state_names()}
