"""A finished figure with its alt text, and what every figure is drawn with."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, GRID, WINDOW, MARKED = "#222831", "#c9ced6", "#d55e00", "#cfe3f2"
# Okabe & Ito 2008: safe for the colour-blind; the last three darker than theirs, 3:1 and more on white
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#c06a99", "#bd8100", "#3d9bd1")
DASHES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)))  # colour is never the only sign


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


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches."""
    return Figure(figsize=(width, height), dpi=110, layout="constrained", facecolor="white")


def as_array(values: object) -> np.ndarray:
    """Return numbers as an array: also those of a tensor that is on a GPU, or is being learned."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
