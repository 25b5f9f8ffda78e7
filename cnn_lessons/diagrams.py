"""Diagrams drawn in code: residual blocks side by side, and networks as pyramids of width."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

from cnn_lessons.plots import COLOURS, INK, Picture
from cnn_lessons.plots.picture import check_titled

CONV, NORM, RELU, DROP = "convolution", "BatchNorm", "ReLU", "dropout"
FILLS = {CONV: "#cfe3f2", NORM: "#f3efe2", RELU: "#ffffff", DROP: "#f7ddcb"}
ROOM, WIDEST, TALL, GAP = 2.0, 1.42, 0.32, 0.25  # inches: a column, its widest box, a box's height, space below
NARROW, USUAL = 0.74, 0.84  # widths of boxes, as parts of the widest
AIR = 60  # channels: from a pyramid to its labels


@dataclass(frozen=True)
class Step:
    """One box of a diagram.

    Args:
        kind: convolution, BatchNorm, ReLU or dropout.
        text: what is written in the box.
        width: width of the box, as a part of the widest.
    """

    kind: str
    text: str
    width: float = USUAL


@dataclass(frozen=True)
class Block:
    """A residual block as a list of steps.

    Args:
        title: what the block is called.
        incoming, outgoing: channels before and after, as text.
        steps: from the input to the sum.
        after: what follows the sum.
    """

    title: str
    incoming: str
    outgoing: str
    steps: tuple[Step, ...]
    after: tuple[Step, ...] = ()


def _conv(kernel: int, channels: str, width: float = USUAL) -> Step:
    return Step(CONV, f"{kernel}×{kernel} conv to {channels}", width)


NORMALISE, RECTIFY, DROPOUT = Step(NORM, "BatchNorm"), Step(RELU, "ReLU"), Step(DROP, "dropout")
FIRST = (NORMALISE, RECTIFY)  # in front of a convolution, as in the pre-activation paper
BLOCKS = {
    "basic": Block("basic", "C", "C", (_conv(3, "C"), NORMALISE, RECTIFY, _conv(3, "C"), NORMALISE), (RECTIFY,)),
    "bottleneck": Block(
        "bottleneck",
        "4C",
        "4C",
        (_conv(1, "C", NARROW), *FIRST, _conv(3, "C", NARROW), *FIRST, _conv(1, "4C", 1), NORMALISE),
        (RECTIFY,),
    ),
    "pre-activation": Block("pre-activation", "C", "C", (*FIRST, _conv(3, "C"), *FIRST, _conv(3, "C"))),
    "wide": Block("wide", "K·C", "K·C", (*FIRST, _conv(3, "K·C", 1), *FIRST, _conv(3, "K·C", 1))),
    "wide-dropout": Block(
        "wide-dropout", "K·C", "K·C", (*FIRST, _conv(3, "K·C", 1), *FIRST, DROPOUT, _conv(3, "K·C", 1))
    ),
}


def blocks(kinds: str | Sequence[str]) -> Picture:
    """Draw residual blocks side by side, sums on one height, so that their differences stand out.

    Args:
        kinds: one of "basic", "bottleneck", "pre-activation", "wide" and "wide-dropout", or some, from left to right.

    Returns:
        The picture.

    Raises:
        ValueError: if a block is unknown, or there is none.
    """
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    unknown = [kind for kind in kinds if kind not in BLOCKS]
    if unknown or not kinds:
        raise ValueError(f"blocks: expected some of {', '.join(BLOCKS)}, got {', '.join(map(repr, unknown)) or 'none'}")
    chosen = [BLOCKS[kind] for kind in kinds]
    above = max(len(one.steps) for one in chosen) * (TALL + GAP) + 0.95
    below = max(len(one.after) for one in chosen) * (TALL + GAP) + 0.65
    figure = Figure(figsize=(ROOM * len(chosen), above + below), dpi=110, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, ROOM * len(chosen)), ylim=(-below, above), aspect="equal")
    axes.set_axis_off()
    for column, one in enumerate(chosen):
        _draw_block(axes, one, ROOM * (column + 0.5) - 0.08, above)
    return Picture(figure, " ".join(describe(one) for one in chosen))


def describe(one: Block) -> str:
    """Say what a block does, step by step.

    Args:
        one: a block.

    Returns:
        A few sentences, made of the same steps that the drawing is made of.
    """
    through = ", ".join(step.text for step in one.steps)
    after = ", ".join(step.text for step in one.after)
    end = f"After the sum: {after}." if after else "Nothing follows the sum."
    way = f"from top to bottom: {through}; an arrow leads from the input around all of them to a sum with their result"
    return f"{one.title.capitalize()} block, {one.incoming} channels in, {one.outgoing} out, {way}. {end}"


def _draw_block(axes, one: Block, x: float, top: float) -> None:
    """Draw a block around the vertical line at x; the sum lies at height 0."""
    centred = {"ha": "center", "va": "center", "color": INK}
    axes.text(x, top - 0.2, one.title, fontsize=11, fontweight="bold", **centred)
    start = y = len(one.steps) * (TALL + GAP) + 0.36
    axes.text(x, start + 0.1, f"{one.incoming} channels", fontsize=8, **centred)
    for step in one.steps:
        y = _draw_step(axes, step, x, y)
    _arrow(axes, (x, y), (x, 0.15))
    side, bend = x + WIDEST / 2 + 0.13, start - 0.06
    axes.plot([x, side, side], [bend, bend, 0], color=COLOURS[1], linewidth=2.2, solid_joinstyle="round")
    _arrow(axes, (side, 0), (x + 0.15, 0), COLOURS[1])
    axes.add_patch(Circle((x, 0), 0.15, facecolor="white", edgecolor=INK, linewidth=1.4, zorder=3))
    axes.text(x, 0, "+", fontsize=13, zorder=4, **centred)
    y = -0.15
    for step in one.after:
        y = _draw_step(axes, step, x, y)
    _arrow(axes, (x, y), (x, y - GAP))
    axes.text(x, y - GAP - 0.1, f"{one.outgoing} channels", fontsize=8, **centred)


def _draw_step(axes, step: Step, x: float, y: float) -> float:
    """Draw an arrow down from height y and a box below it; return the height of the box's foot."""
    _arrow(axes, (x, y), (x, y - GAP))
    width, foot = step.width * WIDEST, y - GAP - TALL
    style = "round,pad=0,rounding_size=0.07"
    box = FancyBboxPatch((x - width / 2, foot), width, TALL, boxstyle=style, facecolor=FILLS[step.kind], edgecolor=INK)
    axes.add_patch(box)
    axes.text(x, foot + TALL / 2, step.text, ha="center", va="center", fontsize=9, color=INK)
    return foot


