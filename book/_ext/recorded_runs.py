"""The Results page: every figure on it is read off the files of the recorded runs when the book is built."""

import re
import statistics
from dataclasses import replace
from itertools import combinations
from math import ceil
from typing import Any

from docutils import nodes
from learning_path import WritesMarkdown
from sphinx.application import Sphinx

from cnn_lessons import runs
from cnn_lessons.anatomy import trace
from cnn_lessons.cli.train import IMAGES
from cnn_lessons.runs.plan import PLANNED, Planned
from cnn_lessons.widgets import CurveReader
from cnn_lessons.widgets.runs import MAX_RUNS

BY_TITLE = {planned.title: planned for planned in PLANNED.values()}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("recorded-table", RecordedTable)
    app.add_directive("recorded-formats", RecordedFormats)
    app.add_directive("recorded-differences", RecordedDifferences)
    app.add_directive("recorded-curves", RecordedCurves)
    app.add_directive("runs-to-make", RunsToMake)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def kind(planned: Planned, **free: object) -> tuple:
    """What runs that differ in their seed only have in common; `free` gives other fields of the recipe one value."""
    return planned.build, replace(planned.recipe, seed=0, **free)


def first_of_its_kind(planned: Planned) -> str:
    """The name of the first run of the plan that differs from this one in its seed at most."""
    return next(name for name, one in PLANNED.items() if kind(one) == kind(planned))


def recorded() -> list[tuple[Planned, runs.Recorded]]:
    """What is planned and was recorded, in the order of the plan."""
    return [(planned, runs.load_run(name)) for name, planned in PLANNED.items() if name in runs.names()]


def groups() -> dict[str, list[runs.Recorded]]:
    """The recorded runs by the first of their kind, in the order of the plan; without what has a change in it."""
    found: dict[str, list[runs.Recorded]] = {}
    for planned, run in recorded():
        first = first_of_its_kind(planned)
        if not PLANNED[first].varies:
            found.setdefault(first, []).append(run)
    return found


def variations(of: str) -> list[runs.Recorded]:
    """The recorded runs that vary the one that `of` names."""
    return [run for planned, run in recorded() if planned.varies == of]


def in_float32() -> list[tuple[runs.Recorded, list[runs.Recorded]]]:
    """The recorded runs in float32; each with those that differ in number format and seed only, the same seed first."""
    made = recorded()
    return [
        (run, [other for one, other in made if kind(one) == kind(planned, precision="auto")])
        for planned, run in made
        if planned.recipe.precision == "float32"
    ]


def losses_apart(one: runs.Recorded, other: runs.Recorded) -> float:
    """How far the training losses of two runs lie apart, on average over the epochs."""
    pairs = zip(one.epochs, other.epochs, strict=True)
    return statistics.mean(abs(epoch["train_loss"] - same["train_loss"]) for epoch, same in pairs)


def change(run: runs.Recorded) -> str:
    """What tells a run from the one that it varies, "He's first weights"; of that one itself its seed."""
    varied = BY_TITLE[run.name].varies
    return run.name.partition(", ")[2] if varied else f"seed {run.provenance['recipe']['seed']}"


def mean_and_spread(made: list[runs.Recorded]) -> tuple[float, float | None]:
    """The mean test accuracy in percent, and the sample standard deviation in points, None for a single run."""
    accuracies = [100 * run.test["accuracy"] for run in made]
    return statistics.mean(accuracies), statistics.stdev(accuracies) if len(made) > 1 else None


def seconds(made: list[runs.Recorded]) -> float:
    """How long a run takes: its epochs, each taken to last as long as the median one; of several runs, the quickest."""
    return min(run.epoch_seconds * len(run.epochs) for run in made)


def machines() -> dict[str, str]:
    """The letter of every machine on which a run was recorded, "a" for the first."""
    made = [run.machine for _, run in sorted(recorded(), key=lambda one: bool(one[0].varies))]
    return {machine: chr(ord("a") + index) for index, machine in enumerate(dict.fromkeys(made))}


def took(made: list[runs.Recorded]) -> str:
    """How long a run takes, and on which machine: "12 min, a"; of several runs, the quickest."""
    quickest = min(made, key=lambda run: seconds([run]))
    return f"{duration(seconds([quickest]))}, {machines()[quickest.machine]}"


