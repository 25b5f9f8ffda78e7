"""A finished figure with its alt text, and what every figure is drawn with."""

import io
from collections.abc import Mapping

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, GRID, WINDOW, MARKED = "#222831", "#c9ced6", "#d55e00", "#cfe3f2"
# Okabe & Ito 2008: safe for the colour-blind; the last three darker than theirs, 3:1 and more on white
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#c06a99", "#bd8100", "#3d9bd1")
DASHES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)))  # colour is never the only sign


class Picture:
    """A finished figure that shows itself in a notebook as PNG, with a text for those who cannot see it.

    Args:
        figure: what to show.
        alt: what it shows, in a sentence or more.

    Raises:
        ValueError: if `alt` is empty.
    """

    def __init__(self, figure: Figure, alt: str):
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError(f"alt: expected a sentence that says what the figure shows, got {alt!r}")
        self.figure, self.alt = figure, " ".join(alt.split())

    def png(self) -> bytes:
        """Return the figure as a PNG file."""
        file = io.BytesIO()
        FigureCanvasAgg(self.figure).print_png(file)
        return file.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/png": self.png(), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches."""
    return Figure(figsize=(width, height), dpi=110, layout="constrained", facecolor="white")


def check_titled(name: str, values: object) -> None:
    """Raise ValueError that begins with `name` unless there are values, and a title for each."""
    if not isinstance(values, Mapping):
        raise ValueError(
            f"{name}: expected title → values, got {type(values).__name__}. Give it a title: {{'title': values}}."
        )
    if not values:
        raise ValueError(f"{name}: expected something to show, got an empty {type(values).__name__}")


def as_array(values: object) -> np.ndarray:
    """Return numbers as an array: also those of a tensor, or a list of some, on a GPU or being learned."""
    if isinstance(values, list | tuple):
        values = [as_array(value) for value in values]
    elif hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":  # NumPy has no such type
            values = values.float()
    array = np.asarray(values)
    # half precision is too coarse for the edges of a histogram's bins
    return array.astype(np.float32) if array.dtype == np.float16 else array