def _arrow(axes, start: tuple[float, float], end: tuple[float, float], colour: str = INK) -> None:
    style = {"arrowstyle": "-|>", "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, end, color=colour, linewidth=1.4 if colour == INK else 2.2, **style))


def widths(models: Mapping[str, Sequence]) -> Picture:
    """Draw networks as pyramids of width: a bar for each convolution, as long as it has output channels.

    Args:
        models: title → rows of `anatomy.trace`; every row with a map of (C, H, W) and multiply-adds is drawn.

    Returns:
        The picture.

    Raises:
        ValueError: if `models` is no mapping or empty, or a network has no convolution.
    """
    check_titled("widths", models)
    layers = {title: [row.output_shape for row in rows if _is_convolution(row)] for title, rows in models.items()}
    empty = [title for title, shapes in layers.items() if not shapes]
    if empty:
        raise ValueError(f"widths: expected rows with convolutions for each network, got none for {empty}")
    figure = Figure(figsize=(3.5 * len(layers), 4.6), dpi=110, layout="constrained", facecolor="white")
    widest = max(shape[0] for shapes in layers.values() for shape in shapes)  # one scale for all, across and down
    tallest = max(map(len, layers.values()))
    sizes = sorted({tuple(size) for shapes in layers.values() for _, *size in shapes}, reverse=True)
    colours = {size: COLOURS[index % len(COLOURS)] for index, size in enumerate(sizes)}
    for index, (title, shapes) in enumerate(layers.items()):
        axes = figure.add_subplot(1, len(layers), index + 1)
        _draw_pyramid(axes, shapes, colours)
        axes.set_title(f"{title}: {len(shapes)} convolutions", fontsize=10, pad=12)
        axes.set(xlim=(-0.52 * widest, 1.4 * widest), ylim=(tallest - 0.5, -0.5))
        axes.set_axis_off()
    return Picture(figure, " ".join(_describe_pyramid(title, shapes) for title, shapes in layers.items()))


def _is_convolution(row) -> bool:
    return len(row.output_shape) == 3 and row.multiply_adds > 0


def _draw_pyramid(axes, shapes: Sequence[tuple[int, ...]], colours: Mapping) -> None:
    """Draw bars from top to bottom, centred; each size of the map has a colour, and its name beside it."""
    for first, last, size in _runs(shapes):
        for place in range(first, last + 1):
            wide = shapes[place][0]
            style = {"facecolor": colours[size], "edgecolor": "white", "linewidth": 0.3}
            axes.add_patch(Rectangle((-wide / 2, place - 0.5), wide, 1, **style))
        channels = [shape[0] for shape in shapes[first : last + 1]]
        name = f"{'×'.join(map(str, size))}: {_span(channels)} channels"
        axes.text(max(channels) / 2 + AIR, (first + last) / 2, name, fontsize=8, color=INK, ha="left", va="center")


def _span(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return f"{least}" if least == most else f"{least} to {most}"


def _runs(shapes: Sequence[tuple[int, ...]]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return (first, last, size) for each run of layers whose maps have one size."""
    runs = []
    for place, (_, *size) in enumerate(shapes):
        if runs and runs[-1][2] == tuple(size):
            runs[-1] = (runs[-1][0], place, tuple(size))
        else:
            runs.append((place, place, tuple(size)))
    return runs


def _describe_pyramid(title: str, shapes: Sequence[tuple[int, ...]]) -> str:
    """Say the same in words: how many layers on each size of map, and how wide they are."""
    parts = []
    for first, last, size in _runs(shapes):
        channels = [shape[0] for shape in shapes[first : last + 1]]
        parts.append(f"{last - first + 1} at {'×'.join(map(str, size))} with {_span(channels)} channels")
    return f"{title}: {len(shapes)} convolutions from top to bottom: {'; '.join(parts)}."
