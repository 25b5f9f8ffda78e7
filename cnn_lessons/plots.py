"""Figures: arrays in, a picture with its alt text out. Each says one thing."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullLocator

INK, GRID, WINDOW = "#222831", "#c9ced6", "#d55e00"
# Okabe & Ito 2008: safe for the colour-blind
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)))  # colour is never the only sign


class Picture:
    """A finished figure that shows itself in a notebook as PNG, with a text for those who cannot see it."""

    def __init__(self, figure: Figure, alt: str):
        if not alt.strip():
            raise ValueError("alt: expected a sentence that says what the figure shows, got an empty text")
        self.figure, self.alt = figure, " ".join(alt.split())

    def png(self) -> bytes:
        """Return the figure as a PNG file."""
        file = io.BytesIO()
        FigureCanvasAgg(self.figure).print_png(file)
        return file.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/png": self.png(), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def images(
    pictures: Mapping[str, object], *, alt: str, columns: int = 4, low: float | None = None, high: float | None = None
) -> Picture:
    """Show pictures side by side, sharp-edged, each under its title.

    Args:
        pictures: title → (H, W) or (H, W, 1) shown in grey, or (H, W, 3) in colour, uint8 0–255 or float 0–1.
        alt: what the figure shows.
        columns: pictures in a row, at most.
        low, high: the values shown black and white in grey pictures; None takes each picture's own extremes.
    """
    if not pictures:
        raise ValueError("images: expected at least one picture, got none")
    pixels = {title: _pixels(title, picture) for title, picture in pictures.items()}
    columns = min(columns, len(pixels))
    rows = -(-len(pixels) // columns)
    heights = [picture.shape[0] / picture.shape[1] for picture in pixels.values()]
    figure = _figure(2.4 * columns, (2.4 * max(heights) + 0.35) * rows)
    for index, (title, picture) in enumerate(pixels.items()):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.imshow(picture, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes.set_title(title, fontsize=10)
        axes.set_axis_off()
    return Picture(figure, alt)


def matrices(
    tables: Mapping[str, object],
    *,
    alt: str,
    windows: Mapping[str, tuple[int, int, int, int]] | None = None,
    joiner: str = "",
) -> Picture:
    """Show small matrices as grids of numbers, side by side.

    Args:
        tables: title → (H, W).
        alt: what the figure shows.
        windows: title → (row, column, height, width) of a frame drawn around some of its cells.
        joiner: signs between neighbours, "×=" for three tables.

    Raises:
        ValueError: if a table is no matrix.
    """
    tables = {title: _array(table) for title, table in tables.items()}
    for title, table in tables.items():
        if table.ndim != 2:
            raise ValueError(f"{title}: expected a matrix (H, W), got shape {table.shape}")
    widths = [table.shape[1] for table in tables.values()]
    tallest = max(table.shape[0] for table in tables.values())
    figure = _figure(0.42 * (sum(widths) + 1.2 * len(widths)), 0.42 * tallest + 0.5)
    grid = figure.add_gridspec(1, len(tables), width_ratios=widths, wspace=0.35)
    for index, (title, table) in enumerate(tables.items()):
        axes = figure.add_subplot(grid[index])
        _cells(axes, table, (windows or {}).get(title))
        axes.set_title(title, fontsize=10)
        if index < len(joiner):
            axes.annotate(
                joiner[index],
                (1, 0.5),
                (12, 0),
                "axes fraction",
                "offset points",
                fontsize=16,
                va="center",
                ha="center",
            )
    return Picture(figure, alt)


def curves(
    lines: Mapping[str, object], *, xlabel: str, ylabel: str, alt: str, x: Sequence | None = None, log: bool = False
) -> Picture:
    """Draw lines over a common axis, each with its own colour and dash.

    Args:
        lines: label → (T,) values.
        xlabel, ylabel: axis labels, with unit.
        alt: what the figure shows.
        x: (T,) positions; None counts from 0.
        log: a logarithmic vertical axis.
    """
    figure = _figure(6.4, 3.4)
    axes = _axes(figure, xlabel, ylabel)
    for index, (label, line) in enumerate(lines.items()):
        line = _array(line)
        style = _style(index) | {"marker": "o" if len(line) == 1 else None}  # a single point has no line
        axes.plot(np.arange(len(line)) if x is None else _array(x), line, label=label, linewidth=1.8, **style)
    if log:
        axes.set_yscale("log")
    if len(lines) > 1:
        axes.legend(frameon=False)
    return Picture(figure, alt)


def bars(values: Mapping[str, float], *, ylabel: str, alt: str, log: bool = False) -> Picture:
    """Compare a few amounts as bars with their numbers; on a logarithmic axis, which has no zero, as points.

    Args:
        values: label → amount.
        ylabel: axis label, with unit.
        alt: what the figure shows.
        log: a logarithmic axis.
    """
    figure = _figure(max(3.5, 1.1 * len(values) + 1), 3.2)
    axes = _axes(figure, "", ylabel)
    amounts = [float(_array(value)) for value in values.values()]
    drawn = axes.bar(list(values), amounts, color=COLOURS[0], width=0.6, visible=not log)
    axes.bar_label(drawn, fmt="{:,.4g}", fontsize=9, padding=5 if log else 2)
    if log:
        axes.plot(list(values), amounts, "o", color=COLOURS[0])
        axes.set(yscale="log", ymargin=0.2)
    return Picture(figure, alt)


def scatter(
    points: Mapping[str, tuple[float, float]],
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
    errors: Mapping[str, float] | None = None,
    log: bool = False,
) -> Picture:
    """Draw named points, each with its name beside it.

    Args:
        points: label → (x, y).
        xlabel, ylabel: axis labels, with unit.
        alt: what the figure shows.
        errors: label → how far a vertical bar reaches above and below the point; None draws none.
        log: a logarithmic horizontal axis.
    """
    figure = _figure(6.4, 3.4)
    axes = _axes(figure, xlabel, ylabel)
    for index, (label, (x, y)) in enumerate(points.items()):
        error = (errors or {}).get(label)
        axes.errorbar(x, y, yerr=error, fmt="o", color=COLOURS[index % len(COLOURS)], capsize=4)
        axes.annotate(label, (x, y), (7, 5), textcoords="offset points", fontsize=9)
    if log:
        axes.set_xscale("log")
        axes.xaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), minor_locator=NullLocator())
        axes.xaxis.set_major_formatter("{x:,.4g}")
    axes.margins(x=0.15, y=0.15)
    return Picture(figure, alt)


def histogram(
    samples: Mapping[str, object], *, xlabel: str, alt: str, bins: int = 64, ylabel: str = "pixels"
) -> Picture:
    """Draw how often each value occurs, one outline for each sample.

    Args:
        samples: label → values of any shape.
        xlabel, ylabel: axis labels, with unit.
        alt: what the figure shows.
        bins: number of equal steps from the least to the largest value of each sample, so that shapes compare.
    """
    figure = _figure(6.4, 3.0)
    axes = _axes(figure, xlabel, ylabel)
    for index, (label, values) in enumerate(samples.items()):
        axes.hist(_array(values).ravel(), bins=bins, histtype="step", linewidth=1.6, label=label, **_style(index))
    if len(samples) > 1:
        axes.legend(frameon=False)
    return Picture(figure, alt)


def _style(index: int) -> dict[str, object]:
    """Return colour and dash of a line; after a round of colours the dashes move on."""
    turn, place = divmod(index, len(COLOURS))
    return {"color": COLOURS[place], "linestyle": DASHES[(place + turn) % len(DASHES)]}


def _array(values: object) -> np.ndarray:
    """Return numbers as an array: also those of a tensor that is on a GPU, or is being learned."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def _pixels(title: str, picture: object) -> np.ndarray:
    picture = _array(picture)
    if picture.size and (picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] in (1, 3))):
        return picture
    raise ValueError(
        f"images: expected {title!r} of shape (H, W), (H, W, 1) or (H, W, 3), got shape {picture.shape}. "
        "Do the channels come first? x.permute(1, 2, 0) moves them to the end."
    )


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), dpi=110, layout="constrained", facecolor="white")


def _axes(figure: Figure, xlabel: str, ylabel: str):
    axes = figure.add_subplot()
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    return axes


def _cells(axes, table: np.ndarray, window: tuple[int, int, int, int] | None) -> None:
    """Write the numbers of a table into squares, and frame a window."""
    height, width = table.shape
    for row in range(height):
        for column in range(width):
            axes.add_patch(Rectangle((column, row), 1, 1, facecolor="white", edgecolor=GRID))
            text = f"{table[row, column]:.4g}".replace("-", "−")
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=10, color=INK)
    if window:
        row, column, tall, wide = window
        axes.add_patch(Rectangle((column, row), wide, tall, fill=False, edgecolor=WINDOW, linewidth=2.5))
    axes.set(xlim=(-0.05, width + 0.05), ylim=(height + 0.05, -0.05), aspect="equal")
    axes.set_axis_off()
