"""Limits that stand both in a widget's Python class and in its page: the page offers just what Python accepts."""

import json
import re

import pytest

from cnn_lessons.widgets import ConvolutionStepper, CurveReader, PixelInspector, PoolingStepper
from cnn_lessons.widgets.runs import MAX_RUNS
from cnn_lessons.widgets.shiftdata import REACH
from cnn_lessons.widgets.source import STATIC

CONVOLUTION, CURVES, PIXELS, POOLING = (
    made.class_traits() for made in (ConvolutionStepper, CurveReader, PixelInspector, PoolingStepper)
)


def choices(file, traits, *names):
    """The rows of numbers to choose from, for settings that take every whole number between two."""
    pattern = r": segmented\(.*?digits\((.*?)\)"
    return [(file, name + pattern, [*range(traits[name].min, traits[name].max + 1)]) for name in names]


@pytest.mark.parametrize(
    ("file", "written", "accepted"),
    [
        ("stepper.js", "LARGEST_INPUT = (.*?);", CONVOLUTION["image"].max_size),
        ("stepper.js", "LARGEST_INPUT = (.*?);", POOLING["image"].max_size),
        ("convolution.js", "LARGEST_KERNEL = (.*?);", CONVOLUTION["kernel"].max_size),
        ("convolution.js", "MODES = (.*?);", CONVOLUTION["mode"].values),
        ("curvecontrols.js", "SMOOTHING = .*?max: (.*?),", CURVES["smoothing"].max),
        ("curvedata.js", "QUANTITIES = (.*?);", CURVES["quantity"].values[:-1]),  # the last is "both"
        ("curvedata.js", "PARTS = (.*?);", CURVES["part"].values[:-1]),
        ("curvedata.js", "RUN_STYLES = (.*?);", MAX_RUNS),
        ("colour.js", "CHANNEL_NAMES = (.*?);", PIXELS["numbers"].values[:-1]),  # the last is "luminance"
        ("shiftmath.js", "REACH = (.*?);", REACH),
        *choices("convolution.js", CONVOLUTION, "stride", "padding", "dilation"),
        *choices("pooling.js", POOLING, "kernel_size", "stride", "padding", "dilation"),
    ],
)
def test_page_offers_what_python_accepts(file, written, accepted):
    (found,) = re.findall(written, (STATIC / file).read_text(encoding="utf-8"), re.DOTALL)
    assert json.loads(found) == accepted
