"""Numbers against an axis: curves, bars, points and histograms."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from cnn_lessons.plots.picture import COLOURS, DASHES, GRID, Picture, as_array, check_titled, new_figure


def curves(
    lines: Mapping[str, object],
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
    x: Sequence | None = None,
    log: bool = False,
    low: float | None = None,
) -> Picture:
    """Draw lines over a common axis, each with its own colour and dash.

    Args:
        lines: label → (T,) values.
        xlabel: label of the horizontal axis, with unit.
        ylabel: label of the vertical axis, with unit.
        alt: what the figure shows.
        x: (T,) positions; None counts from 0.
        log: a logarithmic vertical axis.
        low: where the vertical axis begins; None begins a little below the least value.

    Returns:
        The picture.

    Raises:
        ValueError: if `lines` is no mapping or empty, a line is not (T,), or `alt` is empty.
    """
    check_titled("curves", lines)
    figure = new_figure(6.4, 3.4)
    axes = _axes(figure, xlabel, ylabel)
    for index, (label, line) in enumerate(lines.items()):
        line = as_array(line)
        if line.ndim != 1:
            raise ValueError(
                f"curves: expected (T,) values for {label!r}, got shape {line.shape}. "
                "Of pairs, pass the second numbers; the first go into x."
            )
        style = _style(index) | {"marker": "o" if len(line) == 1 else None}  # a single point has no line
        axes.plot(np.arange(len(line)) if x is None else as_array(x), line, label=label, linewidth=1.8, **style)
    if log:
        axes.set_yscale("log")
        least, most = axes.dataLim.intervaly
        if most < 1000 * least:  # powers of ten alone would leave an axis without numbers
            _number_steps(axes.yaxis)
    if low is not None:
        axes.set_ylim(bottom=low)
    if len(lines) > 1:
        axes.legend(frameon=False)
    return Picture(figure, alt)


def bars(values: Mapping[str, float], *, ylabel: str, alt: str, log: bool = False, top: float | None = None) -> Picture:
    """Compare a few amounts as bars with their numbers; on a logarithmic axis, which has no zero, as points.

    Args:
        values: label → amount.
        ylabel: axis label, with unit.
        alt: what the figure shows.
        log: a logarithmic axis.
        top: where the axis ends, if two figures are to be compared; None ends it above the largest amount.

    Returns:
        The picture.

    Raises:
        ValueError: if `values` is no mapping or empty, an amount is not one number, or `alt` is empty.
    """
    check_titled("bars", values)
    labels = list(map(str, values))  # matplotlib would place a number at its value
    figure = new_figure(max(3.5, 1.1 * len(values) + 1), 3.2)
    axes = _axes(figure, "", ylabel)
    amounts = [_number("bars", label, value) for label, value in values.items()]
    drawn = axes.bar(labels, amounts, color=COLOURS[0], width=0.6, visible=not log)
    axes.bar_label(drawn, fmt="{:,.4g}", fontsize=9, padding=5 if log else 2)
    if log:
        axes.plot(labels, amounts, "o", color=COLOURS[0])
        axes.set(yscale="log", ymargin=0.2)
    if top is not None:
        axes.set_ylim(top=top)
    return Picture(figure, alt)


def scatter(
    points: Mapping[str, tuple[float, float]],
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
    errors: Mapping[str, float] | None = None,
    groups: Mapping[str, object] | None = None,
    log: bool = False,
) -> Picture:
    """Draw named points, each with its name beside it.

    Args:
        points: label → (x, y).
        xlabel: label of the horizontal axis, with unit.
        ylabel: label of the vertical axis, with unit.
        alt: what the figure shows.
        errors: label → how far a vertical bar reaches above and below the point; None draws none.
        groups: label → what the points of one colour have in common; None draws all in one colour.
        log: a logarithmic horizontal axis.

    Returns:
        The picture.

    Raises:
        ValueError: if `points` is no mapping or empty, x or y is not one number, or `alt` is empty.
    """
    check_titled("scatter", points)
    figure = new_figure(6.4, 3.4)
    axes = _axes(figure, xlabel, ylabel)
    kinds = list(dict.fromkeys((groups or {}).get(label) for label in points))
    for label, point in points.items():
        x, y = (_number("scatter", label, number) for number in point)
        colour = COLOURS[kinds.index((groups or {}).get(label)) % len(COLOURS)]
        axes.errorbar(x, y, yerr=(errors or {}).get(label), fmt="o", color=colour, capsize=4)
        axes.annotate(label, (x, y), (7, 5), textcoords="offset points", fontsize=9)
    if log:
        axes.set_xscale("log")
        _number_steps(axes.xaxis)
    axes.margins(x=0.15, y=0.15)
    return Picture(figure, alt)


def histogram(
    samples: Mapping[str, object], *, xlabel: str, alt: str, bins: int = 64, ylabel: str = "pixels"
) -> Picture:
    """Draw how often each value occurs, one outline for each sample.

    Args:
        samples: label → values of any shape.
        xlabel: label of the horizontal axis, with unit.
        ylabel: label of the vertical axis, with unit.
        alt: what the figure shows.
        bins: number of equal steps from the least to the largest value of each sample, so that shapes compare.

    Returns:
        The picture.

    Raises:
        ValueError: if `samples` is no mapping or empty, or `alt` is empty.
    """
    check_titled("histogram", samples)
    figure = new_figure(6.4, 3.0)
    axes = _axes(figure, xlabel, ylabel)
    for index, (label, values) in enumerate(samples.items()):
        axes.hist(as_array(values).ravel(), bins=bins, histtype="step", linewidth=1.6, label=label, **_style(index))
    if len(samples) > 1:
        axes.legend(frameon=False)
    return Picture(figure, alt)


def _number(name: str, label: str, value: object) -> float:
    array = as_array(value)
    if array.size != 1:
        raise ValueError(
            f"{name}: expected one number for {label!r}, got shape {array.shape}. Take its mean, or one of them."
        )
    return float(array.item())


def _style(index: int) -> dict[str, object]:
    """Return colour and dash of a line; after a round of colours the dashes move on."""
    turn, place = divmod(index, len(COLOURS))
    return {"color": COLOURS[place], "linestyle": DASHES[(place + turn) % len(DASHES)]}


def _axes(figure: Figure, xlabel: str, ylabel: str):
    axes = figure.add_subplot()
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    return axes


def _number_steps(axis) -> None:
    """Write 1, 2, 5, 10 … on a logarithmic axis."""
    axis.set(major_locator=LogLocator(subs=(1, 2, 5)), minor_locator=NullLocator())
    axis.set_major_formatter("{x:,.4g}")
