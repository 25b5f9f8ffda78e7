"""Training runs as a trait of a widget: checked, thinned, and short in the page."""

import math
import numbers
from collections.abc import Mapping

import traitlets

from cnn_lessons.widgets.base import plain

QUANTITIES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
MAX_RUNS = 8  # as many as have a colour, a dash pattern and a marker of their own
MAX_POINTS = 400  # of a curve; 6 kB in the page


def thin(points: list[list], most: int = MAX_POINTS) -> list[list]:
    """Merge neighbouring points until there are at most ``most``.

    A point of a loss curve is the mean since the point before; so is the mean of several of them, each weighted by
    the stretch that it covers. A NaN or an infinity is never averaged away: it takes the place of its group.

    Args:
        points: [epoch, value] pairs, epochs ascending; a value may be None (not measured), NaN or infinite.
        most: how many points may remain.

    Returns:
        At most ``most`` pairs. A merged point stands at the last epoch of its group, a NaN at its own.
    """
    if len(points) <= most:
        return points
    size = -(-len(points) // most)
    starts = [0.0, *(x for x, _ in points[:-1])]
    spans = [max(x - start, 1e-9) for (x, _), start in zip(points, starts, strict=True)]
    groups = [slice(i, i + size) for i in range(0, len(points), size)]
    return [_merged(points[group], spans[group]) for group in groups]


def _merged(points: list[list], spans: list[float]) -> list:
    """The one point that stands for these."""
    measured = [(x, y, span) for (x, y), span in zip(points, spans, strict=True) if y is not None]
    if not measured:
        return [points[-1][0], None]
    for x, y, _ in measured:
        if not math.isfinite(y):
            return [x, y]
    total = sum(span for _, _, span in measured)
    return [points[-1][0], sum(y * span for _, y, span in measured) / total]


def _number(value: object, where: str) -> float | None:
    """``value`` as a float or None; numpy's and torch's numbers too."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or (isinstance(value, numbers.Real) and not isinstance(value, bool)):
        return None if value is None else float(value)
    raise traitlets.TraitError(f"{where}: expected a number, NaN or None, got {value!r}.")


def _epoch(value: object, before: float | None, where: str) -> float:
    """``value`` as an epoch, to a thousandth, that is not earlier than the one before."""
    epoch = _number(value, where)
    if epoch is None or not math.isfinite(epoch) or epoch < 0:
        raise traitlets.TraitError(f"{where}: expected an epoch, a finite number from 0, got {value!r}.")
    if before is not None and epoch < before:
        raise traitlets.TraitError(f"{where}: expected epochs that ascend, got {epoch:g} after {before:g}. Sort them.")
    return epoch


def _rounded(value: float | None) -> float | None:
    """``value`` to four significant digits: enough for any screen, and short in the page."""
    return None if value is None else float(f"{value:.4g}")


def _steps(value: object, where: str) -> list[list]:
    """The fine training curve, checked, thinned and rounded."""
    value = plain(value)
    if not isinstance(value, list | tuple) or not all(isinstance(p, list | tuple) and len(p) == 2 for p in value):
        raise traitlets.TraitError(f"{where}: expected a list of [epoch, loss] pairs, got {value!r:.60}.")
    points, before = [], None
    for i, (x, y) in enumerate(value):
        before = _epoch(x, before, f"{where}[{i}]")
        points.append([before, _number(y, f"{where}[{i}]")])
    return [[round(x, 3), _rounded(y)] for x, y in thin(points)]


def _epochs(value: object, where: str) -> list[dict]:
    """What was measured after each epoch, checked and rounded; of more than 400 rows, 400 evenly spread ones."""
    if not isinstance(value, list | tuple) or not all(isinstance(row, Mapping) and "epoch" in row for row in value):
        raise traitlets.TraitError(
            f'{where}: expected a list of dicts such as {{"epoch": 1, "train_loss": 1.4, "validation_accuracy": 0.6}}, '
            f"got {value!r:.60}."
        )
    rows, before = [], None
    for i, row in enumerate(value):
        before = _epoch(row["epoch"], before, f"{where}[{i}]")
        values = {name: _number(row.get(name), f"{where}[{i}] {name}") for name in QUANTITIES}
        for name, number in values.items():
            if name.endswith("accuracy") and number is not None and math.isfinite(number) and not 0 <= number <= 1:
                raise traitlets.TraitError(
                    f"{where}[{i}] {name}: expected a fraction from 0 to 1, got {number:g}. Divide percent by 100."
                )
        rows.append({"epoch": round(before, 3)} | {name: _rounded(number) for name, number in values.items()})
    if len(rows) <= MAX_POINTS:
        return rows
    return [rows[round(i * (len(rows) - 1) / (MAX_POINTS - 1))] for i in range(MAX_POINTS)]


class Runs(traitlets.TraitType):
    """A trait that holds training runs as dicts with name, recorded, steps and epochs."""

    def __init__(self) -> None:
        """Start without runs."""
        super().__init__(default_value=[])
        self.tag(sync=True, to_json=pack, from_json=unpack)

    def validate(self, obj: traitlets.HasTraits, value: object) -> list[dict]:
        """Return ``value`` as complete runs, thinned and rounded, or raise TraitError."""
        where = f"{type(obj).__name__}: {self.name}"
        if not isinstance(value, list | tuple) or len(value) > MAX_RUNS:
            got = f"{len(value)} runs" if isinstance(value, list | tuple) else f"{type(value).__name__} {value!r:.60}"
            raise traitlets.TraitError(f"{where} should be a list of at most {MAX_RUNS} runs; got {got}.")
        runs = [_checked(run, f"{where}[{i}]") for i, run in enumerate(value)]
        labels = [label_of(run) for run in runs]
        for label in labels:
            if labels.count(label) > 1:
                raise traitlets.TraitError(f"{where}: got two runs named {label!r}. Give each a name of its own.")
        return runs


def _checked(run: object, where: str) -> dict:
    """A complete run, or TraitError."""
    example = '{"name": "small CNN", "steps": [[0.5, 1.9], [1, 1.4]], "epochs": [{"epoch": 1, "train_loss": 1.6}]}'
    if not isinstance(run, Mapping):
        raise traitlets.TraitError(
            f"{where}: expected a dict such as {example}, got {run!r:.60}. For histories use CurveReader.of."
        )
    unknown = sorted(set(run) - {"name", "recorded", "steps", "epochs"})
    if unknown:
        raise traitlets.TraitError(
            f"{where}: got unknown {', '.join(unknown)}; expected name, steps, epochs and recorded."
        )
    name, recorded = run.get("name"), run.get("recorded", False)
    if not isinstance(name, str) or not name.strip():
        raise traitlets.TraitError(f"{where}: expected a name, got {name!r}. A run is a dict such as {example}.")
    if not isinstance(recorded, bool):
        raise traitlets.TraitError(f"{where} recorded: expected True or False, got {recorded!r}.")
    steps = _steps(run.get("steps", []), f"{where} steps")
    return {
        "name": name.strip(),
        "recorded": recorded,
        "steps": steps,
        "epochs": _epochs(run.get("epochs", []), f"{where} epochs"),
    }


def label_of(run: dict) -> str:
    """The run's name as the page shows it: no two runs of a reader share it."""
    return f"{run['name']}, recorded" if run["recorded"] else run["name"]


def pack(runs: list[dict], widget: object = None) -> list[dict]:
    """The runs as the page gets them: rows instead of dicts, and JSON's missing numbers as "nan", "inf", "-inf"."""

    def in_json(value: float | None) -> float | int | str | None:
        if value is None or not math.isfinite(value):
            return value if value is None else str(value)
        return int(value) if value == int(value) and abs(value) < 1e6 else value

    return [
        run
        | {"steps": [[in_json(x), in_json(y)] for x, y in run["steps"]]}
        | {"epochs": [[in_json(row[name]) for name in ("epoch", *QUANTITIES)] for row in run["epochs"]]}
        for run in runs
    ]


def unpack(packed: list[dict], widget: object = None) -> list[dict]:
    """The inverse of ``pack``."""

    def number(value: float | str | None) -> float | None:
        return value if value is None else float(value)

    return [
        run
        | {"steps": [[number(x), number(y)] for x, y in run["steps"]]}
        | {"epochs": [dict(zip(("epoch", *QUANTITIES), map(number, row), strict=True)) for row in run["epochs"]]}
        for run in packed
    ]
