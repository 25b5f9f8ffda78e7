"""The photograph: the same bytes everywhere, averaged in whole numbers, and a clear error without it."""

import subprocess
import sys

import matplotlib
import pytest
import torch
import torch.nn.functional as F

from cnn_lessons.data import photograph


def test_photograph_is_a_colour_picture_of_bytes():
    pixels = photograph()
    assert pixels.shape == (600, 512, 3) and pixels.dtype == torch.uint8
    assert pixels.min() < 10 and pixels.max() > 245
    red, blue = pixels[..., 0].int(), pixels[..., 2].int()
    assert (red - blue).max() > 100 and (blue - red).max() > 50  # in colour: the flag has red and blue


def test_data_can_be_loaded_without_matplotlib():
    hidden = "import sys; sys.modules['matplotlib'] = sys.modules['PIL'] = None; import cnn_lessons.training"
    subprocess.run([sys.executable, "-c", hidden], check=True, timeout=100)


def test_photograph_is_the_callers_own():
    first = photograph()
    first.zero_()
    assert photograph().any()


@pytest.mark.parametrize("reduce", [2, 4, 7, 512])
def test_photograph_reduced_is_the_rounded_mean_of_each_block(reduce):
    small = photograph(reduce)
    means = F.avg_pool2d(photograph().permute(2, 0, 1)[None].double(), reduce)[0].permute(1, 2, 0)
    assert small.dtype == torch.uint8 and small.shape == (600 // reduce, 512 // reduce, 3)
    assert torch.equal(small.double(), (means + 0.5 + 1e-9).floor())  # halves are rounded up


@pytest.mark.parametrize(
    ("reduce", "says"),
    [
        (0, "reduce: expected at least 1, got 0"),
        (2.0, "reduce: expected an integer of at least 1, got 2.0"),
        (True, "reduce: expected an integer of at least 1, got True"),
        (513, "reduce: expected at most 512, the picture's shorter side, got 513"),
    ],
)
def test_photograph_refuses_a_reduction_that_makes_no_sense(reduce, says):
    with pytest.raises(ValueError) as refusal:
        photograph(reduce)
    assert says in str(refusal.value)


def test_photograph_says_what_is_missing_without_matplotlibs_samples(monkeypatch, tmp_path):
    monkeypatch.setattr(matplotlib, "get_data_path", lambda: str(tmp_path))
    with pytest.raises(
        FileNotFoundError, match="grace_hopper.jpg, a sample that matplotlib ships. Reinstall matplotlib"
    ):
        photograph()
