"""The curve reader."""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping

import traitlets

from cnn_lessons.widgets.base import LessonWidget, Whole
from cnn_lessons.widgets.runs import MAX_RUNS, Runs, label_of
from cnn_lessons.widgets.source import module_source

MAX_SMOOTHING = 0.95


class CurveReader(LessonWidget):
    """Read training curves of several runs side by side: loss and accuracy, for training and validation.

    Args:
        runs: at most 8 dicts with ``name``; ``steps``, the fine training curve as [epoch, loss] pairs; ``epochs``, a
            list of dicts with ``epoch`` (1 after the first pass), ``train_loss``, ``train_accuracy``,
            ``validation_loss`` and ``validation_accuracy`` (fractions; None where not measured); and ``recorded``,
            True for a run from elsewhere that is drawn thin and grey behind the others. NaN and infinity are drawn
            as what they are. At most 400 points a curve are kept, to four digits.
        off: names of the runs that are switched off; a recorded run's ends in ``", recorded"``.
        quantity: ``"loss"``, ``"accuracy"`` or ``"both"``.
        part: ``"training"``, ``"validation"`` or ``"both"``.
        log_scale: whether the loss is drawn on a logarithmic scale.
        smoothing: weight of the past, 0 to 0.95, in the moving average that smooths the training loss.
        span: ``"all"`` epochs, or ``"own"``: as far as the runs go that are not recorded.
        cursor: epoch whose values are read out; None for the last ones.
        selected: index of the run in focus.

    Raises:
        traitlets.TraitError: if a value is not as described above, here or when it is set later.
        TypeError: if there is no setting of that name.

    Taught in: 05 to 09, 11, 12.
    """

    _tag = "cnn-curves"
    _esm = module_source(_tag)

    runs = Runs()
    off = traitlets.List(traitlets.Unicode()).tag(sync=True)
    quantity = traitlets.Enum(["loss", "accuracy", "both"], "both").tag(sync=True)
    part = traitlets.Enum(["training", "validation", "both"], "both").tag(sync=True)
    log_scale = traitlets.Bool(False).tag(sync=True)
    smoothing = traitlets.Float(0.0, min=0, max=MAX_SMOOTHING).tag(sync=True)
    span = traitlets.Enum(["all", "own"], "all").tag(sync=True)
    cursor = traitlets.Float(None, min=0, allow_none=True).tag(sync=True)
    selected = Whole(0, min=0).tag(sync=True)

    @traitlets.validate("cursor", "smoothing")
    def _finite(self, proposal: dict) -> float | None:
        """Refuse what JSON cannot hold, and so the page not show."""
        value = proposal["value"]
        if value is not None and not math.isfinite(value):
            raise traitlets.TraitError(f"CurveReader: {proposal['trait'].name}: expected a finite number, got {value}")
        return value

    def __init__(self, runs: list[dict] | tuple = (), **traits: object) -> None:
        """Take the runs; the rest by name."""
        super().__init__(runs=runs, **traits)

    @classmethod
    def of(cls, *histories: object, recorded: Iterable = (), **traits: object) -> "CurveReader":
        """A reader for finished histories; several of one name are numbered.

        Args:
            *histories: what ``train`` returns, or anything with ``name``, ``loss_curve`` and ``epochs``.
            recorded: histories from elsewhere, such as ``[load_run(name)]``, drawn behind the others.
            **traits: further settings of the reader.

        Returns:
            The reader.

        Raises:
            TypeError: if a history lacks one of the three.
        """
        recorded = [recorded] if isinstance(recorded, Mapping) or hasattr(recorded, "loss_curve") else recorded
        runs = [_run_of(history) | {"recorded": False} for history in histories]
        runs += [_run_of(history) | {"recorded": True} for history in recorded]
        taken: set[str] = set()
        for run in runs:
            name, number = run["name"], 1
            while label_of(run) in taken:
                number += 1
                run["name"] = f"{name} ({number})"
            taken.add(label_of(run))
        return cls(runs, **traits)

    def follow(self, name: str | None = None) -> Callable[[object], None]:
        """Watch a training run: ``train(…, on_epoch_end=reader.follow("small CNN"))``.

        With a kernel the curves grow after every epoch. A page without one shows what the reader held when it was
        displayed: display it once more after the training.

        Args:
            name: what the run is called here; None takes the history's own name. A run of this name is replaced.

        Returns:
            A function of a history.
        """

        def update(history: object) -> None:
            run = _run_of(history)
            run |= {"name": (name or run["name"]).strip(), "recorded": False}
            labels = [label_of(other) for other in self.runs]
            if label_of(run) in labels:
                place = labels.index(label_of(run))
                self.runs = [*self.runs[:place], run, *self.runs[place + 1 :]]
            elif len(labels) < MAX_RUNS:
                self.runs = [*self.runs, run]
            else:  # training goes on: a full reader is no reason to lose it
                said = f"CurveReader holds {MAX_RUNS} runs already, so {run['name']!r} is not shown. Make a new one."
                warnings.warn(said, stacklevel=2)

        return update

    def summary(self) -> str:
        """The names of the runs in one sentence."""
        names = ", ".join(label_of(run) for run in self.runs)
        return f"Curve reader: {names}" if names else "Curve reader: training has not begun"


def _run_of(history: object) -> dict:
    """A history, or a mapping like one, as a run of the reader."""
    read = history.get if isinstance(history, Mapping) else lambda name: getattr(history, name, None)
    parts = {name: read(name) for name in ("name", "loss_curve", "epochs")}
    missing = [name for name, value in parts.items() if value is None]
    if missing:
        raise TypeError(
            f"CurveReader: expected a history with name, loss_curve and epochs, as train() returns; got "
            f"{type(history).__name__} without {', '.join(missing)}. For plain dicts use CurveReader(runs=[…])."
        )
    return {"name": str(parts["name"]).strip(), "steps": parts["loss_curve"], "epochs": parts["epochs"]}
