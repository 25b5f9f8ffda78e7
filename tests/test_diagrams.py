"""Diagrams: they show what the course's blocks and networks really do, and say so in words."""

import re

import pytest
import torch
from torch import nn

from cnn_lessons import diagrams, models
from cnn_lessons.anatomy import trace
from cnn_lessons.models.resnet import BasicBlock, Bottleneck
from cnn_lessons.models.wide_resnet import WideBlock

NAMES = {nn.BatchNorm2d: "BatchNorm", nn.ReLU: "ReLU", nn.Dropout: "dropout"}
# kind → the real block and the numbers that its letters stand for
REAL = {
    "basic": (BasicBlock(8, 8), {"C": 8}),
    "bottleneck": (Bottleneck(32, 8), {"C": 8, "4C": 32}),
    "wide": (WideBlock(16, 16), {"K·C": 16}),
    "wide-dropout": (WideBlock(16, 16, dropout=0.3), {"K·C": 16}),
    "pre-activation": (WideBlock(16, 16), {"C": 16}),
}


def texts(picture) -> list[str]:
    return [text.get_text() for text in picture.figure.findobj(match=lambda artist: hasattr(artist, "get_text"))]


def steps_of(block: nn.Module, channels: int) -> list[str]:
    """What the real block does to a tensor, layer by layer, in the order in which it does it."""
    done = []

    def note(module, args, out):
        if isinstance(module, nn.Conv2d):
            done.append(f"{module.kernel_size[0]}×{module.kernel_size[0]} conv to {module.out_channels}")
        elif not isinstance(module, nn.Identity) and getattr(module, "p", 1):  # dropout of 0 is no step
            done.append(NAMES[type(module)])

    hooks = [m.register_forward_hook(note) for m in block.modules() if next(m.children(), None) is None]
    with torch.no_grad():
        block.eval()(torch.zeros(1, channels, 4, 4))
    for hook in hooks:
        hook.remove()
    return done


@pytest.mark.parametrize("kind", diagrams.BLOCKS)
def test_steps_are_those_of_the_real_block(kind):
    real, letters = REAL[kind]
    drawn = diagrams.BLOCKS[kind]
    assert drawn.incoming in letters and drawn.outgoing in letters
    steps = [step.text for step in (*drawn.steps, *drawn.after)]
    numbered = [re.sub(r"to (.*)", lambda found: f"to {letters[found[1]]}", text) for text in steps]
    assert numbered == steps_of(real, letters[drawn.incoming])


@pytest.mark.parametrize("kind", diagrams.BLOCKS)
def test_drawing_and_alt_text_name_every_step(kind):
    picture, block = diagrams.blocks(kind), diagrams.BLOCKS[kind]
    steps = [step.text for step in (*block.steps, *block.after)]
    written = texts(picture)
    assert [text for text in written if text in steps] == steps and kind in written
    assert ", ".join(step.text for step in block.steps) in picture.alt
    assert picture.alt.startswith(f"{kind.capitalize()} block") and "arrow" in picture.alt


def test_blocks_side_by_side_have_their_sums_on_one_height():
    picture = diagrams.blocks(["basic", "bottleneck", "wide"])
    sums = [text.get_position() for text in picture.figure.axes[0].texts if text.get_text() == "+"]
    assert len(sums) == 3 and {y for _, y in sums} == {0}
    assert [x for x, _ in sums] == sorted(x for x, _ in sums)
    assert picture.alt.count("block, ") == 3
    data, metadata = picture._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == picture.alt and len(data["image/png"]) < 100_000
    assert picture.png() == diagrams.blocks(["basic", "bottleneck", "wide"]).png()


def test_nothing_is_drawn_outside_the_picture_or_over_another_block():
    picture = diagrams.blocks(list(diagrams.BLOCKS))
    axes = picture.figure.axes[0]
    picture.png()
    for text in axes.texts:
        box = text.get_window_extent().transformed(axes.transData.inverted())
        column = int(text.get_position()[0] // diagrams.ROOM)
        assert diagrams.ROOM * column <= box.x0 and box.x1 <= diagrams.ROOM * (column + 1), text.get_text()
        assert axes.get_ylim()[0] <= box.y0 and box.y1 <= axes.get_ylim()[1], text.get_text()


@pytest.mark.parametrize("kinds", [["basic", "narrow"], [], "dropout"])
def test_unknown_blocks_are_refused(kinds):
    with pytest.raises(ValueError, match="expected some of basic, bottleneck, pre-activation, wide, wide-dropout, got"):
        diagrams.blocks(kinds)


def test_widths_draw_a_bar_for_every_convolution():
    with torch.device("meta"):
        networks = {"WRN-16-4": models.wide_resnet(16, 4), "ResNet-18": models.resnet18()}
    traces = {name: trace(network, (3, 64, 64)) for name, network in networks.items()}
    picture = diagrams.widths(traces)
    for axes, network in zip(picture.figure.axes, networks.values(), strict=True):
        convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
        bars = [patch.get_width() for patch in axes.patches]
        assert sorted(bars) == sorted(m.out_channels for m in convolutions)
    assert picture.figure.axes[0].get_xlim() == picture.figure.axes[1].get_xlim()  # one scale
    assert "WRN-16-4: 16 convolutions" in texts(picture)
    assert "WRN-16-4: 16 convolutions from top to bottom: 6 at 64×64 with 16 to 64 channels; 5 at 32×32" in picture.alt
    assert "ResNet-18: 20 convolutions" in picture.alt


def test_widths_refuse_networks_without_convolutions():
    with pytest.raises(ValueError, match="widths: expected rows with convolutions for each network, got none for"):
        diagrams.widths({"nothing": []})


def test_widths_refuse_rows_without_a_title():
    with pytest.raises(ValueError, match="widths: expected title → values, got list"):
        diagrams.widths([])
