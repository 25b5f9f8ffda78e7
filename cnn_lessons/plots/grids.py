"""Pictures and small matrices, side by side."""

from collections.abc import Mapping

import numpy as np
from matplotlib.patches import Rectangle

from cnn_lessons.arithmetic import integer
from cnn_lessons.plots.picture import GRID, INK, MARKED, WINDOW, Picture, as_array, check_titled, new_figure


def images(
    pictures: Mapping[str, object], *, alt: str, columns: int = 4, low: float | None = None, high: float | None = None
) -> Picture:
    """Show pictures side by side, sharp-edged, each under its title.

    Args:
        pictures: title → (H, W) or (H, W, 1) shown in grey, or (H, W, 3) in colour, uint8 0–255 or float 0–1.
        alt: what the figure shows.
        columns: pictures in a row, at most.
        low: the value shown black in grey pictures; None takes each picture's own least.
        high: the value shown white; None takes each picture's own largest.

    Returns:
        The picture.

    Raises:
        ValueError: if `pictures` is no mapping or empty, one is of another shape, or `alt` is empty.
    """
    check_titled("images", pictures)
    pixels = {title: _pixels(title, picture) for title, picture in pictures.items()}
    columns = min(integer(columns, "columns", 1), len(pixels))
    rows = -(-len(pixels) // columns)
    heights = [picture.shape[0] / picture.shape[1] for picture in pixels.values()]
    figure = new_figure(2.4 * columns, (2.4 * max(heights) + 0.35) * rows)
    for index, (title, picture) in enumerate(pixels.items()):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.imshow(picture, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes.set_title(title, fontsize=10 * max(1, columns / 3))  # a page shows wide figures smaller
        axes.set_axis_off()
    return Picture(figure, alt)


def matrices(
    tables: Mapping[str, object],
    *,
    alt: str,
    windows: Mapping[str, tuple[int, int, int, int]] | None = None,
    marked: Mapping[str, object] | None = None,
    joiner: str = "",
) -> Picture:
    """Show small matrices as grids of numbers, side by side.

    Args:
        tables: title → (H, W).
        alt: what the figure shows.
        windows: title → (row, column, height, width) of a frame drawn around some of its cells.
        marked: title → (H, W), true where a cell is tinted.
        joiner: signs between neighbours, "×=" for three tables.

    Returns:
        The picture.

    Raises:
        ValueError: if `tables` is no mapping or empty, one is no matrix, or is marked by one of another shape, or if
            `alt` is empty.
    """
    check_titled("matrices", tables)
    tables = {title: as_array(table) for title, table in tables.items()}
    marks = {title: as_array((marked or {}).get(title, np.zeros(table.shape))) for title, table in tables.items()}
    for title, table in tables.items():
        if table.ndim != 2:
            raise ValueError(f"{title}: expected a matrix (H, W), got shape {table.shape}")
        if marks[title].shape != table.shape:
            raise ValueError(f"marked: expected the shape of {title!r}, {table.shape}, got {marks[title].shape}")
    widths = [table.shape[1] for table in tables.values()]
    tallest = max(table.shape[0] for table in tables.values())
    figure = new_figure(0.42 * (sum(widths) + 1.2 * len(widths)), 0.42 * tallest + 0.5)
    grid = figure.add_gridspec(1, len(tables), width_ratios=widths, wspace=0.35)
    for index, (title, table) in enumerate(tables.items()):
        axes = figure.add_subplot(grid[index])
        _cells(axes, table, (windows or {}).get(title), marks[title])
        axes.set_title(title, fontsize=10)
        if index < len(joiner):
            axes.text(table.shape[1] + 0.45, table.shape[0] / 2, joiner[index], fontsize=16, va="center", ha="center")
    return Picture(figure, alt)


def _pixels(title: str, picture: object) -> np.ndarray:
    picture = as_array(picture)
    if picture.size and (picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] in (1, 3))):
        return picture
    raise ValueError(
        f"images: expected {title!r} of shape (H, W), (H, W, 1) or (H, W, 3), got shape {picture.shape}. "
        "Do the channels come first? x.permute(1, 2, 0) moves them to the end."
    )


def _cells(axes, table: np.ndarray, window: tuple[int, int, int, int] | None, marked: np.ndarray) -> None:
    """Write the numbers of a table into squares, tint those that are marked, and frame a window."""
    height, width = table.shape
    for row in range(height):
        for column in range(width):
            fill = MARKED if marked[row, column] else "white"
            axes.add_patch(Rectangle((column, row), 1, 1, facecolor=fill, edgecolor=GRID))
            text = f"{table[row, column]:.4g}".replace("-", "−")
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=10, color=INK)
    if window:
        row, column, tall, wide = window
        axes.add_patch(Rectangle((column, row), wide, tall, fill=False, edgecolor=WINDOW, linewidth=2.5))
    axes.set(xlim=(-0.05, width + 0.05), ylim=(height + 0.05, -0.05), aspect="equal")
    axes.set_axis_off()