def duration(length: float) -> str:
    """Seconds as "45 s", "12 min" or "2 h 05 min"."""
    if length < 100:
        return f"{length:.0f} s"
    minutes = round(length / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


class RecordedTable(WritesMarkdown):
    """Reported against measured: a row for each run that was made, or that others report; and the machines."""

    def run(self) -> list[nodes.Node]:
        """Return the table and the list of machines."""
        heads = ("network", "measured", "reported", "recipe", "parameters", "million multiply-adds", "time, machine")
        rows = [f"| {' | '.join(heads)} |", "|---|--:|--:|---|--:|--:|--:|"]
        made = groups()
        for name, planned in PLANNED.items():
            if name in made or (planned.reported and name == first_of_its_kind(planned)):
                rows.append(f"| {' | '.join(row(planned, made.get(name, [])))} |")
        listed = [f"- **{letter}**: {said}" for said, letter in machines().items()]
        return self.markdown([*rows, "", *listed])


def measured(made: list[runs.Recorded]) -> str:
    """The mean test accuracy, and the spread over several runs."""
    mean, spread = mean_and_spread(made)
    more = f" ±\N{NO-BREAK SPACE}{spread:.2f}, {len(made)} runs" if spread is not None else ""
    return f"**{mean:.2f}** %{more}"


def row(planned: Planned, made: list[runs.Recorded]) -> tuple[str, ...]:
    """The cells of a row."""
    _, image = IMAGES[planned.data]
    costs = trace(planned.build(), image)
    reported = f"{100 * planned.reported:.2f} %, {planned.source}" if planned.reported else "–"
    figure, time = (measured(made), took(made)) if made else ("not run", "–")
    work = f"{costs.multiply_adds / 1e6:,.1f}"
    title = re.sub(r"\S+-\S+", r'<span class="whole">\g<0></span>', planned.title)  # no break at its hyphen
    return title, figure, reported, planned.recipe_in_words, f"{costs.parameters:,}", work, time


class RecordedFormats(WritesMarkdown):
    """Runs in float32 on another computer, beside those in bfloat16: accuracy, and how far apart the losses are."""

    def run(self) -> list[nodes.Node]:
        """Return a table, and a line that names the machines of the runs in float32."""
        rows = [
            "| run, seed 0 | bfloat16, % | float32, % | computers apart | seeds apart |",
            "|---|--:|--:|--:|--:|",
        ]
        found = in_float32()
        for made, (same, *others) in found:
            pairs = [losses_apart(one, other) for one, other in combinations((same, *others), 2)]
            seeds = f"{statistics.mean(pairs):.3f}" if pairs else "–"
            accuracies = " | ".join(f"{100 * run.test['accuracy']:.2f}" for run in (same, made))
            rows.append(f"| {same.name} | {accuracies} | {losses_apart(made, same):.3f} | {seeds} |")
        others = "; ".join(dict.fromkeys(made.machine for made, _ in found))
        return self.markdown([*rows, "", f"Made again on {others}."])


class RecordedDifferences(WritesMarkdown):
    """How far the training loss lies below the reported one: of a run, and of those that vary it."""

    required_arguments = 1  # the run's name

    def run(self) -> list[nodes.Node]:
        """Return a table, the run itself first."""
        planned = PLANNED[self.arguments[0]]
        reported = planned.reported_losses
        rows = [
            f"| variation | loss of epoch 1 | below the reported {reported[0]:.3f} | mean, of epochs |",
            "|---|--:|--:|--:|",
        ]
        found = [runs.load_run(self.arguments[0]), *variations(self.arguments[0])]
        for made in found:
            below = [there - row["train_loss"] for there, row in zip(reported, made.epochs, strict=False)]
            mean = f"{statistics.mean(below):.3f}, {len(below)}" if len(below) > 1 else "–"
            rows.append(f"| {change(made)} | {made.epochs[0]['train_loss']:.3f} | {below[0]:.3f} | {mean} |")
        return self.markdown(row.replace("| -", "| −") for row in rows)


class RecordedCurves(WritesMarkdown):
    """Every curve in curve readers: CIFAR-10 with all seeds, long recipes, AlexNet and its variations, other data."""

    def run(self) -> list[nodes.Node]:
        """Return the readers, each with a line that says what is in it."""
        made = [run for _, run in recorded()]
        others = [run for run in made if run.provenance["data"] != "cifar10"]
        alexnets = [run for run in made if run.name.startswith("AlexNet")]
        brief = [run for run in alexnets if len(run.epochs) == 1]
        long = [run for run in alexnets if run not in brief]
        recipes = {run.name: run.provenance["recipe"]["name"] for run in made if run not in alexnets}
        papers, tutorials = (
            [run for run in made if recipes.get(run.name, "").endswith(end)] for end in ("-paper", "-tutorial")
        )
        held_out = [run for run in tutorials if run.provenance["recipe"]["validation"]]
        whole = [run for run in tutorials if run not in held_out]
        cifar = [run for run in made if run not in (*alexnets, *papers, *tutorials, *others)]
        return [
            *self.readers("On CIFAR-10, with all seeds, and in both number formats:", cifar),
            *self.readers("By a paper's recipe, over all its epochs:", papers),
            *self.readers("By a tutorial's recipe, which holds nothing out:", whole),
            *self.readers("By a tutorial's recipe, on the images that we did not hold out:", held_out),
            *self.readers("AlexNet for ten epochs and more, by the tutorial's recipe and with changes:", long),
            *self.readers("One epoch of AlexNet with one thing changed:", brief),
            *self.readers("On other data:", others),
        ]

    def readers(self, said: str, made: list[runs.Recorded]) -> list[nodes.Node]:
        """As few readers as hold the runs, with as many in each."""
        if not made:
            return []
        parts = []
        size = ceil(len(made) / ceil(len(made) / MAX_RUNS))
        for start in range(0, len(made), size):
            reader = CurveReader.of(*made[start : start + size], quantity="accuracy", part="validation")
            if any(run.epochs[0]["validation_accuracy"] is None for run in made):
                reader.quantity, reader.part = "loss", "training"
            element = reader._repr_mimebundle_()[0]["text/html"]
            parts += [*self.markdown([said]), nodes.raw("", element, format="html")]
        return parts


class RunsToMake(WritesMarkdown):
    """Every run's name, its seed, and its result, or that it was not run."""

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        rows = ["| run | what | result, time, machine |", "|---|---|--:|"]
        for name, planned in PLANNED.items():
            result = "not run"
            if name in runs.names():
                made = runs.load_run(name)
                result = f"{made.test['accuracy']:.2%}, {took([made])}"
            network = planned.title.partition(", seed")[0]
            what = f"{network}; {planned.recipe_in_words}; seed {planned.recipe.seed}"
            rows.append(f"| `{name}` | {what} | {result} |")
        return self.markdown(rows)
