"""The pictures of the Results page, drawn from the files of the recorded runs when the book is built."""

import math
from itertools import cycle
from pathlib import Path
from typing import Any

from docutils import nodes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from recorded_runs import BY_TITLE, change, groups, kind, mean_and_spread, seconds, took, variations
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cnn_lessons import plots, runs
from cnn_lessons.runs.plan import PLANNED, Planned


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("recorded-plot", RecordedPlot)
    app.add_directive("recorded-gaps", RecordedGaps)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Drawn(SphinxDirective):
    """A directive that becomes a picture."""

    required_arguments = 1

    def figure(self, picture: plots.Picture, name: str) -> list[nodes.Node]:
        """Write the picture beside the sources, and return it."""
        file = Path(self.env.srcdir) / "book" / f"{name}.png"
        file.write_bytes(picture.png())
        return [nodes.figure("", nodes.image("", uri=file.name, alt=picture.alt))]


def best_of_each_network() -> dict[str, list[runs.Recorded]]:
    """The recorded runs on CIFAR-10, by the first of their kind; of a network's several recipes the most accurate."""
    found: dict[object, str] = {}
    made = {name: seeds for name, seeds in groups().items() if PLANNED[name].data == "cifar10"}
    for name in sorted(made, key=lambda name: mean_and_spread(made[name])[0]):
        found[PLANNED[name].build] = name  # a better one takes its place
    return {name: seeds for name, seeds in made.items() if name in found.values()}


def short(number: float) -> str:
    """A number with two digits, and as many more as stand before its point."""
    return f"{number:.2g}" if number < 99.5 else f"{number:.0f}"


class RecordedPlot(Drawn):
    """Accuracy against the time of training, or against the number of parameters: CIFAR-10 only."""

    def run(self) -> list[nodes.Node]:
        """Return the picture that the argument, "time" or "parameters", asks for."""
        if self.arguments[0] not in ("time", "parameters"):
            raise self.error(f"recorded-plot: expected time or parameters, got {self.arguments[0]}")
        by_time = self.arguments[0] == "time"
        points, errors, machines = {}, {}, {}
        for name, found in best_of_each_network().items():
            title, (mean, spread) = PLANNED[name].title, mean_and_spread(found)
            if by_time:
                machine = took(found)[-1]  # its letter
                title += f" ({machine})"
                machines[title] = machine
            across = seconds(found) / 60 if by_time else found[0].provenance["parameters"] / 1e6
            points[title] = (across, mean)
            if spread is not None:
                errors[title] = spread
        what, unit = ("time of training", "minutes") if by_time else ("number of parameters", "million")
        said = ", ".join(
            f"{title} {mean:.1f} % with {short(across)} {unit}" for title, (across, mean) in points.items()
        )
        picture = plots.scatter(
            points,
            errors=errors,
            groups=machines,
            log=True,
            xlabel=f"{what}, {unit} (logarithmic)",
            ylabel="test accuracy, %",
            alt=f"Test accuracy on CIFAR-10 against the {what}, one point for each network: {said}.",
        )
        picture.figure.set_figheight(4.4)  # room for the labels of the best, which crowd
        keep_labels_apart(picture.figure)
        return self.figure(picture, f"accuracy_by_{self.arguments[0]}")


class RecordedGaps(Drawn):
    """Training loss, less the reported one, epoch by epoch: of a run and of its variations that are as long."""

    def run(self) -> list[nodes.Node]:
        """Return the picture of the run that the argument names."""
        name = self.arguments[0]
        if name not in runs.names() or not PLANNED[name].reported_losses:
            raise self.error(f"recorded-gaps: expected a recorded run of which losses are reported, got {name}")
        reported = PLANNED[name].reported_losses
        long = [run for run in (runs.load_run(name), *variations(name)) if len(run.epochs) >= len(reported)]
        lines = {"reported": [0.0] * len(reported)}
        for run in long:
            lines[change(run)] = [row["train_loss"] - loss for row, loss in zip(run.epochs, reported, strict=False)]
        ends = ", ".join(f"{label} {line[-1]:+.3f}" for label, line in lines.items() if any(line))
        picture = plots.curves(
            lines,
            x=range(1, len(reported) + 1),
            xlabel="epoch",
            ylabel="training loss, less the reported",
            alt=f"Training loss less the reported one over {len(reported)} epochs. In the last: {ends}.",
        )
        sign_by_recipe(picture.figure, [BY_TITLE[run.name] for run in long])
        return self.figure(picture, f"gaps_{name}")


def sign_by_recipe(figure: Figure, planned: list[Planned]) -> None:
    """Give lines that differ in their seed only one colour, dash and name; the first, the reported one, is black."""
    (axes,) = figure.axes
    kinds = [kind(one, epochs=1) for one in planned]
    pairs = zip(cycle(plots.COLOURS), cycle(plots.DASHES[1:]), strict=False)
    signs = dict(zip(dict.fromkeys(kinds), pairs, strict=False))
    axes.lines[0].set_color(plots.INK)
    for line, one, its_kind in zip(axes.lines[1:], planned, kinds, strict=True):
        colour, dash = signs[its_kind]
        line.set(color=colour, linestyle=dash)
        name = one.title.partition(", ")[2] if one.varies else "as printed"
        more = f", {kinds.count(its_kind)} seeds" * (kinds.count(its_kind) > 1)
        line.set_label("_" if one.recipe.seed else name + more)  # the legend leaves "_" out
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def keep_labels_apart(figure: Figure) -> None:
    """Move a label that would lie on another or a point, or nearer to a point of others, to a free place at its own.

    Where no place is free, it takes the last.
    """
    figure.draw_without_rendering()  # lays it out
    axes = figure.axes[0]
    dot = figure.dpi / 12  # half a point's width and some air, in pixels
    points = [axes.transData.transform(label.xy) for label in axes.texts]
    taken = [Bbox([(x - dot, y - dot), (x + dot, y + dot)]) for x, y in points]
    for label in sorted(axes.texts, key=lambda label: -label.xy[1]):  # the highest first: it keeps its place above
        width = label.get_window_extent().width * 72 / figure.dpi
        for place in ((7, -13), (-7 - width, 4), (-7 - width, -13), (7, -25), (-7 - width, 16)):
            box = label.get_window_extent()
            own = distance(axes.transData.transform(label.xy), box)
            if not any(map(box.overlaps, taken)) and own <= min(distance(point, box) for point in points):
                break
            label.set_position(place)
        taken.append(label.get_window_extent())


def distance(point: tuple[float, float], box: Bbox) -> float:
    """How far a point lies from a box; 0 inside."""
    (x, y), (left, low), (right, high) = point, box.min, box.max
    return math.hypot(max(left - x, 0, x - right), max(low - y, 0, y - high))
